"""The order in which a session's films are analysed.

The session's rest film gives the neutral that all other films are measured against. So a take
waits until rest is decided, a retaken rest queues the others again as new results, and the
session's own job comes last. One release makes all of it: where that has changed since rest was
analysed, as with an update of Mimia, the next film has rest analysed again, and where a worker
refuses a neutral or results of another release, what they were made of is. `advance` looks at what
there is and queues what is missing: it is called after everything that may change the answer, and
doing so twice changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from clinic.accounts import releases
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings.models import Recording
from clinic.recordings.models import RecordingSession as Session
from diagnosis import queue
from diagnosis.config import TaskKind
from diagnosis.models import Job, Result, this_engine

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
    release = _release(session)
    kept = list(session.recordings.kept().select_related("task"))
    rest = [recording for recording in kept if recording.task.kind == TaskKind.REST]
    takes = [recording for recording in kept if recording not in rest]
    newest = newest_jobs([session.id])
    refused = _refused(newest.get(session.id))
    due = {r.id for r in kept if _is_due(newest.get(r.id), again, refused)}
    for recording in rest:
        if recording.id in due:
            _enqueue(recording, priority, release, None, waiting=False)
    decided = _is_decided(session, rest)
    accepted = _accepted_rest(session)
    if decided and accepted and _is_outdated(accepted, release):
        failed = newest[accepted.subject].state == Job.State.FAILED
        if failed and not again:
            accepted = None  # this release gives no neutral: each take's lead-in has to do
        elif failed or any(recording.id in due for recording in takes):
            recording = session.recordings.select_related("task").get(pk=accepted.subject)
            _enqueue(recording, priority, release, None, waiting=False)
            decided = False
    neutral = accepted.neutral if accepted and decided else None
    for recording in takes:
        if recording.id in due:
            _enqueue(recording, priority, release, neutral, waiting=not decided)
        elif decided and _has_other_neutral(newest[recording.id], neutral):
            queue.cancel(recording.id)
            _enqueue(recording, priority, release, neutral, waiting=False)
    _queue_session(session, kept, priority, release, again)


def reconsider(patient: Patient) -> None:
    """Consent to analysis was given or withdrawn: queue, or take out of the queue, accordingly."""
    filmed = patient.sessions.filter(recordings__isnull=False).distinct()
    for session_id in filmed.values_list("id", flat=True):
        advance(session_id, Job.Priority.NORMAL)


def on_analysis_finished(job: Job, **_: object) -> None:
    """Inside the transaction that ends a job: what comes next in its session."""
    matters = job.kind == Job.Kind.TAKE or job.is_outdated
    if matters and Session.objects.filter(pk=job.group).exists():
        advance(job.group, Job.Priority(job.priority))


def newest_jobs(session_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Job]:
    """The last job of each recording and session in these sessions, by that record's id."""
    jobs = Job.objects.filter(group__in=session_ids).order_by("created")
    return {job.subject: job for job in jobs}


def _in_queue(session: Session) -> list[Job]:
    return list(Job.objects.filter(group=session.id, state__in=IN_QUEUE))


def _is_due(job: Job | None, again: bool, refused: Collection[uuid.UUID] = ()) -> bool:
    """Whether a record with this newest job needs a new one, whatever its neutral; `refused` are
    the jobs whose results are of no use any more."""
    if job is None or job.state == Job.State.CANCELLED or job.id in refused:
        return True
    return again and job.state == Job.State.FAILED


def _refused(summary: Job | None) -> set[uuid.UUID]:
    """The jobs with whose results the session's newest job was refused: another release had made
    some of them."""
    if summary is None or not summary.is_outdated:
        return set()
    results = Result.objects.filter(id__in=summary.payload["results"])
    return set(results.values_list("job_id", flat=True))


def _is_decided(session: Session, rest: Sequence[Recording]) -> bool:
    """Whether the neutral is settled: rest is analysed, or will not be filmed any more."""
    if not rest:
        return session.submitted is not None
    return not Job.objects.filter(subject__in=_rest_films(session), state__in=ACTIVE).exists()


def _rest_films(session: Session) -> QuerySet[Recording, uuid.UUID]:
    """The ids of the session's rest films, kept or not."""
    return session.recordings.filter(task__kind=TaskKind.REST).values_list("id", flat=True)


def _accepted_rest(session: Session) -> Result | None:
    """The newest usable of the rest films' last results: its neutral counts; None without any."""
    results = Result.objects.filter(subject__in=_rest_films(session)).select_related("job")
    last = {result.subject: result for result in results.order_by("job__created")}
    usable = [result for result in last.values() if result.usable and result.neutral]
    return max(usable, key=lambda result: result.job.created, default=None)


def _is_outdated(rest: Result, release: str) -> bool:
    """Whether another release than the one now installed under that name analysed the rest, as
    far as is seen here or a worker has found: no film can then be measured against its neutral."""
    refused = Job.objects.filter(group=rest.group, kind=Job.Kind.TAKE, error=Job.OUTDATED)
    if refused.filter(payload__neutral=rest.neutral).exists():
        return True
    same_engine = rest.engine == this_engine()
    return not same_engine or releases.identity(release) not in ("", rest.release_sha256)


def _has_other_neutral(job: Job, neutral: str | None) -> bool:
    return job.state == Job.State.WAITING or job.payload["neutral"] != neutral


def _enqueue(
    recording: Recording,
    priority: Job.Priority,
    release: str,
    neutral: str | None,
    *,
    waiting: bool,
) -> None:
    payload: dict[str, Any] = {
        "video": recording.file,
        "task": recording.as_task().to_json(),
        "neutral": neutral,
        "release": release,
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
    """That of the session's takes so far, else the clinic's: one session, one release.

    What failed or was replaced binds nothing: it left no result.
    """
    takes = Job.objects.filter(group=session.id, kind=Job.Kind.TAKE)
    begun = takes.filter(state__in=(Job.State.DONE, *ACTIVE)).order_by("created").first()
    return str(begun.payload["release"]) if begun else session.patient.clinic.release


def _queue_session(
    session: Session,
    kept: Sequence[Recording],
    priority: Job.Priority,
    release: str,
    again: bool,
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
        "release": release,
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
