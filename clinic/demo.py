"""The demo clinic: invented people whose sessions are simulated.

`create` makes its rows at once; `fill` renders the films that are still missing, animated from a
public-domain portrait, and submits them as any other film, so that every number on its pages comes
out of the real analysis. Of one person with many sessions only landmarks are simulated. A fill
that was interrupted goes on where it stopped.
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
from clinic.demo_people import PEOPLE, Person
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent, save_patient
from clinic.ratings import services as ratings
from clinic.recordings.models import Protocol, ProtocolTask, Recording, RecordingSession
from clinic.recordings.services import finish_session, start_session, submit
from clinic.therapy import services as therapy
from clinic.therapy.models import ClinicalEvent, Regimen
from diagnosis import simulated
from diagnosis.config import TaskKind
from diagnosis.models import Job
from diagnosis.motion import Movement, blink_times
from diagnosis.simulate import VideoScript, animate

NAME = "Demo clinic"
AGREED = (Purpose.CARE, Purpose.ANALYSIS, Purpose.TRAINING, Purpose.SHARING)
CAPTION = "simulated from a public-domain portrait"
SECOND_RATER = "second-clinician@demo.example"
RATED = 5  # of each filmed person's sessions; the others wait for whoever tries the demo
CAMERA = "Simulated camera"
# The portrait smiles; the demo's people rest with a quiet mouth.
RESTING = tuple(
    Movement(action, -2.0, strength, onset=1.0, hold=1e6)
    for action, strength in (("AU12", -1.1), ("AU25", -0.4), ("AU17", 0.5))
)
Session = RecordingSession


class DemoRefused(Exception):
    """The demo clinic, or its passwords, cannot be made here; the message says why."""


@dataclasses.dataclass(frozen=True)
class Account:
    """An account with a new password, which is known here only until it has been printed."""

    email: str
    password: str
    role: Role


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
    clinician = User.objects.get(email=f"{Role.CLINICIAN}@demo.example")
    second = User.objects.create_user(SECOND_RATER, name="Demo second clinician")
    Membership.objects.create(user=second, clinic=clinic, role=Role.CLINICIAN)
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
    give_consent(patient, AGREED, by=Consent.By.STAFF, actor=actor)
    _treat(person, patient, actor)
    protocol = Protocol.objects.filter(code=person.protocol, retired=False).first()
    if protocol is None:
        raise DemoRefused(
            f"There is no protocol “{person.protocol}”: run `manage.py migrate` first."
        )
    for index, visit in enumerate(person.visits):
        session = start_session(patient, protocol, place=Session.Place.SITE, actor=actor)
        session.recorded = _when(visit.days_ago)
        session.medication = visit.medication
        session.minutes_since_dose = visit.minutes_since_dose
        session.dyskinesia = Session.Dyskinesia.NONE
        session.device = {"name": CAMERA, "person": number, "visit": index}
        session.save()


def _when(days_ago: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days_ago)


def _treat(person: Person, patient: Patient, actor: User) -> None:
    for dose in person.doses:
        start = timezone.localdate(_when(dose.days_ago))
        regimen = Regimen(patient=patient, start=start, text=dose.text, ledd_mg=dose.ledd_mg)
        regimen.created_by = actor
        therapy.replace(regimen, actor=actor)
    for what in person.happenings:
        date = timezone.localdate(_when(what.days_ago))
        event = ClinicalEvent(patient=patient, date=date, kind=what.kind, note=what.note)
        event.created_by = actor
        therapy.save(event, actor=actor)


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
    """Makes and submits what is missing; yields each session once it is complete."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="demo-") as folder:
        for session in missing():
            filmed = set(session.recordings.values_list("task", flat=True))
            for task in session.protocol.tasks.all():
                if task.pk not in filmed:
                    _film(session, task, Path(folder))
            finish_session(session, actor=session.created_by)
            _rate(session)
            yield session


def _film(session: Session, task: ProtocolTask, folder: Path) -> None:
    if PEOPLE[session.device["person"]].filmed:
        path, mime, caption = folder / "film.mp4", "video/mp4", CAPTION
        animate(path, script(session, task))
    else:
        path, mime, caption = folder / "film.npz", Recording.LANDMARKS, "simulated landmarks"
        simulated.track(script(session, task), session.device["person"]).save(path)
    submit(
        session,
        task,
        path,
        mime=mime,
        cues=task.planned_cues(),
        capture={"simulated": True},
        actor=session.created_by,
        caption=caption,
        filmed=session.recorded,
        priority=Job.Priority.HISTORY,
    )


def _rate(session: Session) -> None:
    """Two invented raters, each of whom sees the simulated strength with an error of their own."""
    person, index = session.device["person"], session.device["visit"]
    if not PEOPLE[person].filmed or index >= RATED:
        return
    rng = np.random.default_rng([person, index])
    severity = 4.5 - 5 * PEOPLE[person].visits[index].strength
    raters = User.objects.filter(
        memberships__clinic=session.patient.clinic, memberships__role=Role.CLINICIAN
    )
    for rater in raters.order_by("email"):
        score = int(np.clip(round(severity + rng.normal(0, 0.6)), 0, 4))
        ratings.rate(session, rater, score=score)


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
    resting = RESTING if PEOPLE[person].filmed else ()
    talking = visit.strength if task.kind == TaskKind.TALK else 0.0
    return VideoScript(
        task.seconds, (*resting, *movements), blinks=blinks, speech=talking, seed=seed
    )
