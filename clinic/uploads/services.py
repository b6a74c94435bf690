"""Keeping the bytes of films on their way in: create, append, remove, reap.

A film arrives in small parts while it is recorded. A part counts once it is safe on disk and the
row's offset has moved; whatever fails before that is sent again from the offset that the row tells.
Bytes beyond the offset, as a kill at the wrong moment leaves them, are cut off by the next part.
"""

from __future__ import annotations

import datetime
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from clinic.patients.models import Purpose
from clinic.patients.services import consented
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.recordings.services import require_agreed, require_open
from clinic.uploads.models import Upload
from clinic.uploads.problems import (
    AlreadySubmitted,
    EmptyFilm,
    Gone,
    Incomplete,
    NoConsent,
    NotAFilm,
    Overtaken,
    ServerFull,
    TooLarge,
    TooManyUploads,
    UnknownTask,
    WrongLength,
    WrongOffset,
)

logger = logging.getLogger(__name__)

# What browsers record, and what the camera programs of phones do.
MIMES = ("video/webm", "video/mp4", "video/quicktime", "video/3gpp")
IMPORTED_MIMES = (
    *MIMES,
    "video/mpeg",
    "image/gif",
    "video/x-msvideo",
    "video/x-matroska",
    "application/octet-stream",
)
# A session of nine tasks with each filmed twenty times stays below both.
MAX_UPLOADS_PER_SESSION = 200
MAX_SESSION_BYTES = 4 * 1024**3
# All films of the session are summed up only as often as a film has grown by this much.
SUM_EVERY = 16 * 1024**2
EMPTY_COUNTS = datetime.timedelta(hours=1)


@transaction.atomic
def create(access: Access, *, task_code: str, mime: str, length: int | None) -> Upload:
    """A new, empty upload of a take; `length` in bytes, None while the take is being recorded."""
    session = access.session
    _require_consent(session)
    mimes = IMPORTED_MIMES if session.imported else MIMES
    if mime.partition(";")[0].strip().lower() not in mimes:
        raise NotAFilm
    if length is not None and length > settings.UPLOAD_MAX_BYTES:
        raise TooLarge
    task = session.protocol.tasks.filter(code=task_code).first()
    if task is None:
        raise UnknownTask
    # One at a time, so that all together keep to the session's limits.
    require_open(RecordingSession.objects.select_for_update().get(id=session.id), task)
    if _counted(session).count() >= MAX_UPLOADS_PER_SESSION:
        raise TooManyUploads
    _require_session_room(session, length or 0)
    upload = Upload(
        session=session, task=task, mime=mime[:80], length=length, expires=_new_expiry()
    )
    upload.save(force_insert=True)
    _make_file(upload)
    return upload


def _require_consent(session: RecordingSession) -> None:
    """Raises NoConsent. A film of a session that is begun may be one sent again, which was made
    under an older text."""
    if session.is_begun:
        require_agreed(session)
    elif not consented(session.patient, Purpose.CARE):
        raise NoConsent


def append(upload: Upload, *, offset: int, data: bytes, length: int | None) -> int:
    """Adds `data` at `offset`; returns the new offset, once the bytes are safe on disk.

    `length` is the whole film's length where the sender knows it by now. `upload` then holds what
    its row does.
    """
    with held(upload) as file:
        _reload(upload)
        require_agreed(upload.session)
        require_open(upload.session, upload.task)
        if upload.recording_id is not None or upload.offset != offset:
            raise WrongOffset(upload.offset)
        if _size(upload) < offset:
            raise Gone
        end = offset + len(data)
        whole = _settled_length(upload, length)
        _require_room(upload, end, whole)
        _write(file, offset, data)
        # Should the database fail now, the bytes stay: nobody knows whether it has moved the
        # offset, and with the bytes there both answers are true.
        expires = _new_expiry()
        standing = Upload.objects.filter(id=upload.id, offset=offset, recording__isnull=True)
        if not standing.update(offset=end, length=whole, expires=expires):
            _reload(upload)
            raise WrongOffset(upload.offset)
    upload.offset, upload.length, upload.expires = end, whole, expires
    return end


