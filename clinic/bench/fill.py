"""A clinic with many patients: rows as the site makes them, with the measures of one real analysis.

The numbers vary by chance around those of one simulated session. There are no films and no
curves: no page that is timed reads any.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence

import numpy as np
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.recordings.models import Protocol, ProtocolTask, Recording, RecordingSession
from clinic.verdicts.services import refresh_all
from diagnosis import config, models, pipeline, release, simulated
from diagnosis.config import TaskKind
from diagnosis.models import Job, Result
from diagnosis.motion import Movement
from diagnosis.release import Release
from diagnosis.session import TakeRecord, assess
from diagnosis.simulate import VideoScript

AT_A_TIME = 10  # patients in one transaction
# Days before now: practice and a baseline within three weeks, then evenly.
FIRST = (0, 5, 11, 18, 24)
Measures = Sequence[config.Measure]


def fill(patients: int, sessions: int) -> User:
    """Migrates an empty database and fills it; the clinician who may see it all."""
    call_command("migrate", verbosity=0)
    clinic = Clinic.objects.create(name="Bench clinic")
    user = User.objects.create_user("clinician@bench.example", name="Clinician")
    Membership.objects.create(user=user, clinic=clinic, role=Role.CLINICIAN)
    protocol = Protocol.objects.get(code="demo", version=1)
    embedded = release.load(release.DEFAULT)
    analysed, summary = _one_session(protocol, embedded)
    rng = np.random.default_rng(0)
    for start in range(0, patients, AT_A_TIME):
        with transaction.atomic():
            for number in range(start, min(start + AT_A_TIME, patients)):
                patient = _patient(clinic, user, number)
                _sessions(patient, protocol, sessions, embedded, analysed, summary, rng)
    refresh_all()
    return user


def _one_session(
    protocol: Protocol, embedded: Release
) -> tuple[dict[ProtocolTask, Measures], Measures]:
    """The measures of each task and of the session, of a simulated person."""
    takes, neutral = {}, None
    for task in protocol.tasks.all():
        cues = task.planned_cues()
        moves = tuple(Movement(task.expression, cue.start + 0.3, 0.6) for cue in cues)
        track = simulated.track(VideoScript(task.seconds, moves, seed=task.position), face=1)
        take = pipeline.analyse_landmarks(
            track, task.as_task(cues), embedded, neutral, lambda *_: None
        )
        neutral = take.neutral if task.kind == TaskKind.REST else neutral
        takes[task] = take
    records = [TakeRecord(take.task, take.measures, take.traces) for take in takes.values()]
    summary = assess(records, embedded).measures
    return {task: take.measures for task, take in takes.items()}, summary


def _patient(clinic: Clinic, user: User, number: int) -> Patient:
    patient = Patient.objects.create(
        clinic=clinic,
        first_name=f"First{number}",
        last_name=f"Last{number:05}",
        birth_date=datetime.date(1940 + number % 40, 1 + number % 12, 1 + number % 28),
        mrn=f"B-{number}",
        diagnosis_status=Patient.Diagnosis.PD,
    )
    give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=user)
    return patient


def _sessions(
    patient: Patient,
    protocol: Protocol,
    count: int,
    embedded: Release,
    analysed: dict[ProtocolTask, Measures],
    summary: Measures,
    rng: np.random.Generator,
) -> None:
    days = [*FIRST, *np.linspace(40, 700, max(0, count - len(FIRST))).tolist()][:count]
    begun = timezone.now() - datetime.timedelta(days=days[-1] + 1)
    level = float(rng.lognormal(0, 0.3))
    sittings, films, jobs, results, measures = [], [], [], [], []
    for index, day in enumerate(days):
        recorded = begun + datetime.timedelta(days=day)
        session = RecordingSession(
            patient=patient, protocol=protocol, medication="on", dyskinesia="none",
            practice=index == 0, recorded=recorded, submitted=recorded,
            device={"browser": "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"},
        )  # fmt: skip
        sittings.append(session)
        factor = level * float(rng.lognormal(0, 0.06))
        for task, found in analysed.items():
            film = _film(session, task)
            films.append(film)
            job, result = _result(session.id, film.id, Job.Kind.TAKE, embedded)
            jobs.append(job)
            results.append(result)
            measures += list(_measures(result, found, factor))
        job, result = _result(session.id, session.id, Job.Kind.SESSION, embedded)
        jobs.append(job)
        results.append(result)
        measures += list(_measures(result, summary, factor))
    RecordingSession.objects.bulk_create(sittings)
    Recording.objects.bulk_create(films)
    Job.objects.bulk_create(jobs)
    Result.objects.bulk_create(results)
    models.Measure.objects.bulk_create(measures, batch_size=2000)


def _film(session: RecordingSession, task: ProtocolTask) -> Recording:
    pk = uuid.uuid4()
    cues = [{"start": cue.start, "end": cue.end} for cue in task.planned_cues()]
    return Recording(
        id=pk, session=session, task=task, attempt=1, file=f"recordings/{pk}/video.webm",
        size=5_000_000, sha256=pk.hex * 2, mime="video/webm", cues=cues,
    )  # fmt: skip


def _result(
    group: uuid.UUID, subject: uuid.UUID, kind: Job.Kind, embedded: Release
) -> tuple[Job, Result]:
    job = Job(
        kind=kind, group=group, subject=subject, payload={"neutral": None, "release": ""},
        state=Job.State.DONE, finished=timezone.now(),
    )  # fmt: skip
    capture = {"duration_s": 20.0, "fps": 30.0, "fps_mean": 30.0, "width": 1280, "height": 720}
    result = Result(
        job=job, kind=kind, group=group, subject=subject, release=embedded.name,
        release_sha256=embedded.sha256, evidence=embedded.evidence, config_hash="0" * 16,
        usable=True, neutral_source="rest", capture=capture,
    )  # fmt: skip
    return job, result


def _measures(result: Result, found: Measures, factor: float) -> Iterator[models.Measure]:
    for m in found:
        yield models.Measure(
            result=result, name=m.name, region=m.region, side=m.side, unit=m.unit,
            value=None if m.value is None else m.value * factor, n=m.n, sd=m.sd,
            absent=m.absent or "", caution=m.caution,
        )  # fmt: skip
