"""Parts of films that were never handed in: which are kept, and as what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Purpose
from clinic.patients.services import ask_anew
from clinic.recordings import checking, services
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from diagnosis.models import Job
from tests.clinic.salvaging import PART, reap, silent_for
from tests.clinic.submitting import job_of, withdraw_consent
from tests.clinic.takes import live_film, send, submit
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(session: RecordingSession) -> Upload:
    """What arrived of a smile before the battery was empty."""
    return send(session, PART, whole=False)


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


class TestWhatIsKept:
    def test_a_part_is_labelled_queued_and_audited(
        self, session: RecordingSession, part: Upload
    ) -> None:
        silent_for(part, hours=25)
        assert "1 films salvaged" in reap()
        recording = session.recordings.get()
        assert recording.partial
        assert (settings.MEDIA_ROOT / recording.file).read_bytes() == PART
        cue = session.protocol.tasks.get(code="smile").planned_cues()[0]
        assert recording.cues == [{"start": cue.start, "end": cue.end}]
        assert recording.capture["salvaged"] == {
            "seconds": pytest.approx(5.9),
            "bytes": len(PART),
            "complete": False,
            "cues": "planned",
        }
        assert job_of(recording).state == Job.State.WAITING  # for the rest film
        assert Event.objects.get(action=Action.SALVAGE).target == recording.id
        part.refresh_from_db()
        assert part.recording == recording

    def test_a_film_that_had_arrived_in_full_is_no_part(self, session: RecordingSession) -> None:
        silent_for(send(session), hours=25)
        reap()
        recording = session.recordings.get()
        assert not recording.partial
        assert len(recording.cues) == 2

    def test_bytes_that_never_counted_are_left_out(
        self, session: RecordingSession, part: Upload
    ) -> None:
        with part.path.open("ab") as file:
            file.write(b"half a part")
        silent_for(part, hours=25)
        reap()
        assert (settings.MEDIA_ROOT / session.recordings.get().file).read_bytes() == PART

    def test_a_film_that_had_arrived_in_full_but_broke_off_is_a_part(
        self, session: RecordingSession
    ) -> None:
        silent_for(send(session, PART), hours=25)
        reap()
        assert session.recordings.get().partial

    def test_a_rest_film_that_had_arrived_in_full_but_broke_off_is_a_part(
        self, session: RecordingSession
    ) -> None:
        rest = session.protocol.tasks.get(code="rest")
        short = live_film(rest.seconds / 2)
        silent_for(send(session, short, task="rest"), hours=25)
        reap()
        assert session.recordings.get().partial

    def test_a_whole_rest_film_that_had_arrived_in_full_is_no_part(
        self, session: RecordingSession
    ) -> None:
        rest = session.protocol.tasks.get(code="rest")
        silent_for(send(session, live_film(rest.seconds), task="rest"), hours=25)
        reap()
        assert not session.recordings.get().partial

    def test_of_films_that_had_arrived_in_full_the_newest_is_kept_before_any_part(
        self, session: RecordingSession
    ) -> None:
        long = live_film(12)
        films = [send(session, long), send(session), send(session, long, whole=False)]
        for upload in films:
            silent_for(upload, hours=25)
        reap()
        recording = session.recordings.get()
        assert not recording.partial
        assert recording.upload == films[1]

    def test_a_part_that_was_handed_in_does_not_keep_a_whole_film_out(
        self, anna: Client, session: RecordingSession
    ) -> None:
        handed_in = submit(anna, send(session, PART), PART, cues=[], partial=True)
        assert handed_in.status_code == 201
        silent_for(send(session), hours=25)
        reap()
        assert not session.recordings.kept().get().partial

    def test_a_part_of_which_bytes_are_missing_is_not_kept(
        self, session: RecordingSession, part: Upload
    ) -> None:
        os.truncate(part.path, len(PART) // 2)
        silent_for(part, hours=25)
        reap()
        assert not session.recordings.exists()
        assert part.path.stat().st_size == len(PART) // 2

    def test_a_film_that_was_begun_before_a_new_consent_text_is_kept(
        self, session: RecordingSession, part: Upload, carl_clinician: User
    ) -> None:
        ask_anew(session.patient.clinic, Purpose.CARE, {"en": "new"}, actor=carl_clinician)
        silent_for(part, hours=25)
        reap()
        assert session.recordings.exists()

    def test_the_longest_of_several_parts_is_kept(
        self, session: RecordingSession, part: Upload
    ) -> None:
        other = send(session, live_film(3), whole=False)
        for upload in (part, other):
            silent_for(upload, hours=25)
        reap()
        assert session.recordings.get().upload == part
        assert other.path.exists()

    def test_a_hopeless_part_is_deleted_with_its_reason_and_the_next_is_kept(
        self, session: RecordingSession, part: Upload, caplog: pytest.LogCaptureFixture
    ) -> None:
        hopeless = send(session, b"\x1a\x45\xdf\xa3" + bytes(100_000), whole=False)
        for upload in (part, hopeless):
            silent_for(upload, hours=25)
        reap()
        assert session.recordings.get().upload == part
        assert not hopeless.path.exists()
        assert not Upload.objects.filter(id=hopeless.id).exists()
        assert f"{hopeless.id} is hopeless and deleted: The file is not a video" in caplog.text

    @pytest.mark.parametrize("problem", ["too_long", "picture_too_large", "undecided"])
    def test_what_may_be_a_film_is_left_until_its_time_is_over(
        self,
        part: Upload,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        problem: str,
    ) -> None:
        def refuse(path: Path) -> None:
            raise checking.FilmRefused(problem, "what the engine said")

        monkeypatch.setattr(checking, "check", refuse)
        silent_for(part, hours=25)
        reap()
        assert part.path.exists()
        assert f"{part.id} is left to the reaper: what the engine said" in caplog.text
        silent_for(part, hours=settings.UPLOAD_KEEP_HOURS)
        reap()
        assert not part.path.exists()

    def test_a_hopeless_part_that_has_ended_already_keeps_no_other_out(
        self, session: RecordingSession, part: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hopeless = send(session, b"\x1a\x45\xdf\xa3" + bytes(100_000), whole=False)
        check = checking.check

        def ended_meanwhile(path: Path) -> object:
            Upload.objects.filter(id=hopeless.id).delete()
            return check(path)

        monkeypatch.setattr(checking, "check", ended_meanwhile)
        for upload in (part, hopeless):
            silent_for(upload, hours=25)
        reap()
        assert session.recordings.get().upload == part

    def test_a_part_that_ends_while_it_is_kept_is_no_recording(
        self, session: RecordingSession, part: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submitted = services.submit

        def meanwhile(*args: object, **options: object) -> Recording:
            recording = submitted(*args, **options)
            Upload.objects.all().delete()
            return recording

        monkeypatch.setattr(services, "submit", meanwhile)
        silent_for(part, hours=25)
        assert reap() == ""
        assert not session.recordings.exists()

    def test_a_task_with_a_film_needs_no_part(
        self, anna: Client, session: RecordingSession, part: Upload
    ) -> None:
        submit(anna, send(session))
        silent_for(part, hours=25)
        reap()
        assert session.recordings.count() == 1
        assert part.path.exists()
        silent_for(part, hours=settings.UPLOAD_KEEP_HOURS)
        reap()
        assert not part.path.exists()

    def test_a_whole_film_that_comes_later_is_the_next_attempt(
        self, anna: Client, session: RecordingSession, part: Upload
    ) -> None:
        silent_for(part, hours=25)
        reap()
        assert submit(anna, send(session)).json()["attempt"] == 2
        assert session.recordings.kept().get().attempt == 2

    def test_nothing_is_kept_without_consent(self, session: RecordingSession, part: Upload) -> None:
        withdraw_consent(session, Purpose.CARE)
        silent_for(part, hours=25)
        reap()
        assert not session.recordings.exists()
        silent_for(part, hours=settings.UPLOAD_KEEP_HOURS)
        reap()
        assert not part.path.exists()

    def test_an_unfinished_import_is_not_salvaged(
        self, session: RecordingSession, part: Upload
    ) -> None:
        RecordingSession.objects.update(imported=True)
        silent_for(part, hours=25)
        reap()
        assert not session.recordings.exists()

    def test_a_part_that_goes_on_at_this_moment_is_left_alone(
        self, session: RecordingSession, part: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        silent_for(part, hours=25)
        held = uploads.held

        def a_moment_later(upload: Upload) -> object:
            with upload.path.open("ab") as file:  # another process was faster
                file.write(b"more")
            Upload.objects.update(offset=len(PART) + 4)
            return held(upload)

        monkeypatch.setattr(uploads, "held", a_moment_later)
        reap()
        assert not session.recordings.exists()
        assert part.path.read_bytes() == PART + b"more"
