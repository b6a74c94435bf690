"""The engine's vocabulary: what is asked of a face, what is found, and how it is set up.

Everything here is a frozen dataclass that converts to and from JSON, so that the same words
travel from the recorder through the job queue into the pipeline, and from it into the database.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

EXPRESSIONS = ("smile", "surprise", "eye_closure", "disgust", "anger", "sadness", "fear")
# Lower end of the 95 % interval of the AUROC on real faces from which an expression is shown.
SHOWN_FROM: Final = 0.8
# What decides, beside the weights, which numbers come out of a release: keys of its release.json.
_RELEASE_DECIDES: Final = (
    "input",
    "architecture",
    "preprocessing",
    "vocabulary",
    "descriptions",
    "trained_takes",
)
RELEASE_NEEDS: Final = frozenset({*_RELEASE_DECIDES, "name", "evidence", "weights"})


class TaskKind(enum.StrEnum):
    REST = "rest"
    TALK = "talk"
    EXPRESSION = "expression"


class Side(enum.StrEnum):
    """Anatomical side of the person filmed, never the side of the picture."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Severity(enum.StrEnum):
    BLOCKS = "blocks"
    ADVISES = "advises"


@dataclasses.dataclass(frozen=True)
class Cue:
    """One "now" window, in seconds of the recording's own stream time."""

    start: float
    end: float


@dataclasses.dataclass(frozen=True)
class Task:
    """A guided task as it was recorded: its kind, the asked expression, and where the cues fell.

    `cues` is empty for rest and talk, and for imported clips whose cue times nobody knows.
    `seconds` is how long the protocol has it take, None without a protocol.
    """

    code: str
    kind: TaskKind
    expression: str | None = None
    cues: tuple[Cue, ...] = ()
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.kind == TaskKind.EXPRESSION) != (self.expression is not None):
            raise ValueError("an expression task names its expression, and only an expression task")
        if self.expression is not None and self.expression not in EXPRESSIONS:
            raise ValueError(f"unknown expression {self.expression!r}; one of {EXPRESSIONS}")

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        return cls(
            code=data["code"],
            kind=TaskKind(data["kind"]),
            expression=data.get("expression"),
            cues=tuple(Cue(float(c["start"]), float(c["end"])) for c in data.get("cues", ())),
            seconds=data.get("seconds"),
        )


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is wrong with a recording: how to retake it (`patient`), what was measured (`staff`)."""

    code: str
    severity: Severity
    patient: str
    staff: str


@dataclasses.dataclass(frozen=True)
class Measure:
    """One number about a recording, or the reason why there is none.

    `value` is the mean over `n` cue windows (or the one value of the whole take, n = 1) in `unit`;
    `sd` is the sample standard deviation over those windows, None for n < 2.
    Exactly one of `value` and `absent` is None. `caution` says why the value is of low
    reliability, if it is.
    """

    name: str
    region: str
    side: Side
    unit: str
    value: float | None
    n: int = 0
    sd: float | None = None
    absent: str | None = None
    caution: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.absent is None):
            raise ValueError("a measure has a value or the reason for its absence")


@dataclasses.dataclass(frozen=True)
class AnalysisConfig:
    """What can be set of an analysis, and the version of what cannot. Its hash tags what came out.

    `engine` stands for the constants and formulas of this package: raise it whenever a measure,
    trace or neutral face comes out differently from the same video. A film that is refused by now
    gives none, which is no difference.
    """

    engine: int = 3
    grid_hz: float = 30.0  # uniform grid on which movement signals are resampled
    max_side: int = 640  # frames are reduced to this longer side before tracking, px
    max_duration_s: float = 600.0  # longer videos are refused
    lead_in_s: float = (
        1.5  # seconds before the first cue that serve as baseline without a rest take
    )


def release_identity(info: Mapping[str, Any]) -> str:
    """What tells releases apart, and results carry: the SHA-256 over the canonical JSON of all in
    release.json (`info`) that decides which numbers come out, the weights' own hash included.

    Raises KeyError when `info` lacks some of it.
    """
    decides = [info["weights"]["sha256"], *(info[key] for key in _RELEASE_DECIDES)]
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def config_hash(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 over the parts' canonical JSON (dataclasses allowed)."""

    def plain(value: object) -> object:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.asdict(value)
        raise TypeError(f"{type(value).__name__} has no canonical JSON")

    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
