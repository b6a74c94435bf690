"""Every change of a patient's record or consents, each in one transaction with its audit event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from clinic.accounts.models import Clinic, User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Consent, ConsentText, Patient, Purpose
from clinic.recordings import links


class ConsentTextMissing(Exception):
    """Nobody can agree to a text that does not exist."""

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(
            f"There is no consent text for “{purpose.label}”. Run `manage.py migrate`, "
            "which adds the texts, or add one for this purpose."
        )


@transaction.atomic
def save_patient(patient: Patient, *, actor: User) -> Patient:
    """Saves a new or a changed patient."""
    action = Action.CREATE if patient._state.adding else Action.CHANGE
    patient.save()
    record(action, patient, actor=actor)
    return patient


@transaction.atomic
def archive(patient: Patient, *, actor: User) -> None:
    """Takes the patient off the list and closes their capture links.

    Nothing is deleted; `restore` brings the patient back, but not the links.
    """
    if patient.archived is None:
        patient.archived = timezone.now()
        patient.save(update_fields=["archived"])
        record(Action.ARCHIVE, patient, actor=actor)
        links.revoke_all(patient, actor=actor)


@transaction.atomic
def restore(patient: Patient, *, actor: User) -> None:
    if patient.archived is not None:
        patient.archived = None
        patient.save(update_fields=["archived"])
        record(Action.CHANGE, patient, actor=actor)


def current_text(patient: Patient, purpose: Purpose, language: str = "en") -> ConsentText:
    """What the patient's clinic asks now: in `language`, else in English.

    Raises ConsentTextMissing.
    """
    texts = list(ConsentText.objects.filter(purpose=purpose).asked_by(patient.clinic_id))
    if not texts:
        raise ConsentTextMissing(purpose)
    asked = {text.language: text for text in texts if text.same_version(texts[0])}
    return asked.get(language) or asked.get("en") or texts[0]


@transaction.atomic
def ask_anew(
    clinic: Clinic, purpose: Purpose, bodies: Mapping[str, str], *, actor: User
) -> list[ConsentText]:
    """A new version of the clinic's own text, in each language of `bodies`.

    What patients agreed to before no longer stands: each is asked again.
    """
    Clinic.objects.select_for_update().get(pk=clinic.pk)  # one new version at a time
    own = ConsentText.objects.filter(clinic=clinic, purpose=purpose)
    version = (own.aggregate(models.Max("version"))["version__max"] or 0) + 1
    texts = [
        ConsentText(clinic=clinic, purpose=purpose, version=version, language=language, body=body)
        for language, body in bodies.items()
    ]
    ConsentText.objects.bulk_create(texts)
    record(Action.CHANGE, clinic, actor=actor, detail=f"consent to {purpose}: version {version}")
    return texts


def consented(patient: Patient, purpose: Purpose) -> bool:
    """Whether the patient agrees to what their clinic asks now for `purpose`."""
    return Consent.objects.standing(purpose).filter(patient=patient).exists()


def agreed(patient: Patient, purpose: Purpose) -> bool:
    """Whether an agreement of the patient's to `purpose` stands, be it to an older text."""
    return patient.consents.in_force().filter(text__purpose=purpose).exists()


@transaction.atomic
def give_consent(
    patient: Patient,
    purposes: Iterable[Purpose],
    *,
    by: Consent.By,
    actor: User | None,
    language: str = "en",
    link: UUID | None = None,
) -> list[Consent]:
    """Records agreement to the text of each purpose that was read in `language`.

    What already stands is left alone. Raises ConsentTextMissing.
    """
    given = []
    for purpose in purposes:
        if consented(patient, purpose):
            continue
        text = current_text(patient, purpose, language)
        consent = Consent.objects.create(patient=patient, text=text, given_by=by, recorded_by=actor)
        record(Action.CONSENT, consent, actor=actor, link=link)
        given.append(consent)
    return given


@transaction.atomic
def withdraw(consent: Consent, *, actor: User | None, link: UUID | None = None) -> None:
    """Ends the agreement to the consent's purpose, to older versions of its text as well."""
    standing = consent.patient.consents.in_force().filter(text__purpose=consent.text.purpose)
    if standing.update(withdrawn=timezone.now()):
        record(Action.WITHDRAW, consent, actor=actor, link=link)
        consent.refresh_from_db(fields=["withdrawn"])
