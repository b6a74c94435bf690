"""Every change to a session and its recordings, and the order in which they are analysed.

The session's rest film gives the neutral that all other films are measured against. So a take
waits until rest is decided, and a retaken rest queues the others again, as new results.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings.models import CaptureLink, Protocol, ProtocolTask, Recording
from clinic.recordings.models import RecordingSession as Session
from diagnosis import queue
from diagnosis.config import Cue, TaskKind
from diagnosis.models import Job, Result

# What a recording may be, and the ending of its file here; the ending never comes from outside.
ENDINGS = {
    "video/webm": "webm",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
}
ACTIVE = (Job.State.WAITING, Job.State.QUEUED, Job.State.RUNNING)


class SubmitRefused(Exception):
    """The film cannot be accepted; the message tells the person why and what to do."""


@transaction.atomic
def start_session(
    patient: Patient, protocol: Protocol, *, place: str, actor: User | None
) -> Session:
    session = Session.objects.create(
        patient=patient, protocol=protocol, place=place, created_by=actor
    )
    audit.record(Action.CREATE, session, actor=actor)
    return session


def submit(
    session: Session,
    task: ProtocolTask,
    source: Path,
    *,
    mime: str,
    cues: Sequence[Cue],
    capture: dict[str, Any],
    sha256: str | None = None,
    actor: User | None = None,
    link: CaptureLink | None = None,
    caption: str = "",
    priority: Job.Priority = Job.Priority.PATIENT_WAITS,
) -> Recording:
    """Make the file at `source` an immutable Recording with its job, in one transaction.

    `source` is removed once that transaction is safe; until then, or when it fails, it stays as
    it was. `sha256` is the sender's own digest of the film. Raises SubmitRefused.
    """
    ending = ENDINGS.get(mime.partition(";")[0].strip().lower())
    if ending is None:
        raise SubmitRefused("This kind of file is not a film that Mimia can read.")
    digest = _digest(source)
    if sha256 is not None and sha256.lower() != digest:
        raise SubmitRefused("The film did not arrive as it was sent. Please send it again.")
    recording = Recording(
        session=session,
        task=task,
        size=source.stat().st_size,
        sha256=digest,
        mime=mime,
        cues=[{"start": cue.start, "end": cue.end} for cue in cues],
        capture=capture,
        caption=caption,
    )
    recording.file = f"recordings/{recording.id}/video.{ending}"
    target = settings.MEDIA_ROOT / recording.file
    try:
        with transaction.atomic():
            _add(recording, priority)
            audit.record(Action.SUBMIT, recording, actor=actor, link=link.id if link else None)
            _keep(source, target)
    except BaseException:
        shutil.rmtree(target.parent, ignore_errors=True)
        raise
    transaction.on_commit(source.unlink)
    return recording


@transaction.atomic
def finish_session(
    session: Session, *, actor: User | None = None, link: CaptureLink | None = None
) -> None:
    """The person has finished: no further takes. Finishing twice changes nothing."""
    if not Session.objects.filter(pk=session.pk, submitted__isnull=True).update(
        submitted=timezone.now()
    ):
        return
    session.refresh_from_db()
    audit.record(Action.SUBMIT, session, actor=actor, link=link.id if link else None)
    if _rest_job(session) is None:
        _release_waiting(session, neutral=None)
    _assess_when_ready(session)


@transaction.atomic
def retry_failed(session: Session, *, actor: User) -> int:
    """Another analysis for each kept recording, or the session, whose last job failed."""
    newest = newest_jobs([session.id])
    failed = [job for job in newest.values() if job.state == Job.State.FAILED]
    for job in failed:
        queue.enqueue(Job.Kind(job.kind), group=job.group, subject=job.subject, payload=job.payload)
    audit.record(Action.RETRY, session, actor=actor)
    return len(failed)


def newest_jobs(session_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Job]:
    """The last job of each recording and session in these sessions, by that record's id."""
    jobs = Job.objects.filter(group__in=session_ids).order_by("created")
    return {job.subject: job for job in jobs}


def on_analysis_finished(job: Job, **_: object) -> None:
    """What comes next once a job has ended: the takes that waited for rest, then the session."""
    if job.kind != Job.Kind.TAKE:
        return
    recording = Recording.objects.select_related("task").filter(pk=job.subject).first()
    if recording is None:
        return
    # A take that is being submitted right now holds this lock too: it sees rest either decided or
    # not, and in the second case this sees the take.
    session = Session.objects.select_for_update().get(pk=recording.session_id)
    if recording.task.kind == TaskKind.REST and _is_newest(recording):
        _measure_against(session, _neutral_of(job))
    _assess_when_ready(session)


