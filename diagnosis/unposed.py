"""Measures of resting and of talking: see the table in `diagnosis.measures`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from diagnosis.config import Measure, Side
from diagnosis.course import blinks, entropy, smooth, together, turning
from diagnosis.movement import SIDES, Signals
from diagnosis.plans import TALKING, UPPER_FACE
from diagnosis.reliability import caution
from diagnosis.repeats import ALONE, NOT_SEEN, summarise

_SHORTEST_TAKE_S: Final = 10.0  # for rates and shares of time
_LIPS_APART: Final = 3.0  # % IOD between the inner lips
_EYES_OPEN: Final = 3.0  # % IOD between the lids

NO_BLINK: Final = "no blink was seen"
NEARLY_SHUT: Final = "the eyes were nearly shut"
TURNED: Final = f"the head was still for less than {_SHORTEST_TAKE_S:g} seconds"


def at_rest(signals: Signals, slow: str | None) -> Iterator[Measure]:
    """`slow` is why blinks cannot be measured, if so."""
    for side in (Side.BOTH, *SIDES):
        name = "eye_opening" if side == Side.BOTH else f"eye_opening_{side}"
        opening = signals.distance(name)
        level = [float(np.nanmedian(opening))] if np.isfinite(opening).any() else []
        yield summarise("eye_opening", "eyelids", side, "% IOD", level, NOT_SEEN)
    yield from _blinking(signals, slow)
    lips = signals.distance("mouth_opening")
    known = lips[np.isfinite(lips)]
    apart = [] if _short(signals) else [100 * float((known > _LIPS_APART).mean())]
    yield summarise("lips_apart", "mouth", Side.BOTH, "% of time", apart, _short(signals) or "")


def _blinking(signals: Signals, slow: str | None) -> Iterator[Measure]:
    """While the head turns blinks do not count, and that time neither."""
    eyes = signals.distance("eye_opening")
    why = slow or _short(signals)
    durations, rate = [], []
    if not why:
        away = np.zeros(len(eyes), np.bool_)
        if signals.pose is not None:
            away = turning(signals.pose, signals.step)
        looked_s = float((np.isfinite(eyes) & ~away).sum()) * signals.step
        if np.nanmedian(eyes) < _EYES_OPEN:
            why = NEARLY_SHUT
        elif looked_s < _SHORTEST_TAKE_S:
            why = TURNED
        else:
            durations = blinks(eyes, signals.step, away)
            rate = [60 * len(durations) / looked_s]
    yield summarise("blink_rate", "eyelids", Side.BOTH, "1/min", rate, why or NO_BLINK)
    yield summarise("blink_duration", "eyelids", Side.BOTH, "s", durations, why or NO_BLINK)


def _short(signals: Signals) -> str | None:
    """Why rates and shares of time cannot be given, if so."""
    seen_s = float(np.isfinite(signals["mouth_opening"]).sum()) * signals.step
    if seen_s < _SHORTEST_TAKE_S:
        return f"the face was seen for less than {_SHORTEST_TAKE_S:g} seconds"
    return None


def talking(signals: Signals, slow: str | None) -> Iterator[Measure]:
    """`slow` is why variability cannot be measured, if so."""
    why = slow or _short(signals)
    curves = {c: smooth(c.of(signals), signals.step) for c in (*TALKING, *UPPER_FACE)}
    for channel, values in curves.items():
        sd = [] if why else [float(np.nanstd(values))]
        yield summarise(
            *("movement_sd", channel.region, Side.BOTH, "% IOD", sd, why or NOT_SEEN),
            caution(channel.direction),
        )
    for channel in TALKING:
        places = [] if why else entropy(curves[channel], signals.step)
        yield summarise(
            *("movement_entropy", channel.region, Side.BOTH, "bits", places, why or NOT_SEEN),
            caution(channel.direction),
        )
    pairs = [] if why else [together([curves[channel] for channel in TALKING], signals.step)]
    yield summarise("co_movement", "face", Side.BOTH, "correlation", pairs, why or ALONE)
