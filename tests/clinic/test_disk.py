"""Staff and operator hear that the disk fills up, before and while films are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from clinic import disk
from clinic.accounts.models import User
from clinic.recordings.models import RecordingSession
from tests.clinic.tus import create
from tests.conftest import Login

pytestmark = pytest.mark.django_db
PAGES = ("/worklist/", "/members/")


@pytest.fixture
def free(tmp_path: Path) -> int:
    return shutil.disk_usage(tmp_path).free


@pytest.fixture
def staff(login: Login, carl_clinician: User, ada_admin: User) -> tuple[Client, Client]:
    return login(carl_clinician), login(ada_admin)


def shown(staff: tuple[Client, Client]) -> list[str]:
    answers = [browser.get(page) for browser, page in zip(staff, PAGES, strict=True)]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [answer.content.decode() for answer in answers]


def test_nothing_is_said_while_there_is_room(
    staff: tuple[Client, Client], settings: Settings
) -> None:
    settings.DISK_RESERVE_BYTES = 1
    assert not any("disk" in page for page in shown(staff))


def test_start_pages_warn_before_films_are_refused(
    staff: tuple[Client, Client], settings: Settings, free: int
) -> None:
    settings.DISK_RESERVE_BYTES = free // 2
    assert all("disk is nearly full" in page for page in shown(staff))


def test_start_pages_say_that_films_are_refused(
    staff: tuple[Client, Client], settings: Settings, free: int
) -> None:
    settings.DISK_RESERVE_BYTES = free * 2
    assert all("disk is full: no film is taken in" in page for page in shown(staff))


def test_the_log_tells_the_operator(
    login: Login,
    anna_assistant: User,
    session: RecordingSession,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DISK_RESERVE_BYTES = 10**18
    assert create(login(anna_assistant), session).status_code == 507
    errors = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    assert any("no film is taken in" in line and "DISK_RESERVE_BYTES" in line for line in errors)


def test_room_is_looked_for_before_the_first_film_makes_its_folder(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "data" / "media"
    settings.DISK_RESERVE_BYTES = 0
    assert disk.free() > 0
    assert not disk.is_full()
