"""The job queue: conditional UPDATEs on Job rows, so that no job is lost, run twice at once, or
finished twice. Works alike on SQLite and PostgreSQL.

A claim raises `attempts`, which is the fencing token: every later write of that worker names the
attempt that it holds, and a worker whose lease was taken over writes nothing any more.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from diagnosis.models import Job
from diagnosis.signals import analysis_finished

MAX_CRASHES = 3
LONGEST_WAIT_S = 300


class LostLease(Exception):
    """Another worker has taken this job over; whatever this one made of it is dropped."""


def enqueue(
    kind: Job.Kind,
    *,
    group: uuid.UUID,
    subject: uuid.UUID,
    payload: dict[str, Any],
    priority: Job.Priority = Job.Priority.NORMAL,
    waiting: bool = False,
) -> Job:
    """A new job; one that is `waiting` is never claimed: another replaces it in time."""
    return Job.objects.create(
        kind=kind,
        group=group,
        subject=subject,
        payload=payload,
        priority=priority,
        state=Job.State.WAITING if waiting else Job.State.QUEUED,
    )


def claim(worker: str) -> Job | None:
    """The next job, now RUNNING under this worker's lease; None when there is nothing to do."""
    while True:
        now = timezone.now()
        job = Job.objects.filter(_claimable(now)).order_by("priority", "created").first()
        if job is None:
            return None
        expired = job.state == Job.State.RUNNING
        if expired and job.crashes + 1 >= MAX_CRASHES:
            _give_up(job)
            continue
        taken = Job.objects.filter(_claimable(now), pk=job.pk, attempts=job.attempts).update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            crashes=F("crashes") + int(expired),
            lease_until=_lease_end(now),
            not_before=None,
            worker=worker,
            stage="",
            percent=0,
        )
        if taken:
            job.refresh_from_db()
            return job


def renew(job: Job) -> None:
    """Prolong the lease. Raises LostLease."""
    _fenced(job, lease_until=_lease_end(timezone.now()))


def report(job: Job, stage: str, percent: int) -> None:
    """Write progress for those who watch. Raises LostLease."""
    _fenced(job, stage=stage, percent=percent)


def give_back(job: Job, *, wait: bool = False) -> None:
    """Back into the queue, as when a worker is told to stop: this counts against nobody.

    One that is to `wait` is not claimed for some seconds, twice as long after each attempt.
    """
    seconds = min(LONGEST_WAIT_S, 2 ** min(job.attempts, 10))
    not_before = timezone.now() + datetime.timedelta(seconds=seconds) if wait else None
    _fenced(
        job,
        state=Job.State.QUEUED,
        not_before=not_before,
        lease_until=None,
        worker="",
        stage="",
        percent=0,
    )


def crashed(job: Job, error: str) -> None:
    """The analysis raised something unexpected: another try later, or failure after the third."""
    with transaction.atomic():
        _fenced(job, crashes=F("crashes") + 1, error=error)
        if job.crashes + 1 < MAX_CRASHES:
            give_back(job, wait=True)
        else:
            finish(job, Job.State.FAILED, error=error)


def finish(job: Job, state: Job.State, *, error: str = "") -> None:
    """End a running job and tell the site. Call inside the transaction that stores the result.

    Raises LostLease, which rolls that transaction back.
    """
    _fenced(
        job,
        state=state,
        error=error,
        percent=100,
        lease_until=None,
        finished=timezone.now(),
    )
    job.refresh_from_db()
    analysis_finished.send(sender=Job, job=job)


def outdate(job: Job) -> None:
    """Another release made what this job was to work with: the site queues what is needed now."""
    with transaction.atomic():
        finish(job, Job.State.CANCELLED, error=Job.OUTDATED)


def cancel(subject: uuid.UUID) -> int:
    """Take the jobs of a replaced recording out of the queue; one that runs already goes on."""
    return Job.objects.filter(
        subject=subject, state__in=[Job.State.WAITING, Job.State.QUEUED]
    ).update(state=Job.State.CANCELLED, finished=timezone.now())


def places() -> dict[uuid.UUID, int]:
    """The place of each queued job, by its id; 1 is claimed next, unless it has to wait."""
    queued = Job.objects.filter(state=Job.State.QUEUED).order_by("priority", "created")
    return {pk: i for i, pk in enumerate(queued.values_list("id", flat=True), start=1)}


def _claimable(now: datetime.datetime) -> Q:
    ready = Q(not_before__isnull=True) | Q(not_before__lte=now)
    expired = Q(state=Job.State.RUNNING, lease_until__lt=now)
    return (Q(state=Job.State.QUEUED) & ready) | expired


def _lease_end(now: datetime.datetime) -> datetime.datetime:
    return now + datetime.timedelta(seconds=settings.JOB_LEASE_S)


def _fenced(job: Job, **fields: Any) -> None:
    mine = Job.objects.filter(pk=job.pk, attempts=job.attempts, state=Job.State.RUNNING)
    if not mine.update(**fields):
        raise LostLease(f"job {job.pk} has gone to another worker after attempt {job.attempts}")


def _give_up(job: Job) -> None:
    """Whatever those who listen make of it, the job ends: else it would be claimed for ever."""
    error = (
        f"The analysis stopped its worker {MAX_CRASHES} times. "
        "The film is kept; please tell whoever runs this site."
    )
    failed = Job.objects.filter(
        pk=job.pk, attempts=job.attempts, state=Job.State.RUNNING
    ).update(
        state=Job.State.FAILED,
        crashes=F("crashes") + 1,
        error=error,
        lease_until=None,
        finished=timezone.now(),
    )  # fmt: skip
    if failed:
        job.refresh_from_db()
        analysis_finished.send_robust(sender=Job, job=job)  # which logs what they raise
