"""What a patient has agreed to, purpose by purpose, as staff read it."""

from __future__ import annotations

import dataclasses

from clinic.patients.models import Consent, ConsentText, Patient, Purpose


@dataclasses.dataclass(frozen=True)
class PurposeState:
    """`standing` agrees to the newest text; `past` is withdrawn or to an older text."""

    purpose: Purpose
    text: ConsentText | None
    standing: Consent | None
    past: tuple[Consent, ...]


def states(patient: Patient) -> list[PurposeState]:
    """One entry per purpose, in two queries."""
    texts = {text.purpose: text for text in ConsentText.objects.order_by("version")}
    consents = list(patient.consents.select_related("text", "recorded_by"))
    return [_state(purpose, texts.get(purpose), consents) for purpose in Purpose]


def _state(purpose: Purpose, text: ConsentText | None, consents: list[Consent]) -> PurposeState:
    mine = [consent for consent in consents if consent.text.purpose == purpose]
    standing = next((c for c in mine if c.text == text and c.withdrawn is None), None)
    return PurposeState(purpose, text, standing, tuple(c for c in mine if c != standing))
