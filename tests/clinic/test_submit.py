"""A film becomes an immutable recording with its job, all or nothing, in the right order."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from clinic.accounts import releases
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent, withdraw
from clinic.recordings import analysis, services, strays
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import queue
from diagnosis.config import Cue
from diagnosis.models import Job, Result

BYTES = b"not decoded here: the site stores films, the engine reads them"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return new_film(tmp_path)


def new_film(folder: Path, content: bytes = BYTES) -> Path:
    path = folder / f"upload-{len(list(folder.iterdir()))}"
    path.write_bytes(content)
    return path


def submit(session: RecordingSession, code: str, film: Path, **options: object) -> Recording:
    task = session.protocol.tasks.get(code=code)
    options = {"mime": "video/webm;codecs=vp9", "cues": [Cue(2, 4)], "capture": {}} | options
    return services.submit(session, task, film, **options)


def job_of(recording: Recording) -> Job:
    return Job.objects.filter(subject=recording.id).latest("created")


def claim(recording: Recording) -> Job:
    Job.objects.filter(pk=job_of(recording).pk).update(priority=Job.Priority.PATIENT_WAITS)
    job = queue.claim("worker")
    assert job.subject == recording.id
    return job


def fail(recording: Recording) -> None:
    """End the recording's job as a worker would whose analysis breaks each time."""
    for _ in range(queue.MAX_CRASHES):
        queue.crashed(claim(recording), "it broke")


def decide(
    recording: Recording, *, neutral: str = "", usable: bool = True, sha256: str = ""
) -> Result:
    """End the recording's job as a worker would, with a neutral file when it is a rest take;
    `sha256` is the identity of its release, that of the one installed unless told."""
    job = claim(recording)
    result = Result.objects.create(
        job=job, kind="take", group=job.group, subject=job.subject, usable=usable, neutral=neutral,
        release_sha256=sha256 or releases.identity(job.payload["release"]),
    )  # fmt: skip
    queue.finish(job, Job.State.DONE)
    return result


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


def test_the_kept_file_cannot_be_written(session, film):
    recording = submit(session, "rest", film)
    assert (settings.MEDIA_ROOT / recording.file).stat().st_mode & 0o222 == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mime": "text/plain"}, "not a film"),
        ({"sha256": "0" * 64}, "send it again"),
    ],
)
def test_a_wrong_film_is_refused_and_nothing_is_stored(session, film, options, words):
    with pytest.raises(services.SubmitRefused, match=words):
        submit(session, "rest", film, **options)
    assert_nothing_is_stored(film)


def test_an_empty_film_is_refused_and_nothing_is_stored(session, tmp_path):
    film = new_film(tmp_path, b"")
    with pytest.raises(services.SubmitRefused, match="empty"):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_without_consent_to_care_no_film_is_kept(session, film):
    withdraw_consent(session, Purpose.CARE)
    with pytest.raises(services.SubmitRefused, match="agree"):
        submit(session, "rest", film)
    assert_nothing_is_stored(film)


def test_without_consent_to_analysis_the_film_is_kept_but_not_analysed(session, film):
    withdraw_consent(session, Purpose.ANALYSIS)
    recording = submit(session, "rest", film)
    assert (settings.MEDIA_ROOT / recording.file).exists()
    assert not Job.objects.exists()


def test_a_finished_session_takes_no_more_films(session, film):
    services.finish_session(session)
    with pytest.raises(services.SubmitRefused, match="already finished"):
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


def test_an_imported_film_tells_when_it_was_made(session, film):
    made = timezone.now() - datetime.timedelta(days=400)
    submit(session, "rest", film, filmed=made)
    session.refresh_from_db()
    assert session.recorded == made


