"""A plan of recording at home, what comes of it, and a clock that tests move."""

from __future__ import annotations

import datetime
from typing import Any

from clinic.accounts.models import Clinic, User
from clinic.patients import services as patients
from clinic.patients.models import Consent, Patient, Purpose
from clinic.recordings.models import Recording, RecordingSession
from clinic.reminders import services
from clinic.reminders.models import Plan

STARTED = datetime.date(2027, 3, 1)  # a Monday; the dose is at eight, so the film is due at nine


class Clock:
    """Stands in for `timezone.now`; in UTC."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2027, 2, 28, 12, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self.now

    def at(self, text: str) -> None:
        """`text` as in "2027-03-01 09:00"."""
        self.now = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def make_plan(patient: Patient, actor: User) -> Plan:
    plan = services.new_plan(patient, actor)
    plan.started, plan.dose_time = STARTED, datetime.time(8)
    services.save_plan(plan, "home@example.org", actor=actor)
    return plan


def another_patient(clinic: Clinic, actor: User) -> Patient:
    born = datetime.date(1950, 1, 1)
    other = patients.save_patient(
        Patient(clinic=clinic, first_name="A", last_name="B", birth_date=born), actor=actor
    )
    patients.give_consent(other, [Purpose.CARE], by=Consent.By.STAFF, actor=actor)
    return other


def forget_address(plan: Plan) -> None:
    plan.patient.email = ""
    plan.patient.save()


def film(session: RecordingSession, task: str = "smile", **fields: Any) -> Recording:
    return Recording.objects.create(
        session=session,
        task=session.protocol.tasks.get(code=task),
        attempt=1,
        size=5,
        sha256="0" * 64,
        **fields,
    )
