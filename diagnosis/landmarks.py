"""The landmarks of one recording, as they are kept: small, exact, and enough to measure again."""

from __future__ import annotations

import dataclasses
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh

CHUNK: Final = 256  # frames that are worked on at a time, so that memory does not grow with length
_ROW: Final = (mesh.N_LANDMARKS, 3)
_ROW_BYTES: Final = 2 * mesh.N_LANDMARKS * 3

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]


class Deltas:
    """(478, 3) float16 per frame, in a file without a name that vanishes with the object.

    Ten minutes of them are as large as everything else that an analysis holds in memory. Not
    thread-safe.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  open for as long as the object lives

    def append(self, rows: Halves) -> None:
        """Add (478, 3) of one frame or (frames, 478, 3) of several. Nothing is read before."""
        self._file.write(rows.tobytes())

    def read(self, frames: NDArray[np.int64]) -> Halves:
        """(frames, 478, 3) of the frames with these numbers."""
        rows = np.empty((len(frames), *_ROW), np.float16)
        for row, frame in zip(rows, frames.tolist(), strict=True):
            self._file.seek(frame * _ROW_BYTES)
            self._file.readinto(row)
        return rows


@dataclasses.dataclass(frozen=True)
class LandmarkTrack:
    """The landmarks of a recording: `landmarks()` gives them back in pixels.

    `t` (n,) float64 seconds since the first frame; `width`, `height` of the analysed frame, px.
    A frame's landmarks are `reference` (478, 3) + `origin` (n, 3) + `delta` (n, 478, 3); NaN
    without a face. `origin` lies between the eyes, so that `delta` is what the face itself moved
    and how the head turned or came nearer. It is float16, which is off by at most 1/2048: less
    than 0.01 px up to 20 px, 0.05 px at 100 px.
    """

    t: NDArray[np.float64]
    reference: Floats
    origin: Floats
    delta: Deltas
    width: int
    height: int
    tracker: str

    def __len__(self) -> int:
        return len(self.t)

    def landmarks(self, frames: slice | NDArray[np.int64]) -> Floats:
        """(frames, 478, 3) float32, px, of the chosen frames; NaN in those without a face."""
        part = self.delta.read(np.arange(len(self))[frames]).astype(np.float32)
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
        """Write all fields as the arrays of a compressed .npz file."""
        with path.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in _ARRAYS})
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
            archive.open(_DELTA, "w", force_zip64=True) as file,
        ):
            header = {"descr": "<f2", "fortran_order": False, "shape": (len(self), *_ROW)}
            np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for start in range(0, len(self), CHUNK):
                frames = np.arange(start, min(start + CHUNK, len(self)))
                file.write(self.delta.read(frames).tobytes())

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            arrays: dict[str, Any] = {name: data[name] for name in _ARRAYS}
        for name, kind in (("width", int), ("height", int), ("tracker", str)):
            arrays[name] = kind(arrays[name])
        delta = Deltas()
        with zipfile.ZipFile(path) as archive, archive.open(_DELTA) as file:
            np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
            np.lib.format.read_array_header_1_0(file)  # type: ignore[no-untyped-call]
            while part := file.read(CHUNK * _ROW_BYTES):
                delta.append(np.frombuffer(part, "<f2"))
        return cls(**arrays, delta=delta)


_DELTA: Final = "delta.npy"
_ARRAYS: Final = [f.name for f in dataclasses.fields(LandmarkTrack) if f.name != "delta"]


class TrackBuilder:
    """Collects landmarks frame by frame."""

    def __init__(self) -> None:
        self._t = array("d")
        self._origin = array("f")
        self._delta = Deltas()
        self._reference: Floats | None = None

    def add(self, t: float, landmarks: Floats | None) -> None:
        self._t.append(t)
        if landmarks is None:
            self._origin.extend((np.nan,) * 3)
            self._delta.append(np.full(_ROW, np.nan, np.float16))
            return
        right, left = mesh.eye_centres(landmarks)
        origin = (right + left) / 2
        centred = landmarks - origin
        self._reference = centred if self._reference is None else self._reference
        self._origin.extend(origin.tolist())
        self._delta.append((centred - self._reference).astype(np.float16))

    def build(self, width: int, height: int, tracker: str) -> LandmarkTrack:
        reference = np.zeros(_ROW, np.float32) if self._reference is None else self._reference
        return LandmarkTrack(
            t=np.array(self._t),
            reference=reference,
            origin=np.array(self._origin).reshape(-1, 3),
            delta=self._delta,
            width=width,
            height=height,
            tracker=tracker,
        )