def _add(recording: Recording, priority: Job.Priority) -> None:
    session = Session.objects.select_for_update().get(pk=recording.session_id)
    if session.submitted is not None:
        raise SubmitRefused("This session is already finished. Ask your clinic for a new link.")
    if recording.size == 0:
        raise SubmitRefused("The film is empty. Please film this task again.")
    if not consented(session.patient, Purpose.CARE):
        raise SubmitRefused("There is no consent to recording. Please agree first, then film.")
    before = session.recordings.filter(task=recording.task)
    for earlier in before:
        queue.cancel(earlier.id)
    recording.attempt = (before.aggregate(last=Max("attempt"))["last"] or 0) + 1
    recording.save(force_insert=True)
    if consented(session.patient, Purpose.ANALYSIS):
        _enqueue(recording, priority)


def _enqueue(recording: Recording, priority: Job.Priority) -> None:
    is_rest = recording.task.kind == TaskKind.REST
    rest = None if is_rest else _rest_job(recording.session)
    undecided = rest is None or rest.state in ACTIVE
    queue.enqueue(
        Job.Kind.TAKE,
        group=recording.session_id,
        subject=recording.id,
        payload=_payload(recording, None if is_rest or undecided else _neutral_of(rest)),
        priority=priority,
        waiting=not is_rest and undecided,
    )


def _payload(recording: Recording, neutral: str | None) -> dict[str, Any]:
    return {
        "video": recording.file,
        "task": recording.as_task().to_json(),
        "neutral": neutral,
        "release": recording.session.patient.clinic.release,
    }


def _rest_job(session: Session) -> Job | None:
    """The newest job of the session's newest rest take."""
    rest = session.recordings.filter(task__kind=TaskKind.REST).order_by("attempt").last()
    if rest is None:
        return None
    return Job.objects.filter(subject=rest.id).order_by("created").last()


def _neutral_of(job: Job | None) -> str | None:
    """The neutral's file that this rest job produced; None when it has none."""
    result = job and Result.objects.filter(job=job, usable=True).first()
    return (result.neutral or None) if result else None


def _is_newest(recording: Recording) -> bool:
    return not Recording.objects.filter(
        session=recording.session, task=recording.task, attempt__gt=recording.attempt
    ).exists()


def _release_waiting(session: Session, neutral: str | None) -> None:
    for job in Job.objects.filter(group=session.id, state=Job.State.WAITING):
        job.payload["neutral"] = neutral
        job.state = Job.State.QUEUED
        job.save(update_fields=["payload", "state"])


def _measure_against(session: Session, neutral: str | None) -> None:
    """Rest is decided: let the waiting takes go, and redo those that had another neutral."""
    _release_waiting(session, neutral)
    others = session.recordings.kept().exclude(task__kind=TaskKind.REST)
    newest = newest_jobs([session.id])
    for recording in others.select_related("task", "session__patient__clinic"):
        job = newest.get(recording.id)
        if job is not None and job.payload["neutral"] != neutral:
            queue.cancel(recording.id)
            queue.enqueue(
                Job.Kind.TAKE,
                group=session.id,
                subject=recording.id,
                payload=_payload(recording, neutral),
                priority=Job.Priority(job.priority),
            )


def _assess_when_ready(session: Session) -> None:
    """Queue the session's own job once it is finished and all its takes are decided."""
    jobs = Job.objects.filter(group=session.id)
    if session.submitted is None or jobs.filter(kind=Job.Kind.TAKE, state__in=ACTIVE).exists():
        return
    kept = session.recordings.kept().values_list("id", flat=True)
    newest = newest_jobs([session.id])
    done = [newest[pk] for pk in kept if pk in newest and newest[pk].state == Job.State.DONE]
    if not done:
        return
    results = Result.objects.filter(job__in=done).values_list("id", flat=True)
    queue.cancel(session.id)
    queue.enqueue(
        Job.Kind.SESSION,
        group=session.id,
        subject=session.id,
        payload={
            "results": [str(pk) for pk in results],
            "release": session.patient.clinic.release,
            # The embedded classifier is a demonstration: no patient gets a likelihood from it.
            "classify": session.patient.clinic.is_demo,
        },
        priority=Job.Priority(done[0].priority),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(source: Path, target: Path) -> None:
    """Put the file in its final place, safe on disk; `source` stays until all is committed."""
    target.parent.mkdir(parents=True, mode=0o700)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
    target.chmod(0o400)
    for path in (target, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
