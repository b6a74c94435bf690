"""What a report says, as plain data: what is previewed, printed, kept and hashed is this."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

INVESTIGATIONAL = "Investigational software, not for diagnosis."


@dataclasses.dataclass(frozen=True)
class Dot:
    """One session's value in a chart; `apart` says why it stands beside the line, if it does."""

    session: UUID
    at: datetime.datetime
    value: float
    state: str
    apart: str


@dataclasses.dataclass(frozen=True)
class Usual:
    """The patient's band in one medication state, in the measure's unit: where a further session
    is expected. `n` sessions made it."""

    state: str
    low: float
    mean: float
    high: float
    n: int


@dataclasses.dataclass(frozen=True)
class Chart:
    """One measure over sessions, oldest first; `said` is the chart in words."""

    id: str
    title: str
    unit: str
    said: str
    dots: tuple[Dot, ...]
    bands: tuple[Usual, ...]


@dataclasses.dataclass(frozen=True)
class Mark:
    """A line through every chart, and what its letter stands for; without a letter if its day is
    not within the charts' span."""

    letter: str
    at: datetime.datetime
    date: str
    words: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """The verdict of one medication state, in words; empty where there is nothing to say.

    Without a value of the headline measure there is one answer, whose `state` is None.
    """

    state: str | None
    verdict: str
    next_step: str
    size: str
    band: str
    behind: str


@dataclasses.dataclass(frozen=True)
class Against:
    """The latest session of one state against the patient's band, in words."""

    usual: str
    latest: str


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One measure's latest sessions; None for a state in which it has no value."""

    measure: str
    unit: str
    on: Against | None
    off: Against | None


@dataclasses.dataclass(frozen=True)
class Content:
    """`previous` is the patient's last signed report; `limits` are sentences."""

    clinic: str
    phone: str
    is_demo: bool
    patient: UUID
    name: str
    birth_date: datetime.date
    mrn: str
    diagnosis: str
    consents: tuple[str, ...]
    quality: tuple[str, ...]
    measure: str
    answers: tuple[Answer, ...]
    span: tuple[datetime.datetime, datetime.datetime] | None
    charts: tuple[Chart, ...]
    marks: tuple[Mark, ...]
    earlier_marks: int
    comparisons: tuple[Comparison, ...]
    ratings: tuple[str, ...]
    release: str
    release_sha256: str
    evidence: str
    limits: tuple[str, ...]
    previous: UUID | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the patient yet: no session analysed, no rating."""
        return not (self.release or self.ratings)

    def as_json(self) -> dict[str, Any]:
        written: dict[str, Any] = json.loads(_written(self))
        return written

    @property
    def digest(self) -> str:
        """Two drafts that differ in anything differ in this."""
        return hashlib.sha256(_written(self).encode()).hexdigest()


def _written(content: Content) -> str:
    told = {"label": INVESTIGATIONAL, **dataclasses.asdict(content)}
    return json.dumps(told, cls=DjangoJSONEncoder, sort_keys=True)
