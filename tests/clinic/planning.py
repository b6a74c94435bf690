"""A plan of recording at home, and a clock that tests move."""

from __future__ import annotations

import datetime

from clinic.accounts.models import User
from clinic.patients.models import Patient
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
