"""Measures of a posed expression: see the table in `diagnosis.measures`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from diagnosis.config import Measure, Side, Task
from diagnosis.course import SMALLEST, Course, course, entropy, exceeded, smooth, together
from diagnosis.movement import SIDES, Floats, Signals
from diagnosis.plans import PLANS, UPPER_FACE, Channel, Plan
from diagnosis.reliability import caution, symmetry_caution
from diagnosis.repeats import ALONE, Window, peaks, summarise, why_none, windows

NO_MOVEMENT: Final = "no movement beyond the tracker's noise"
ONE_SIDED: Final = "one side did not move measurably"
NO_CUES: Final = "the cue times are not known"
NO_HOLD: Final = "the movement was not held for half a second"
BEGUN: Final = "the movement had begun before the cue or the film"
NO_STRETCH: Final = "no three seconds on end were seen in the cue window"


def posed(task: Task, signals: Signals, slow: str | None) -> Iterator[Measure]:
    """`slow` is why speed and variability cannot be measured, if so."""
    assert task.expression is not None
    plan = PLANS[task.expression]
    for channel in plan.channels:
        for side in channel.sides:
            heights, reason = _heights(task, channel, side, signals)
            yield summarise(
                *("amplitude", channel.region, side, "% IOD", heights, reason),
                caution(channel.direction),
            )
    if plan.main.sided:
        yield _symmetry(task, plan.main, signals)
    for channel in plan.channels:
        for side in channel.sides if channel == plan.main else (Side.BOTH,):
            yield from _course(task, channel, side, signals, slow)
    yield _entropy(task, plan.main, signals, slow)
    yield _together(task, plan, signals, slow)
    for channel in UPPER_FACE:
        values = smooth(channel.of(signals), signals.step)
        seen = [window.of(values) for window in windows(task, values, signals.step)]
        yield summarise(
            *("movement_sd", channel.region, Side.BOTH, "% IOD"),
            [] if slow else [float(np.nanstd(one)) for one in seen],
            slow or why_none(task, values, signals.step),
            caution(channel.direction),
        )


def _heights(task: Task, channel: Channel, side: Side, signals: Signals) -> tuple[list[float], str]:
    values = smooth(channel.of(signals, side), signals.step)
    return peaks(task, values, signals.step), why_none(task, values, signals.step)


def _symmetry(task: Task, main: Channel, signals: Signals) -> Measure:
    (left, reason), (right, _) = (_heights(task, main, side, signals) for side in SIDES)
    pairs = list(zip(left, right, strict=True))
    ratios = [one / other for one, other in pairs if min(one, other) >= SMALLEST]
    why = _still(pairs, ONE_SIDED) if pairs else reason
    low_gain = caution(main.direction)
    found = summarise("symmetry", main.region, Side.BOTH, "ratio", ratios, why, low_gain)
    return dataclasses.replace(found, caution=low_gain or symmetry_caution(found.value))


def _still(heights: Sequence[float] | Sequence[tuple[float, float]], otherwise: str) -> str:
    """That nothing moved, or the other reason."""
    return NO_MOVEMENT if np.max(heights) < SMALLEST else otherwise


def _course(
    task: Task, channel: Channel, side: Side, signals: Signals, slow: str | None
) -> Iterator[Measure]:
    values = smooth(channel.of(signals, side), signals.step)
    seen = windows(task, values, signals.step)
    courses = [
        found for w in seen if (found := course(values, w.start, w.end, signals.step, cued=w.cued))
    ]
    heights = [exceeded(window.of(values)) for window in seen]
    no_course = _still(heights, BEGUN) if heights else why_none(task, values, signals.step)
    fast = [] if slow else courses
    cued = fast if task.cues else []
    no_onset = slow or (BEGUN if courses else no_course)
    no_hold = NO_HOLD if courses else no_course
    for name, unit, those, why in (
        ("onset_latency", "s", cued, no_onset if task.cues else NO_CUES),
        ("time_to_peak", "s", fast, no_onset),
        ("peak_velocity", "% IOD/s", fast, no_onset),
        ("relative_velocity", "1/s", fast, no_onset),
        ("hold_variability", "% IOD", fast, slow or no_hold),
        ("hold_decay", "% IOD/s", fast, slow or no_hold),
    ):
        known = [_value(one, name) for one in those]
        yield summarise(name, channel.region, side, unit, known, why, caution(channel.direction))


def _value(course: Course, name: str) -> float:
    return float(getattr(course, name))


def _entropy(task: Task, main: Channel, signals: Signals, slow: str | None) -> Measure:
    """Of the first three seconds from each cue on."""
    values = smooth(main.of(signals), signals.step)
    seen = windows(task, values, signals.step) if task.cues and not slow else []
    stretches = [entropy(window.of(values), signals.step) for window in seen]
    reason = NO_CUES
    if task.cues:
        reason = NO_STRETCH if seen else why_none(task, values, signals.step)
    return summarise(
        *("movement_entropy", main.region, Side.BOTH, "bits"),
        [bits[0] for bits in stretches if bits],
        slow or reason,
        caution(main.direction),
    )


def _together(task: Task, plan: Plan, signals: Signals, slow: str | None) -> Measure:
    curves = [smooth(channel.of(signals), signals.step) for channel in plan.channels]
    seen = [] if slow else windows(task, curves[0], signals.step)
    found = [_co_movement(curves, window, signals.step) for window in seen]
    reason = slow or (ALONE if seen else why_none(task, curves[0], signals.step))
    low_gain = next(filter(None, (caution(c.direction) for c in plan.channels)), "")
    return summarise("co_movement", "face", Side.BOTH, "correlation", found, reason, low_gain)


def _co_movement(curves: Sequence[Floats], window: Window, step: float) -> float:
    return together([window.of(curve) for curve in curves], step)
