"""A worker survives what its jobs and its database do to it."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, OperationalError

from diagnosis import queue, runner
from diagnosis.models import Job
from diagnosis.worker import Progress, Stopped, Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job() -> Job:
    subject = uuid.uuid4()
    queue.enqueue(Job.Kind.TAKE, group=uuid.uuid4(), subject=subject, payload={})
    claimed = queue.claim("worker")
    assert claimed is not None
    return claimed


def raising(error: Exception):
    def run(job: Job, report: Progress) -> None:
        raise error

    return run


def after(monkeypatch: pytest.MonkeyPatch, job: Job, error: Exception) -> Job:
    """The job after a worker has run it and it raised `error`."""
    monkeypatch.setattr(runner, "run", raising(error))
    Worker("worker").work_on(job)
    job.refresh_from_db()
    return job


def test_an_analysis_that_raises_is_tried_again_and_counts_as_a_crash(monkeypatch, job):
    job = after(monkeypatch, job, ValueError("no such landmark"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)
    assert "ValueError: no such landmark" in job.error


def test_a_database_that_fails_for_a_moment_is_not_the_films_fault(monkeypatch, job):
    job = after(monkeypatch, job, OperationalError("the database system is starting up"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 0)


def test_a_result_that_the_database_refuses_counts_as_a_crash(monkeypatch, job):
    job = after(monkeypatch, job, IntegrityError("value_or_reason"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)


def test_a_worker_that_is_told_to_stop_gives_its_job_back(monkeypatch, job):
    job = after(monkeypatch, job, Stopped())
    assert (job.state, job.crashes) == (Job.State.QUEUED, 0)


def test_a_worker_that_lost_its_lease_leaves_the_job_to_the_other(monkeypatch, job):
    job = after(monkeypatch, job, queue.LostLease("taken over"))
    assert (job.state, job.crashes) == (Job.State.RUNNING, 0)


def test_a_crash_that_cannot_be_noted_does_not_end_the_worker(monkeypatch, job):
    def refuse(job: Job, error: str) -> None:
        raise RuntimeError("a listener failed")

    monkeypatch.setattr(queue, "crashed", refuse)
    job = after(monkeypatch, job, ValueError("no such landmark"))
    assert job.state == Job.State.RUNNING  # its lease will run out
