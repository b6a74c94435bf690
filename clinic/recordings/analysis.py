"""The order in which a session's films are analysed.

The session's rest film gives the neutral that all other films are measured against. So a take
waits until rest is decided, a retaken rest queues the others again as new results, and the
session's own job comes last. `advance` looks at what there is and queues what is missing: it is
called after everything that may change the answer, and doing so twice changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings.models import Recording
from clinic.recordings.models import RecordingSession as Session
from diagnosis import queue
from diagnosis.config import TaskKind
from diagnosis.models import Job, Result

ACTIVE = (Job.State.WAITING, Job.State.QUEUED, Job.State.RUNNING)
IN_QUEUE = (Job.State.WAITING, Job.State.QUEUED)


@transaction.atomic
def advance(session_id: uuid.UUID, priority: Job.Priority, *, again: bool = False) -> None:
    """Queue what the session's kept films, and then the session, need next.

    `again` also queues what has failed. Without consent to analysis nothing stays in the queue.
    """
    # Whatever is being submitted or finished right now holds this lock too, so that each sees
    # what the other has done.
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("patient__clinic")
        .get(pk=session_id)
    )
    if not consented(session.patient, Purpose.ANALYSIS):
        for subject in {job.subject for job in _in_queue(session)}:
            queue.cancel(subject)
        return
    kept = list(session.recordings.kept().select_related("task"))
    for recording in kept:
        recording.session = session
    rest = [recording for recording in kept if recording.task.kind == TaskKind.REST]
    for recording in rest:
        _queue_rest(recording, priority, again)
    decided = _is_decided(session, rest)
    neutral = _accepted_neutral(session)
    for recording in (recording for recording in kept if recording not in rest):
        _queue_take(recording, priority, again, neutral if decided else None, waiting=not decided)
    _queue_session(session, kept, priority, again)


def reconsider(patient: Patient) -> None:
    """Consent to analysis was given or withdrawn: queue, or take out of the queue, accordingly."""
    filmed = patient.sessions.filter(recordings__isnull=False).distinct()
    for session_id in filmed.values_list("id", flat=True):
        advance(session_id, Job.Priority.NORMAL)


def on_analysis_finished(job: Job, **_: object) -> None:
    """Inside the transaction that ends a job: what comes next in its session."""
    if job.kind == Job.Kind.TAKE and Session.objects.filter(pk=job.group).exists():
        advance(job.group, Job.Priority(job.priority))


def newest_jobs(session_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Job]:
    """The last job of each recording and session in these sessions, by that record's id."""
    jobs = Job.objects.filter(group__in=session_ids).order_by("created")
    return {job.subject: job for job in jobs}


def _in_queue(session: Session) -> list[Job]:
    return list(Job.objects.filter(group=session.id, state__in=IN_QUEUE))


def _newest_job(subject: uuid.UUID) -> Job | None:
    return Job.objects.filter(subject=subject).order_by("created").last()


def _is_due(job: Job | None, again: bool) -> bool:
    """Whether a record with this newest job needs a new one, whatever its neutral."""
    if job is None or job.state == Job.State.CANCELLED:
        return True
    return again and job.state == Job.State.FAILED


def _queue_rest(recording: Recording, priority: Job.Priority, again: bool) -> None:
    if _is_due(_newest_job(recording.id), again):
        _enqueue(recording, priority, None, waiting=False)


def _is_decided(session: Session, rest: Sequence[Recording]) -> bool:
    """Whether the neutral is settled: rest is analysed, or will not be filmed any more."""
    if not rest:
        return session.submitted is not None
    jobs = [_newest_job(recording.id) for recording in rest]
    return all(job is not None and job.state not in ACTIVE for job in jobs)


def _accepted_neutral(session: Session) -> str | None:
    """The neutral's file from the newest usable rest film, kept or not; None without any."""
    rest = session.recordings.filter(task__kind=TaskKind.REST).values("id")
    usable = Result.objects.filter(subject__in=rest, usable=True).exclude(neutral="")
    newest = usable.order_by("job__created").last()
    return newest.neutral if newest else None


def _queue_take(
    recording: Recording,
    priority: Job.Priority,
    again: bool,
    neutral: str | None,
    *,
    waiting: bool,
) -> None:
    job = _newest_job(recording.id)
    if _is_due(job, again):
        _enqueue(recording, priority, neutral, waiting=waiting)
    elif job is not None and not waiting and _has_other_neutral(job, neutral):
        queue.cancel(recording.id)
        _enqueue(recording, priority, neutral, waiting=False)


def _has_other_neutral(job: Job, neutral: str | None) -> bool:
    return job.state == Job.State.WAITING or job.payload["neutral"] != neutral


def _enqueue(
    recording: Recording, priority: Job.Priority, neutral: str | None, *, waiting: bool
) -> None:
    payload: dict[str, Any] = {
        "video": recording.file,
        "task": recording.as_task().to_json(),
        "neutral": neutral,
        "release": _release(recording.session),
    }
    queue.enqueue(
        Job.Kind.TAKE,
        group=recording.session_id,
        subject=recording.id,
        payload=payload,
        priority=priority,
        waiting=waiting,
    )


def _release(session: Session) -> str:
    """That of the session's takes so far, else the clinic's: one session, one release."""
    takes = Job.objects.filter(group=session.id, kind=Job.Kind.TAKE)
    begun = takes.exclude(state=Job.State.CANCELLED).order_by("created").first()
    return str(begun.payload["release"]) if begun else session.patient.clinic.release


def _queue_session(
    session: Session, kept: Sequence[Recording], priority: Job.Priority, again: bool
) -> None:
    """The session's own job, once it is finished and all its takes are decided."""
    jobs = Job.objects.filter(group=session.id, kind=Job.Kind.TAKE)
    if session.submitted is None or jobs.filter(state__in=ACTIVE).exists():
        return
    newest = newest_jobs([session.id])
    done = [newest[r.id] for r in kept if newest[r.id].state == Job.State.DONE]
    results = Result.objects.filter(job__in=done).order_by("job__created", "id")
    payload = {
        "results": [str(pk) for pk in results.values_list("id", flat=True)],
        "release": _release(session),
        # The embedded classifier is a demonstration: no patient gets a likelihood from it.
        "classify": session.patient.clinic.is_demo,
    }
    job = newest.get(session.id)
    same = job is not None and job.payload == payload
    if not done or (same and not _is_due(job, again)):
        return
    queue.cancel(session.id)
    queue.enqueue(
        Job.Kind.SESSION,
        group=session.id,
        subject=session.id,
        payload=payload,
        priority=priority,
    )
