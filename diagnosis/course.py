"""What can be read off movement curves: peak, rise, hold, blinks, entropy, and co-movement.

A curve is (n,) float32 at `step` seconds, NaN where no face was seen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
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
Flags = NDArray[np.bool_]


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

    Hold values are NaN without a hold, those of the rise if it had begun before the cue.
    The rise goes from the level before the cue to the level that is exceeded for a tenth of the
    window; its start is where it leaves a tenth of that height, its peak nine tenths. It is the
    rise to the first part that is sustained, since a blink or a spike is no movement.
    """

    onset_latency: float  # s from the cue to the start of the rise
    time_to_peak: float  # s from there
    peak_velocity: float  # steepest slope of the rise, per s
    relative_velocity: float  # the same over the height of the rise, 1/s
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
    run = _sustained(x, cue, low + 0.75 * height, step)
    top = _top(x, run, low + 0.9 * height)
    variability, decay = _hold(x[top : run.stop], step, released=run.stop < len(x))
    latency, rising, velocity = np.nan, np.nan, np.nan
    onset = _last_rise(x, run.start, low + 0.1 * height)
    if onset >= cue:
        latency = (onset - cue) * step
        rising = (_crossing(x, top, min(low + 0.9 * height, float(x[top]))) - onset) * step
        velocity = float(np.gradient(x, step)[int(onset) : top + 1].max())
    return Course(
        onset_latency=latency,
        time_to_peak=rising,
        peak_velocity=velocity,
        relative_velocity=velocity / height,
        hold_variability=variability,
        hold_decay=decay,
    )


def _sustained(x: Curve, cue: int, level: float, step: float) -> slice:
    """The first run of samples at `level` or above that lasts half a second, else the longest."""
    above = np.concatenate([[False], x[cue:] >= level, [False]]).astype(np.int8)
    starts, ends = (cue + np.flatnonzero(np.diff(above) == way) for way in (1, -1))
    lengths = ends - starts
    long = np.flatnonzero(lengths * step >= _SHORTEST_HOLD_S)
    chosen = int(long[0]) if len(long) else int(lengths.argmax())
    return slice(int(starts[chosen]), int(ends[chosen]))


def _top(x: Curve, run: slice, level: float) -> int:
    """The first sample of the run at `level`, or its highest where it stays below."""
    part = x[run]
    return int(run.start + np.argmax(part >= min(level, part.max())))


def _hold(held: Curve, step: float, *, released: bool) -> tuple[float, float]:
    """Variability and decay from the peak on, without the beginning of letting go."""
    held = held[: len(held) - (round(_RELEASE_S / step) if released else 0)]
    if len(held) * step < _SHORTEST_HOLD_S:
        return np.nan, np.nan
    t = np.arange(len(held)) * step
    slope, intercept = np.polyfit(t, held, 1)
    rest = held - slope * t - intercept
    return float(np.sqrt((rest**2).sum() / (len(rest) - 2))), float(-slope)


def _last_rise(x: Curve, before: int, level: float) -> float:
    """Sample, with fraction, at which x last rises through `level` before the sample `before`;
    NaN where it is never below."""
    below = np.flatnonzero(x[:before] < level)
    return _crossing(x, int(below[-1]) + 1, level) if len(below) else np.nan


def _crossing(x: Curve, i: int, level: float) -> float:
    """Where x, below `level` at the sample before `i` and not below at `i`, reaches it."""
    return i - 1 + float((level - x[i - 1]) / (x[i] - x[i - 1]))


_BLINK_CLOSED: Final = 0.7  # of the usual opening
_BLINK_OPEN: Final = 0.8
_BLINK_LONGEST_S: Final = 0.6
_BLINK_SMALLEST: Final = 2.0  # % IOD by which the lids come closer; less is the tracker's noise


def blinks(opening: Floats, step: float, turning: Flags) -> list[float]:
    """Durations in seconds of the blinks in a curve of the eyes' opening (n,), % IOD.

    In a blink the opening falls below 70 % of its median, and by at least 2 % IOD; it lasts as
    long as the opening stays below 80 %. Closures of more than 0.6 s are not blinks, nor are those
    in samples that are `turning` (n,).
    """
    usual = np.nanmedian(opening)
    closed = min(_BLINK_CLOSED * usual, usual - _BLINK_SMALLEST)
    narrow = np.concatenate([[False], opening < _BLINK_OPEN * usual, [False]]).astype(np.int8)
    starts, ends = (np.flatnonzero(np.diff(narrow) == way) for way in (1, -1))
    return [
        (end - start) * step
        for start, end in zip(starts, ends, strict=True)
        if np.nanmin(opening[start:end]) < closed
        and (end - start) * step <= _BLINK_LONGEST_S
        and not turning[start:end].any()
    ]


_TURNED: Final = 20.0  # degrees from the usual pose
_TURNING: Final = 30.0  # degrees per s; a blink alone shakes the tracked pose by up to 15


def turning(pose: Floats, step: float) -> Flags:
    """(n,) whether the head, of `pose` (n, 3) in degrees, is turned far or is turning fast.

    Then the lids seem to close: gaze and lids go with a turn, and a turned eye is seen edge-on.
    """
    angles = np.stack([smooth(angle, step) for angle in pose.T], axis=1)
    far = abs(angles - np.nanmedian(angles, axis=0)) > _TURNED
    fast = abs(np.gradient(angles, step, axis=0)) > _TURNING
    found: Flags = (far | fast).any(1)
    return found


_STRETCH_S: Final = 3.0
_OFFSETS: Final = (0.0, 0.25, 0.5, 0.75)  # of a bin, so that no place of its edges counts


def entropy(values: Floats, step: float) -> list[float]:
    """Shannon entropy (1948), in bits, of the places in each 3 s of a curve in % IOD.

    A place is a bin of 1 % IOD: 0 for what keeps still, more the more places are visited and the
    more evenly. Every stretch is equally long, since entropy grows with the number of samples.
    What is left after the last whole stretch does not count, nor do stretches with gaps.
    """
    length = round(_STRETCH_S / step)
    stretches = [values[i : i + length] for i in range(0, len(values) - length + 1, length)]
    return [
        float(np.mean([_entropy(np.floor(one / SMALLEST + offset)) for offset in _OFFSETS]))
        for one in stretches
        if np.isfinite(one).all()
    ]


def _entropy(places: Floats) -> float:
    share = np.unique(places, return_counts=True)[1] / len(places)
    return float(-(share * np.log2(share)).sum())


def together(regions: Sequence[Floats], step: float) -> float:
    """Mean Pearson correlation of the speeds of every two of several smoothed curves (n,).

    1 if they all move at the same times in the same proportions. NaN with fewer than two curves
    that move.
    """
    moving = [x for x in regions if np.nanmax(x) - np.nanmin(x) >= 2 * SMALLEST]
    if len(moving) < 2:
        return np.nan
    speeds = np.stack([np.gradient(_filled(x), step) for x in moving])
    pairs = np.corrcoef(speeds)[np.triu_indices(len(moving), 1)]
    return float(pairs.mean())
