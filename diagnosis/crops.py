"""Crops of the face, encoded while the film is decoded."""

from __future__ import annotations

import itertools
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.faces import Floats, Pixels
from diagnosis.inputs import FaceCrops
from diagnosis.release import Release
from diagnosis.sampling import LONGEST_GAP_S

BATCH: Final = 32  # crops that are encoded together; more are never held
_EDGE: Final = 1e-6  # of a time step; frames that lie on the grid may be off by rounding


def crop(rgb: Pixels, landmarks: Floats, size: int, margin: float) -> Pixels:
    """(size, size, 3): the face in an (h, w, 3) frame, turned so that its eyes are level.

    The square is centred on the mesh (478, 3) and as long as its longer side and a `margin` of
    that on either end; what lies outside the frame is black.
    """
    right, left = mesh.eye_centres(landmarks)
    across = (left - right)[:2] / np.linalg.norm((left - right)[:2])
    upright = np.array([across, [-across[1], across[0]]])  # frame -> level eyes
    points = landmarks[:, :2] @ upright.T
    low, high = points.min(0), points.max(0)
    side = float((high - low).max()) * (1 + 2 * margin)
    # A large face is sampled finely first and then averaged, which keeps it free of aliasing.
    fine = size * max(1, int(side / size))
    to_fine = upright * (fine / side)
    shift = fine / 2 - (low + high) / 2 * (fine / side)
    turned = cv2.warpAffine(rgb, np.column_stack([to_fine, shift]), (fine, fine))
    resized = cv2.resize(turned, (size, size), interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


class CropReader:
    """Looks at a film frame by frame (see `following.Onlooker`) and encodes one crop for each step
    of the release's rate: of the first frame with a face from that time on."""

    def __init__(self, release: Release) -> None:
        assert isinstance(release.preprocessing, FaceCrops)
        self._shape = release.preprocessing
        self._release = release
        self._last = -1  # the step of the latest frame
        self._waiting: list[Pixels] = []
        self._steps: list[int] = []  # of all crops so far
        self._encoded: list[NDArray[np.float32]] = []

    def __call__(self, t: float, rgb: Pixels, landmarks: Floats | None) -> None:
        self._last = int(t * self._shape.hz + _EDGE)
        if landmarks is None or (self._steps and self._steps[-1] == self._last):
            return
        self._steps.append(self._last)
        self._waiting.append(crop(rgb, landmarks, self._shape.size, self._shape.margin))
        if len(self._waiting) == BATCH:
            self._encode()

    def _encode(self) -> None:
        self._encoded.append(self._release.encode(np.stack(self._waiting)))
        self._waiting.clear()

    def encoded(self) -> NDArray[np.float32]:
        """(steps, embedding) of the whole film. A step without a face has the latest face's in a
        gap of at most `LONGEST_GAP_S`, and is NaN elsewhere."""
        if self._waiting:
            self._encode()
        whole = np.full((self._last + 1, self._release.width), np.nan, np.float32)
        if self._encoded:
            whole[self._steps] = np.concatenate(self._encoded)
        longest = int(LONGEST_GAP_S * self._shape.hz + _EDGE)
        for before, after in itertools.pairwise(self._steps):
            if after - before - 1 <= longest:
                whole[before + 1 : after] = whole[before]
        return whole