def require_there(upload: Upload) -> None:
    """Raises Gone unless the sender may go on with the upload, or hear that it has arrived."""
    if upload.is_salvaged:
        raise Gone
    if upload.recording_id is None and (
        upload.expires <= timezone.now() or _size(upload) < upload.offset
    ):
        raise Gone


def require_ready(upload: Upload) -> None:
    """Raises the UploadProblem that keeps the upload from becoming a recording."""
    later = Upload.objects.filter(
        session=upload.session_id,
        task=upload.task_id,
        created__gt=upload.created,
        recording__partial=False,
    )
    if not upload.session.imported and later.exists():
        raise Overtaken
    if not upload.is_complete:
        raise Incomplete
    if upload.length == 0:
        raise EmptyFilm
    if _size(upload) < upload.offset:
        raise Gone


def hand_over(upload: Upload, recording: Recording) -> None:
    """The recording owns the bytes from now on. Raises Gone if the upload has ended meanwhile."""
    standing = Upload.objects.filter(id=upload.id, recording__isnull=True)
    if not standing.update(recording=recording):
        raise Gone


def cut_to_offset(upload: Upload, file: BinaryIO) -> None:
    """Takes off the `held` file what never counted. Raises Gone where less is there than did."""
    if _size(upload) < upload.offset:
        raise Gone
    file.truncate(upload.offset)


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


def reap() -> int:
    """Deletes expired rows with their files, and files that no row knows; returns how many."""
    expired = Upload.objects.filter(expires__lte=timezone.now())
    count = 0
    for upload in list(expired):
        if expired.filter(id=upload.id).delete()[0]:  # unless a part has come meanwhile
            upload.path.unlink(missing_ok=True)
            count += 1
    return count + _reap_strays()


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


@contextmanager
def held(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's file, held against other writers: two tabs must not mix their bytes."""
    try:
        file = upload.path.open("r+b", buffering=0)
    except FileNotFoundError:
        raise Gone from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _reload(upload: Upload) -> None:
    """What the database knows now; the reaper or another tab may have ended the upload."""
    rows = Upload.objects.select_related("session__patient", "task", "recording")
    try:
        upload.refresh_from_db(from_queryset=rows)
    except Upload.DoesNotExist:
        raise Gone from None
    if upload.is_salvaged:
        raise Gone


def _make_file(upload: Upload) -> None:
    folder = upload.path.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_space(folder, 0)
    upload.path.touch(mode=0o600)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _write(file: BinaryIO, offset: int, data: bytes) -> None:
    """The file then ends with `data` at `offset`; with less there when the disk refuses it."""
    if data:
        _require_space(file.fileno(), len(data))
    file.truncate(offset)
    file.seek(offset)
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(offset)
        raise


def _require_space(place: Path | int, size: int) -> None:
    free = shutil.disk_usage(place).free
    if free < settings.DISK_RESERVE_BYTES + size:
        logger.error("no film is taken in: %s bytes are free, see DISK_RESERVE_BYTES", free)
        raise ServerFull


def _size(upload: Upload) -> int:
    try:
        return upload.path.stat().st_size
    except FileNotFoundError:
        return -1


def _new_expiry() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)


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
    if end // SUM_EVERY > upload.offset // SUM_EVERY:
        _require_session_room(upload.session, end - upload.offset)


def _require_session_room(session: RecordingSession, size: int) -> None:
    """Staff bring old clips of any size into imported sessions; only the disk limits those."""
    if session.imported:
        return
    held_bytes = _counted(session).aggregate(sum=Sum("offset"))["sum"] or 0
    if held_bytes + size > MAX_SESSION_BYTES:
        raise TooManyUploads


def _counted(session: RecordingSession) -> QuerySet[Upload]:
    """The uploads that the session's limits count: an honest person's lost network leaves empty
    ones, and parts that were salvaged, in any number."""
    recent = Q(offset__gt=0) | Q(created__gt=timezone.now() - EMPTY_COUNTS)
    return session.uploads.filter(recent).exclude(recording__capture__has_key="salvaged")
