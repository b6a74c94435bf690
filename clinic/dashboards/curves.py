"""A film's curves: what the page draws under the film, and the same in words and numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from clinic.dashboards import labels
from clinic.recordings.models import Recording
from diagnosis import reliability
from diagnosis.config import Side
from diagnosis.models import Trace
from diagnosis.plans import PLANS

INTENSITY_TITLE = "Resemblance to the asked expression"
MOVEMENT_TITLE = "Movement"


@dataclasses.dataclass(frozen=True)
class Peak:
    """The height of a curve in a cue window, and when it is reached, in seconds of the film."""

    value: float | None
    at: float | None


@dataclasses.dataclass(frozen=True)
class CurveRow:
    """One curve in numbers: over the whole film, and the peak in each cue window.

    `caution` says why it is of low reliability, if it is.
    """

    label: str
    caution: str
    unit: str
    mean: float | None
    lowest: float | None
    highest: float | None
    peaks: tuple[Peak, ...]


def shown(traces: Iterable[Trace]) -> list[Trace]:
    """Those that pages may show; a trace with a caution is for the classifiers only."""
    return [trace for trace in traces if not trace.caution]


def movement_only(traces: Sequence[Trace]) -> str:
    """Why the film's curves are those of the landmarks only; empty when they are not."""
    return next((trace.caution for trace in traces if trace.caution), "")


def charts(
    traces: Sequence[Trace], curve: Callable[[Trace], dict[str, Any]]
) -> list[dict[str, Any]]:
    """What static/ts/curves.ts draws: [{"title", "unit", "curves": [{"label", "side",
    "caution", "shown", "t0", "step", "values"}]}], the expression network's curves first, then the
    landmarks'."""
    groups = {
        INTENSITY_TITLE: [trace for trace in traces if not is_movement(trace)],
        MOVEMENT_TITLE: [trace for trace in traces if is_movement(trace)],
    }
    return [
        {"title": title, "unit": group[0].unit, "curves": [curve(trace) for trace in group]}
        for title, group in groups.items()
        if group
    ]


def rows(recording: Recording, traces: Sequence[Trace]) -> tuple[CurveRow, ...]:
    return tuple(_row(trace, recording) for trace in traces if over_the_film(trace))


def said(recording: Recording, found: Sequence[CurveRow]) -> str:
    """The first curve in a sentence, which someone who does not see the chart needs first, and
    which curves are of low reliability."""
    if not found:
        return ""
    warnings = [warning(row.label, row.caution) for row in found if row.caution]
    return " ".join([_said_of(found[0], bool(recording.cues)), *warnings])


def warning(label: str, caution: str) -> str:
    return f"{label} is of low reliability: {caution}."


def _said_of(first: CurveRow, cued: bool) -> str:
    if cued:
        peaks = [_peak_in_words(found) for found in first.peaks]
        return (
            f"{first.label} reaches {_listed(peaks)} {first.unit} "
            f"in the {len(peaks)} cue windows; its mean over the film is "
            f"{labels.significant(first.mean)}."
        )
    return (
        f"{first.label} lies between {labels.significant(first.lowest)} and "
        f"{labels.significant(first.highest)} {first.unit}, {labels.significant(first.mean)} "
        f"in the mean."
    )


def _peak_in_words(found: Peak) -> str:
    return "no value" if found.value is None else labels.significant(found.value)


def over_the_film(trace: Trace) -> bool:
    """Whether its time is that of the film, not the time since the cue."""
    return not trace.name.startswith((labels.MEAN, labels.SD))


def is_movement(trace: Trace) -> bool:
    return trace.name.removeprefix(labels.MEAN).partition(":")[0] == labels.MOVEMENT


def caution(trace: Trace, expression: str) -> str:
    """Why a movement curve is of low reliability, in the direction in which the asked expression
    moves; empty if it is not, or is no movement."""
    if not is_movement(trace):
        return ""
    signal = trace.name.removeprefix(labels.MEAN).partition(":")[2]
    for side in (Side.LEFT, Side.RIGHT):
        signal = signal.removesuffix(f"_{side}")
    asked = PLANS[expression].channels if expression else ()
    return reliability.caution(next((c.direction for c in asked if c.signal == signal), signal))


def drawn(trace: Trace, caution: str) -> dict[str, Any]:
    """One curve; both sides together are drawn at once, one side only when it is asked for."""
    label, side = labels.trace(trace.name)
    return {
        "label": label,
        "side": side,
        "caution": caution,
        "shown": not side,
        "t0": trace.t0,
        "step": trace.step,
        "values": numbers(trace),
    }


def numbers(trace: Trace) -> list[float | None]:
    """Its values; None where the face was not seen."""
    return [round(float(v), 4) if math.isfinite(v) else None for v in trace.array()]


def _row(trace: Trace, recording: Recording) -> CurveRow:
    values = trace.array()
    seen = values[np.isfinite(values)]
    label, side = labels.trace(trace.name)
    return CurveRow(
        label=f"{label}, {side}" if side else label,
        caution=caution(trace, recording.task.expression),
        unit=trace.unit,
        mean=float(seen.mean()) if len(seen) else None,
        lowest=float(seen.min()) if len(seen) else None,
        highest=float(seen.max()) if len(seen) else None,
        peaks=tuple(peak(trace, cue["start"], cue["end"]) for cue in recording.cues),
    )


def peak(trace: Trace, start: float, end: float) -> Peak:
    """Where a trace is highest from `start` to `end` seconds; of a movement, where it is farthest
    from the neutral face, for eyes close downwards."""
    first = max(0, math.ceil((start - trace.t0) / trace.step))
    values = trace.array()[first : math.floor((end - trace.t0) / trace.step) + 1]
    if not np.isfinite(values).any():
        return Peak(None, None)
    index = int(np.nanargmax(np.abs(values) if is_movement(trace) else values))
    return Peak(float(values[index]), trace.t0 + (first + index) * trace.step)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
