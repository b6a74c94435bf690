"""The invented people of the demo clinic: how their faces move at each visit, and why."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import numpy as np

from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession
from clinic.therapy.models import ClinicalEvent

Medication = RecordingSession.Medication
ON, OFF = Medication.ON, Medication.OFF
# Practice, then four sessions within three weeks, which make a baseline; then now and then.
FIRST_WEEKS = (0, 5, 11, 18, 24)


@dataclasses.dataclass(frozen=True)
class Visit:
    """How the face moves at one session. `strength` 1 is a movement posed in full; seconds."""

    days_ago: int
    medication: Medication
    minutes_since_dose: int
    strength: float
    latency: float
    onset: float
    blinks: float  # per minute


@dataclasses.dataclass(frozen=True)
class Dose:
    """A regimen from so many days ago until the next one."""

    days_ago: int
    text: str
    ledd_mg: float


@dataclasses.dataclass(frozen=True)
class Happening:
    days_ago: int
    kind: ClinicalEvent.Kind
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Person:
    """`protocol` is recorded at each visit; `filmed` is False where only landmarks are simulated,
    which takes a hundredth of the time, so that there can be many visits."""

    first_name: str
    last_name: str
    birth_date: datetime.date
    sex: Patient.Sex
    mrn: str
    notes: str
    visits: tuple[Visit, ...]
    doses: tuple[Dose, ...]
    happenings: tuple[Happening, ...] = ()
    protocol: str = "demo"
    filmed: bool = True


def _days_ago(first: int, later: Sequence[int]) -> list[int]:
    return [first - day for day in FIRST_WEEKS] + list(later)


def _stable() -> tuple[Visit, ...]:
    strengths = (0.62, 0.66, 0.60, 0.64, 0.67, 0.63, 0.65, 0.65)
    days = _days_ago(150, (84, 45, 12))
    return tuple(
        Visit(ago, ON, 60 + 10 * (i % 3), strength, 0.28, 0.45, 16)
        for i, (ago, strength) in enumerate(zip(days, strengths, strict=True))
    )


def _declining() -> tuple[Visit, ...]:
    strengths = (0.60, 0.61, 0.58, 0.62, 0.60, 0.44, 0.37, 0.31)
    days = _days_ago(176, (96, 52, 14))
    return tuple(
        Visit(ago, ON, 75, strength, 0.32 + 0.02 * i, 0.5 + 0.04 * i, 13 - i)
        for i, (ago, strength) in enumerate(zip(days, strengths, strict=True))
    )


def _fluctuating() -> tuple[Visit, ...]:
    on = zip((120, 115, 109, 103, 97, 40), (0.58, 0.60, 0.57, 0.60, 0.56, 0.59), strict=True)
    off = zip((116, 107, 38), (0.30, 0.27, 0.29), strict=True)
    visits = [Visit(ago, ON, 50, strength, 0.30, 0.5, 14) for ago, strength in on]
    visits += [Visit(ago, OFF, 290, strength, 0.48, 0.8, 7) for ago, strength in off]
    return tuple(sorted(visits, key=lambda visit: -visit.days_ago))


def _followed_for_long() -> tuple[Visit, ...]:
    """Thirty sessions: steady, then less movement, and after a higher dose somewhat more."""
    rng = np.random.default_rng(30)
    days = _days_ago(400, np.linspace(360, 4, 25).round().astype(int).tolist())
    usual = [0.62] * 17 + [0.44] * 8 + [0.54] * 5
    return tuple(
        Visit(ago, ON, 60, strength * float(rng.lognormal(0, 0.05)), 0.3, 0.5, 15)
        for ago, strength in zip(days, usual, strict=True)
    )


PEOPLE = (
    Person(
        "Edith", "Marlow", datetime.date(1957, 3, 9), Patient.Sex.FEMALE, "DEMO-1",
        "Invented. Simulated to stay as she is.", _stable(),
        (Dose(400, "Levodopa/benserazide 100/25 three times a day", 300),),
    ),
    Person(
        "Arthur", "Penrose", datetime.date(1951, 11, 22), Patient.Sex.MALE, "DEMO-2",
        "Invented. Simulated to lose movement.", _declining(),
        (Dose(700, "Levodopa/carbidopa 100/25 four times a day", 400),),
        (Happening(101, ClinicalEvent.Kind.ILLNESS, "Pneumonia, ten days in hospital"),),
    ),
    Person(
        "Nora", "Whitcombe", datetime.date(1962, 7, 30), Patient.Sex.FEMALE, "DEMO-3",
        "Invented. Simulated to move less when OFF.", _fluctuating(),
        (
            Dose(500, "Levodopa/benserazide 100/25 five times a day", 500),
            Dose(70, "Levodopa/benserazide 100/25 with entacapone 200 mg, five times a day", 665),
        ),
        (Happening(70, ClinicalEvent.Kind.DOSE, "Entacapone added"),),
    ),
    Person(
        "Walter", "Ashby", datetime.date(1954, 5, 17), Patient.Sex.MALE, "DEMO-4",
        "Invented. Thirty sessions of simulated landmarks: there are no films of him.",
        _followed_for_long(),
        (
            Dose(600, "Levodopa/benserazide 100/25 three times a day", 300),
            Dose(66, "Levodopa/benserazide 100/25 four times a day", 400),
        ),
        (Happening(66, ClinicalEvent.Kind.DOSE, "One tablet more, at noon"),),
        protocol="core", filmed=False,
    ),
)  # fmt: skip
