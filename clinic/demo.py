"""The demo clinic: invented people whose sessions are animated from a public-domain portrait.

`create` makes its rows at once; `fill` renders the films that are still missing and submits them
as any other film, so that every number on its pages comes out of the real analysis. A fill that
was interrupted goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import datetime
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent, save_patient
from clinic.recordings.models import Protocol, ProtocolTask, RecordingSession
from clinic.recordings.services import finish_session, start_session, submit
from diagnosis.config import TaskKind
from diagnosis.models import Job
from diagnosis.motion import Movement, blink_times
from diagnosis.simulate import VideoScript, animate

NAME = "Demo clinic"
CAPTION = "simulated from a public-domain portrait"
CAMERA = "Simulated camera"
# The portrait smiles; the demo's people rest with a quiet mouth.
RESTING = tuple(
    Movement(action, -2.0, strength, onset=1.0, hold=1e6)
    for action, strength in (("AU12", -1.1), ("AU25", -0.4), ("AU17", 0.5))
)
Session = RecordingSession
ON, OFF = Session.Medication.ON, Session.Medication.OFF


class DemoRefused(Exception):
    """The demo clinic, or its passwords, cannot be made here; the message says why."""


@dataclasses.dataclass(frozen=True)
class Visit:
    """How the face moves at one session. `strength` 1 is a movement posed in full; seconds."""

    days_ago: int
    medication: Session.Medication
    minutes_since_dose: int
    strength: float
    latency: float
    onset: float
    blinks: float  # per minute


@dataclasses.dataclass(frozen=True)
class Person:
    first_name: str
    last_name: str
    birth_date: datetime.date
    sex: Patient.Sex
    mrn: str
    notes: str
    visits: tuple[Visit, ...]


@dataclasses.dataclass(frozen=True)
class Account:
    """An account with a new password, which is known here only until it has been printed."""

    email: str
    password: str
    role: Role


def _stable() -> tuple[Visit, ...]:
    strengths = (0.62, 0.66, 0.60, 0.64, 0.67, 0.63)
    return tuple(
        Visit(170 - 31 * i, ON, 60 + 10 * (i % 3), strength, 0.28, 0.45, 16)
        for i, strength in enumerate(strengths)
    )


def _declining() -> tuple[Visit, ...]:
    strengths = (0.60, 0.56, 0.51, 0.46, 0.40, 0.35)
    return tuple(
        Visit(176 - 32 * i, ON, 75, strength, 0.32 + 0.03 * i, 0.5 + 0.05 * i, 13 - i)
        for i, strength in enumerate(strengths)
    )


def _fluctuating() -> tuple[Visit, ...]:
    strengths = (0.58, 0.30, 0.60, 0.27, 0.55, 0.29)
    return tuple(
        Visit(150 - 14 * i, ON, 50, strength, 0.30, 0.5, 14)
        if i % 2 == 0
        else Visit(150 - 14 * i, OFF, 290, strength, 0.48, 0.8, 7)
        for i, strength in enumerate(strengths)
    )


PEOPLE = (
    Person(
        "Edith", "Marlow", datetime.date(1957, 3, 9), Patient.Sex.FEMALE, "DEMO-1",
        "Invented. Simulated to stay as she is.", _stable(),
    ),
    Person(
        "Arthur", "Penrose", datetime.date(1951, 11, 22), Patient.Sex.MALE, "DEMO-2",
        "Invented. Simulated to lose movement slowly.", _declining(),
    ),
    Person(
        "Nora", "Whitcombe", datetime.date(1962, 7, 30), Patient.Sex.FEMALE, "DEMO-3",
        "Invented. Simulated to move less when OFF.", _fluctuating(),
    ),
)  # fmt: skip


@transaction.atomic
def create() -> list[Account]:
    """The clinic with its people, accounts and open sessions. Raises DemoRefused."""
    _require_localhost()
    if Clinic.objects.filter(is_demo=True).exists():
        raise DemoRefused(
            "There is a demo clinic already; `manage.py demo --fill` completes its films, and "
            "`manage.py demo --passwords` prints new passwords for its accounts."
        )
    clinic = Clinic.objects.create(name=NAME, phone="01632 960 123", is_demo=True)
    accounts = [_account(clinic, role) for role in Role]
    clinician = User.objects.get(memberships__clinic=clinic, memberships__role=Role.CLINICIAN)
    for number, person in enumerate(PEOPLE):
        _add(person, number, clinic, clinician)
    return accounts


@transaction.atomic
def new_passwords() -> list[Account]:
    """Gives each demo account a new password, which ends its logins. Raises DemoRefused."""
    _require_localhost()
    accounts = [_new_account(role) for role in Role]
    for account in accounts:
        user = User.objects.filter(email=account.email, memberships__clinic__is_demo=True).first()
        if user is None:
            raise DemoRefused(
                f"There is no demo account {account.email}: `manage.py demo` makes the demo clinic "
                "where there is none."
            )
        user.set_password(account.password)
        user.save(update_fields=["password"])
    return accounts


def _require_localhost() -> None:
    if settings.SITE_HOST not in settings.LOCAL_HOSTS:
        raise DemoRefused(
            f"The demo's accounts are for localhost only, and SITE_URL is {settings.SITE_URL}."
        )


def _new_account(role: Role) -> Account:
    return Account(f"{role}@demo.example", secrets.token_urlsafe(12), role)


def _account(clinic: Clinic, role: Role) -> Account:
    account = _new_account(role)
    user = User.objects.create_user(
        account.email, account.password, name=f"Demo {role.label.lower()}"
    )
    Membership.objects.create(user=user, clinic=clinic, role=role)
    return account


def _add(person: Person, number: int, clinic: Clinic, actor: User) -> None:
    patient = Patient(
        clinic=clinic,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=person.birth_date,
        sex=person.sex,
        mrn=person.mrn,
        diagnosis_status=Patient.Diagnosis.PD,
        notes=person.notes,
    )
    save_patient(patient, actor=actor)
    give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=actor)
    protocol = Protocol.objects.filter(code="demo", retired=False).first()
    if protocol is None:
        raise DemoRefused("There is no protocol “demo”: run `manage.py migrate` first.")
    for index, visit in enumerate(person.visits):
        session = start_session(patient, protocol, place=Session.Place.SITE, actor=actor)
        session.recorded = timezone.now() - datetime.timedelta(days=visit.days_ago)
        session.medication = visit.medication
        session.minutes_since_dose = visit.minutes_since_dose
        session.dyskinesia = Session.Dyskinesia.NONE
        session.device = {"name": CAMERA, "person": number, "visit": index}
        session.save()


def missing() -> list[Session]:
    """The demo sessions that still lack films, person by person, the oldest session first."""
    return list(
        Session.objects.filter(
            patient__clinic__is_demo=True, device__name=CAMERA, submitted__isnull=True
        )
        .select_related("patient", "protocol", "created_by")
        .order_by("patient__mrn", "recorded")
    )


def fill() -> Iterator[Session]:
    """Renders and submits what is missing; yields each session once it is complete."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="demo-") as folder:
        for session in missing():
            filmed = set(session.recordings.values_list("task", flat=True))
            for task in session.protocol.tasks.all():
                if task.pk not in filmed:
                    _film(session, task, Path(folder) / "film.mp4")
            finish_session(session, actor=session.created_by)
            yield session


