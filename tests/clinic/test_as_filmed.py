"""What is kept of a film: when it was made, and its pictures without their sound."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import av
import numpy as np
import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import User
from clinic.recordings import checking, receiving, salvage, services
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from tests.clinic.takes import send, submit
from tests.conftest import Login
from tests.diagnosis.films import with_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film by a phone's own camera."""
    path = tmp_path_factory.mktemp("loud") / "film.mov"
    film: Path = with_sound(path, np.arange(0, 9, 0.1), container="mov")
    return film.read_bytes()


def recorded_ago(session: RecordingSession) -> float:
    """How long ago the sitting took place, in seconds."""
    session.refresh_from_db()
    return (timezone.now() - session.recorded).total_seconds()


class TestWhenItWasFilmed:
    """A film that waited for a network was made long before it came."""

    @pytest.fixture
    def old(self, session: RecordingSession) -> RecordingSession:
        """Created with its link ten days ago."""
        created = timezone.now() - datetime.timedelta(days=10)
        RecordingSession.objects.filter(id=session.id).update(created=created)
        return session

    def test_is_told_by_the_device(self, anna: Client, old: RecordingSession) -> None:
        day = 24 * 3600
        assert submit(anna, send(old), ago=day).status_code == 201
        assert recorded_ago(old) == pytest.approx(day, abs=60)
        recording = Recording.objects.get()
        old.refresh_from_db()
        assert recording.capture["filmed"] == {
            "at": old.recorded.isoformat(),
            "clock": "device",
        }
        assert recording.filmed == old.recorded

    @pytest.mark.parametrize("ago", [None, -1, "soon", True, [1], 1e300, 11 * 24 * 3600])
    def test_is_when_it_came_where_the_device_tells_nonsense(
        self, anna: Client, old: RecordingSession, ago: object
    ) -> None:
        assert submit(anna, send(old), ago=ago).status_code == 201
        assert recorded_ago(old) < 60
        recording = Recording.objects.get()
        assert "filmed" not in recording.capture
        assert recording.filmed is None

    def test_keeps_of_the_device_only_what_the_page_tells(
        self, anna: Client, old: RecordingSession
    ) -> None:
        device = {"name": "Fred Zedson's phone", "browser": "x" * 1000, "screen": {"w": 3}}
        assert submit(anna, send(old), capture={"device": device}).status_code == 201
        old.refresh_from_db()
        assert old.device == {"browser": "x" * 300}

    def test_is_not_told_by_what_the_browser_says_of_its_capture(
        self, anna: Client, old: RecordingSession
    ) -> None:
        forged = {"filmed": {"at": "1970-01-01T00:00:00+00:00"}, "sent_sha256": "0" * 64}
        assert submit(anna, send(old), capture=forged).status_code == 201
        assert Recording.objects.get().capture == {}


class TestSound:
    """The consent text says that the films have none."""

    def by_hand(self, browser: Client, upload: Upload, film: bytes) -> HttpResponse:
        return submit(browser, upload, film, cues=[], capture={"by_hand": True})

    def test_of_a_film_by_hand_is_taken_out(
        self, anna: Client, session: RecordingSession, loud: bytes
    ) -> None:
        answer = self.by_hand(anna, send(session, loud), loud)
        assert answer.status_code == 201
        recording = Recording.objects.get()
        path = settings.MEDIA_ROOT / recording.file
        with av.open(str(path)) as film:
            assert not film.streams.audio
        assert recording.sha256 == services.digest(path)
        assert recording.size == path.stat().st_size
        assert checking.check(path).seconds == pytest.approx(8.9, abs=0.01)

    def test_is_no_reason_why_the_receipt_should_not_be_for_what_was_sent(
        self, anna: Client, session: RecordingSession, loud: bytes
    ) -> None:
        upload = send(session, loud)
        first = self.by_hand(anna, upload, loud)
        assert first.json()["sha256"] == hashlib.sha256(loud).hexdigest()
        assert self.by_hand(anna, upload, loud).json() == first.json()
        Upload.objects.all().delete()
        assert self.by_hand(anna, upload, loud).json() == first.json()

    @pytest.mark.django_db(transaction=True)
    def test_is_nowhere_once_the_film_is_kept(
        self, anna: Client, session: RecordingSession, loud: bytes
    ) -> None:
        upload = send(session, loud)
        assert self.by_hand(anna, upload, loud).status_code == 201
        assert list(upload.path.parent.iterdir()) == []

    def test_of_a_film_that_cannot_be_kept_now_stays_with_what_was_sent(
        self,
        anna: Client,
        session: RecordingSession,
        loud: bytes,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(upload: Upload, recording: Recording) -> None:
            raise OperationalError("database or disk is full")

        upload = send(session, loud)
        with monkeypatch.context() as broken:
            broken.setattr(uploads, "hand_over", full)
            assert self.by_hand(anna, upload, loud).status_code == 503
        assert upload.path.read_bytes() == loud
        assert self.by_hand(anna, upload, loud).status_code == 201

    def test_of_an_old_clip_is_the_clinics_own(
        self, session: RecordingSession, anna_assistant: User, loud: bytes
    ) -> None:
        session.imported = True
        session.save()
        sha256 = hashlib.sha256(loud).hexdigest()
        made = receiving.receive_import(
            session, send(session, loud), cues=[], actor=anna_assistant, sha256=sha256
        )
        assert (settings.MEDIA_ROOT / made.file).read_bytes() == loud

    def test_of_a_film_that_was_never_handed_in_is_taken_out(
        self, session: RecordingSession, loud: bytes
    ) -> None:
        send(session, loud)
        (kept,) = salvage.salvage_session(session, actor=None, link=None)
        with av.open(str(settings.MEDIA_ROOT / kept.file)) as film:
            assert not film.streams.audio
