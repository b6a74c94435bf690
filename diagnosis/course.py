"""What can be read off one movement curve: its peak, its rise, how it is held, and blinks.

A curve is (n,) float32 at `step` seconds, NaN where no face was seen.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from diagnosis.movement import Floats

SMALLEST: Final = 1.0  # % IOD; less cannot be told from the tracker's noise
_SMOOTH_S: Final = 0.2
_LEAD_S: Final = 0.5  # before the cue, where the movement starts from
_SHORTEST_HOLD_S: Final = 0.5
_RELEASE_S: Final = 0.2  # the beginning of letting go, which is not part of the hold

Curve = NDArray[np.float64]


def smooth(values: Floats, step: float) -> Floats:
    """A parabola through 0.2 s around each sample (Savitzky & Golay 1964); NaN stay NaN."""
    length = max(5, round(_SMOOTH_S / step) // 2 * 2 + 1)
    if len(values) < length or np.isnan(values).all():
        return values
    out: Floats = savgol_filter(_filled(values), length, 2).astype(np.float32)
    out[np.isnan(values)] = np.nan
    return out


def _filled(values: Floats) -> Curve:
    """The values with NaN replaced by interpolation, the ends by their neighbours."""
    known = np.isfinite(values)
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known].astype(np.float64))


def exceeded(values: Floats | Curve) -> float:
    """The level that is exceeded for a tenth of the time: a peak that no single frame sets."""
    return float(np.nanpercentile(values, 90))


@dataclasses.dataclass(frozen=True)
class Course:
    """One movement from its cue to the end of its hold.

    Hold values are NaN without a hold, onset and time to peak if it had begun before the cue.
    The rise goes from the level before the cue to the level that is exceeded for a tenth of the
    window; its start is where it leaves a tenth of that height, its peak nine tenths.
    """

    onset_latency: float  # s from the cue to the start of the rise
    time_to_peak: float  # s from there
    peak_velocity: float  # steepest slope of the rise, per s
    hold_variability: float  # SD around the straight line through the hold
    hold_decay: float  # how fast that line falls, per s


def course(values: Floats, start: int, end: int, step: float, *, cued: bool) -> Course | None:
    """The movement between two samples of a smoothed curve; None if there is none."""
    before = max(0, start - round(_LEAD_S / step))
    x, cue = _filled(values[before:end]), start - before
    low = float(np.median(x[: cue + 1])) if cued else float(x.min())
    height = exceeded(x[cue:]) - low
    if height < SMALLEST:
        return None
    speed = np.gradient(x, step)
    top = cue + int(np.argmax(x[cue:] >= low + 0.9 * height))
    fastest = cue + int(np.argmax(speed[cue : top + 1]))
    onset = _last_rise(x, fastest, low + 0.1 * height)
    variability, decay = _hold(x, top, low + 0.75 * height, step)
    return Course(
        onset_latency=(onset - cue) * step,
        time_to_peak=(_first_rise(x, fastest, low + 0.9 * height) - onset) * step,
        peak_velocity=float(speed[fastest]),
        hold_variability=variability,
        hold_decay=decay,
    )


def _hold(x: Curve, top: int, level: float, step: float) -> tuple[float, float]:
    """Variability and decay between the peak and the moment of letting go."""
    last = top + int(np.flatnonzero(x[top:] >= level)[-1])
    released = last + 1 < len(x)
    held = x[top : last + 1 - (round(_RELEASE_S / step) if released else 0)]
    if len(held) * step < _SHORTEST_HOLD_S:
        return np.nan, np.nan
    t = np.arange(len(held)) * step
    slope, intercept = np.polyfit(t, held, 1)
    rest = held - slope * t - intercept
    return float(np.sqrt((rest**2).sum() / (len(rest) - 2))), float(-slope)


def _last_rise(x: Curve, before: int, level: float) -> float:
    """Sample, with fraction, at which x last rises through `level` before the sample `before`."""
    below = np.flatnonzero(x[: before + 1] < level)
    if not len(below):
        return np.nan
    i = min(int(below[-1]), len(x) - 2)
    return i + float((level - x[i]) / (x[i + 1] - x[i]))


def _first_rise(x: Curve, after: int, level: float) -> float:
    """Sample, with fraction, at which x first reaches `level` after the sample `after`."""
    i = after + int(np.argmax(x[after:] >= level))
    return i - 1 + float((level - x[i - 1]) / (x[i] - x[i - 1])) if i > after else float(i)


_BLINK_CLOSED: Final = 0.7  # of the usual opening
_BLINK_OPEN: Final = 0.8
_BLINK_LONGEST_S: Final = 0.6


def blinks(opening: Floats, step: float) -> list[float]:
    """Durations in seconds of the blinks in a curve of the eyes' opening, in any unit.

    In a blink the opening falls below 70 % of its median; it lasts as long as the opening stays
    below 80 %. Closures of more than 0.6 s are not blinks.
    """
    share = opening / np.nanmedian(opening)
    narrow = np.concatenate([[False], share < _BLINK_OPEN, [False]]).astype(np.int8)
    starts, ends = (np.flatnonzero(np.diff(narrow) == way) for way in (1, -1))
    return [
        (end - start) * step
        for start, end in zip(starts, ends, strict=True)
        if np.nanmin(share[start:end]) < _BLINK_CLOSED and (end - start) * step <= _BLINK_LONGEST_S
    ]
