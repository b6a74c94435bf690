"""Whether somebody's answers are the patient's, typed as people type their own name."""

from __future__ import annotations

import re
import unicodedata

from clinic.patients.models import Patient

# Letters that Unicode does not take apart into a plain letter and its mark.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})


def answers_match(patient: Patient, first_name: str, birth_year: int) -> bool:
    """Any of several first names will do, with or without the last name.

    Capitals, accents, spaces and hyphens do not matter.
    """
    return birth_year == patient.birth_date.year and _letters(first_name) in _accepted(patient)


def _accepted(patient: Patient) -> set[str]:
    whole, last = _letters(patient.first_name), _letters(patient.last_name)
    parts = {_letters(part) for part in re.split("[\\s.\u2010-]+", patient.first_name)}
    firsts = {whole} | {part for part in parts if len(part) > 1}  # no initials
    return {name for first in firsts if first for name in (first, first + last, last + first)}


def _letters(name: str) -> str:
    """Only the plain letters: `Jürgen`, `JUERGEN` and `jurgen` become the same."""
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(PLAIN)
    letters = "".join(letter for letter in apart if letter.isalnum())
    return re.sub("([aou])e", r"\1", letters)
