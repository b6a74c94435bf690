"""A film becomes an immutable recording with its job, all or nothing, in the right order."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from clinic.patients.models import Purpose
from clinic.patients.services import ask_anew
from clinic.recordings import links, services, strays
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import problems
from clinic.uploads.models import Upload
from diagnosis import queue
from diagnosis.models import Job

from .submitting import BYTES, decide, job_of, new_film, submit, withdraw_consent


def test_a_submitted_film_is_kept_with_its_hash_and_queued(
    session, film, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        recording = submit(session, "rest", film)
    kept = settings.MEDIA_ROOT / recording.file
    assert kept.read_bytes() == BYTES
    assert recording.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert not film.exists()
    assert job_of(recording).state == Job.State.QUEUED


def test_the_kept_file_cannot_be_written(session, film, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        recording = submit(session, "rest", film)
    assert (settings.MEDIA_ROOT / recording.file).stat().st_mode & 0o222 == 0


def test_what_is_no_film_is_refused_and_nothing_is_stored(session, film):
    with pytest.raises(services.SubmitRefused, match="not a film"):
        submit(session, "rest", film, mime="text/plain")
    assert_nothing_is_stored(film)


@pytest.mark.parametrize(
    ("mime", "ending"), [("video/quicktime", "mov"), ("image/gif", "gif"), ("video/mpeg", "mpg")]
)
def test_the_files_ending_says_what_it_was_found_to_be(session, film, mime, ending):
    assert submit(session, "rest", film, mime=mime).file.endswith(f"/video.{ending}")


def test_a_digest_that_is_known_is_not_computed_again(session, film, monkeypatch):
    monkeypatch.setattr(services, "digest", None)
    assert submit(session, "rest", film, sha256="ab" * 32).sha256 == "ab" * 32


def test_an_empty_film_is_refused_and_nothing_is_stored(session, tmp_path):
    film = new_film(tmp_path, b"")
    with pytest.raises(services.SubmitRefused, match="empty"):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_without_consent_to_care_no_film_is_kept(session, film):
    withdraw_consent(session, Purpose.CARE)
    with pytest.raises(problems.NoConsent):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_without_consent_to_analysis_the_film_is_kept_but_not_analysed(session, film):
    withdraw_consent(session, Purpose.ANALYSIS)
    recording = submit(session, "rest", film)
    assert (settings.MEDIA_ROOT / recording.file).exists()
    assert not Job.objects.exists()


def test_without_consent_to_the_newest_text_a_film_that_was_begun_is_kept(
    session, film, carl_clinician
):
    ask_anew(session.patient.clinic, Purpose.CARE, {"en": "new"}, actor=carl_clinician)
    assert submit(session, "rest", film).attempt == 1


def test_a_finished_session_takes_a_late_film_of_a_task_without_a_whole_one(session, tmp_path):
    submit(session, "rest", new_film(tmp_path), partial=True)
    services.finish_session(session)
    late = submit(session, "rest", new_film(tmp_path))
    with pytest.raises(problems.NotNeeded):
        submit(session, "rest", new_film(tmp_path))
    assert list(session.recordings.kept()) == [late]


def test_a_late_film_is_analysed_and_so_is_the_session_again(session, tmp_path):
    first = submit(session, "rest", new_film(tmp_path))
    services.finish_session(session)
    decide(first)
    before = queue.claim("worker")
    queue.finish(before, Job.State.DONE)
    decide(submit(session, "smile", new_film(tmp_path)))
    again = Job.objects.filter(kind=Job.Kind.SESSION).latest("created")
    assert [len(job.payload["results"]) for job in (before, again)] == [1, 2]


def test_a_session_that_was_finished_long_ago_takes_no_more_films(session, film):
    services.finish_session(session)
    session.submitted -= RecordingSession.LATE
    session.save()
    with pytest.raises(problems.Closed):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_when_the_disk_refuses_nothing_is_stored_and_the_film_stays(session, film, monkeypatch):
    def refuse(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services, "_keep", refuse)
    with pytest.raises(OSError, match="No space"):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_after_a_failure_the_film_can_be_written_and_tried_again(session, film, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(services.analysis, "advance", None)
        with pytest.raises(TypeError):
            submit(session, "rest", film)
    assert film.stat().st_mode & 0o200
    assert submit(session, "rest", film).size == len(BYTES)


def test_the_sitting_is_dated_by_its_first_film_not_by_its_link(session, tmp_path):
    made = timezone.now() - datetime.timedelta(days=19)
    RecordingSession.objects.filter(pk=session.pk).update(recorded=made)
    submit(session, "rest", new_film(tmp_path))
    session.refresh_from_db()
    assert timezone.now() - session.recorded < datetime.timedelta(minutes=1)
    first = session.recorded
    submit(session, "smile", new_film(tmp_path))
    session.refresh_from_db()
    assert session.recorded == first


def test_a_film_from_elsewhere_tells_when_it_was_made(session, film):
    made = timezone.now() - datetime.timedelta(days=400)
    submit(session, "rest", film, filmed=made)
    session.refresh_from_db()
    assert session.recorded == made


def test_an_imported_session_keeps_its_date_and_is_no_practice(session, film):
    made = timezone.now() - datetime.timedelta(days=400)
    RecordingSession.objects.update(imported=True, recorded=made)
    submit(session, "rest", film)
    session.refresh_from_db()
    assert session.recorded == made
    assert not session.practice


def test_the_first_session_of_which_a_film_arrives_is_practice(session, tmp_path):
    imported, second = (start_like(session, imported=True), start_like(session, imported=False))
    submit(imported, "rest", new_film(tmp_path))
    submit(session, "rest", new_film(tmp_path))
    submit(second, "rest", new_film(tmp_path))
    submit(session, "smile", new_film(tmp_path))
    for sitting in (session, imported, second):
        sitting.refresh_from_db()
    assert [session.practice, imported.practice, second.practice] == [True, False, False]


def test_parts_alone_leave_the_next_session_the_first(session, tmp_path):
    second = start_like(session, imported=False)
    submit(session, "rest", new_film(tmp_path), partial=True)
    submit(second, "rest", new_film(tmp_path))
    second.refresh_from_db()
    assert second.practice


def start_like(session: RecordingSession, *, imported: bool) -> RecordingSession:
    return RecordingSession.objects.create(
        patient=session.patient, protocol=session.protocol, imported=imported
    )


def test_a_part_of_a_film_does_not_take_the_place_of_a_whole_one(session, tmp_path):
    whole = submit(session, "rest", new_film(tmp_path))
    part = submit(session, "rest", new_film(tmp_path), partial=True)
    assert list(session.recordings.kept()) == [whole]
    assert (part.attempt, job_of(whole).state) == (2, Job.State.QUEUED)
    assert not Job.objects.filter(subject=part.id).exists()


def test_a_whole_film_takes_the_place_of_a_part(session, tmp_path):
    parts = [submit(session, "rest", new_film(tmp_path), partial=True) for _ in range(2)]
    assert list(session.recordings.kept()) == parts[1:]
    whole = submit(session, "rest", new_film(tmp_path))
    assert list(session.recordings.kept()) == [whole]
    assert {job_of(part).state for part in parts} == {Job.State.CANCELLED}


def test_a_session_that_was_left_with_films_is_finished_once_its_time_is_over(
    session, film, settings
):
    submit(session, "rest", film)
    assert services.finish_abandoned() == 0
    settings.UPLOAD_KEEP_HOURS = 0
    assert services.finish_abandoned() == 1
    session.refresh_from_db()
    assert session.submitted is not None


def test_a_session_is_not_abandoned_while_its_link_serves(session, film, settings, carl_clinician):
    submit(session, "rest", film)
    settings.UPLOAD_KEEP_HOURS = 0
    link, _ = links.make(session, actor=carl_clinician, days=1)
    link.expires = link.opened = timezone.now() - datetime.timedelta(minutes=1)
    link.save()
    assert services.finish_abandoned() == 0
    link.expires -= link.GRACE
    link.save()
    assert services.finish_abandoned() == 1


def test_a_session_is_not_abandoned_while_a_film_is_on_its_way(session, film, settings):
    submit(session, "rest", film)
    Upload.objects.create(
        session=session,
        task=session.protocol.tasks.get(code="smile"),
        expires=timezone.now() + datetime.timedelta(hours=1),
    )
    settings.UPLOAD_KEEP_HOURS = 0
    assert services.finish_abandoned() == 0


def lying_there(name: str) -> Path:
    """A film of a recording that the database does not know."""
    folder = settings.MEDIA_ROOT / "recordings" / str(uuid.uuid4())
    folder.mkdir(parents=True)
    (folder / name).write_bytes(BYTES)
    return folder


def test_a_film_of_a_process_that_died_is_removed_once_its_time_is_over(session, film, settings):
    recording = submit(session, "rest", film)
    stray = lying_there("video.webm")
    strays.leave([stray])
    assert strays.remove() == 0
    settings.UPLOAD_KEEP_HOURS = 0
    assert strays.remove() == 1
    assert not stray.exists()
    assert (settings.MEDIA_ROOT / recording.file).exists()


def test_a_film_whose_row_is_safe_is_marked_no_more(
    session, film, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        recording = submit(session, "rest", film)
    folder = (settings.MEDIA_ROOT / recording.file).parent
    assert [path.name for path in folder.iterdir()] == ["video.webm"]


def test_films_that_the_database_does_not_know_are_told_and_stay_with_all_landmarks(
    session, film, settings, caplog
):
    foreign, crashed = lying_there("video.webm"), lying_there("video.webm")
    strays.leave([crashed])
    landmarks = settings.MEDIA_ROOT / "landmarks" / f"{uuid.uuid4()}.npz"
    landmarks.parent.mkdir(exist_ok=True)
    landmarks.touch()
    settings.UPLOAD_KEEP_HOURS = 0
    assert strays.remove() == 1
    assert foreign.exists()
    assert landmarks.exists()
    assert not crashed.exists()
    assert "1 films" in caplog.text
    assert foreign.name in caplog.text


def test_an_empty_folder_and_a_copy_that_was_not_finished_are_removed(session, film, settings):
    recording = submit(session, "rest", film)
    folder = (settings.MEDIA_ROOT / recording.file).parent
    (folder / "half.part").touch()
    empty = settings.MEDIA_ROOT / "recordings" / str(uuid.uuid4())
    empty.mkdir()
    assert strays.remove() == 0
    settings.UPLOAD_KEEP_HOURS = 0
    assert strays.remove() == 2
    assert not empty.exists()
    assert (settings.MEDIA_ROOT / recording.file).exists()


def assert_nothing_is_stored(film: Path) -> None:
    assert film.exists()
    assert not Recording.objects.exists()
    assert not Job.objects.exists()
    assert not list((settings.MEDIA_ROOT / "recordings").glob("*"))
