"""The queue loses no job, runs none twice at once, and finishes each once."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.utils import timezone

from diagnosis import queue
from diagnosis.models import Job, Result
from diagnosis.signals import analysis_finished

pytestmark = pytest.mark.django_db


def new_job(**fields: object) -> Job:
    subject = uuid.uuid4()
    return queue.enqueue(Job.Kind.TAKE, group=uuid.uuid4(), subject=subject, payload={}, **fields)


def let_the_wait_end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now())


def let_the_lease_run_out(job: Job) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past)


@contextmanager
def connected(listener: Callable[..., None]) -> Iterator[None]:
    analysis_finished.connect(listener)
    yield
    analysis_finished.disconnect(listener)


@transaction.atomic
def store(result: Result, job: Job) -> None:
    result.save()
    queue.finish(job, Job.State.DONE)


def test_an_empty_queue_gives_nothing():
    assert queue.claim("worker") is None


def test_a_claimed_job_is_not_claimed_again_while_its_lease_holds():
    job = new_job()
    assert queue.claim("first") == job
    assert queue.claim("second") is None


def test_a_waiting_patient_comes_before_history():
    history = new_job(priority=Job.Priority.HISTORY)
    patient = new_job(priority=Job.Priority.PATIENT_WAITS)
    assert queue.places() == {patient.pk: 1, history.pk: 2}
    assert [queue.claim("w"), queue.claim("w")] == [patient, history]


def test_a_job_that_waits_for_rest_is_not_claimed():
    new_job(waiting=True)
    assert queue.claim("worker") is None


def test_a_job_whose_worker_died_goes_to_another_and_counts_one_crash():
    job = new_job()
    first = queue.claim("dead")
    let_the_lease_run_out(job)
    second = queue.claim("alive")
    assert (second, second.attempts, second.crashes) == (job, 2, 1)
    assert first.attempts == 1


def test_the_worker_that_lost_its_lease_can_neither_report_nor_renew_nor_finish():
    job = new_job()
    slow = queue.claim("slow")
    let_the_lease_run_out(job)
    queue.claim("quick")
    for write in (
        lambda: queue.report(slow, "landmarks", 50),
        lambda: queue.renew(slow),
        lambda: queue.give_back(slow),
        lambda: queue.finish(slow, Job.State.DONE),
    ):
        with pytest.raises(queue.LostLease):
            write()
    job.refresh_from_db()
    assert (job.state, job.worker, job.percent) == (Job.State.RUNNING, "quick", 0)


def test_a_result_stored_with_a_lost_lease_is_rolled_back():
    job = new_job()
    slow = queue.claim("slow")
    let_the_lease_run_out(job)
    queue.claim("quick")
    with pytest.raises(queue.LostLease), transaction.atomic():
        Result.objects.create(
            job=slow, kind="take", group=job.group, subject=job.subject, usable=True
        )
        queue.finish(slow, Job.State.DONE)
    assert not Result.objects.exists()


def test_a_job_that_kills_its_worker_three_times_fails_with_a_reason():
    job = new_job()
    for _ in range(queue.MAX_CRASHES):
        assert queue.claim("worker") == job
        let_the_lease_run_out(job)
    assert queue.claim("worker") is None
    job.refresh_from_db()
    assert (job.state, job.crashes) == (Job.State.FAILED, 3)
    assert "film is kept" in job.error


def test_an_analysis_that_raises_three_times_fails_with_its_last_error():
    job = new_job()
    for number in range(queue.MAX_CRASHES):
        queue.crashed(queue.claim("worker"), f"error {number}")
        let_the_wait_end(job)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "error 2")


def test_after_a_crash_a_job_waits_longer_each_time_and_others_come_first():
    job, another = new_job(priority=Job.Priority.PATIENT_WAITS), new_job()
    waits = []
    for _ in range(2):
        began = timezone.now()
        queue.crashed(queue.claim("worker"), "it broke")
        job.refresh_from_db()
        waits.append(job.not_before - began)
        let_the_wait_end(job)
    assert datetime.timedelta(seconds=1) < waits[0] < waits[1]
    queue.crashed(queue.claim("worker"), "it broke")
    assert queue.claim("worker") == another


def test_a_job_that_was_tried_very_often_waits_five_minutes_at_most():
    job = new_job()
    Job.objects.filter(pk=job.pk).update(attempts=5000)
    queue.give_back(queue.claim("worker"), wait=True)
    job.refresh_from_db()
    assert job.not_before - timezone.now() <= datetime.timedelta(minutes=5)


def test_a_stopped_worker_gives_its_job_back_and_that_counts_against_nobody():
    job = new_job()
    queue.give_back(queue.claim("worker"))
    again = queue.claim("worker")
    assert (again, again.crashes) == (job, 0)


def test_a_retake_cancels_what_is_queued_but_not_what_runs():
    job = new_job()
    assert queue.cancel(job.subject) == 1
    assert queue.claim("worker") is None
    running = new_job()
    queue.claim("worker")
    assert queue.cancel(running.subject) == 0


def test_the_site_hears_of_each_finished_job_once():
    heard = []

    def listen(job: Job, **_: object) -> None:
        heard.append((job.pk, job.state))

    job = new_job()
    with connected(listen):
        queue.finish(queue.claim("worker"), Job.State.DONE)
    assert heard == [(job.pk, Job.State.DONE)]


def test_a_listener_that_raises_when_a_job_is_given_up_stops_neither_the_queue_nor_the_others(
    caplog,
):
    heard = []

    def broken(job: Job, **_: object) -> None:
        raise RuntimeError("a listener failed")

    def listen(job: Job, **_: object) -> None:
        heard.append((job.pk, job.state))

    job, another = new_job(priority=Job.Priority.PATIENT_WAITS), new_job()
    for _ in range(queue.MAX_CRASHES):
        queue.claim("worker")
        let_the_lease_run_out(job)
    with connected(broken), connected(listen):
        assert queue.claim("worker") == another
    job.refresh_from_db()
    assert (job.state, job.crashes) == (Job.State.FAILED, 3)
    assert heard == [(job.pk, Job.State.FAILED)]
    assert "a listener failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_claim_forty_jobs_once_each():
    jobs = {new_job().pk for _ in range(40)}
    claimed: list[uuid.UUID] = []

    def work(name: str) -> None:
        while job := queue.claim(name):
            claimed.append(job.pk)
        connection.close()

    threads = [threading.Thread(target=work, args=(f"worker {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(jobs)
