"""From an upload that has arrived to a Recording.

Reading and checking a film takes seconds, so it comes first; the transaction that follows is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from clinic.accounts.models import Clinic, User
from clinic.recordings import checking, services
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.recordings.takes import BadTake, Take
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from clinic.uploads.problems import Gone, ServerBusy, server_trouble
from diagnosis.config import Cue


class Duplicate(Exception):
    """The clinic has this very film already, as `recording`."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(
            f"The clinic has this film already: {recording.task}, {recording.session}."
        )
        self.recording = recording


def receive(access: Access, take: Take) -> Recording:
    """Makes the take's upload a Recording; asked again, gives the same one.

    The browser asks again when our answer was lost on its way.
    Raises BadTake, UploadProblem (TryLater among them), FilmRefused or SubmitRefused.
    """
    with server_trouble():
        upload = _find(access.session, take.upload)
        if upload.task.code != take.task:
            raise BadTake(gettext("upload"))
        take.require_cues_of(upload.task)
        if upload.recording is not None:
            return _received(upload, upload.recording, take.sha256)
        uploads.require_ready(upload)
        facts = _checked(upload, take.sha256)
        recording = _keep(
            upload,
            facts,
            cues=take.cues,
            capture=take.capture,
            sha256=take.sha256,
            partial=take.partial,
            access=access,
        )
        _note_device(access.session, take)
    return recording


def receive_import(
    session: RecordingSession,
    upload: Upload,
    *,
    cues: Sequence[Cue],
    actor: User,
    sha256: str,
) -> Recording:
    """Makes an old clip that has arrived in full a Recording; asked again, gives the same one.

    `sha256` is the sender's digest of the file. Raises UploadProblem (TryLater among them),
    FilmRefused, SubmitRefused, and Duplicate, after which the upload is gone.
    """
    with server_trouble():
        upload = _find(session, upload.id)
        if upload.recording is not None:
            return upload.recording
        try:
            _require_new(session, sha256)
            uploads.require_ready(upload)
            facts = _checked(upload, sha256)
            return _keep_import(Access(session, actor, None), upload, facts, cues, sha256)
        except Duplicate:
            uploads.remove(upload)
            raise


@transaction.atomic
def _keep_import(
    access: Access, upload: Upload, facts: checking.Facts, cues: Sequence[Cue], sha256: str
) -> Recording:
    clinic = access.session.patient.clinic_id
    Clinic.objects.select_for_update().get(id=clinic)  # one import of a film at a time
    _require_new(access.session, sha256)
    return _keep(upload, facts, cues=cues, capture={"imported": True}, sha256=sha256, access=access)


def _require_new(session: RecordingSession, sha256: str) -> None:
    same = Recording.objects.filter(
        sha256=sha256.lower(), session__patient__clinic=session.patient.clinic_id
    )
    existing = same.select_related("task", "session__patient").first()
    if existing is not None:
        raise Duplicate(existing)


def _find(session: RecordingSession, upload_id: UUID) -> Upload:
    upload = (
        Upload.objects.select_related("task", "recording__task")
        .filter(session=session, id=upload_id)
        .first()
    )
    if upload is None:
        raise Gone
    upload.session = session
    return upload


def _received(upload: Upload, recording: Recording, sha256: str) -> Recording:
    """The recording that the upload has become.

    Raises Gone for one that was salvaged before the take was handed in, as long as the whole film
    with its own cues can still be sent.
    """
    if upload.is_salvaged and (upload.session.submitted is None or recording.sha256 != sha256):
        raise Gone
    return recording


def _checked(upload: Upload, sha256: str) -> checking.Facts:
    try:
        services.require_digest(upload.path, sha256)
    except FileNotFoundError:  # handed in or given up at this moment, by another request
        raise ServerBusy from None
    return checking.check(upload.path)


@transaction.atomic
def _keep(
    found: Upload,
    facts: checking.Facts,
    *,
    cues: Sequence[Cue],
    capture: dict[str, Any],
    sha256: str,
    access: Access,
    partial: bool = False,
) -> Recording:
    # One take at a time: else an older film could arrive while a newer one is being recorded.
    RecordingSession.objects.select_for_update().get(id=access.session.id)
    upload = _find(access.session, found.id)
    if upload.recording is not None:
        return _received(upload, upload.recording, sha256)
    uploads.require_ready(upload)
    recording = services.submit(
        access.session,
        upload.task,
        upload.path,
        mime=facts.container,
        cues=cues,
        capture=capture,
        sha256=sha256,
        partial=partial,
        actor=access.user,
        link=access.link,
        priority=services.priority_of(access.session),
    )
    upload.recording = recording
    upload.save(update_fields=["recording"])
    return recording


def _note_device(session: RecordingSession, take: Take) -> None:
    device = take.capture.get("device")
    if isinstance(device, dict) and device != session.device:
        session.device = device
        session.save(update_fields=["device"])