def _film(session: Session, task: ProtocolTask, path: Path) -> None:
    animate(path, script(session, task))
    submit(
        session,
        task,
        path,
        mime="video/mp4",
        cues=task.planned_cues(),
        capture={"simulated": True},
        actor=session.created_by,
        caption=CAPTION,
        filmed=session.recorded,
        priority=Job.Priority.HISTORY,
    )


def script(session: Session, task: ProtocolTask) -> VideoScript:
    """What moves in the film of this task; the same at each call."""
    person, index = session.device["person"], session.device["visit"]
    visit = PEOPLE[person].visits[index]
    seed = 1000 * person + 10 * index + task.position
    rng = np.random.default_rng(seed)
    movements = tuple(
        Movement(
            task.expression,
            start=cue.start + visit.latency + rng.uniform(-0.05, 0.05),
            amplitude=visit.strength * rng.normal(1, 0.04),
            onset=visit.onset,
            hold=max(0.6, cue.end - cue.start - visit.onset - 0.2),
            decay=0.1,
        )
        for cue in task.planned_cues()
    )
    blinks = blink_times(task.seconds, visit.blinks, rng) if task.kind == TaskKind.REST else ()
    return VideoScript(task.seconds, (*RESTING, *movements), blinks=blinks, seed=seed)
