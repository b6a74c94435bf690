"""What a clinic asks purpose by purpose, and what a patient has agreed to, as staff read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from clinic.accounts.models import Clinic
from clinic.patients.models import Consent, ConsentText, Patient, Purpose


@dataclasses.dataclass(frozen=True)
class AskedText:
    """The words of a purpose, by language. `past` holds what was asked before, newest first.

    Both are empty where nobody has written a text.
    """

    purpose: Purpose
    texts: dict[str, ConsentText]
    past: tuple[ConsentText, ...]

    @property
    def newest(self) -> ConsentText | None:
        return next(iter(self.texts.values()), None)


@dataclasses.dataclass(frozen=True)
class PurposeState:
    """`standing` agrees to what is asked now; `past` is withdrawn or to an older version.

    `texts` is the version that is asked now, once per language.
    """

    purpose: Purpose
    texts: tuple[ConsentText, ...]
    standing: Consent | None
    past: tuple[Consent, ...]


def asked_texts(clinic: Clinic) -> list[AskedText]:
    """One entry per purpose, in one query."""
    counting = list(ConsentText.objects.asked_by(clinic))
    return [_asked(purpose, counting) for purpose in Purpose]


def _asked(purpose: Purpose, counting: Iterable[ConsentText]) -> AskedText:
    texts = [text for text in counting if text.purpose == purpose]
    now = {text.language: text for text in texts if text.same_version(texts[0])}
    return AskedText(purpose, now, tuple(text for text in texts if text not in now.values()))


def states(patient: Patient) -> list[PurposeState]:
    """One entry per purpose, in two queries."""
    consents = list(patient.consents.select_related("text", "recorded_by"))
    return [_state(asked, consents) for asked in asked_texts(patient.clinic)]


def _state(asked: AskedText, consents: list[Consent]) -> PurposeState:
    newest = asked.newest
    mine = [consent for consent in consents if consent.text.purpose == asked.purpose]
    agreed = (c for c in mine if newest and c.text.same_version(newest) and not c.withdrawn)
    standing = next(agreed, None)
    past = tuple(consent for consent in mine if consent != standing)
    return PurposeState(asked.purpose, tuple(asked.texts.values()), standing, past)
