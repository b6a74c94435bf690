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
from clinic.recordings.models import CaptureLink, RecordingSession


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


def finish(access: Access) -> None:
    """Raises NothingRecorded."""
    if not access.session.recordings.exists():
        raise NothingRecorded
    services.finish_session(access.session, actor=access.user, link=access.link)
