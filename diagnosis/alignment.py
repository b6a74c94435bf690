"""Laying faces on one another, whatever the head does."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh

Floats = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Landmarks laid on a target face by turning, scaling and shifting the whole head.

    `points` (n, 478, 3) in the target's unit; `rotation` (n, 3, 3) turns the head in the frame
    into the target's pose. NaN where the landmarks are.
    """

    points: Floats
    rotation: NDArray[np.float64]


_STABLE: Final = np.array(mesh.STABLE)


def align(landmarks: Floats, target: Floats) -> Alignment:
    """Least-squares similarity on the stable points (Umeyama 1991), all frames at once.

    `landmarks` (n, 478, 3) in any unit; `target` (478, 3).
    """
    seen = np.isfinite(landmarks[:, 0, 0])
    moving = landmarks[:, _STABLE].astype(np.float64)
    moving[~seen] = target[_STABLE]
    middle = moving.mean(1, keepdims=True)
    moving -= middle
    fixed = target[_STABLE].astype(np.float64)
    fixed_middle = fixed.mean(0)
    fixed = fixed - fixed_middle
    u, strength, vt = np.linalg.svd(np.einsum("nki,kj->nij", moving, fixed))
    handed = np.ones((len(landmarks), 3))
    handed[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = np.einsum("nji,nj,nkj->nik", vt, handed, u)
    scale = (strength * handed).sum(1) / np.einsum("nki,nki->n", moving, moving)
    turn = (scale[:, None, None] * rotation).astype(np.float32)
    points = (landmarks - middle.astype(np.float32)) @ turn.transpose(0, 2, 1)
    points += fixed_middle.astype(np.float32)
    rotation[~seen] = np.nan
    return Alignment(points, rotation)
