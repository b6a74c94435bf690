"""The landmarks of one recording, as they are kept: small, exact, and enough to measure again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh

CHUNK: Final = 256  # frames that are worked on at a time, so that memory does not grow with length

Floats = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class LandmarkTrack:
    """The landmarks of a recording: `landmarks()` gives them back in pixels.

    `t` (n,) float64 seconds since the first frame; `faces` (n,) how many faces were seen;
    `width`, `height` of the analysed frame, px. A frame's landmarks are `reference` (478, 3)
    + `origin` (n, 3) + `delta` (n, 478, 3); `delta` is float16 and small, since `origin` follows
    the head, so that half precision costs less than a hundredth of a pixel. NaN without a face.
    """

    t: NDArray[np.float64]
    reference: Floats
    origin: Floats
    delta: NDArray[np.float16]
    faces: NDArray[np.uint8]
    width: int
    height: int
    tracker: str

    def __len__(self) -> int:
        return len(self.t)

    def landmarks(self, frames: slice | NDArray[np.int64]) -> Floats:
        """(frames, 478, 3) float32, px, of the chosen frames; NaN in those without a face."""
        part = self.delta[frames].astype(np.float32)
        part += self.reference
        part += self.origin[frames, None]
        return part

    def chunks(self) -> Iterator[Floats]:
        """The landmarks of all frames, at most CHUNK frames at a time."""
        for start in range(0, len(self), CHUNK):
            yield self.landmarks(slice(start, start + CHUNK))

    def seen(self) -> NDArray[np.bool_]:
        """(n,) whether a face was tracked in each frame."""
        seen: NDArray[np.bool_] = np.isfinite(self.origin[:, 0])
        return seen

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez_compressed(file, **{f.name: getattr(self, f.name) for f in _TRACK_FIELDS})

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path, allow_pickle=False) as data:
            arrays: dict[str, Any] = {f.name: data[f.name] for f in _TRACK_FIELDS}
        for name, kind in (("width", int), ("height", int), ("tracker", str)):
            arrays[name] = kind(arrays[name])
        return cls(**arrays)


_TRACK_FIELDS: Final = dataclasses.fields(LandmarkTrack)


class TrackBuilder:
    """Collects landmarks frame by frame into one block of memory."""

    def __init__(self, expected: int) -> None:
        """`expected` number of frames; more are taken as well."""
        self._n = 0
        self._t = np.zeros(expected)
        self._faces = np.zeros(expected, np.uint8)
        self._origin = np.zeros((expected, 3), np.float32)
        self._delta = np.zeros((expected, mesh.N_LANDMARKS, 3), np.float16)
        self._reference: Floats | None = None

    def add(self, t: float, landmarks: Floats | None, faces: int) -> None:
        if self._n == len(self._t):
            self._grow()
        i = self._n
        self._t[i], self._faces[i] = t, faces
        if landmarks is None:
            self._origin[i] = self._delta[i] = np.nan
        else:
            self._origin[i] = np.mean(mesh.eye_centres(landmarks), axis=0)
            centred = landmarks - self._origin[i]
            self._reference = centred if self._reference is None else self._reference
            self._delta[i] = centred - self._reference
        self._n += 1

    def _grow(self) -> None:
        for name in ("_t", "_faces", "_origin", "_delta"):
            old = getattr(self, name)
            more = np.zeros((len(old) // 2 + 64, *old.shape[1:]), old.dtype)
            setattr(self, name, np.concatenate([old, more]))

    def build(self, width: int, height: int, tracker: str) -> LandmarkTrack:
        reference = self._reference
        if reference is None:
            reference = np.zeros((mesh.N_LANDMARKS, 3), np.float32)
        part = slice(0, self._n)
        return LandmarkTrack(
            t=self._t[part],
            reference=reference,
            origin=self._origin[part],
            delta=self._delta[part],
            faces=self._faces[part],
            width=width,
            height=height,
            tracker=tracker,
        )