def test_a_take_waits_until_rest_is_decided_and_then_has_its_neutral(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    smile = submit(session, "smile", new_film(tmp_path))
    assert job_of(smile).state == Job.State.WAITING
    decide(rest, neutral="landmarks/rest.npz")
    assert job_of(smile).state == Job.State.QUEUED
    assert job_of(smile).payload["neutral"] == "landmarks/rest.npz"


def test_a_take_after_rest_is_decided_does_not_wait(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral="landmarks/rest.npz")
    smile = submit(session, "smile", new_film(tmp_path))
    assert job_of(smile).state == Job.State.QUEUED
    assert job_of(smile).payload["neutral"] == "landmarks/rest.npz"


def test_a_retaken_rest_queues_the_others_again(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral="landmarks/first.npz")
    smile = submit(session, "smile", new_film(tmp_path))
    decide(smile)
    again = submit(session, "rest", new_film(tmp_path))
    decide(again, neutral="landmarks/second.npz")
    jobs = Job.objects.filter(subject=smile.id).order_by("created")
    assert [job.payload["neutral"] for job in jobs] == [
        "landmarks/first.npz",
        "landmarks/second.npz",
    ]


def test_a_retake_replaces_what_is_still_queued(session, tmp_path):
    first = submit(session, "rest", new_film(tmp_path))
    second = submit(session, "rest", new_film(tmp_path))
    assert (first.attempt, second.attempt) == (1, 2)
    assert job_of(first).state == Job.State.CANCELLED
    assert list(session.recordings.kept()) == [second]


def test_a_session_without_rest_is_analysed_when_it_is_finished(session, film):
    smile = submit(session, "smile", film)
    assert job_of(smile).state == Job.State.WAITING
    services.finish_session(session)
    assert job_of(smile).state == Job.State.QUEUED
    assert job_of(smile).payload["neutral"] is None


def test_the_last_take_of_a_finished_session_queues_the_session(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    smile = submit(session, "smile", new_film(tmp_path))
    services.finish_session(session)
    rest_result = decide(rest, neutral="landmarks/rest.npz")
    assert not Job.objects.filter(kind=Job.Kind.SESSION).exists()
    smile_result = decide(smile)
    job = Job.objects.get(kind=Job.Kind.SESSION)
    assert set(job.payload["results"]) == {str(rest_result.id), str(smile_result.id)}
    assert job.payload["classify"] is False


def choose_another_release(session: RecordingSession) -> None:
    session.patient.clinic.release = "another"
    session.patient.clinic.save()


def test_a_session_stays_with_the_release_that_it_was_begun_with(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral="neutral.npz")
    choose_another_release(session)

    smile = submit(session, "smile", new_film(tmp_path))
    decide(smile)
    services.finish_session(session)

    summary = Job.objects.get(group=session.id, kind="session")
    assert {job_of(smile).payload["release"], summary.payload["release"]} == {""}


def test_what_is_in_the_queue_keeps_a_session_with_its_release(session, tmp_path):
    submit(session, "rest", new_film(tmp_path))
    choose_another_release(session)
    smile = submit(session, "smile", new_film(tmp_path))
    assert job_of(smile).payload["release"] == ""


def test_what_failed_is_analysed_again_with_the_release_chosen_since(session, film, carl_clinician):
    rest = submit(session, "rest", film)
    fail(rest)
    choose_another_release(session)
    services.retry_failed(session, actor=carl_clinician)
    assert (job_of(rest).state, job_of(rest).payload["release"]) == (Job.State.QUEUED, "another")


FORMER = "identity of the former release"


@pytest.fixture
def before_update(session, tmp_path) -> tuple[Recording, Recording]:
    """Rest and smile, analysed by what was installed under the release's name before."""
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral="former.npz")
    smile = submit(session, "smile", new_film(tmp_path))
    decide(smile)
    Result.objects.update(release_sha256=FORMER)
    return rest, smile


def test_after_an_update_the_next_take_has_the_whole_session_analysed_again(
    session, before_update, tmp_path
):
    rest, smile = before_update
    surprise = submit(session, "surprise", new_film(tmp_path))
    services.finish_session(session)
    assert (job_of(rest).state, job_of(surprise).state) == (Job.State.QUEUED, Job.State.WAITING)
    assert job_of(smile).state == Job.State.DONE
    decide(rest, neutral="new.npz")
    for take in (smile, surprise):
        assert job_of(take).payload["neutral"] == "new.npz"
        decide(take)
    summary = Job.objects.get(kind=Job.Kind.SESSION)
    assert len(summary.payload["results"]) == 3
    used = Result.objects.filter(id__in=summary.payload["results"])
    assert {result.release_sha256 for result in used} == {releases.identity("")}


def test_an_update_alone_has_nothing_analysed_again(session, before_update):
    services.finish_session(session)
    assert Job.objects.filter(kind=Job.Kind.TAKE).count() == 2
    assert Job.objects.filter(kind=Job.Kind.SESSION).count() == 1


def test_a_take_that_failed_for_an_update_heals_by_another_analysis(
    session, before_update, tmp_path, carl_clinician
):
    rest, _ = before_update
    Result.objects.update(release_sha256=releases.identity(""))
    surprise = submit(session, "surprise", new_film(tmp_path))
    Result.objects.update(release_sha256=FORMER)
    fail(surprise)
    assert job_of(rest).state == Job.State.DONE
    services.retry_failed(session, actor=carl_clinician)
    assert (job_of(rest).state, job_of(surprise).state) == (Job.State.QUEUED, Job.State.WAITING)


def test_a_worker_from_before_the_update_does_not_analyse_rest_for_ever(
    session, before_update, tmp_path
):
    rest, _ = before_update
    surprise = submit(session, "surprise", new_film(tmp_path))
    decide(rest, neutral="again.npz", sha256=FORMER)
    assert job_of(rest).state == Job.State.DONE
    assert job_of(surprise).payload["neutral"] == "again.npz"


def test_a_rest_that_the_updated_release_cannot_use_has_no_neutral_any_more(
    session, before_update, tmp_path
):
    rest, smile = before_update
    surprise = submit(session, "surprise", new_film(tmp_path))
    decide(rest, usable=False)
    for take in (smile, surprise):
        assert (job_of(take).state, job_of(take).payload["neutral"]) == (Job.State.QUEUED, None)


def test_after_an_update_the_rest_that_counted_is_analysed_again_though_it_was_retaken(
    session, before_update, tmp_path
):
    rest, _ = before_update
    decide(submit(session, "rest", new_film(tmp_path)), usable=False)
    surprise = submit(session, "surprise", new_film(tmp_path))
    assert (job_of(rest).state, job_of(surprise).state) == (Job.State.QUEUED, Job.State.WAITING)
    decide(rest, neutral="new.npz")
    assert job_of(surprise).payload["neutral"] == "new.npz"


def test_a_release_that_cannot_be_read_has_no_rest_analysed_again(
    session, before_update, tmp_path, monkeypatch
):
    monkeypatch.setattr(releases, "EMBEDDED", tmp_path / "nowhere")
    surprise = submit(session, "surprise", new_film(tmp_path))
    assert (job_of(before_update[0]).state, job_of(surprise).state) == (
        Job.State.DONE,
        Job.State.QUEUED,
    )


def test_a_likelihood_is_asked_for_in_the_demo_clinic_only(session, film):
    session.patient.clinic.is_demo = True
    session.patient.clinic.save()
    rest = submit(session, "rest", film)
    services.finish_session(session)
    decide(rest)
    assert Job.objects.get(kind=Job.Kind.SESSION).payload["classify"] is True


def test_staff_can_ask_for_another_analysis_of_what_failed(session, film, carl_clinician):
    recording = submit(session, "rest", film)
    fail(recording)
    assert services.retry_failed(session, actor=carl_clinician) == 1
    assert job_of(recording).state == Job.State.QUEUED


def test_withdrawn_consent_takes_everything_out_of_the_queue(session, tmp_path):
    rest = submit(session, "rest", new_film(tmp_path))
    smile = submit(session, "smile", new_film(tmp_path))
    withdraw_consent(session, Purpose.ANALYSIS)
    analysis.reconsider(session.patient)
    services.finish_session(session)
    assert {job_of(rest).state, job_of(smile).state} == {Job.State.CANCELLED}
    assert queue.claim("worker") is None


def test_consent_that_comes_later_has_what_was_filmed_before_analysed(session, tmp_path):
    withdraw_consent(session, Purpose.ANALYSIS)
    rest = submit(session, "rest", new_film(tmp_path))
    smile = submit(session, "smile", new_film(tmp_path))
    give_consent(session.patient, [Purpose.ANALYSIS], by=Consent.By.STAFF, actor=None)
    analysis.reconsider(session.patient)
    assert job_of(rest).state == Job.State.QUEUED
    decide(rest, neutral="landmarks/rest.npz")
    assert job_of(smile).payload["neutral"] == "landmarks/rest.npz"


def test_a_retaken_rest_that_fails_leaves_the_accepted_neutral_in_force(session, tmp_path):
    decide(submit(session, "rest", new_film(tmp_path)), neutral="landmarks/good.npz")
    smile = submit(session, "smile", new_film(tmp_path))
    decide(smile)
    decide(submit(session, "rest", new_film(tmp_path)), usable=False)
    assert Job.objects.filter(subject=smile.id).count() == 1
    surprise = submit(session, "surprise", new_film(tmp_path))
    assert job_of(surprise).payload["neutral"] == "landmarks/good.npz"


def test_advancing_twice_changes_nothing(session, tmp_path):
    decide(submit(session, "rest", new_film(tmp_path)), neutral="landmarks/rest.npz")
    submit(session, "smile", new_film(tmp_path))
    services.finish_session(session)
    before = list(Job.objects.order_by("created").values_list("id", "state"))
    analysis.advance(session.id, Job.Priority.NORMAL)
    assert list(Job.objects.order_by("created").values_list("id", "state")) == before


def test_advancing_costs_the_same_for_few_and_many(session, tmp_path, count_queries):
    decide(submit(session, "rest", new_film(tmp_path)), neutral="landmarks/rest.npz")

    def cost() -> int:
        return count_queries(lambda: analysis.advance(session.id, Job.Priority.NORMAL))

    few = cost()
    submit(session, "smile", new_film(tmp_path))
    submit(session, "surprise", new_film(tmp_path))
    assert cost() == few


def test_a_failed_summary_of_the_session_can_be_asked_for_again(session, film, carl_clinician):
    decide(submit(session, "rest", film))
    services.finish_session(session)
    for _ in range(queue.MAX_CRASHES):
        queue.crashed(queue.claim("worker"), "it broke")
    assert services.retry_failed(session, actor=carl_clinician) == 1
    assert Job.objects.filter(kind=Job.Kind.SESSION).latest("created").state == Job.State.QUEUED


def test_a_session_that_was_left_with_films_is_finished_once_its_time_is_over(
    session, film, settings
):
    submit(session, "rest", film)
    assert services.finish_abandoned() == 0
    settings.UPLOAD_KEEP_HOURS = 0
    assert services.finish_abandoned() == 1
    session.refresh_from_db()
    assert session.submitted is not None


def test_files_that_no_row_names_are_removed_once_their_time_is_over(session, film, settings):
    recording = submit(session, "rest", film)
    stray = settings.MEDIA_ROOT / "recordings" / str(uuid.uuid4())
    stray.mkdir()
    (stray / "video.webm").write_bytes(BYTES)
    assert strays.remove() == 0
    settings.UPLOAD_KEEP_HOURS = 0
    assert strays.remove() == 1
    assert (settings.MEDIA_ROOT / recording.file).exists()


def withdraw_consent(session: RecordingSession, purpose: Purpose) -> None:
    withdraw(session.patient.consents.get(text__purpose=purpose), actor=None)


def assert_nothing_is_stored(film: Path) -> None:
    assert film.exists()
    assert not Recording.objects.exists()
    assert not Job.objects.exists()
    assert not list((settings.MEDIA_ROOT / "recordings").glob("*"))
