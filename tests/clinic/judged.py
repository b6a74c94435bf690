"""Sessions whose headline measure is known, for tests of verdicts; all of one protocol."""

from __future__ import annotations

from typing import Any

from clinic.accounts.models import User
from clinic.dashboards.series import trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from tests.clinic.analysed import analysed, expressivity, sitting

PHONE = {"browser": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/1"}
DESK = {"browser": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"}
BASELINE = (10.0, 12.0, 11.0, 13.0)  # its band is 7.66 to 17.11 without a pooled SD


def session(
    patient: Patient, value: float, days_ago: int, medication: str = "on", **facts: Any
) -> RecordingSession:
    """Analysed; `facts` are fields of the session."""
    made = sitting(patient, Protocol.objects.get(code="core"), days_ago, medication)
    for name, told in facts.items():
        setattr(made, name, told)
    made.save()
    analysed(made, [expressivity(value)])
    return made


def read(patient: Patient, reader: User) -> None:
    """`reader` has the patient's page of now before them."""
    shown = judging.judge(comparison(patient, trends(patient)))
    services.mark_read(patient, shown, reader)


def weekly(
    patient: Patient, *values: float, medication: str = "on", last: int = 0, **facts: Any
) -> list[RecordingSession]:
    """One session a week, the newest `last` days ago."""
    count = len(values)
    return [
        session(patient, value, last + 7 * (count - 1 - i), medication, **facts)
        for i, value in enumerate(values)
    ]
