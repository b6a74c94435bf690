"""The face mesh: its size, its named points, its mean shape, and the flat map of the face.

Points are those of MediaPipe FaceMesh with irises. Sides are the person's own: the picture is
never mirrored, so the person's right side is on the picture's left.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Delaunay

from diagnosis.config import Side

N_LANDMARKS: Final = 478
N_SKIN: Final = 468  # the points after these are the irises
MEAN_FACE: Final = Path(__file__).with_name("mean_face.npy")

Floats = NDArray[np.floating[Any]]
T = TypeVar("T")


def _sides(right: T, left: T) -> Mapping[Side, T]:
    return {Side.RIGHT: right, Side.LEFT: left}


EYE_OUTER: Final = _sides(33, 263)
EYE_INNER: Final = _sides(133, 362)
LID_UPPER: Final = _sides((160, 159, 158), (387, 386, 385))
LID_LOWER: Final = _sides((144, 145, 153), (373, 374, 380))
IRIS: Final = _sides(468, 473)
BROW_INNER: Final = _sides((107, 55), (336, 285))
BROW_MIDDLE: Final = _sides((105, 52), (334, 282))
BROW_OUTER: Final = _sides((70, 46), (300, 276))
BROW: Final = _sides(
    (70, 63, 105, 66, 107, 46, 53, 52, 65, 55), (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
)
CHEEK: Final = _sides((50, 101, 205, 118), (280, 330, 425, 347))
NOSE_WING: Final = _sides(129, 358)
MOUTH_CORNER: Final = _sides(61, 291)

FOREHEAD: Final = 10
NOSE_ROOT: Final = 168
NOSE_TIP: Final = 1
NOSE_BASE: Final = 2
LIP_UPPER_OUTER: Final = 0
LIP_UPPER_INNER: Final = 13
LIP_LOWER_INNER: Final = 14
LIP_LOWER_OUTER: Final = 17
CHIN: Final = 152
MOUTH_CENTRE: Final = (LIP_UPPER_OUTER, LIP_UPPER_INNER, LIP_LOWER_INNER, LIP_LOWER_OUTER)

# Corners of the eyes, which count four times, bridge of the nose, and sides of the face: smiles,
# jaw and brows move these least, so head movement is read from them. Hairline and temples are not
# among them, for the tracker pulls them up with raised brows.
STABLE: Final[tuple[int, ...]] = (
    *(33, 133, 263, 362) * 4,
    *(168, 6, 197, 195, 193, 417, 122, 351),
    *(127, 356, 234, 454, 93, 323),
)


def eye_centres(landmarks: Floats) -> tuple[Floats, Floats]:
    """(right, left) eye centres, each (..., 3): the middle between the corners of the eye.

    Not the iris: it vanishes when the lids close, and moves with the gaze.
    """
    right = (landmarks[..., 33, :] + landmarks[..., 133, :]) / 2
    left = (landmarks[..., 263, :] + landmarks[..., 362, :]) / 2
    return right, left


def interocular(landmarks: Floats) -> Floats:
    """Distance between the eye centres of (..., 478, 3) landmarks, in their own unit: (...)."""
    right, left = eye_centres(landmarks)
    distance: Floats = np.linalg.norm(left - right, axis=-1)
    return distance


@functools.cache
def canonical() -> NDArray[np.float32]:
    """The mean neutral face (478, 3): IOD = 1, origin between the eyes, x right, y down, z away.

    It is symmetric about x = 0. `diagnosis.training.mean_face` made it. Read-only.
    """
    face: NDArray[np.float32] = np.load(MEAN_FACE)
    face.setflags(write=False)
    return face


@functools.cache
def mirror() -> NDArray[np.int64]:
    """(478,) index of each point's partner on the other side of the face."""
    face = canonical()
    distance = np.linalg.norm(face[:, None] - (face * [-1, 1, 1])[None], axis=-1)
    partner: NDArray[np.int64] = linear_sum_assignment(distance)[1]
    return partner


class FlatMap:
    """Draws movement on the mean face seen from the front.

    Each pixel of the square picture inside the face is a fixed mixture of three skin points
    (barycentric weights in a Delaunay triangulation); outside the face it is zero.
    """

    def __init__(self, size: int = 64) -> None:
        self.size = size
        points = canonical()[:N_SKIN, :2].astype(np.float64)
        low, high = points.min(0), points.max(0)
        self.pixels_per_iod = float((size - 1) / (high - low).max())
        self._centre = (low + high) / 2
        self._weights = self._barycentric(points)

    def _barycentric(self, points: NDArray[np.float64]) -> sparse.csr_array:
        """(size * size, 478) weights, each row summing to 1 inside the face and 0 outside."""
        axis = (np.arange(self.size) - (self.size - 1) / 2) / self.pixels_per_iod
        x, y = np.meshgrid(axis + self._centre[0], axis + self._centre[1])
        pixels = np.stack([x.ravel(), y.ravel()], axis=1)
        triangles = Delaunay(points)
        found = triangles.find_simplex(pixels)
        inside = np.flatnonzero(found >= 0)
        transform = triangles.transform[found[inside]]
        two = np.einsum("pij,pj->pi", transform[:, :2], pixels[inside] - transform[:, 2])
        weights = np.column_stack([two, 1 - two.sum(1)])
        columns = triangles.simplices[found[inside]]
        entries = (weights.ravel(), (np.repeat(inside, 3), columns.ravel()))
        return sparse.csr_array(entries, shape=(self.size**2, N_LANDMARKS), dtype=np.float32)

    def draw(self, displacement: Floats) -> NDArray[np.float32]:
        """Motion images (n, 3, size, size) of (n, 478, 3) displacements, in the same unit."""
        n = len(displacement)
        by_point = np.asarray(displacement, np.float32).transpose(1, 2, 0).reshape(N_LANDMARKS, -1)
        drawn = (self._weights @ by_point).reshape(self.size, self.size, 3, n)
        images: NDArray[np.float32] = np.ascontiguousarray(drawn.transpose(3, 2, 0, 1))
        return images
