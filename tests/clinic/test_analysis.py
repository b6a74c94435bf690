"""In which order, and with which release, a session's films are analysed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from clinic.accounts import releases
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import analysis, services
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import queue, runner
from diagnosis.faces import Neutral
from diagnosis.models import Job, Result

from .submitting import claim, decide, fail, job_of, new_film, submit, withdraw_consent


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


def unheard(stage: str, fraction: float) -> None:
    pass


def work_on(recording: Recording) -> Job:
    """Have the recording's job done by a worker as it is."""
    job = claim(recording)
    runner.run(job, unheard)
    job.refresh_from_db()
    return job


@pytest.fixture
def former_neutral() -> str:
    """A face at rest that was scored with the former release."""
    folder = Path(settings.MEDIA_ROOT) / "landmarks"
    folder.mkdir(parents=True)
    still = np.zeros((478, 3), np.float32)
    Neutral(still, still, "rest", release=FORMER).save(folder / "former.npz")
    return "landmarks/former.npz"


@pytest.fixture
def queued_before_update(session, tmp_path, former_neutral) -> tuple[Recording, ...]:
    """Rest, analysed before the update, and two takes that were in the queue when it came."""
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral=former_neutral)
    takes = [submit(session, code, new_film(tmp_path)) for code in ("smile", "surprise")]
    Result.objects.update(release_sha256=FORMER)
    return rest, *takes


def test_a_take_that_an_update_meets_in_the_queue_has_rest_analysed_again_and_waits_for_it(
    queued_before_update,
):
    rest, smile, surprise = queued_before_update
    refused = work_on(smile)
    assert (refused.state, refused.crashes) == (Job.State.CANCELLED, 0)
    assert (job_of(rest).state, job_of(smile).state) == (Job.State.QUEUED, Job.State.WAITING)
    work_on(surprise)
    assert Job.objects.filter(subject=rest.id).count() == 2
    decide(rest, neutral="new.npz")
    for take in (smile, surprise):
        assert (job_of(take).state, job_of(take).payload["neutral"]) == (
            Job.State.QUEUED,
            "new.npz",
        )


def test_a_worker_knows_better_than_the_site_that_its_release_is_another(
    queued_before_update,
):
    rest, smile, _ = queued_before_update
    Result.objects.update(release_sha256=releases.identity(""))
    work_on(smile)
    assert (job_of(rest).state, job_of(smile).state) == (Job.State.QUEUED, Job.State.WAITING)


def test_where_rest_cannot_be_analysed_again_after_an_update_takes_have_no_neutral(
    session, queued_before_update, carl_clinician
):
    rest, smile, surprise = queued_before_update
    work_on(smile)
    work_on(surprise)
    fail(rest)
    for take in (smile, surprise):
        assert (job_of(take).state, job_of(take).payload["neutral"]) == (Job.State.QUEUED, None)
    services.retry_failed(session, actor=carl_clinician)
    assert job_of(rest).state == Job.State.QUEUED


def session_job(session: RecordingSession) -> Job:
    return Job.objects.filter(subject=session.id).latest("created")


def sum_up(session: RecordingSession) -> Job:
    """Have the session's job done by a worker as it is."""
    job = queue.claim("worker")
    assert job == session_job(session)
    runner.run(job, unheard)
    job.refresh_from_db()
    return job


def test_a_summary_that_an_update_meets_in_the_queue_has_the_whole_session_analysed_again(
    session, before_update
):
    rest, smile = before_update
    services.finish_session(session)
    assert sum_up(session).state == Job.State.CANCELLED
    assert (job_of(rest).state, job_of(smile).state) == (Job.State.QUEUED, Job.State.WAITING)
    analysis.advance(session.id, Job.Priority.NORMAL)
    assert Job.objects.filter(subject=rest.id).count() == 2  # advancing twice changes nothing
    decide(rest, neutral="new.npz")
    decide(smile, usable=False)
    assert sum_up(session).state == Job.State.DONE
    assert Result.objects.get(subject=session.id).usable


def test_a_session_without_rest_that_two_releases_analysed_is_analysed_again_by_one(
    session, tmp_path
):
    smile, surprise = (submit(session, code, new_film(tmp_path)) for code in ("smile", "surprise"))
    services.finish_session(session)
    decide(smile, sha256=FORMER)
    decide(surprise)
    assert sum_up(session).state == Job.State.CANCELLED
    anew = []
    for take in (smile, surprise):
        assert (job_of(take).state, job_of(take).payload["neutral"]) == (Job.State.QUEUED, None)
        anew.append(str(decide(take).id))
    assert session_job(session).payload["results"] == anew
    assert session_job(session).state == Job.State.QUEUED


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
        Job.objects.update(not_before=None)
    assert services.retry_failed(session, actor=carl_clinician) == 1
    assert Job.objects.filter(kind=Job.Kind.SESSION).latest("created").state == Job.State.QUEUED
