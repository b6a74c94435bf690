"""Keeping the bytes of films on their way in: create, append, remove, reap.

A film arrives in small parts while it is recorded. A part counts once it is safe on disk and the
row's offset has moved; whatever fails before that is sent again from the offset that the row tells.
"""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from clinic.patients.models import Purpose
from clinic.patients.services import consented
from clinic.recordings.access import Access
from clinic.recordings.models import RecordingSession
from clinic.uploads.models import Upload

MIMES = ("video/webm", "video/mp4")
# A session of nine tasks with each filmed several times stays far below both.
MAX_UPLOADS_PER_SESSION = 100
MAX_SESSION_BYTES = 2 * 1024**3

WEBM_START = b"\x1a\x45\xdf\xa3"  # EBML
MP4_BOX = b"ftyp"  # at byte 4


class UploadProblem(Exception):
    """Why an upload cannot go on, in words for the person; `status` is tus' answer for it."""

    status = 400


class WrongOffset(UploadProblem):
    """`offset` is where the server stands and the sender must go on."""

    status = 409

    def __init__(self, offset: int) -> None:
        super().__init__(f"The next part must start at byte {offset}.")
        self.offset = offset


class WrongLength(UploadProblem):
    def __init__(self) -> None:
        super().__init__("The film's length does not fit what was sent. Please film it again.")


class TooLarge(UploadProblem):
    status = 413

    def __init__(self) -> None:
        super().__init__("The film is too large. Please film this task again, as it is asked for.")


class TooManyUploads(UploadProblem):
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "This session holds as many films as it can. Please ask your clinic for help."
        )


class NotAFilm(UploadProblem):
    status = 415

    def __init__(self) -> None:
        super().__init__("This file is not a film that we can read. Please film this task again.")


class EmptyFilm(UploadProblem):
    def __init__(self) -> None:
        super().__init__("The film is empty: nothing was recorded. Please film this task again.")


class Incomplete(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__("The film has not arrived in full. Please keep this page open.")


class UnknownTask(UploadProblem):
    def __init__(self) -> None:
        super().__init__("This task is not part of the session. Please load the page again.")


class Closed(UploadProblem):
    status = 403

    def __init__(self) -> None:
        super().__init__("This session is finished. Please ask your clinic for a new link.")


class NoConsent(UploadProblem):
    status = 403

    def __init__(self) -> None:
        super().__init__("There is no consent to recording yet. Please agree first, then film.")


class Gone(UploadProblem):
    status = 410

    def __init__(self) -> None:
        super().__init__("This upload has ended. The film must be sent again from its start.")


class Overtaken(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "A newer film of this task has already arrived. It is the one that counts; "
            "please go on."
        )


class AlreadySubmitted(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__("This film has been received and cannot be removed here.")


@transaction.atomic
def create(access: Access, *, task_code: str, mime: str, length: int | None) -> Upload:
    """A new, empty upload of a take; `length` in bytes, None while the take is being recorded."""
    session = access.session
    _require_open(session)
    if mime.partition(";")[0].strip().lower() not in MIMES:
        raise NotAFilm
    if length is not None and length > settings.UPLOAD_MAX_BYTES:
        raise TooLarge
    task = session.protocol.tasks.filter(code=task_code).first()
    if task is None:
        raise UnknownTask
    if session.uploads.count() >= MAX_UPLOADS_PER_SESSION:
        raise TooManyUploads
    upload = Upload.objects.create(
        session=session,
        task=task,
        mime=mime[:80],
        length=length,
        expires=timezone.now() + datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS),
    )
    _make_file(upload)
    return upload


def append(upload: Upload, *, offset: int, data: bytes, length: int | None) -> int:
    """Adds `data` at `offset`; returns the new offset, once the bytes are safe on disk.

    `length` is the whole film's length where the sender knows it by now.
    """
    with _held(upload) as file:
        _reload(upload)
        _require_open(upload.session)
        if upload.recording_id is not None or upload.offset != offset:
            raise WrongOffset(upload.offset)
        end = offset + len(data)
        whole = _settled_length(upload, length)
        _require_room(upload, end, whole)
        file.seek(offset)
        file.write(data)
        os.fsync(file.fileno())
        standing = Upload.objects.filter(id=upload.id, offset=offset, recording__isnull=True)
        if not standing.update(offset=end, length=whole):
            _reload(upload)
            raise WrongOffset(upload.offset)
    return end


def remove(upload: Upload) -> None:
    """Ends an upload that is not wanted any more; its bytes are deleted."""
    with transaction.atomic():
        current = Upload.objects.select_for_update().filter(id=upload.id).first()
        if current is None:
            raise Gone
        if current.recording_id is not None:
            raise AlreadySubmitted
        current.delete()
    upload.path.unlink(missing_ok=True)


def check_film(upload: Upload) -> None:
    """Raises the UploadProblem that keeps the upload from becoming a recording."""
    later = Upload.objects.filter(
        session=upload.session_id, task=upload.task_id, created__gt=upload.created
    )
    if later.filter(recording__isnull=False).exists():
        raise Overtaken
    if not upload.is_complete:
        raise Incomplete
    if upload.length == 0:
        raise EmptyFilm
    with upload.path.open("rb") as file:
        start = file.read(12)
    if not (start.startswith(WEBM_START) or start[4:8] == MP4_BOX):
        raise NotAFilm


def reap() -> int:
    """Deletes expired rows with their files, and files that no row knows; returns how many."""
    expired = list(Upload.objects.filter(expires__lte=timezone.now()))
    for upload in expired:
        path = upload.path
        upload.delete()
        path.unlink(missing_ok=True)
    return len(expired) + _reap_strays()


def _reap_strays() -> int:
    """Files left by a process that died between writing a file and its row."""
    oldest = timezone.now() - datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    known = {str(pk) for pk in Upload.objects.values_list("id", flat=True)}
    folder = settings.MEDIA_ROOT / "uploads"
    strays = [
        path
        for path in (folder.iterdir() if folder.exists() else ())
        if path.name not in known and path.stat().st_mtime < oldest.timestamp()
    ]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _require_open(session: RecordingSession) -> None:
    if session.submitted is not None:
        raise Closed
    if not consented(session.patient, Purpose.CARE):
        raise NoConsent


def _reload(upload: Upload) -> None:
    """What the database knows now; the reaper or another tab may have ended the upload."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:
        raise Gone from None


def _make_file(upload: Upload) -> None:
    upload.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    upload.path.touch(mode=0o600)
    folder = os.open(upload.path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@contextmanager
def _held(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's file, held against other writers: two tabs must not mix their bytes."""
    try:
        file = upload.path.open("r+b", buffering=0)
    except FileNotFoundError:
        raise Gone from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _settled_length(upload: Upload, length: int | None) -> int | None:
    if length is None or length == upload.length:
        return upload.length
    if upload.length is not None:
        raise WrongLength
    return length


def _require_room(upload: Upload, end: int, length: int | None) -> None:
    if length is not None and end > length:
        raise WrongLength
    if max(end, length or 0) > settings.UPLOAD_MAX_BYTES:
        raise TooLarge
    others = Upload.objects.filter(session=upload.session_id).exclude(id=upload.id)
    held = others.aggregate(sum=Sum("offset"))["sum"] or 0
    if held + end > MAX_SESSION_BYTES:
        raise TooManyUploads
