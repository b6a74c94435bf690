"""From an upload that has arrived to a Recording.

Reading and checking a film takes seconds, so it comes first; the transaction that follows is short.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from clinic.accounts.models import Clinic, User
from clinic.recordings import checking, services
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.recordings.takes import BadTake, Take, lie_within
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from clinic.uploads.problems import Gone, ServerBusy, server_trouble
from diagnosis.config import Cue, TaskKind

DEVICE_FACTS = ("camera", "browser", "platform", "screen", "orientation")
LONGEST_FACT = 300  # letters


class Duplicate(Exception):
    """The clinic has this very film already, as `recording`."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(
            f"The clinic has this film already: {recording.task}, {recording.session}."
        )
        self.recording = recording


def receive(access: Access, take: Take) -> Recording:
    """Makes the take's upload a Recording; asked again, gives the same one.

    The browser asks again when our answer was lost on its way, even after days.
    Raises BadTake, UploadProblem (TryLater among them), FilmRefused or SubmitRefused.
    """
    session = access.session
    with server_trouble():
        received = _received(session, take)
        if received is not None:
            return received
        upload = _find(session, take.upload)
        take.require_cues_of(upload.task)
        services.require_open(session, upload.task)
        uploads.require_ready(upload)
        with checking.turn(session.id):
            # The same may have been asked at once, and be done by now.
            recording = _received(session, take) or _take_in(access, upload, take)
        _note_device(session, take)
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
            with checking.turn(session.id):
                facts = _checked(upload, sha256)
            _require_cues_fit(upload, facts, cues)
            return _keep_import(Access(session, actor, None), upload, facts, cues, sha256)
        except Duplicate:
            uploads.remove(upload)
            raise


def _require_cues_fit(upload: Upload, facts: checking.Facts, cues: Sequence[Cue]) -> None:
    """Of cue times that staff tell. Raises SubmitRefused, in words for them."""
    if cues and upload.task.kind != TaskKind.EXPRESSION:
        raise services.SubmitRefused(
            f"A clip of the task “{upload.task.title}” has no cue times. Leave them empty."
        )
    if not lie_within(cues, facts.seconds):
        raise services.SubmitRefused(
            f"The clip ends at {facts.seconds:.1f} seconds, before the last cue does. "
            "Correct the cue times."
        )


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


def _upload(session: RecordingSession, upload_id: UUID) -> Upload | None:
    rows = Upload.objects.select_related("task", "recording__task")
    upload = rows.filter(session=session, id=upload_id).first()
    if upload is not None:
        upload.session = session
    return upload


def _find(session: RecordingSession, upload_id: UUID) -> Upload:
    upload = _upload(session, upload_id)
    if upload is None:
        raise Gone
    return upload


def _received(session: RecordingSession, take: Take) -> Recording | None:
    """The recording that the take has become, whether or not its upload is kept still.

    Raises Gone without any, and BadTake where the upload is of another task.
    """
    upload = _upload(session, take.upload)
    if upload is not None:
        if upload.task.code != take.task:
            raise BadTake(gettext("upload"))
        recording = upload.recording
        if recording is None:
            return None
    else:
        films = session.recordings.select_related("task")
        this_one = Q(sha256=take.sha256) | Q(capture__sent_sha256=take.sha256)
        recording = films.filter(this_one, task__code=take.task).first()
        if recording is None:
            raise Gone
    return _receipt_of(recording, session, take.sha256, partial=take.partial)


def _receipt_of(
    recording: Recording, session: RecordingSession, sha256: str, *, partial: bool
) -> Recording:
    """Raises Gone where only a part of a whole take is here, and for one that was salvaged before
    the take was handed in, as long as the whole film with its own cues can still be sent."""
    if recording.partial and not partial:
        raise Gone
    salvaged = "salvaged" in recording.capture
    if salvaged and (session.submitted is None or recording.sent_sha256 != sha256):
        raise Gone
    return recording


def _take_in(access: Access, upload: Upload, take: Take) -> Recording:
    facts = _checked(upload, take.sha256)
    cues = take.cues_within(facts.seconds)
    capture = dict(take.capture)
    filmed = _filmed(access.session, take.ago)
    if filmed is not None:
        capture["filmed"] = {"at": filmed.isoformat(), "clock": "device"}
    with checking.silent(upload.path, facts) as (film, facts):
        if film != upload.path:
            capture["sent_sha256"] = take.sha256
        return _keep(
            upload,
            facts,
            film=film,
            cues=cues,
            capture=capture,
            sha256=take.sha256,
            partial=take.partial,
            filmed=filmed,
            access=access,
        )


def _filmed(session: RecordingSession, ago: float | None) -> datetime.datetime | None:
    """When a take began that did so `ago` seconds ago; None where that is not known, or cannot be
    since the session was not there then."""
    if ago is None:
        return None
    filmed = timezone.now() - datetime.timedelta(seconds=ago)
    return filmed if filmed >= session.created else None


def _checked(upload: Upload, sha256: str) -> checking.Facts:
    try:
        services.require_digest(upload.path, sha256)
        return checking.check(upload.path)
    except FileNotFoundError:  # handed in or given up at this moment, by another request
        raise ServerBusy from None


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
    film: Path | None = None,
    filmed: datetime.datetime | None = None,
) -> Recording:
    """`sha256` is of the upload's bytes; `film`, where it is another file, is kept instead."""
    # One take at a time: else an older film could arrive while a newer one is being recorded.
    RecordingSession.objects.select_for_update().get(id=access.session.id)
    upload = _find(access.session, found.id)
    if upload.recording is not None:
        return _receipt_of(upload.recording, access.session, sha256, partial=partial)
    uploads.require_ready(upload)
    is_as_sent = film is None or film == upload.path
    recording = services.submit(
        access.session,
        upload.task,
        film or upload.path,
        mime=facts.container,
        cues=cues,
        capture=capture,
        sha256=sha256 if is_as_sent else None,
        partial=partial,
        filmed=filmed,
        actor=access.user,
        link=access.link,
        priority=services.priority_of(access.session),
    )
    uploads.hand_over(upload, recording)
    transaction.on_commit(lambda: upload.path.unlink(missing_ok=True))
    return recording


def _note_device(session: RecordingSession, take: Take) -> None:
    """Only what static/ts/capture/camera.ts tells: whoever holds a link can write anything else,
    which would be read on pages, and decide what is compared."""
    told = take.capture.get("device")
    if not isinstance(told, dict):
        return
    device = {
        name: told[name][:LONGEST_FACT] for name in DEVICE_FACTS if isinstance(told.get(name), str)
    }
    if device != session.device:
        session.device = device
        session.save(update_fields=["device"])
