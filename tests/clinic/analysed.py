"""Films and results for tests of what pages make of them; the numbers are the tests' own."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.utils import timezone

from clinic.patients.models import Patient
from clinic.recordings import services
from clinic.recordings.models import Protocol, ProtocolTask, Recording, RecordingSession
from diagnosis import models
from diagnosis.config import AnalysisConfig, Finding, Measure, Side
from diagnosis.models import Job, Result

RELEASE = "made-up-2"


def sitting(
    patient: Patient, protocol: Protocol, days_ago: int = 0, medication: str = "on"
) -> RecordingSession:
    session = services.start_session(patient, protocol, place="site", actor=None)
    session.recorded = timezone.now() - datetime.timedelta(days=days_ago)
    session.medication = medication
    session.save()
    return session


def film(session: RecordingSession, code: str, content: bytes = b"a film") -> Recording:
    """Handed in; whether the session is practice stays as `session` has it."""
    path = Path(tempfile.mkdtemp()) / "film.webm"
    path.write_bytes(content)
    task: ProtocolTask = session.protocol.tasks.get(code=code)
    made = services.submit(
        session,
        task,
        path,
        mime="video/webm",
        cues=task.planned_cues(),
        capture={},
        filmed=session.recorded,
    )
    RecordingSession.objects.filter(pk=session.pk).update(practice=session.practice)
    return made


def amplitude(value: float | None, absent: str | None = None, caution: str = "") -> Measure:
    n = 0 if value is None else 2
    return Measure("amplitude", "mouth corner", Side.BOTH, "% IOD", value, n, 0.25, absent, caution)


def expressivity(value: float, region: str = "smile", caution: str = "") -> Measure:
    return Measure("expressivity", region, Side.BOTH, "% IOD", value, 1, caution=caution)


def analysed(
    subject: Recording | RecordingSession,
    measures: Sequence[Measure] = (),
    *,
    release: str = RELEASE,
    findings: Sequence[Finding] = (),
    usable: bool = True,
    neutral_source: str = "rest",
    traces: dict[str, Sequence[float]] | None = None,
    hidden: str = "",
    likelihood: dict[str, object] | None = None,
    engine: int = AnalysisConfig.engine,
) -> Result:
    """As if a worker had just finished an analysis of `subject`; `hidden` is the caution of the
    expression network's traces."""
    is_take = isinstance(subject, Recording)
    kind = Job.Kind.TAKE if is_take else Job.Kind.SESSION
    group = subject.session_id if is_take else subject.id
    Job.objects.filter(subject=subject.id).update(state=Job.State.CANCELLED)
    job = Job.objects.create(
        kind=kind,
        group=group,
        subject=subject.id,
        payload={"neutral": None, "release": ""},
        state=Job.State.DONE,
    )
    result = Result.objects.create(
        job=job, kind=kind, group=group, subject=subject.id, release=release,
        release_sha256=f"sha of {release}", evidence="simulated", config_hash="0" * 16,
        usable=usable, neutral_source=neutral_source, likelihood=likelihood, engine=engine,
        findings=[vars(finding) for finding in findings],
    )  # fmt: skip
    for m in measures:
        models.Measure.objects.create(
            result=result, name=m.name, region=m.region, side=m.side, unit=m.unit,
            value=m.value, n=m.n, sd=m.sd, absent=m.absent or "", caution=m.caution,
        )  # fmt: skip
    for name, values in (traces or {}).items():
        models.Trace.objects.create(
            result=result, name=name, unit="% IOD", step=0.5,
            t0=-1.0 if name.startswith(("mean:", "sd:")) else 0.0,
            caution="" if "movement:" in name else hidden,
            values=np.asarray(values, "<f4").tobytes(),
        )  # fmt: skip
    return result
