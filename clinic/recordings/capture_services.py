"""Every change that the recording flow makes, each in one transaction with its audit event."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import agreed, give_consent, withdraw
from clinic.recordings import analysis, salvage, services
from clinic.recordings.access import Access
from clinic.recordings.identity import answers_match
from clinic.recordings.links import LinkLocked
from clinic.recordings.models import CaptureLink, RecordingSession
from clinic.uploads.problems import ServerFull, TryLater, server_trouble
from clinic.verdicts import services as verdicts


class NothingRecorded(Exception):
    """A session without a film cannot be finished."""

    def __init__(self) -> None:
        super().__init__(
            gettext("Nothing has been recorded yet. Record at least one task, then finish.")
        )


class FinishLater(Exception):
    """The session cannot be finished now; all is as it was, and the same can be asked again.

    The message is for the patient, `staff` for staff; `status` is HTTP's.
    """

    def __init__(self, words: str, staff: str, status: int = TryLater.status) -> None:
        super().__init__(words)
        self.staff = staff
        self.status = status


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
    session.too_ill, session.told = None, timezone.now()
    session.save(
        update_fields=[
            "medication",
            "minutes_since_dose",
            "dyskinesia",
            "ill",
            "facial_procedure",
            "helped",
            "too_ill",
            "told",
        ]
    )
    record(Action.CHANGE, session, actor=access.user, link=access.link_id)
    if session.recordings.exists():  # with which other sessions it compares may be another matter
        verdicts.refresh_later(session.patient)


@transaction.atomic
def note_too_ill(access: Access) -> None:
    """The person is too ill to film today."""
    access.session.too_ill = timezone.now()
    access.session.save(update_fields=["too_ill"])
    record(Action.CHANGE, access.session, actor=access.user, link=access.link_id)


def may_describe(session: RecordingSession) -> bool:
    """Whether how the person is can still be told: the films that are begun keep their state."""
    return not (session.has_context and session.is_begun)


def must_describe(session: RecordingSession) -> bool:
    """Whether to ask how the person is: not told yet, too ill when last asked, or long ago."""
    if not may_describe(session):
        return False
    return not session.has_context or session.too_ill is not None or is_told_long_ago(session)


def is_told_long_ago(session: RecordingSession) -> bool:
    """Whether how the person was when they told it may have changed since."""
    return session.told is not None and session.told < timezone.now() - session.TOLD_HOLDS


def is_past_its_state(session: RecordingSession) -> bool:
    """Whether films that are made now show another state than the one that the begun films keep."""
    return is_told_long_ago(session) and not may_describe(session)


def finish(access: Access) -> None:
    """What has arrived of films that were not handed in counts too.

    Raises NothingRecorded or FinishLater.
    """
    try:
        with server_trouble():
            salvage.salvage_session(access.session, actor=access.user, link=access.link)
            if not access.session.recordings.exists():
                raise _nothing_yet(access.session)
            services.finish_session(access.session, actor=access.user, link=access.link)
    except ServerFull as problem:
        raise FinishLater(
            gettext(
                "The clinic's computer is full. The films that have arrived there are safe. "
                "Please call your clinic."
            ),
            "The disk or the database is full. The films that have arrived are safe. Make room, "
            "then finish the session.",
            problem.status,
        ) from problem
    except TryLater as problem:
        raise FinishLater(
            gettext(
                "The clinic's computer is busy. The films that have arrived there are safe. "
                "Please wait a minute."
            ),
            "The database is busy. The films that have arrived are safe. Try again in a minute.",
        ) from problem


def _nothing_yet(session: RecordingSession) -> Exception:
    """Why no film counts: none has come, or the check of what has come was not possible now."""
    just_now = salvage.expiry_after(salvage.SILENCE)
    waiting = session.uploads.filter(recording__isnull=True, offset__gt=0, expires__gt=just_now)
    if not waiting.exists() or not agreed(session.patient, Purpose.CARE):
        return NothingRecorded()
    return FinishLater(
        gettext("Your film has arrived and is still being checked. Please wait a minute."),
        "A film of this session has arrived and is still being checked. Try again in a minute.",
    )
