"""From bytes that have arrived to a recording: parts of takes, old clips, and a server in need."""

from __future__ import annotations

import datetime
import hashlib
import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinic.accounts.models import Clinic, User
from clinic.patients.models import Patient
from clinic.recordings import checking, receiving, services
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.recordings.takes import Take
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from clinic.uploads.problems import Gone, Incomplete
from diagnosis.config import Cue
from tests.clinic.takes import CUES, WEBM, live_film, send, submit
from tests.clinic.tus import at_once
from tests.conftest import Login

pytestmark = pytest.mark.django_db
SHA256 = hashlib.sha256(WEBM).hexdigest()
PART = live_film(5)
NOBODY = pwd.getpwnam("nobody").pw_uid


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@contextmanager
def ordinary_folder() -> Iterator[Path]:
    """A folder of an ordinary user's."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, -1)
        yield Path(folder)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """As one whom the modes of files bind, and who owns those in MEDIA_ROOT."""
    if os.geteuid() != 0:
        yield
        return
    for path in settings.MEDIA_ROOT.rglob("*"):
        os.chown(path, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def imported(session: RecordingSession) -> RecordingSession:
    session.imported = True
    session.save()
    return session


class TestParts:
    def test_a_part_of_a_take_is_kept_as_such_with_the_cues_that_it_has(
        self, anna: Client, session: RecordingSession
    ) -> None:
        answer = submit(anna, send(session, PART), PART, cues=CUES[:1], partial=True)
        assert answer.status_code == 201
        recording = Recording.objects.get()
        assert recording.partial
        assert recording.cues == CUES[:1]

    @pytest.mark.parametrize(("end", "kept"), [(4.0, 2), (5.2, 1), (7.0, 1)])
    def test_a_part_has_the_cues_that_its_film_holds(
        self, anna: Client, session: RecordingSession, end: float, kept: int
    ) -> None:
        cues = [{"start": 1.0, "end": 2.0}, {"start": 3.0, "end": end}]  # the film has 4.9 seconds
        answer = submit(anna, send(session, PART), PART, cues=cues, partial=True)
        assert answer.status_code == 201
        assert Recording.objects.get().cues == cues[:kept]

    def test_a_part_is_no_receipt_for_the_whole_film(
        self, anna: Client, session: RecordingSession
    ) -> None:
        part = send(session, PART)
        assert submit(anna, part, PART, cues=CUES[:1], partial=True).status_code == 201
        assert submit(anna, part, PART, cues=CUES[:1], partial=True).status_code == 201
        assert submit(anna, part).status_code == 410
        assert submit(anna, send(session)).status_code == 201

    def test_a_film_by_hand_has_no_cues_and_is_no_part(
        self, anna: Client, session: RecordingSession
    ) -> None:
        answer = submit(anna, send(session), cues=[], capture={"by_hand": True})
        assert answer.status_code == 201
        assert not Recording.objects.get().partial
        assert submit(anna, send(session), cues=[], capture={"by_hand": "no"}).status_code == 422
        some = submit(anna, send(session), cues=CUES[:1], capture={"by_hand": True})
        assert some.status_code == 422

    def test_a_later_part_does_not_overtake_a_whole_film(
        self, anna: Client, session: RecordingSession
    ) -> None:
        older, part = send(session), send(session, PART)
        assert submit(anna, part, PART, cues=CUES[:1], partial=True).status_code == 201
        assert submit(anna, older).status_code == 201

    def test_a_whole_take_is_no_part(self, anna: Client, session: RecordingSession) -> None:
        submit(anna, send(session))
        assert not Recording.objects.get().partial

    @pytest.mark.parametrize(("end", "status"), [(9.8, 201), (10.0, 422)])
    def test_a_cue_beyond_the_film_is_refused(
        self, anna: Client, session: RecordingSession, end: float, status: int
    ) -> None:
        cues = [CUES[0], {"start": 8.0, "end": end}]  # the film has 8.9 seconds
        assert submit(anna, send(session), cues=cues).status_code == status

    @pytest.mark.parametrize(
        "changes",
        [{"cues": CUES[:1]}, {"cues": [*CUES, {"start": 9, "end": 10}], "partial": True},
         {"partial": "yes"}],
    )  # fmt: skip
    def test_cues_that_do_not_fit_the_task_are_refused(
        self, anna: Client, session: RecordingSession, changes: dict[str, object]
    ) -> None:
        assert submit(anna, send(session), **changes).status_code == 422
        assert not Recording.objects.exists()


class TestSalvagedBefore:
    """The film was given up on, and then its browser comes back."""

    @pytest.fixture
    def upload(self, session: RecordingSession) -> Upload:
        upload = send(session)
        session.submitted = timezone.now()
        session.save()
        silent_for_two_hours = timezone.now() + datetime.timedelta(
            hours=settings.UPLOAD_KEEP_HOURS - 2
        )
        Upload.objects.update(expires=silent_for_two_hours)
        call_command("reap")
        return upload

    def test_the_whole_film_is_wanted_as_long_as_it_can_be_sent(
        self, anna: Client, session: RecordingSession, upload: Upload
    ) -> None:
        session.submitted = None
        session.save()
        assert submit(anna, upload).status_code == 410
        assert submit(anna, send(session)).json()["attempt"] == 2

    def test_after_the_end_a_film_that_is_here_whole_has_its_receipt(
        self, anna: Client, upload: Upload
    ) -> None:
        answer = submit(anna, upload)
        assert (answer.status_code, answer.json()["sha256"]) == (201, SHA256)
        assert submit(anna, upload, sha256="0" * 64).status_code == 410


class TestReaped:
    """The upload has ended, and then its browser, which missed the answer, asks again."""

    def test_the_film_that_is_here_has_its_receipt(
        self, anna: Client, session: RecordingSession
    ) -> None:
        upload = send(session)
        receipt = submit(anna, upload).json()
        Upload.objects.all().delete()
        answer = submit(anna, upload)
        assert (answer.status_code, answer.json()) == (201, receipt)

    @pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"task": "rest"}])
    def test_another_is_sent_again(
        self, anna: Client, session: RecordingSession, changes: dict[str, object]
    ) -> None:
        upload = send(session)
        submit(anna, upload)
        Upload.objects.all().delete()
        assert submit(anna, upload, **changes).status_code == 410


class TestLate:
    def test_a_late_film_has_its_receipt_and_another_is_not_needed(
        self, anna: Client, session: RecordingSession
    ) -> None:
        first, second = send(session), send(session)
        session.submitted = timezone.now()
        session.save()
        assert submit(anna, second).status_code == 201
        answer = submit(anna, first)
        assert answer.status_code == 406
        assert "This one is not needed" in answer.json()["error"]
        assert submit(anna, second).status_code == 201


class TestTrouble:
    def test_a_locked_database_keeps_the_upload_for_another_try(
        self, anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(*args: object, **kwargs: object) -> None:
            raise OperationalError("database is locked")

        upload = send(session)
        with monkeypatch.context() as broken:
            broken.setattr(services, "_add", locked)
            assert submit(anna, upload).status_code == 503
        assert submit(anna, upload).status_code == 201

    def test_a_check_that_is_not_possible_now_is_told_as_busy(
        self, anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checking, "TURN_S", 0.01)
        with checking.turn(session.id):
            answer = submit(anna, send(session))
        assert answer.status_code == 503
        assert "busy" in answer.json()["error"]

    def test_after_a_commit_that_failed_the_film_can_be_written_by_the_server(
        self,
        anna: Client,
        session: RecordingSession,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(upload: Upload, recording: Recording) -> None:
            raise OperationalError("database or disk is full")

        with ordinary_folder() as settings.MEDIA_ROOT:
            upload = send(session)
            with monkeypatch.context() as broken:
                broken.setattr(uploads, "hand_over", full)
                assert submit(anna, upload).status_code == 503
            with ordinary_user(), uploads.held(upload) as file:
                assert file.read() == WEBM
                file.write(b"more")

    @pytest.mark.django_db(transaction=True)
    def test_one_that_is_asked_several_times_at_once_is_read_once(
        self, session: RecordingSession, anna_assistant: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = []
        digest = services.digest
        monkeypatch.setattr(services, "digest", lambda path: read.append(path) or digest(path))
        upload = send(session)
        cues = tuple(Cue(**cue) for cue in CUES)
        take = Take(upload.id, "smile", cues, {}, SHA256)
        access = Access(session, anna_assistant, None)
        receipts = at_once(*[lambda: receiving.receive(access, take)] * 4)
        assert receipts == [Recording.objects.get()] * 4
        assert len(read) == 1

    def test_an_upload_that_ends_while_it_is_handed_in_is_gone(
        self, anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submitted = services.submit

        def meanwhile(*args: object, **options: object) -> Recording:
            recording = submitted(*args, **options)
            Upload.objects.all().delete()
            return recording

        monkeypatch.setattr(services, "submit", meanwhile)
        assert submit(anna, send(session)).status_code == 410
        assert not Recording.objects.exists()

    def test_bytes_that_have_vanished_are_sent_again(
        self, anna: Client, session: RecordingSession
    ) -> None:
        upload = send(session)
        upload.path.write_bytes(WEBM[:100])
        assert submit(anna, upload).status_code == 410

    @pytest.mark.django_db(transaction=True)
    def test_the_film_is_read_and_checked_outside_of_transactions(
        self, anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inside = []

        def noting(work: Callable[[Path], object]) -> Callable[[Path], object]:
            def noted(path: Path) -> object:
                inside.append(connection.in_atomic_block)
                return work(path)

            return noted

        monkeypatch.setattr(checking, "check", noting(checking.check))
        monkeypatch.setattr(services, "digest", noting(services.digest))
        assert submit(anna, send(session)).status_code == 201
        assert inside == [False, False]


class TestImport:
    def test_a_clip_becomes_a_recording_once(
        self, imported: RecordingSession, anna_assistant: User
    ) -> None:
        upload = send(imported)
        first, second = (
            receiving.receive_import(imported, upload, cues=[], actor=anna_assistant, sha256=SHA256)
            for _ in range(2)
        )
        assert first == second
        assert first.capture == {"imported": True}
        assert first.file.endswith(".webm")

    def test_a_clip_that_the_clinic_has_is_named_and_not_kept(
        self, imported: RecordingSession, anna_assistant: User
    ) -> None:
        options = {"cues": [], "actor": anna_assistant, "sha256": SHA256}
        there = receiving.receive_import(imported, send(imported), **options)
        again = send(imported, task="rest")
        with pytest.raises(receiving.Duplicate, match="has this film already: Smile") as duplicate:
            receiving.receive_import(imported, again, **options)
        assert duplicate.value.recording == there
        assert not again.path.exists()
        assert not Upload.objects.filter(id=again.id).exists()

    def test_clips_of_one_task_come_in_any_order(
        self, imported: RecordingSession, anna_assistant: User
    ) -> None:
        first, second = send(imported), send(imported, PART)
        for upload, film in ((second, PART), (first, WEBM)):
            sha256 = hashlib.sha256(film).hexdigest()
            receiving.receive_import(imported, upload, cues=[], actor=anna_assistant, sha256=sha256)
        assert imported.recordings.count() == 2

    def test_another_clinics_film_is_no_duplicate(
        self, imported: RecordingSession, anna_assistant: User, other_clinic: Clinic
    ) -> None:
        theirs = Patient.objects.create(clinic=other_clinic, birth_date=datetime.date(1950, 1, 1))
        elsewhere = RecordingSession.objects.create(patient=theirs, protocol=imported.protocol)
        task = imported.protocol.tasks.get(code="smile")
        Recording.objects.create(
            session=elsewhere, task=task, attempt=1, size=len(WEBM), sha256=SHA256
        )
        receiving.receive_import(
            imported, send(imported), cues=[], actor=anna_assistant, sha256=SHA256
        )
        assert imported.recordings.count() == 1

    def test_a_clip_must_be_whole_and_a_film(
        self, imported: RecordingSession, anna_assistant: User
    ) -> None:
        options = {"cues": [], "actor": anna_assistant}
        with pytest.raises(Incomplete):
            receiving.receive_import(
                imported, send(imported, whole=False), sha256=SHA256, **options
            )
        with pytest.raises(services.SubmitRefused, match="send it again"):
            receiving.receive_import(imported, send(imported), sha256="0" * 64, **options)
        letter = b"a letter"
        upload = send(imported, letter)
        with pytest.raises(checking.FilmRefused):
            receiving.receive_import(
                imported, upload, sha256=hashlib.sha256(letter).hexdigest(), **options
            )
        Upload.objects.all().delete()
        with pytest.raises(Gone):
            receiving.receive_import(imported, upload, sha256=SHA256, **options)
