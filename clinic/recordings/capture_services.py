"""Every change that the recording flow makes, each in one transaction with its audit event."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent, withdraw
from clinic.recordings import analysis, salvage, services
from clinic.recordings.access import Access
from clinic.recordings.identity import answers_match
from clinic.recordings.links import LinkLocked
from clinic.recordings.models import CaptureLink, RecordingSession


class NothingRecorded(Exception):
    """A session without a film cannot be finished."""

    def __init__(self) -> None:
        super().__init__(
            gettext("Nothing has been recorded yet. Record at least one task, then finish.")
        )


@transaction.atomic
def open_link(link: CaptureLink, first_name: str, birth_year: int) -> bool:
    """Whether these answers open the link; wrong ones use up a try.

    The first time that it is opened is kept. Raises LinkLocked when no try is left.
    """
    row = CaptureLink.objects.filter(id=link.id)
    # The try is taken before the answers are looked at, so that two at a time count as two.
    tries_left = row.filter(wrong_answers__lt=CaptureLink.MAX_TRIES)
    if not tries_left.update(wrong_answers=F("wrong_answers") + 1):
        raise LinkLocked(link)
    right = answers_match(link.session.patient, first_name, birth_year)
    if right:
        row.update(wrong_answers=0)
        row.filter(opened__isnull=True).update(opened=timezone.now())
    link.refresh_from_db(fields=["wrong_answers", "opened"])
    record(Action.OPEN_LINK if right else Action.WRONG, link, actor=None, link=link.id)
    return right


@transaction.atomic
def agree(access: Access, purposes: list[Purpose], language: str) -> None:
    """The person before the screen agrees to texts in `language`.

    `actor` tells when staff held the device.
    """
    give_consent(
        access.session.patient,
        purposes,
        by=Consent.By.PATIENT,
        actor=access.user,
        language=language,
        link=access.link_id,
    )
    analysis.reconsider(access.session.patient)


@transaction.atomic
def take_back(access: Access, consent: Consent) -> None:
    """The person before the screen no longer agrees."""
    withdraw(consent, actor=access.user, link=access.link_id)
    analysis.reconsider(access.session.patient)


@transaction.atomic
def describe(access: Access, session: RecordingSession) -> None:
    """Keeps how the person is now, as a checked form has set it on `session`."""
    session.too_ill = None
    session.save(
        update_fields=[
            "medication",
            "minutes_since_dose",
            "dyskinesia",
            "ill",
            "facial_procedure",
            "helped",
            "too_ill",
        ]
    )
    record(Action.CHANGE, session, actor=access.user, link=access.link_id)


@transaction.atomic
def note_too_ill(access: Access) -> None:
    """The person is too ill to film today."""
    access.session.too_ill = timezone.now()
    access.session.save(update_fields=["too_ill"])
    record(Action.CHANGE, access.session, actor=access.user, link=access.link_id)


def finish(access: Access) -> None:
    """What has arrived of films that were not handed in counts too. Raises NothingRecorded."""
    salvage.salvage_session(access.session, actor=access.user, link=access.link)
    if not access.session.recordings.exists():
        raise NothingRecorded
    services.finish_session(access.session, actor=access.user, link=access.link)
