"""Simulated sessions of people with and without Parkinson's disease, of known severity.

Less amplitude, slower and later movement, more decay, fewer blinks and parted lips are what the
literature reports; how much of each is our guess, with so much overlap that no classifier can be
perfect. A classifier trained on this demonstrates the method and says nothing about a patient.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import actions, curves, motion, movement
from diagnosis.curves import Curves
from diagnosis.encoder import ExpressionNetwork
from diagnosis.motion import Movement
from diagnosis.training import windows
from diagnosis.training.evaluate import Reader
from diagnosis.training.people import Person

Rng = np.random.Generator
POSED: Final = ("smile", "surprise", "eye_closure")
TAKES: Final = ("rest", *POSED)
REST_SECONDS: Final = (8.0, 16.0)
CUE_SECONDS: Final = (3.0, 2.5)  # now, then relax
LEAD_IN: Final = 2.0


@dataclasses.dataclass(frozen=True)
class Manner:
    """How one person moves. `severity` 0 without the disease, else 0.2 to 1."""

    severity: float
    amplitude: float
    latency: float  # s
    onset: float  # s
    decay: float
    blinks: float  # per minute
    lips_apart: float  # strength of AU25 at rest

    @classmethod
    def random(cls, severity: float, rng: Rng) -> Manner:
        return cls(
            severity=severity,
            amplitude=float(rng.lognormal(-0.1, 0.3) * (1 - 0.45 * severity)),
            latency=float(rng.lognormal(np.log(0.35), 0.25) * (1 + 0.5 * severity)),
            onset=float(rng.lognormal(np.log(0.45), 0.3) * (1 + 0.8 * severity)),
            decay=float(rng.uniform(0, 0.25) + 0.2 * severity * rng.uniform()),
            blinks=float(max(2.0, rng.normal(17, 8) * (1 - 0.4 * severity))),
            lips_apart=float(rng.uniform(0, 0.5) * severity * (rng.uniform() < 0.4)),
        )


def people(n: int, rng: Rng) -> list[float]:
    """Severities of `n` people, every other one with the disease."""
    return [float(rng.uniform(0.2, 1.0)) if i % 2 else 0.0 for i in range(n)]


def sessions(severities: Sequence[float], network: ExpressionNetwork, rng: Rng) -> list[Curves]:
    """One session per person: rest, smile, surprise, eye closure."""
    reader = Reader(network)
    return [_session(Manner.random(severity, rng), reader, rng) for severity in severities]


def _session(manner: Manner, reader: Reader, rng: Rng) -> Curves:
    person, hz = Person.random(rng), reader.hz
    t = np.arange(round(rng.uniform(*REST_SECONDS) * hz)) / hz
    at_rest = person.move(habits(manner, t, rng), hz, turning=False, rng=rng)
    neutral = np.median(at_rest, axis=0)
    rest_cosines = reader(at_rest - neutral)
    session = {"rest": _stack(np.zeros((2, len(t)), np.float32), at_rest - neutral)}
    for expression in POSED:
        own = float(curves.margins(rest_cosines, expression)[0].mean())
        moved = _take(manner, person, expression, hz, rng) - neutral
        margin, specificity = curves.margins(reader(moved), expression)
        session[expression] = _stack(np.stack([margin - own, specificity]), moved)
    return session


def _take(
    manner: Manner, person: Person, expression: str, hz: float, rng: Rng
) -> NDArray[np.float32]:
    """(n, 478, 3) displacement of a take with one to three cues."""
    now, relax = CUE_SECONDS
    cues = int(rng.integers(1, 4))
    t = np.arange(round((LEAD_IN + cues * (now + relax)) * hz)) / hz
    strengths = habits(manner, t, rng)
    pose = windows.posed(expression, manner.amplitude, rng)
    for i in range(cues):
        begins = LEAD_IN + i * (now + relax) + manner.latency * rng.lognormal(0, 0.15)
        hold = max(0.3, now - manner.latency - manner.onset)
        effort = float(rng.lognormal(0, 0.08))
        course = Movement(expression, begins, effort, manner.onset, hold, 0.5, manner.decay)
        strengths += np.einsum("t,a,s->tas", course.level(t), pose, np.ones(2))
    return person.move(strengths, hz, turning=False, rng=rng)


def habits(manner: Manner, t: NDArray[np.float64], rng: Rng) -> NDArray[np.float64]:
    """(n, actions, 2) what goes on in every take: blinks, and lips that hang a little open."""
    strengths = np.zeros((len(t), len(actions.ACTIONS), 2))
    for start in motion.blink_times(float(t[-1]), manner.blinks, rng):
        strengths += motion.blink(start).strengths(t)
    lips = manner.lips_apart * (0.5 + 0.5 * np.sin(2 * np.pi * 0.07 * t + rng.uniform(0, 6.3)))
    strengths[:, actions.ACTIONS.index("AU25")] += lips[:, None]
    return strengths


def _stack(network: NDArray[np.float32], moved: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, channels) of (2, n) intensity and specificity and (n, 478, 3) displacement."""
    signals = dict(zip(movement.names(), movement.project(moved).T, strict=True))
    for name in curves.MOVEMENTS:
        if name not in signals:
            signals[name] = (signals[f"{name}_left"] + signals[f"{name}_right"]) / 2
    return np.stack([*network, *(signals[name] for name in curves.MOVEMENTS)], axis=1)
