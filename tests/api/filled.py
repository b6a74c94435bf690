"""One record of every kind that the API tells of."""

from __future__ import annotations

import datetime
from typing import Any

from clinic.accounts.models import User
from clinic.ratings.services import rate
from clinic.recordings import links
from clinic.recordings.models import RecordingSession
from clinic.therapy import services as therapy
from clinic.therapy.models import ClinicalEvent, Regimen, Stage
from clinic.verdicts.models import Verdict
from diagnosis.models import Result
from tests.clinic.reporting import signed

DAY = datetime.date(2026, 1, 5)


def fill(result: Result, clinician: User) -> dict[str, Any]:
    """Ids by the names under which they are sent, and by the paths of the records they name."""
    session = RecordingSession.objects.get(id=result.group)
    patient = session.patient
    link, _ = links.make(session, actor=clinician, days=1)
    kept = {"patient": patient, "created_by": clinician}
    regimen = Regimen(start=DAY, text="Levodopa 100 mg, four times", ledd_mg=400, **kept)
    event = ClinicalEvent(date=DAY, kind="dose", **kept)
    stage = Stage(date=DAY, stage=2, **kept)
    for entry in (regimen, event, stage):
        therapy.save(entry, actor=clinician)
    verdict = Verdict.objects.create(
        patient=patient,
        medication="on",
        word="collecting",
        collected=1,
        needed=4,
        measure="amplitude",
        title="Amplitude",
        unit="% IOD",
        release="embedded-1",
        release_sha256="0" * 64,
        engine=3,
        evidence="simulated",
        session=session.id,
    )
    one_of_each = {
        "patients": patient,
        "consents": patient.consents.first(),
        "sessions": session,
        "recordings": session.recordings.get(),
        "links": link,
        "results": result,
        "traces": result.traces.get(),
        "verdicts": verdict,
        "ratings": rate(session, clinician, score=2),
        "reports": signed(patient, clinician),
        "regimens": regimen,
        "clinical-events": event,
        "stages": stage,
        "jobs": result.job,
    }
    return {
        **{f"/api/v1/{name}/{{id}}/": str(record.pk) for name, record in one_of_each.items()},
        "/api/v1/traces/{id}/": f"{result.id}:{result.traces.get().name}",
        "/api/v1/links/{id}/revoke/": str(link.pk),
        "/api/v1/jobs/{id}/retry/": str(result.job_id),
        "clinic": str(patient.clinic_id),
        "patient": str(patient.pk),
        "session": str(session.pk),
        "protocol": "core",
    }
