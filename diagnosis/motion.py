"""When a face moves: courses of posed movements, blinks and speech, as strengths of actions.

Strengths are arrays (n, actions, 2): at each of n times, how strong each of `actions.ACTIONS` is
on the right and on the left side of the face; 1 is posed in full.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import actions

Floats = NDArray[np.float64]

BLINK_CLOSING: Final = 0.08  # s; a spontaneous blink closes faster than it opens
BLINK_CLOSED: Final = 0.04
BLINK_OPENING: Final = 0.16
SPEECH: Final = {"AU26": 0.22, "AU25": 0.35, "AU18": 0.35, "AU20": 0.2, "AU10": 0.2, "AU17": 0.3}


def minimum_jerk(x: Floats) -> Floats:
    """The smoothest way from 0 to 1 while x goes from 0 to 1 (Flash & Hogan 1985)."""
    x = np.clip(x, 0.0, 1.0)
    share: Floats = x**3 * (10 - 15 * x + 6 * x**2)
    return share


@dataclasses.dataclass(frozen=True)
class Movement:
    """A posed expression, or one action: it rises, holds with some decay, and returns.

    Times in seconds. `amplitude` 1 is posed in full (see `actions.smile_amplitude` for a smile
    in interocular distances); `decay` is the share of it that is lost during the hold; `right`
    and `left` scale the sides of the person's face.
    """

    name: str
    start: float
    amplitude: float = 1.0
    onset: float = 0.4
    hold: float = 2.0
    offset: float = 0.5
    decay: float = 0.0
    right: float = 1.0
    left: float = 1.0

    def level(self, t: Floats) -> Floats:
        """(n,) amplitude at times `t`, both sides at full."""
        top = self.start + self.onset
        held = 1 - self.decay * np.clip((t - top) / self.hold, 0, 1)
        rise = minimum_jerk((t - self.start) / self.onset)
        fall = minimum_jerk((t - top - self.hold) / self.offset)
        level: Floats = self.amplitude * rise * held * (1 - fall)
        return level

    def strengths(self, t: Floats) -> Floats:
        """(n, actions, 2) strengths at times `t`."""
        sides = np.array([self.right, self.left])
        strengths: Floats = np.einsum(
            "t,a,s->tas", self.level(t), actions.weights(self.name), sides
        )
        return strengths


def blink(start: float, depth: float = 1.0) -> Movement:
    """One spontaneous blink; `depth` 1 closes the eyes."""
    return Movement("AU43", start, depth, BLINK_CLOSING, BLINK_CLOSED, BLINK_OPENING)


def blink_times(seconds: float, per_minute: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Start times of spontaneous blinks: irregular, at least 0.6 s apart."""
    times, t = [], 0.0
    while per_minute > 0:
        t += 0.6 + rng.exponential(max(60.0 / per_minute - 0.6, 0.1))
        if t > seconds - 0.4:
            break
        times.append(t)
    return tuple(times)


def speech(t: Floats, amplitude: float, rng: np.random.Generator) -> Floats:
    """(n, actions, 2) mouth movements of talking: syllables at 3 to 6 per second, with pauses."""
    out = np.zeros((len(t), len(actions.ACTIONS), 2))
    phrase = np.clip(1.5 * np.sin(2 * np.pi * 0.3 * t + rng.uniform(0, 6.3)) + 0.9, 0, 1)
    for action, strength in SPEECH.items():
        rate, phase = rng.uniform(3, 6), rng.uniform(0, 6.3)
        wander = np.sin(2 * np.pi * rate / 3.7 * t + rng.uniform(0, 6.3))
        syllables = np.clip(np.sin(2 * np.pi * rate * t + phase + 1.5 * wander), 0, 1)
        out[:, actions.ACTIONS.index(action)] = (amplitude * strength * phrase * syllables)[:, None]
    return out


def displacement(strengths: Floats, fields: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 478, 3) movement in IOD, from the `fields` of a face (see `actions.fields`).

    No lid goes further than the closed eye.
    """
    limited = strengths.astype(np.float32)
    lids = actions.ACTIONS.index("AU43")
    limited[:, lids] = limited[:, lids].clip(0, 1)
    moved: NDArray[np.float32] = np.tensordot(limited, fields, axes=([1, 2], [0, 1]))
    return moved
