"""Movement signals: how far each part of the face is from its neutral place, over time.

Every signal is a weighted sum of landmark displacements along a fixed direction of the frontal
face, so that noise averages out and nothing is rectified. Unit: % of the interocular distance.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.config import Side

SIDES: Final = (Side.LEFT, Side.RIGHT)

_UP: Final = (0.0, -1.0)
_DOWN: Final = (0.0, 1.0)

_FOREHEAD: Final = (151, 108, 337, 69, 299)  # between brows and hairline
_NOSE_ROOT: Final = (8, 9)

Floats = NDArray[np.float32]
Term = tuple[Iterable[int], tuple[float, float]]  # points, and the direction that counts (x, y)


def _outward(side: Side, x: float, y: float) -> tuple[float, float]:
    return (x if side == Side.LEFT else -x, y)


def _terms() -> dict[str, tuple[Term, ...]]:
    """The signals by name: each is the sum over its terms of the mean over the term's points."""
    terms: dict[str, tuple[Term, ...]] = {
        "mouth_opening": (((mesh.LIP_LOWER_INNER,), _DOWN), ((mesh.LIP_UPPER_INNER,), _UP)),
        "mouth_width": (
            ((mesh.MOUTH_CORNER[Side.LEFT],), (1.0, 0.0)),
            ((mesh.MOUTH_CORNER[Side.RIGHT],), (-1.0, 0.0)),
        ),
        "upper_lip_raise": (((mesh.LIP_UPPER_OUTER, mesh.LIP_UPPER_INNER), _UP),),
        "brows_together": (
            (mesh.BROW_INNER[Side.LEFT], (-1.0, 0.0)),
            (mesh.BROW_INNER[Side.RIGHT], (1.0, 0.0)),
        ),
        "forehead": ((_FOREHEAD, _UP),),
        "nose_root": ((_NOSE_ROOT, _UP),),
    }
    for side in SIDES:
        corner = (mesh.MOUTH_CORNER[side],)
        sided: dict[str, tuple[Term, ...]] = {
            # The zygomaticus pulls the corner outwards and upwards alike. Not relative to the
            # mouth's centre, which a smile lifts too: a fifth of the movement would be lost.
            "mouth_corner": ((corner, _outward(side, 0.5**0.5, -(0.5**0.5))),),
            # Relative to the mouth: alignment leaves a vertical shift of the whole lower face.
            "corner_drop": ((corner, _DOWN), (mesh.MOUTH_CENTRE, _UP)),
            "brow_raise": ((mesh.BROW[side], _UP),),
            "inner_brow_raise": ((mesh.BROW_INNER[side], _UP),),
            "eye_opening": ((mesh.LID_LOWER[side], _DOWN), (mesh.LID_UPPER[side], _UP)),
            "cheek_raise": ((mesh.CHEEK[side], _UP),),
            "nose_wing_raise": (((mesh.NOSE_WING[side],), _UP),),
        }
        terms |= {f"{name}_{side}": value for name, value in sided.items()}
    return terms


@functools.cache
def names() -> tuple[str, ...]:
    return tuple(_terms())


@functools.cache
def _weights() -> Floats:
    """(478 * 3, signals): what each coordinate contributes to each signal."""
    weights = np.zeros((len(names()), mesh.N_LANDMARKS, 3), np.float32)
    for row, terms in zip(weights, _terms().values(), strict=True):
        for points, direction in terms:
            chosen = list(points)
            row[chosen, :2] += np.array(direction, np.float32) / len(chosen)
    return weights.reshape(len(names()), -1).T


def project(displacement: Floats) -> Floats:
    """(n, signals) in % IOD, in the order of `names()`, of (n, 478, 3) in IOD.

    Given faces instead of displacements, the columns are distances, where a signal is one
    (mouth opening, mouth width, eye opening).
    """
    return 100 * (displacement.reshape(len(displacement), -1) @ _weights())


@dataclasses.dataclass(frozen=True)
class Signals:
    """All signals of one take on a uniform grid: `values` (n, signals) at `step` seconds from 0.

    NaN where no face was seen for longer than a quarter of a second. `at_rest` (signals,) are the
    neutral face's own distances. `pose` (n, 3) is the head's yaw, pitch and roll in degrees; None
    stands for a head that keeps still.
    """

    step: float
    values: Floats
    at_rest: Floats
    pose: Floats | None = None

    @property
    def t(self) -> NDArray[np.float64]:
        return np.arange(len(self.values)) * self.step

    def __getitem__(self, name: str) -> Floats:
        """(n,) the signal `name`; of a sided one without its side, the mean of both sides."""
        if name in _columns():
            return self.values[:, _columns()[name]]
        left, right = (self[f"{name}_{side}"] for side in SIDES)
        return (left + right) / 2

    def distance(self, name: str) -> Floats:
        """(n,) not the change but the distance itself, see `project`."""
        rest = dict(zip(names(), self.at_rest, strict=True))
        one = rest[name] if name in rest else np.mean([rest[f"{name}_{s}"] for s in SIDES])
        return self[name] + np.float32(one)


@functools.cache
def _columns() -> Mapping[str, int]:
    return {name: i for i, name in enumerate(names())}
