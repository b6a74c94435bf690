"""A session is finished with what has arrived; what hinders it is said, and loses nothing."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.patients.models import Consent
from clinic.recordings import checking, services
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads.models import Upload
from clinic.uploads.problems import ServerBusy
from tests.clinic.takes import live_film, page, send, submit
from tests.clinic.tus import create
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.fixture
def filmed(paul: Client, described: RecordingSession) -> RecordingSession:
    submit(paul, send(described))
    return described


@pytest.fixture
def part(described: RecordingSession) -> Upload:
    """Of a film that was never handed in."""
    return send(described, live_film(6), whole=False)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(path: object) -> None:
        raise ServerBusy

    monkeypatch.setattr(checking, "check", check)


def trouble(full: bool) -> OperationalError:
    cause = sqlite3.OperationalError("database or disk is full" if full else "database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_BUSY
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def finish(browser: Client, session: RecordingSession) -> HttpResponse:
    return browser.post(page(session, "finish/"))


def finish_as_staff(browser: Client, session: RecordingSession) -> HttpResponse:
    return browser.post(reverse("recordings:finish", args=[session.id]))


@pytest.mark.parametrize(
    ("full", "status", "words"),
    [(True, 507, "computer is full"), (False, 503, "computer is busy")],
)
class TestServerTrouble:
    @pytest.fixture(autouse=True)
    def _trouble(
        self, filmed: RecordingSession, monkeypatch: pytest.MonkeyPatch, full: bool
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise trouble(full)

        monkeypatch.setattr(services.audit, "record", fail)

    def test_is_said_plainly_and_nothing_is_lost(
        self,
        paul: Client,
        filmed: RecordingSession,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        words: str,
    ) -> None:
        answer = finish(paul, filmed)
        assert answer.status_code == status
        told = answer.json()["error"]  # type: ignore[attr-defined]
        assert words in told
        assert "The films that have arrived there are safe." in told
        filmed.refresh_from_db()
        assert filmed.submitted is None
        assert filmed.recordings.count() == 1
        monkeypatch.undo()
        assert finish(paul, filmed)["Location"] == page(filmed)
        filmed.refresh_from_db()
        assert filmed.submitted is not None

    def test_is_told_to_staff(
        self,
        login: Login,
        anna_assistant: User,
        filmed: RecordingSession,
        status: int,
        words: str,
    ) -> None:
        answer = finish_as_staff(login(anna_assistant), filmed)
        assert answer.status_code == status
        assert "The films that have arrived are safe." in answer.content.decode()


class TestAFilmThatCannotBeCheckedNow:
    def test_is_not_called_nothing(
        self, paul: Client, described: RecordingSession, part: Upload, busy: None
    ) -> None:
        answer = finish(paul, described)
        assert answer.status_code == 503
        assert "still being checked" in answer.json()["error"]  # type: ignore[attr-defined]
        described.refresh_from_db()
        assert described.submitted is None

    def test_is_not_called_nothing_to_staff(
        self,
        login: Login,
        anna_assistant: User,
        described: RecordingSession,
        part: Upload,
        busy: None,
    ) -> None:
        answer = finish_as_staff(login(anna_assistant), described)
        assert answer.status_code == 503
        assert "still being checked" in answer.content.decode()

    def test_does_not_hold_up_a_session_that_has_other_films(
        self, paul: Client, filmed: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rest = send(filmed, live_film(6), task="rest", whole=False)

        def check(path: object) -> None:
            raise ServerBusy

        monkeypatch.setattr(checking, "check", check)
        assert finish(paul, filmed)["Location"] == page(filmed)
        filmed.refresh_from_db()
        assert filmed.submitted is not None
        assert Upload.objects.filter(id=rest.id, recording=None).exists()

    def test_is_nothing_once_they_no_longer_agree(
        self, paul: Client, described: RecordingSession, part: Upload, busy: None
    ) -> None:
        Consent.objects.all().delete()
        assert finish(paul, described)["Location"] == page(described)


class TestWithoutFilms:
    def test_staff_are_told_too(
        self, login: Login, anna_assistant: User, described: RecordingSession
    ) -> None:
        browser = login(anna_assistant)
        answer = browser.get(finish_as_staff(browser, described)["Location"])
        assert "Nothing has been filmed yet." in answer.content.decode()

    def test_staff_finish_with_the_part_that_is_there(
        self, login: Login, anna_assistant: User, described: RecordingSession, part: Upload
    ) -> None:
        finish_as_staff(login(anna_assistant), described)
        described.refresh_from_db()
        assert described.submitted is not None
        assert Recording.objects.get().partial


def test_whose_link_has_ended_the_program_is_told_in_words(
    client: Client, described: RecordingSession
) -> None:
    words = "This page may not send films any more. Open your link again"
    answer = finish(client, described)
    assert answer.status_code == 404
    assert words in answer.json()["error"]  # type: ignore[attr-defined]
    sent = client.post(page(described, "submit/"), "{}", "application/json")
    assert sent.status_code == 404
    assert words in sent.json()["error"]  # type: ignore[attr-defined]
    upload = create(client, described)
    assert upload.status_code == 404
    assert upload.content.decode().startswith(words)
