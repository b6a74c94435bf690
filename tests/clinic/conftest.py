"""A patient's browser, as the recording flow meets it, a film to hand in, and an audit trail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.audit import chain
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from clinic.reminders.models import Plan
from tests.conftest import RIGHT_ANSWERS

from .mailing import Deliver, Server
from .planning import Clock, make_plan
from .submitting import new_film


@pytest.fixture
def link_and_address(session: RecordingSession, carl_clinician: User) -> tuple[CaptureLink, str]:
    link, address = links.make(session, actor=carl_clinician, days=7)
    return link, address.removeprefix("http://localhost:8000")


@pytest.fixture
def address(link_and_address: tuple[CaptureLink, str]) -> str:
    return link_and_address[1]


@pytest.fixture
def link(link_and_address: tuple[CaptureLink, str]) -> CaptureLink:
    return link_and_address[0]


@pytest.fixture
def paul(client: Client, address: str) -> Client:
    """The patient's browser, after the right answers on the landing page."""
    client.post(address, RIGHT_ANSWERS)
    return client


@pytest.fixture
def described(session: RecordingSession) -> RecordingSession:
    """A session whose "how are you today" is answered."""
    session.medication, session.dyskinesia = "on", "none"
    session.save()
    return session


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return new_film(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of day, which stands still unless it is moved."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def plan(
    clock: Clock, consented_patient: Patient, protocol: Protocol, carl_clinician: User
) -> Plan:
    return make_plan(consented_patient, carl_clinician)


@pytest.fixture
def mail_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Deliver], None]:
    """Given a function, it calls that with the messages in place of a mail server."""

    def use(deliver: Deliver) -> None:
        monkeypatch.setattr(Server, "deliver", staticmethod(deliver))
        settings.EMAIL_BACKEND = f"{Server.__module__}.Server"

    return use


@pytest.fixture
def ten(patient: Patient, carl_clinician: User) -> list[Event]:
    """A sealed chain of ten events; positions are 1 to 10."""
    for _ in range(10):
        audit.record(Action.READ, patient, actor=carl_clinician)
    chain.seal_all()
    return list(Event.objects.order_by("position"))
