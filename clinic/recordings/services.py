"""Every change to a session and its recordings."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext

from clinic.accounts.models import User
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import agreed
from clinic.recordings import analysis, strays
from clinic.recordings.models import CaptureLink, Protocol, ProtocolTask, Recording
from clinic.recordings.models import RecordingSession as Session
from clinic.uploads.problems import Closed, NoConsent, NotNeeded
from diagnosis import queue
from diagnosis.config import Cue
from diagnosis.models import Job

# What a recording may be, and the ending of its file here; the ending never comes from outside.
ENDINGS = {
    "video/webm": "webm",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpg",
    "video/mp2t": "ts",
    "image/gif": "gif",
    Recording.LANDMARKS: "npz",
}


class SubmitRefused(Exception):
    """The film cannot be accepted; the message tells the person why and what to do."""


class NotAsSent(SubmitRefused):
    """The bytes on disk are not the sender's: the whole film must be sent again."""

    def __init__(self) -> None:
        super().__init__(gettext("The film did not arrive as it was sent. Please send it again."))


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
    partial: bool = False,
    actor: User | None = None,
    link: CaptureLink | None = None,
    caption: str = "",
    filmed: datetime.datetime | None = None,
    priority: Job.Priority = Job.Priority.PATIENT_WAITS,
    action: Action = Action.SUBMIT,
) -> Recording:
    """Make the file at `source` an immutable Recording with its job, in one transaction.

    Once that transaction is safe the recording can only be read and `source` is removed; until
    then, or when it fails, `source` stays as it was. `mime` is what the film was found to be,
    `sha256` its digest where that is known by now, `partial` whether it is what arrived of a take
    that broke off, `filmed` when it was made (now, unless told). The `action` SALVAGE adds to a
    session however long ago it was finished. Raises SubmitRefused, Closed, NotNeeded or NoConsent.
    """
    ending = ENDINGS.get(mime.partition(";")[0].strip().lower())
    if ending is None:
        raise SubmitRefused(gettext("This kind of file is not a film that Mimia can read."))
    recording = Recording(
        session=session,
        task=task,
        size=source.stat().st_size,
        sha256=sha256 or digest(source),
        partial=partial,
        mime=mime,
        cues=[{"start": cue.start, "end": cue.end} for cue in cues],
        capture=capture,
        caption=caption,
    )
    recording.file = f"recordings/{recording.id}/video.{ending}"
    target = settings.MEDIA_ROOT / recording.file
    try:
        with transaction.atomic():
            _add(recording, filmed or timezone.now(), salvaged=action == Action.SALVAGE)
            audit.record(action, recording, actor=actor, link=link.id if link else None)
            _keep(source, target)
            analysis.advance(session.id, priority)
    except BaseException:
        shutil.rmtree(target.parent, ignore_errors=True)
        raise

    def settle() -> None:
        (target.parent / strays.UNSETTLED).unlink(missing_ok=True)
        source.unlink(missing_ok=True)
        target.chmod(0o400)  # not before: `source` is this same file, should the commit fail

    transaction.on_commit(settle)
    return recording


def require_open(session: Session, task: ProtocolTask) -> None:
    """Raises Closed or NotNeeded unless the session takes another film of the task.

    Old clips are never late: they go into a session of their own.
    """
    if session.submitted is None:
        return
    if session.imported or not session.takes_late_films:
        raise Closed
    if session.recordings.filter(task=task, partial=False).exists():
        raise NotNeeded


def require_agreed(session: Session) -> None:
    """Raises NoConsent once the agreement to recording is withdrawn.

    Of a film that was begun under it the agreement stands, whatever is asked by now.
    """
    if not agreed(session.patient, Purpose.CARE):
        raise NoConsent


@transaction.atomic
def finish_session(
    session: Session, *, actor: User | None = None, link: CaptureLink | None = None
) -> None:
    """No further takes but late ones. Finishing twice changes nothing."""
    if not Session.objects.filter(pk=session.pk, submitted__isnull=True).update(
        submitted=timezone.now()
    ):
        return
    session.refresh_from_db(fields=["submitted"])
    audit.record(Action.SUBMIT, session, actor=actor, link=link.id if link else None)
    analysis.advance(session.id, priority_of(session))


def priority_of(session: Session) -> Job.Priority:
    """Nobody waits for the results of old clips."""
    return Job.Priority.HISTORY if session.imported else Job.Priority.PATIENT_WAITS


def finish_abandoned() -> int:
    """Finish the sessions that have films but were left: no link serves, nothing for a while.

    A salvaged film is as old as its last byte.
    """
    now = timezone.now()
    quiet = now - datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    handed_in = Recording.objects.exclude(capture__has_key="salvaged")
    left = (
        Session.objects.filter(submitted__isnull=True, recordings__isnull=False)
        .exclude(links__in=CaptureLink.objects.serving())
        .exclude(recordings__in=handed_in.filter(created__gt=quiet))
        .exclude(uploads__expires__gt=now)
        .distinct()
    )
    for session in left:
        finish_session(session)
    return len(left)


@transaction.atomic
def retry_failed(session: Session, *, actor: User) -> int:
    """Another analysis for whatever failed last of the session's kept films, or of itself."""
    newest = analysis.newest_jobs([session.id])
    kept = {session.id, *session.recordings.kept().values_list("id", flat=True)}
    failed = [pk for pk in kept if pk in newest and newest[pk].state == Job.State.FAILED]
    if failed:
        audit.record(Action.RETRY, session, actor=actor)
    analysis.advance(session.id, Job.Priority.NORMAL, again=True)
    return len(failed)


def _add(recording: Recording, filmed: datetime.datetime, *, salvaged: bool) -> None:
    session = Session.objects.select_for_update().get(pk=recording.session_id)
    if not salvaged:
        require_open(session, recording.task)
    if recording.size == 0:
        raise SubmitRefused(gettext("The film is empty. Please film this task again."))
    require_agreed(session)
    if not session.imported and not session.recordings.exists():
        # One session at a time finds that it is the patient's first.
        Patient.objects.select_for_update().get(pk=session.patient_id)
        # A link may be made long before it is used: the sitting begins with its first film.
        Session.objects.filter(pk=session.pk).update(recorded=filmed, practice=is_practice(session))
    before = session.recordings.filter(task=recording.task)
    recording.attempt = (before.aggregate(last=Max("attempt"))["last"] or 0) + 1
    recording.save(force_insert=True)
    for earlier in before.exclude(pk__in=session.recordings.kept()):
        queue.cancel(earlier.id)


def is_practice(session: Session) -> bool:
    """Whether no whole film of the patient was ever made before, beside old clips."""
    others = Session.objects.filter(patient=session.patient, imported=False)
    return not others.exclude(pk=session.pk).filter(recordings__partial=False).exists()


def digest(path: Path) -> str:
    """The SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_digest(path: Path, sha256: str) -> None:
    """Raises NotAsSent unless `sha256`, the sender's own digest, is the file's as well."""
    if digest(path) != sha256.lower():
        raise NotAsSent


def _keep(source: Path, target: Path) -> None:
    """Put the file in its final place, safe on disk; `source` stays until all is committed."""
    target.parent.mkdir(parents=True, mode=0o700)
    (target.parent / strays.UNSETTLED).touch()
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
    for path in (target, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
