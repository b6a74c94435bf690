"""The demo clinic: made at once, filled film by film, for localhost only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from clinic import demo
from clinic.accounts.models import Clinic, Role, User
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings.models import Protocol, ProtocolTask, Recording, RecordingSession
from diagnosis.landmarks import LandmarkTrack
from diagnosis.models import Job
from diagnosis.simulate import VideoScript, animate

pytestmark = pytest.mark.django_db
Create = Callable[[], list[demo.Account]]


@pytest.fixture(autouse=True)
def _data_dir(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.SITE_HOST = "localhost"


@pytest.fixture
def short(protocol: Protocol) -> Protocol:
    """The demo protocol with films of under a second, for what does not depend on their length."""
    protocol.tasks.filter(kind="rest").update(lead_in_s=0.5)
    protocol.tasks.exclude(kind="rest").update(lead_in_s=0.2, repeats=1, now_s=0.4, relax_s=0.1)
    return protocol


def test_its_people_have_sessions_treatment_and_consents(protocol: Protocol) -> None:
    demo.create()
    patients = Patient.objects.filter(clinic__is_demo=True).order_by("mrn")
    assert [patient.sessions.count() for patient in patients] == [8, 8, 9, 30]
    assert [patient.regimens.count() for patient in patients] == [1, 1, 2, 2]
    for patient in patients:
        assert consented(patient, Purpose.CARE)
        assert consented(patient, Purpose.ANALYSIS)
    assert not Recording.objects.exists()


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The passwords that were printed, by the account's address; one account per role."""
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "@" in line]
    assert [line[0] for line in lines] == [role.label for role in Role]
    return {email: password for _, email, password in lines}


def test_each_role_can_sign_in_with_the_password_that_was_printed(
    protocol: Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo")
    for email, password in printed(capsys).items():
        assert Client().login(email=email, password=password)
        assert password not in User.objects.get(email=email).password


def test_lost_passwords_are_replaced_by_new_ones_that_are_printed(
    protocol: Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo")
    old = printed(capsys)
    call_command("demo", "--passwords")
    for email, password in printed(capsys).items():
        assert Client().login(email=email, password=password)
        assert not Client().login(email=email, password=old[email])


def test_new_passwords_need_the_demo_clinic_and_localhost(
    protocol: Protocol, settings: Settings
) -> None:
    with pytest.raises(CommandError, match="There is no demo account"):
        call_command("demo", "--passwords")
    demo.create()
    before = set(User.objects.values_list("password", flat=True))
    settings.SITE_HOST = "mimia.example.org"
    with pytest.raises(CommandError, match="localhost only"):
        call_command("demo", "--passwords")
    assert set(User.objects.values_list("password", flat=True)) == before


def test_it_is_refused_beyond_localhost(protocol: Protocol, settings: Settings) -> None:
    settings.SITE_HOST = "mimia.example.org"
    with pytest.raises(CommandError, match="localhost only"):
        call_command("demo")
    assert not Clinic.objects.exists()


def test_there_is_only_one(protocol: Protocol) -> None:
    demo.create()
    with pytest.raises(demo.DemoRefused, match="demo --passwords"):
        demo.create()


def test_if_empty_leaves_a_site_with_a_clinic_alone(protocol: Protocol, clinic: Clinic) -> None:
    call_command("demo", "--if-empty")
    assert list(Clinic.objects.all()) == [clinic]


def test_filling_films_a_whole_session_through_the_front_door(short: Protocol) -> None:
    demo.create()
    session = next(demo.fill())
    assert session.patient.last_name == "Marlow"
    assert session.submitted is not None
    films = session.recordings.all()
    assert {film.task.code for film in films} == {"rest", "smile", "surprise"}
    assert {film.caption for film in films} == {demo.CAPTION}
    assert Job.objects.filter(group=session.id, kind=Job.Kind.TAKE).count() == 3


def test_an_interrupted_fill_goes_on_where_it_stopped(
    short: Protocol, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    demo.create()
    filmed: list[VideoScript] = []

    def stop_at_the_second(path: Path, script: VideoScript) -> Any:
        filmed.append(script)
        if len(filmed) == 2:
            path.write_bytes(b"half a film")
            raise KeyboardInterrupt
        return animate(path, script)

    monkeypatch.setattr(demo, "animate", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        next(demo.fill())
    assert Recording.objects.count() == 1
    assert not list(tmp_path.glob("demo-*"))

    session = next(demo.fill())
    assert len(filmed) == 4
    assert [film.attempt for film in session.recordings.all()] == [1, 1, 1]


def test_sessions_that_people_start_in_the_demo_clinic_are_left_alone(short: Protocol) -> None:
    demo.create()
    patient = Patient.objects.get(last_name="Marlow")
    own = RecordingSession.objects.create(patient=patient, protocol=short)
    assert own not in demo.missing()
    assert len(demo.missing()) == 8 + 8 + 9 + 30


def test_of_the_person_with_thirty_sessions_only_landmarks_are_made(protocol: Protocol) -> None:
    demo.create()
    Protocol.objects.get(code="core").tasks.filter(kind="rest").update(lead_in_s=2)
    RecordingSession.objects.exclude(patient__last_name="Ashby").delete()
    session = next(demo.fill())
    films = session.recordings.all()
    assert {film.task.code for film in films} == {
        "rest", "talk", "smile", "surprise", "eye_closure",
    }  # fmt: skip
    for film in films:
        assert film.caption == "simulated landmarks"
        track = LandmarkTrack.load(settings.MEDIA_ROOT / film.file)
        assert track.tracker == "simulated"
    assert not session.ratings.exists()


def test_two_invented_raters_have_scored_the_first_sessions(short: Protocol) -> None:
    demo.create()
    session = next(demo.fill())
    assert [rating.blind for rating in session.ratings.all()] == [True, True]


def smiles(last_name: str) -> list[float]:
    """Mean amplitude of the smile in each of a person's scripts, oldest first."""
    sessions = RecordingSession.objects.filter(patient__last_name=last_name).order_by("recorded")
    task = ProtocolTask.objects.get(protocol__code="demo", code="smile")
    scripts = [demo.script(session, task) for session in sessions]
    posed = [[m.amplitude for m in script.movements if m.name == "smile"] for script in scripts]
    return [float(np.mean(amplitudes)) for amplitudes in posed]


def test_one_person_is_stable_one_declines_and_one_fluctuates(protocol: Protocol) -> None:
    demo.create()
    stable, declining, fluctuating = map(smiles, ("Marlow", "Penrose", "Whitcombe"))
    assert max(stable) < 1.25 * min(stable)
    assert declining[-1] < 0.7 * declining[0]
    assert max(sorted(fluctuating)[:3]) < 0.7 * min(sorted(fluctuating)[3:])
    assert smiles("Marlow") == stable
