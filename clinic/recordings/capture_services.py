"""Every change that the recording flow makes, each in one transaction with its audit event."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import analysis, services
from clinic.recordings.access import Access
from clinic.recordings.capture_forms import BadTake, Take
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.uploads.models import Upload
from clinic.uploads.services import check_film


class NothingRecorded(Exception):
    """A session without a film cannot be finished."""

    def __init__(self) -> None:
        super().__init__("Nothing has been recorded yet. Record at least one task, then finish.")


@transaction.atomic
def open_link(link: CaptureLink) -> None:
    """Notes that the person used the link; the first time is kept."""
    CaptureLink.objects.filter(id=link.id, opened__isnull=True).update(opened=timezone.now())
    record(Action.OPEN_LINK, link, actor=None, link=link.id)


@transaction.atomic
def agree(access: Access, purposes: list[Purpose]) -> None:
    """The person before the screen agrees; `actor` tells when staff held the device."""
    give_consent(
        access.session.patient,
        purposes,
        by=Consent.By.PATIENT,
        actor=access.user,
        link=access.link_id,
    )
    analysis.reconsider(access.session.patient)


@transaction.atomic
def describe(access: Access, session: RecordingSession) -> None:
    """Keeps how the person is now, as a checked form has set it on `session`."""
    session.save(update_fields=["medication", "minutes_since_dose", "dyskinesia"])
    record(Action.CHANGE, session, actor=access.user, link=access.link_id)


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


def finish(access: Access) -> None:
    """Raises NothingRecorded."""
    if not access.session.recordings.exists():
        raise NothingRecorded
    services.finish_session(access.session, actor=access.user, link=access.link)


def _note_device(session: RecordingSession, take: Take) -> None:
    device = take.capture.get("device")
    if isinstance(device, dict) and device != session.device:
        session.device = device
        session.save(update_fields=["device"])
