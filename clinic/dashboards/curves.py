"""A film's curves: what the page draws under the film, and the same in words and numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.dashboards import labels
from clinic.recordings.models import Recording
from diagnosis.models import Trace

INTENSITY_TITLE = "Resemblance to the asked expression"
MOVEMENT_TITLE = "Movement"


@dataclasses.dataclass(frozen=True)
class Peak:
    """The height of a curve in a cue window, and when it is reached, in seconds of the film."""

    value: float | None
    at: float | None


@dataclasses.dataclass(frozen=True)
class CurveRow:
    """One curve in numbers: over the whole film, and the peak in each cue window."""

    label: str
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
    """What static/ts/curves.ts draws: [{"title", "unit", "curves": [{"label", "side", "shown",
    "t0", "step", "values"}]}], the expression network's curves first, then the landmarks'."""
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
    return tuple(_row(trace, recording.cues) for trace in traces if over_the_film(trace))


def said(recording: Recording, found: Sequence[CurveRow]) -> str:
    """The first curve in a sentence: what someone who does not see the chart needs first."""
    if not found:
        return ""
    first = found[0]
    if recording.cues:
        peaks = [_peak_in_words(peak) for peak in first.peaks]
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


def _peak_in_words(peak: Peak) -> str:
    return "no value" if peak.value is None else labels.significant(peak.value)


def over_the_film(trace: Trace) -> bool:
    """Whether its time is that of the film, not the time since the cue."""
    return not trace.name.startswith((labels.MEAN, labels.SD))


def is_movement(trace: Trace) -> bool:
    return trace.name.removeprefix(labels.MEAN).partition(":")[0] == labels.MOVEMENT


def drawn(trace: Trace) -> dict[str, Any]:
    """One curve; both sides together are drawn at once, one side only when it is asked for."""
    label, side = labels.trace(trace.name)
    return {
        "label": label,
        "side": side,
        "shown": not side,
        "t0": trace.t0,
        "step": trace.step,
        "values": numbers(trace),
    }


def numbers(trace: Trace) -> list[float | None]:
    """Its values; None where the face was not seen."""
    return [round(float(v), 4) if math.isfinite(v) else None for v in trace.array()]


def _row(trace: Trace, cues: Sequence[dict[str, float]]) -> CurveRow:
    values = trace.array()
    seen = values[np.isfinite(values)]
    label, side = labels.trace(trace.name)
    return CurveRow(
        label=f"{label}, {side}" if side else label,
        unit=trace.unit,
        mean=float(seen.mean()) if len(seen) else None,
        lowest=float(seen.min()) if len(seen) else None,
        highest=float(seen.max()) if len(seen) else None,
        peaks=tuple(_peak(trace, cue["start"], cue["end"]) for cue in cues),
    )


def _peak(trace: Trace, start: float, end: float) -> Peak:
    first = max(0, math.ceil((start - trace.t0) / trace.step))
    values = trace.array()[first : math.floor((end - trace.t0) / trace.step) + 1]
    if not np.isfinite(values).any():
        return Peak(None, None)
    index = highest(trace, values)
    return Peak(float(values[index]), trace.t0 + (first + index) * trace.step)


def highest(trace: Trace, values: NDArray[np.float32]) -> int:
    """Where a part of the trace is highest; of a movement, where it is farthest from the neutral
    face, for eyes close downwards."""
    return int(np.nanargmax(np.abs(values) if is_movement(trace) else values))


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
