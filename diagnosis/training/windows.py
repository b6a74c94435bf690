"""Training examples: windows of a moving face, what they show, and how strongly.

A group holds one window of each entry of the descriptions, so that no two captions in it mean
the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import actions, motion
from diagnosis.config import EXPRESSIONS
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.motion import Movement
from diagnosis.training.people import Person

Floats = NDArray[np.float64]
Rng = np.random.Generator

STRONGEST: Final = 1.5  # amplitude; some people pose more than the average in full
# What goes along with a posed expression in some people, and up to which strength.
_EXTRAS: Final[Mapping[str, Mapping[str, float]]] = {
    "smile": {"AU25": 0.9, "AU7": 0.5},
    "surprise": {"AU25": 0.6},
    "eye_closure": {"AU9": 0.4, "AU12": 0.3, "AU10": 0.3},
    "disgust": {"AU4": 0.6, "AU25": 0.5, "AU6": 0.4},
    "anger": {"AU10": 0.4, "AU25": 0.5, "AU17": 0.5},
    "sadness": {"AU17": 0.5, "AU43": 0.3},
    "fear": {"AU25": 0.8},
}
# Without these it would not be called that expression.
_ESSENTIAL: Final[Mapping[str, tuple[str, ...]]] = {
    "smile": ("AU12",),
    "surprise": ("AU1", "AU2", "AU26"),
    "eye_closure": ("AU43",),
    "disgust": ("AU9",),
    "anger": ("AU4", "AU23"),
    "sadness": ("AU15",),
    "fear": ("AU1", "AU5", "AU20"),
}
# After the average photographed smile and surprise (see `real_faces`), rounded, with the brows of a
# posed surprise: teeth show and the lips are drawn thin; a mouth falls open with the chin in place.
PHOTOGRAPHED: Final[Mapping[str, Mapping[str, float]]] = {
    "smile": {
        **{"AU7": 0.35, "AU10": 0.2, "AU12": 0.95, "AU17": 0.8},
        **{"AU20": 0.55, "AU23": 2.0, "AU25": 1.3},
    },
    "surprise": {
        **{"AU1": 0.5, "AU2": 0.5, "AU5": 0.3, "AU17": 0.4},
        **{"AU20": 0.5, "AU23": 1.7, "AU25": 3.0, "AU26": 0.12},
    },
}
_LIKE_A_PHOTOGRAPH: Final = 0.4  # share of the poses of these expressions


@dataclasses.dataclass(frozen=True)
class Group:
    """One window per description: `displacement` (entries, window, 478, 3) in IOD, `levels`
    (entries, window, expressions) amplitudes, in the order of EXPRESSIONS."""

    displacement: NDArray[np.float32]
    levels: NDArray[np.float32]


def group(window: int, hz: float, rng: Rng) -> Group:
    """One window of every entry of the descriptions, each by another person."""
    t = np.arange(window) / hz
    displacement, levels = [], []
    for name in DESCRIPTIONS:
        strengths, level = _example(name, t, rng)
        strengths += _background(name, t, rng)
        person = Person.random(rng)
        displacement.append(person.move(strengths, hz, name == "head_turn", rng))
        levels.append(level)
    return Group(np.stack(displacement), np.stack(levels).astype(np.float32))


def posed(expression: str, amplitude: float, rng: Rng) -> Floats:
    """(actions,) strengths of an expression as one person poses it once."""
    if expression in PHOTOGRAPHED and rng.uniform() < _LIKE_A_PHOTOGRAPH:
        recipe = PHOTOGRAPHED[expression]
        usual = np.array([recipe.get(action, 0.0) for action in actions.ACTIONS])
        return amplitude * usual * rng.lognormal(0, 0.25, len(usual))
    strengths = actions.weights(expression) * rng.lognormal(0, 0.2, len(actions.ACTIONS))
    for action in actions.RECIPES[expression]:
        if action not in _ESSENTIAL[expression] and rng.uniform() < 0.25:
            strengths[actions.ACTIONS.index(action)] = 0
    for action, most in _EXTRAS[expression].items():
        if rng.uniform() < 0.4:
            strengths[actions.ACTIONS.index(action)] += rng.uniform(0, most)
    return amplitude * strengths


def passing(name: str, seconds: float, rng: Rng) -> Movement:
    """A movement of amplitude 1 of which a window of `seconds` from 0 shows some part."""
    onset, hold, offset = rng.uniform(0.15, 1.2), rng.uniform(0.2, 3.0), rng.uniform(0.2, 1.0)
    start = rng.uniform(-(onset + hold), 0.5 * seconds)
    return Movement(name, start, 1.0, onset, hold, offset, decay=rng.uniform(0, 0.4))


def _example(name: str, t: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """(n, actions, 2) strengths and (n, expressions) levels of a window that shows `name`."""
    if name in EXPRESSIONS:
        return _expression(name, t, rng)
    strengths = _OTHERS.get(name, _still)(t, rng)
    return strengths, np.zeros((len(t), len(EXPRESSIONS)))


def _expression(name: str, t: Floats, rng: Rng) -> tuple[Floats, Floats]:
    amplitude = rng.uniform(0.1, STRONGEST)
    curve = passing(name, float(t[-1]), rng).level(t)
    sides = 1 + rng.normal(0, 0.1, 2)
    strengths = np.einsum("t,a,s->tas", curve, posed(name, amplitude, rng), sides)
    levels = np.zeros((len(t), len(EXPRESSIONS)))
    levels[:, EXPRESSIONS.index(name)] = amplitude * curve * sides.mean()
    return strengths, levels


def _still(t: Floats, rng: Rng) -> Floats:
    return np.zeros((len(t), len(actions.ACTIONS), 2))


def _talking(t: Floats, rng: Rng) -> Floats:
    return motion.speech(t + rng.uniform(0, 20), rng.uniform(0.5, 1.8), rng)


def _blinking(t: Floats, rng: Rng) -> Floats:
    return motion.blink(rng.uniform(-0.1, t[-1] - 0.2), rng.uniform(0.6, 1.0)).strengths(t)


def _one_sided(t: Floats, rng: Rng) -> Floats:
    strengths = _still(t, rng)
    side, action = rng.integers(2), str(rng.choice(["AU12", "AU15", "AU20", "AU10"]))
    curve = rng.uniform(0.3, 1.2) * passing(action, float(t[-1]), rng).level(t)
    strengths[:, actions.ACTIONS.index(action), side] = curve
    return strengths


_OTHERS: Final[Mapping[str, Callable[[Floats, Rng], Floats]]] = {
    "talking": _talking,
    "blinking": _blinking,
    "one_sided": _one_sided,
}


def _background(name: str, t: Floats, rng: Rng) -> Floats:
    """What a face does besides: a posture not quite the neutral one, now and then a blink."""
    strengths = _still(t, rng)
    n = len(actions.ACTIONS)
    strengths += (rng.normal(0, 0.06, n) * (rng.uniform(size=n) < 0.4))[:, None]
    if name not in ("eye_closure", "blinking", "neutral") and rng.uniform() < 0.2:
        strengths += _blinking(t, rng)
    return strengths
