"""Simulated people: how each one's face moves, and what a tracker makes of it.

What the tracker does is sized after measurements: gains and leaks on the animated portrait,
residue and noise on real clips of turning, talking and smiling heads.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from diagnosis import actions, mesh, motion

Floats = NDArray[np.float32]
Rng = np.random.Generator

# Share of an action that FaceMesh reports; 1 where it is not listed. From the animated portrait
# (`diagnosis.gains`); that of the lids from blinks in films of real people, whose lids, unlike the
# portrait's painted ones, are seen to close.
TRACKER_GAIN: Final = {
    **{"AU1": 0.5, "AU2": 0.55, "AU4": 0.4, "AU5": 0.8, "AU6": 0.7, "AU7": 0.6},
    **{"AU9": 0.45, "AU23": 0.6, "AU43": 0.92},
}
WHITE: Final = 0.0018  # IOD, standard deviation of a point from frame to frame
RESIDUE: Final = 0.006  # IOD at one IOD from the centre, left by alignment of a still head
TURNED: Final = 0.035  # the same while the head turns by 10 to 20 degrees
# Share of a movement, in x, y and z, that shows up as a smooth one of the whole face, and share
# that shows up as any other action: a tracked smile also lifts the nose, a jaw pulls the cheeks.
LEAK: Final = (0.05, 0.05, 0.12)
CROSSTALK: Final = 0.08
# IOD by which a full tracked smile lifts the nose, on a real face and on the portrait.
NOSE_LIFT: Final = 0.026


@dataclasses.dataclass(frozen=True)
class Person:
    """One face: `fields` (actions, 2, 478, 3) as the tracker sees them, in IOD, and its noise."""

    fields: Floats
    white: float
    residue: float

    @classmethod
    def random(cls, rng: Rng) -> Self:
        """A face whose actions differ in strength, direction and shape from the mean one's."""
        gain = np.array([TRACKER_GAIN.get(action, 1.0) for action in actions.ACTIONS])
        gain = gain * rng.lognormal(0, 0.3, len(gain))
        fields = _turned(actions.fields() * gain[:, None, None, None], rng)
        fields[actions.ACTIONS.index("AU12"), :, :, 1] -= rng.uniform(0, 1.5) * _nose_lift()
        fields *= np.exp(0.2 * (_shapes()[:, 1:] @ rng.normal(0, 1, (7, 1))))
        fields[..., 2] *= rng.uniform(0.2, 1.2, (len(gain), 1, 1))
        return cls(
            (fields + _leak(fields, rng)).astype(np.float32),
            WHITE * rng.lognormal(0, 0.4),
            RESIDUE * rng.lognormal(0, 0.5),
        )

    def move(self, strengths: NDArray[np.float64], hz: float, turning: bool, rng: Rng) -> Floats:
        """(n, 478, 3) displacement in IOD as tracked, of (n, actions, 2) strengths at `hz`."""
        moved = motion.displacement(strengths, self.fields)
        moved += _drift(len(moved), TURNED if turning else self.residue, hz, rng)
        moved += self.white * rng.standard_normal(moved.shape, np.float32)
        return moved


def _turned(fields: NDArray[np.float64], rng: Rng) -> NDArray[np.float64]:
    """Each action's field in a slightly different direction, mirrored on the other side."""
    angle = rng.normal(0, 0.1, (len(fields), 1)) * [1, -1]
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    x, y, z = np.moveaxis(fields, -1, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


@functools.cache
def _shapes() -> NDArray[np.float64]:
    """(478, 8) linear and quadratic functions over the face, the first constant."""
    x, y, z = mesh.canonical().T.astype(np.float64)
    y = y - 0.5
    one = np.ones_like(x)
    return np.stack([one, x, y, z, 0.5 * x * y, 0.5 * x**2, 0.5 * y**2, 0.5 * x * z], axis=1)


@functools.cache
def _nose_lift() -> NDArray[np.float64]:
    """(478,) half of the lift of the nose by a smile, for each side's half of the action."""
    distance = np.linalg.norm((mesh.canonical() - mesh.canonical()[mesh.NOSE_TIP])[:, :2], axis=1)
    lift: NDArray[np.float64] = NOSE_LIFT / 2 * np.exp(-((distance / 0.35) ** 2) / 2)
    return lift


def _leak(fields: NDArray[np.float64], rng: Rng) -> NDArray[np.float64]:
    """(actions, 2, 478, 3) what the tracker and the alignment make of an action elsewhere.

    In proportion to the action, different for every face.
    """
    strongest = np.linalg.norm(fields, axis=-1).max(-1)
    mixed = rng.normal(0, CROSSTALK, (len(fields), len(fields)))
    mixed *= strongest.max(1)[:, None] / strongest.max(1)
    np.fill_diagonal(mixed, 0)
    mixed[:, actions.ACTIONS.index("AU43")] = 0  # lids do not close by mistake
    weights = rng.normal(0, LEAK, (*fields.shape[:2], _shapes().shape[1], 3))
    leak: NDArray[np.float64] = np.einsum("as,askx,pk->aspx", strongest, weights, _shapes())
    leak += np.einsum("ab,bspx->aspx", mixed, fields)
    return leak


def _drift(n: int, size: float, hz: float, rng: Rng) -> Floats:
    """(n, 478, 3) what alignment leaves: slow linear and quadratic deformations of the face."""
    rate, phase = rng.uniform(0.1, 0.6, (24, 1)), rng.uniform(0, 2 * np.pi, (24, 1))
    waves = np.sin(2 * np.pi * rate * np.arange(n) / hz + phase)
    # The head is never again exactly where it was when the neutral was taken.
    weights = size * (0.7 * waves + 0.7 * rng.standard_normal((24, 1)))
    drift: Floats = np.einsum("scn,ps->npc", weights.reshape(8, 3, n), _shapes()).astype(np.float32)
    return drift
