"""Curves over time: of the asked expression, of movements, and their mean over the repeats."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from diagnosis import curves, measures
from diagnosis.config import Cue, Task
from diagnosis.movement import Floats, Signals

NETWORK: Final = ("intensity", "specificity")
BEFORE_S: Final = 1.0  # before a cue, where the mean over the repeats begins
AFTER_S: Final = 1.0  # after the longest cue, where it ends


@dataclasses.dataclass(frozen=True)
class Trace:
    """A curve: `values` (n,) float32 at `t0` + i * `step` seconds; NaN where no face was seen.

    Names are "intensity:smile", "specificity:smile" and "movement:mouth_corner" over the time of
    the film, and "mean:..." and "sd:..." of the same over the repeats, over the time since the
    cue. `caution` is the reason why pages do not show it, if there is one.
    """

    name: str
    unit: str
    t0: float
    step: float
    values: Floats
    caution: str = ""


def of_network(task: Task, cosines: Floats, own_margin: float, step: float) -> tuple[Trace, ...]:
    """How much of the asked expression, and how much more than of any other, over time.

    `cosines` (n, 8) as `Release` gives them; `own_margin` that of the person's neutral face.
    """
    assert task.expression is not None
    margin, specificity = curves.margins(cosines, task.expression)
    pair = (margin - np.float32(own_margin), specificity)
    return tuple(
        Trace(f"{name}:{task.expression}", "margin", 0.0, step, values)
        for name, values in zip(NETWORK, pair, strict=True)
    )


def of_movement(task: Task, signals: Signals) -> tuple[Trace, ...]:
    """The movement signals that are kept of a task, the main one first."""
    return tuple(
        Trace(f"movement:{name}", "% IOD", 0.0, signals.step, values)
        for name, values in measures.traces(task, signals)
    )


def over_repeats(trace: Trace, cues: Sequence[Cue]) -> Iterator[Trace]:
    """Mean and sample standard deviation of a trace over the repeats, from one second before the
    cue to one second after it. Nothing without two repeats; NaN where fewer than two are known."""
    if len(cues) < 2:
        return
    longest = max(cue.end - cue.start for cue in cues)
    t = np.arange(round((BEFORE_S + longest + AFTER_S) / trace.step)) * trace.step - BEFORE_S
    repeats = np.full((len(cues), len(t)), np.nan, np.float32)
    for row, cue in zip(repeats, cues, strict=True):
        at = np.round((t + cue.start - trace.t0) / trace.step).astype(int)
        inside = (at >= 0) & (at < len(trace.values))
        row[inside] = trace.values[at[inside]]
    n = np.isfinite(repeats).sum(0)
    enough = n >= 2
    if not enough.any():
        return
    summed = np.nansum(repeats, axis=0)
    mean = np.where(enough, summed / np.maximum(n, 1), np.nan)
    squares = np.nansum((repeats - mean) ** 2, axis=0) / np.maximum(n - 1, 1)
    sd = np.where(enough, np.sqrt(squares), np.nan)
    for kind, values in (("mean", mean), ("sd", sd)):
        yield dataclasses.replace(
            trace, name=f"{kind}:{trace.name}", t0=-BEFORE_S, values=values.astype(np.float32)
        )
