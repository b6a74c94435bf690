"""Writing the audit trail: every read and change of a person's data goes through here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from clinic.accounts.models import Clinic, Membership, User
from clinic.audit import chain
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, Patient
from clinic.ratings.models import Rating
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.reminders.models import Plan
from clinic.reports.models import Report
from clinic.therapy.models import Entry
from clinic.uploads.models import Upload


@dataclasses.dataclass(frozen=True)
class Subject:
    """What an event is about: the row's kind and UUID, and the clinic and patient it belongs to.

    A consent or a plan is told by its patient's UUID, a membership by its user's: none has its own.
    """

    kind: str
    id: UUID
    clinic_id: UUID | None
    patient_id: UUID | None


def subject(target: Model) -> Subject:
    """Raises TypeError for a kind of row that the trail does not know."""
    match target:
        case Patient():
            return Subject("patient", target.id, target.clinic_id, target.id)
        case Consent():
            return _of(target.patient, "consent", target.patient_id)
        case Plan():
            return _of(target.patient, "plan", target.patient_id)
        case RecordingSession():
            return _of(target.patient, "session", target.id)
        case Recording():
            return _of(target.session.patient, "recording", target.id)
        case Rating():
            return _of(target.session.patient, "rating", target.id)
        case Report():
            return _of(target.patient, "report", target.id)
        case Entry():
            return _of(target.patient, "therapy entry", target.id)
        case CaptureLink():
            return _of(target.session.patient, "link", target.id)
        case Upload():
            return _of(target.session.patient, "upload", target.id)
        case Membership():
            return Subject("member", target.user_id, target.clinic_id, None)
        case Clinic():
            return Subject("clinic", target.id, target.id, None)
    raise TypeError(f"the audit trail does not know what a {type(target).__name__} is")


def _of(patient: Patient, kind: str, id: UUID) -> Subject:
    return Subject(kind, id, patient.clinic_id, patient.id)


RESULTS = "results"  # the detail of a READ that showed results: whoever rates next is not blind

COMPLETE = "complete"  # the detail of an EXPORT that held the films as well


def record(
    action: Action,
    target: Model,
    *,
    actor: User | None,
    link: UUID | None = None,
    detail: str = "",
) -> None:
    """Adds one event. `actor` is None when the patient acted by the capture link `link`.

    `detail` says what was chosen, at most 120 letters; never anything of a person.
    """
    _add(action, subject(target), actor, link, detail)


def record_many(
    action: Action, targets: Iterable[Model], *, actor: User | None, detail: str = ""
) -> None:
    """As `record`, one event for each of `targets`, in one query."""
    Event.objects.bulk_create(
        [_event(action, subject(target), actor, None, detail) for target in targets]
    )
    transaction.on_commit(chain.seal, robust=True)


def record_list(things: str, clinics: Iterable[Clinic], *, actor: User) -> None:
    """Adds one event per clinic whose list of `things`, at most 15 letters, was read."""
    for clinic in clinics:
        _add(Action.READ, Subject(f"{things} list", clinic.id, clinic.id, None), actor)


def record_no_login(user: User | None) -> None:
    """Somebody failed to sign in: as `user`, or with an address that has no account (None).

    One event for each clinic where the user works now; what was typed is not kept.
    """
    if user is None:
        _add(Action.NO_LOGIN, Subject("address", Event.NOBODY, None, None), None)
        return
    works = Membership.objects.filter(user=user, ended__isnull=True).order_by("clinic")
    for clinic in works.values_list("clinic", flat=True).distinct() or [None]:
        _add(Action.NO_LOGIN, Subject("member", user.id, clinic, None), None)


def _add(
    action: Action, about: Subject, actor: User | None, link: UUID | None = None, detail: str = ""
) -> None:
    _event(action, about, actor, link, detail).save()
    transaction.on_commit(chain.seal, robust=True)  # what it cannot seal now, the next call does


def _event(
    action: Action, about: Subject, actor: User | None, link: UUID | None, detail: str
) -> Event:
    return Event(
        clinic_id=about.clinic_id,
        actor=actor,
        link=link,
        action=action,
        target_type=about.kind,
        target=about.id,
        patient=about.patient_id,
        detail=detail,
    )
