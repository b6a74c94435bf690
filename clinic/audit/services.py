"""Writing the audit trail: every read and change of a person's data goes through here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

from clinic.accounts.models import Clinic, Membership, User
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, Patient
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.reminders.models import Plan
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


def record_list(things: str, clinics: Iterable[Clinic], *, actor: User) -> None:
    """Adds one event per clinic whose list of `things`, at most 15 letters, was read."""
    for clinic in clinics:
        _add(Action.READ, Subject(f"{things} list", clinic.id, clinic.id, None), actor)


def _add(
    action: Action, about: Subject, actor: User | None, link: UUID | None = None, detail: str = ""
) -> None:
    Event.objects.create(
        clinic_id=about.clinic_id,
        actor=actor,
        link=link,
        action=action,
        target_type=about.kind,
        target=about.id,
        patient=about.patient_id,
        detail=detail,
    )
