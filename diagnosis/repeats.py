"""The cue windows of a take, and one measure from the values of its windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from diagnosis.config import Cue, Measure, Side, Task
from diagnosis.course import exceeded
from diagnosis.movement import Floats

_LATE_S: Final = 0.5  # after the cue's end, for those who react late
LAST_FRAME_S: Final = 0.1  # so far before a film's end its last frame may have been taken
_MISSING: Final = 0.1  # largest share of a window without a face

NOT_SEEN: Final = "the face was not seen long enough"
CUT_OFF: Final = "the film ended before the cue did"
ALONE: Final = "fewer than two regions moved measurably"


@dataclasses.dataclass(frozen=True)
class Window:
    """A cue in samples of a curve, or the whole take where no cue times are known.

    `needed` is the sample up to which the film must go, `end` that up to which it is measured.
    """

    start: int
    needed: int
    end: int
    cued: bool

    def of(self, values: Floats) -> Floats:
        return values[self.start : self.end]

    def filmed(self, values: Floats) -> bool:
        """Whether the film goes on to the end of the cue."""
        return len(values) >= self.needed and len(self.of(values)) > 2

    def seen(self, values: Floats) -> bool:
        """Whether the face was seen in nearly all of it."""
        return bool(np.isnan(self.of(values)).mean() <= _MISSING)


def _filmed(task: Task, values: Floats, step: float) -> list[Window]:
    """Those windows of the task that the film covers."""
    whole = [Window(0, 0, len(values), cued=False)]
    windows = [_window(cue, step) for cue in task.cues] or whole
    return [window for window in windows if window.filmed(values)]


def windows(task: Task, values: Floats, step: float) -> list[Window]:
    """The windows of the task in which the face was seen."""
    return [window for window in _filmed(task, values, step) if window.seen(values)]


def _window(cue: Cue, step: float) -> Window:
    start, needed, end = cue.start, cue.end - LAST_FRAME_S, cue.end + _LATE_S
    return Window(round(start / step), round(needed / step), round(end / step), cued=True)


def why_none(task: Task, values: Floats, step: float) -> str:
    """The reason for an absent measure where no window of the task was seen."""
    return NOT_SEEN if _filmed(task, values, step) or not task.cues else CUT_OFF


def peaks(task: Task, values: Floats, step: float) -> list[float]:
    """The level that a curve exceeds for a tenth of each window in which the face was seen."""
    return [exceeded(window.of(values)) for window in windows(task, values, step)]


def summarise(
    name: str,
    region: str,
    side: Side,
    unit: str,
    values: Sequence[float],
    reason: str,
    caution: str = "",
) -> Measure:
    """Mean and sample SD of the values of the windows, or `reason` if there is none."""
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return Measure(name, region, side, unit, None, absent=reason)
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return Measure(name, region, side, unit, float(np.mean(known)), len(known), sd, caution=caution)
