"""What the recorder tells of a take."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from clinic.recordings.models import ProtocolTask
from diagnosis.config import Cue

MAX_TAKE_JSON = 64 * 1024
MAX_AGO_S = 366 * 24 * 3600.0
LAST_CUE_LATE_S = 1.0  # a film may be found to be shorter than its recorder thought by so much
# Legal in JSON, but no text that PostgreSQL can hold: NUL and halves of surrogate pairs.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# Of `capture`: Mimia's own, which no browser may set.
OWN_MARKS = ("salvaged", "imported", "filmed", "sent_sha256")


class BadTake(Exception):
    """What the recorder sent about a take cannot be used; the message says what to do."""

    def __init__(self, what: str) -> None:
        words = gettext("The film came without usable %(what)s. Please film this task again.")
        super().__init__(words % {"what": what})


@dataclasses.dataclass(frozen=True)
class Take:
    """A take as the browser describes it: `cues` in seconds of the film's stream time.

    A `partial` one broke off: it may lack cues. One made `by_hand`, with the camera's own program,
    may have none. `capture` is what the browser told, without Mimia's own marks. `ago` is how many
    seconds ago the take began, by the device's clock; None where that was not told in earnest.
    """

    upload: UUID
    task: str
    cues: tuple[Cue, ...]
    capture: dict[str, Any]
    sha256: str
    partial: bool = False
    ago: float | None = None

    @classmethod
    def from_json(cls, body: bytes) -> Take:
        """Raises BadTake, which names the part that is wrong."""
        data = _object(body)
        sha256 = str(data.get("sha256", ""))
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise BadTake(gettext("checksum"))
        capture = data.get("capture")
        if not isinstance(capture, dict):
            raise BadTake(gettext("facts about the camera"))
        try:
            upload = UUID(str(data.get("upload")))
        except ValueError:
            raise BadTake(gettext("upload")) from None
        partial = data.get("partial", False)
        if not isinstance(partial, bool):
            raise BadTake(gettext("description"))
        return cls(
            upload,
            str(data.get("task", "")),
            _cues(data.get("cues")),
            {name: told for name, told in capture.items() if name not in OWN_MARKS},
            sha256,
            partial,
            _ago(data.get("ago")),
        )

    @property
    def by_hand(self) -> bool:
        return self.capture.get("by_hand") is True

    def require_cues_of(self, task: ProtocolTask) -> None:
        """Raises BadTake unless every "now" that the task asks for was given, none more."""
        asked = len(self.cues)
        may_lack = self.partial or (self.by_hand and not self.cues)
        if asked > task.repeats or (asked < task.repeats and not may_lack):
            raise BadTake(gettext("times of the beeps"))

    def cues_within(self, seconds: float) -> tuple[Cue, ...]:
        """Those of a film of so many seconds: of a part, the ones that it holds whole.

        Raises BadTake where a "now" of a whole take lies beyond the film.
        """
        if self.partial:
            return tuple(cue for cue in self.cues if cue.end <= seconds)
        if not lie_within(self.cues, seconds):
            raise BadTake(gettext("times of the beeps"))
        return self.cues


def lie_within(cues: Sequence[Cue], seconds: float) -> bool:
    """Whether a film of so many seconds can have these cues, which are in order."""
    return not cues or cues[-1].end <= seconds + LAST_CUE_LATE_S


def _object(body: bytes) -> dict[str, Any]:
    try:
        if len(body) <= MAX_TAKE_JSON:
            data = json.loads(body, parse_constant=_number, parse_float=_number)
            if isinstance(data, dict) and _is_storable(data):
                return data
    except (ValueError, RecursionError):
        pass
    raise BadTake(gettext("description"))


def _number(text: str) -> float:
    """Raises ValueError for what is no finite number: NaN, Infinity, 1e999."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_storable(value: object) -> bool:
    match value:
        case str():
            return UNSTORABLE.search(value) is None
        case list():
            return all(map(_is_storable, value))
        case dict():
            return all(_is_storable(key) and _is_storable(item) for key, item in value.items())
    return True


def _ago(value: object) -> float | None:
    """Not worth the film: whatever is no such number counts as not told."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= MAX_AGO_S else None


def _cues(value: object) -> tuple[Cue, ...]:
    try:
        cues = tuple(Cue(float(cue["start"]), float(cue["end"])) for cue in value)  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError, OverflowError):
        raise BadTake(gettext("times of the beeps")) from None
    times = [time for cue in cues for time in (cue.start, cue.end)]
    in_order = all(a < b for a, b in pairwise(times))
    if not in_order or not all(math.isfinite(time) and time >= 0 for time in times):
        raise BadTake(gettext("times of the beeps"))
    return cues
