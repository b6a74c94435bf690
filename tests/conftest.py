"""People and records that every test of the site shares.

anna, carl, rita and ada work in `clinic`, each in one role; olga runs `other_clinic`, as admin and
clinician, and must never see anything of `clinic`.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.patients.models import Consent, ConsentText, Patient, Purpose
from clinic.recordings.models import Protocol, Recording, RecordingSession
from diagnosis.models import Job, Result

Login = Callable[[User | None], Client]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in real life: only there do writers of several threads wait in turn."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    """Each test keeps its files to itself, and starts with fresh rate limits."""
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Slowness is what a password's hash is for, and what tests can do without."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def member(name: str, clinic: Clinic, *roles: Role) -> User:
    user = User.objects.create_user(f"{name.split()[0].lower()}@example.org", name=name)
    for role in roles:
        Membership.objects.create(user=user, clinic=clinic, role=role)
    return user


@pytest.fixture
def clinic(db: None) -> Clinic:
    return Clinic.objects.create(name="Riverside Movement Clinic", phone="01632 960 001")


@pytest.fixture
def other_clinic(db: None) -> Clinic:
    return Clinic.objects.create(name="Hilltop Neurology", phone="01632 960 002")


@pytest.fixture
def anna_assistant(clinic: Clinic) -> User:
    return member("Anna Assistant", clinic, Role.ASSISTANT)


@pytest.fixture
def carl_clinician(clinic: Clinic) -> User:
    return member("Carl Clinician", clinic, Role.CLINICIAN)


@pytest.fixture
def rita_researcher(clinic: Clinic) -> User:
    return member("Rita Researcher", clinic, Role.RESEARCHER)


@pytest.fixture
def ada_admin(clinic: Clinic) -> User:
    return member("Ada Admin", clinic, Role.ADMIN)


@pytest.fixture
def olga_outsider(other_clinic: Clinic) -> User:
    return member("Olga Outsider", other_clinic, Role.ADMIN, Role.CLINICIAN)


@pytest.fixture
def login() -> Login:
    """A browser that is signed in as the user; as nobody when given None."""

    def browser(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return browser


@pytest.fixture
def count_queries() -> Callable[[Callable[[], object]], int]:
    """The number of database queries that something costs."""

    def count(action: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            action()
        return len(queries)

    return count


RIGHT_ANSWERS = {"first_name": "Paul", "birth_year": "1956"}  # what opens the patient's links


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return Patient.objects.create(
        clinic=clinic,
        first_name="Paul",
        last_name="Patient",
        birth_date=datetime.date(1956, 3, 14),
        sex=Patient.Sex.MALE,
        mrn="MRN-0042",
        diagnosis_status=Patient.Diagnosis.PD,
        notes="Prefers the morning.",
    )


def _migrate_again(migration: str) -> None:
    """Runs the data migration once more: a transactional test flushes what it had added."""
    importlib.import_module(migration).add(apps, None)


@pytest.fixture
def consent_texts(db: None) -> dict[Purpose, ConsentText]:
    """The first common text of every purpose, in English."""
    if not ConsentText.objects.exists():
        _migrate_again("clinic.patients.migrations.0002_consent_texts")
        _migrate_again("clinic.patients.migrations.0004_consent_texts_zh")
        _migrate_again("clinic.patients.migrations.0005_sharing")
    first = ConsentText.objects.filter(clinic=None, version=1, language="en")
    return {Purpose(text.purpose): text for text in first}


@pytest.fixture
def consented_patient(patient: Patient, consent_texts: dict[Purpose, ConsentText]) -> Patient:
    """Has agreed to care and analysis, on a signed form."""
    for purpose in (Purpose.CARE, Purpose.ANALYSIS):
        Consent.objects.create(
            patient=patient, text=consent_texts[purpose], given_by=Consent.By.STAFF
        )
    return patient


@pytest.fixture
def shared(patient: Patient, consent_texts: dict[Purpose, ConsentText]) -> Consent:
    """The patient's agreement that researchers get coded measures."""
    text = consent_texts[Purpose.SHARING]
    return Consent.objects.create(patient=patient, text=text, given_by=Consent.By.STAFF)


@pytest.fixture
def protocol(db: None) -> Protocol:
    """The short protocol of the demo: rest, smile, surprise."""
    if not Protocol.objects.exists():
        _migrate_again("clinic.recordings.migrations.0002_protocols")
    return Protocol.objects.get(code="demo", version=1)


@pytest.fixture
def session(
    consented_patient: Patient, protocol: Protocol, carl_clinician: User
) -> RecordingSession:
    """Open, with nothing recorded yet."""
    return RecordingSession.objects.create(
        patient=consented_patient, protocol=protocol, created_by=carl_clinician
    )


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    """The smile, submitted and ready to play, though its bytes are no film at all."""
    recording = Recording(
        session=session,
        task=session.protocol.tasks.get(code="smile"),
        attempt=1,
        size=5,
        sha256=hashlib.sha256(b"smile").hexdigest(),
        mime="video/webm",
        cues=[{"start": 2.0, "end": 4.0}],
    )
    recording.file = f"recordings/{recording.id}/video.webm"
    recording.playback = recording.file
    file = Path(settings.MEDIA_ROOT) / recording.file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"smile")
    recording.save()
    return recording


@pytest.fixture
def result(recording: Recording) -> Result:
    """Of the smile: one measure, one curve of three points (the face was lost at the last)."""
    job = Job.objects.create(
        kind=Job.Kind.TAKE,
        group=recording.session_id,
        subject=recording.id,
        payload={"neutral": None, "release": ""},
        state=Job.State.DONE,
    )
    result = Result.objects.create(
        job=job,
        kind=job.kind,
        group=job.group,
        subject=job.subject,
        release="embedded-1",
        release_sha256="0" * 64,
        evidence="simulated",
        config_hash="0" * 16,
        usable=True,
        neutral_source="rest",
        likelihood={"value": 0.75},
    )
    result.measures.create(
        name="amplitude",
        region="mouth_corners",
        side="both",
        unit="% IOD",
        value=7.03125,
        n=2,
        sd=0.5,
    )
    values = np.array([0.0, 7.25, np.nan], dtype="<f4").tobytes()
    result.traces.create(
        name="movement:mouth_corners", unit="% IOD", t0=0.0, step=1 / 30, values=values
    )
    return result
