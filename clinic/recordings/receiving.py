"""From an upload that has arrived to a Recording."""

from __future__ import annotations

from django.db import transaction

from clinic.recordings import services
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.recordings.takes import BadTake, Take
from clinic.uploads.models import Upload
from clinic.uploads.services import check_film


@transaction.atomic
def receive(access: Access, take: Take) -> Recording:
    """Makes the take's upload a Recording; asked again, gives the same one.

    The browser asks again when our answer was lost on its way.
    Raises BadTake, UploadProblem or SubmitRefused.
    """
    # One take at a time: else an older film could arrive while a newer one is being recorded.
    RecordingSession.objects.select_for_update().get(id=access.session.id)
    upload = (
        Upload.objects.select_for_update(of=("self",))
        .select_related("task", "recording")
        .filter(session=access.session, id=take.upload)
        .first()
    )
    if upload is None or upload.task.code != take.task:
        raise BadTake("upload")
    if upload.recording is not None:
        return upload.recording
    check_film(upload)
    take.require_cues_of(upload.task)
    recording = services.submit(
        access.session,
        upload.task,
        upload.path,
        mime=upload.mime,
        cues=take.cues,
        capture=take.capture,
        sha256=take.sha256,
        actor=access.user,
        link=access.link,
    )
    upload.recording = recording
    upload.save(update_fields=["recording"])
    _note_device(access.session, take)
    return recording


def _note_device(session: RecordingSession, take: Take) -> None:
    device = take.capture.get("device")
    if isinstance(device, dict) and device != session.device:
        session.device = device
        session.save(update_fields=["device"])
