"""A film's curves: what the page draws under the film, and the same in words and numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clinic.dashboards import labels
from clinic.recordings.models import Recording
from diagnosis.models import Result, Trace

INTENSITY_TITLE = "Resemblance to the asked expression"
MOVEMENT_TITLE = "Movement"


@dataclasses.dataclass(frozen=True)
class Peak:
    """The highest value in a cue window and when it is reached, in seconds of the film."""

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


def payload(recording: Recording) -> dict[str, Any] | None:
    """Cue windows, and curves over the film's own time; None without a usable result.

    {"title", "cues": [{"start", "end"}], "charts": [{"title", "unit", "curves": [{"label", "side",
    "shown", "t0", "step", "values"}]}]}; a value is None where the face was not seen.
    """
    result = Result.objects.filter(subject=recording.id).order_by("-job__created").first()
    if result is None or not result.usable:
        return None
    traces = [trace for trace in result.traces.all() if over_the_film(trace)]
    groups = {
        INTENSITY_TITLE: [trace for trace in traces if not is_movement(trace)],
        MOVEMENT_TITLE: [trace for trace in traces if is_movement(trace)],
    }
    charts = [
        {"title": title, "unit": group[0].unit, "curves": [_curve(trace) for trace in group]}
        for title, group in groups.items()
        if group
    ]
    return {"title": recording.task.title, "cues": recording.cues, "charts": charts}


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
    return not trace.name.startswith(("mean:", "sd:"))


def is_movement(trace: Trace) -> bool:
    return trace.name.partition(":")[0] == labels.MOVEMENT


def _curve(trace: Trace) -> dict[str, Any]:
    """Both sides together are drawn at once; one side only when it is asked for."""
    label, side = labels.trace(trace.name)
    return {
        "label": label,
        "side": side,
        "shown": not side,
        "t0": trace.t0,
        "step": trace.step,
        "values": [round(float(v), 4) if math.isfinite(v) else None for v in trace.array()],
    }


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
    index = int(np.nanargmax(values))
    return Peak(float(values[index]), trace.t0 + (first + index) * trace.step)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
