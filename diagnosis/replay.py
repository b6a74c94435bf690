"""A face drawn by its outlines, small enough to send: what is watched in place of a film.

Head movement is taken out: every face looks straight at the viewer and has the same size, so that
two replays differ by what the faces do.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.alignment import align
from diagnosis.config import Side
from diagnosis.landmarks import CHUNK, LandmarkTrack

FPS: Final = 15  # at most
NOTICE: Final = "investigational software, not for diagnosis"
_MARGIN: Final = (0.15, 0.1, 0.15, 0.45)  # IOD around the mean face: left, top, right, chin


@dataclasses.dataclass(frozen=True)
class Outline:
    """Mesh points to be joined in this order and `closed`; a `round` one is drawn as a circle."""

    name: str
    points: tuple[int, ...]
    closed: bool = True
    round: bool = False


def _whole(name: str, half: Sequence[int]) -> Outline:
    """From the middle above, down the person's right side to the middle below, and back up."""
    return Outline(name, (*half, *_across(half[-2:0:-1])))


def _both(name: str, right: Sequence[int], **kind: bool) -> tuple[Outline, Outline]:
    points = {Side.RIGHT: tuple(right), Side.LEFT: _across(right)}
    return (
        Outline(f"{name} {Side.RIGHT}", points[Side.RIGHT], **kind),
        Outline(f"{name} {Side.LEFT}", points[Side.LEFT], **kind),
    )


def _across(points: Sequence[int]) -> tuple[int, ...]:
    return tuple(mesh.mirror()[list(points)].tolist())


_OVAL: Final = (10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148)
_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
OUTLINES: Final[tuple[Outline, ...]] = (
    _whole("oval", (*_OVAL, mesh.CHIN)),
    *_both("brow", _BROW),
    *_both("eye", _EYE),
    *_both("iris", (469, 470, 471, 472), round=True),
    _whole("outer lips", (0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17)),
    _whole("inner lips", (13, 82, 81, 80, 191, 78, 95, 88, 178, 87, 14)),
)
POINTS: Final = np.array([point for outline in OUTLINES for point in outline.points])


def stream(landmarks: Path) -> Iterator[bytes]:
    """The replay of a landmarks file, a piece at a time; raises OSError if it cannot be read.

    A line of JSON, {"notice", "frames", "points", "view", "outlines": [{"name", "start", "count",
    "closed", "round"}]}, filled up with spaces to a multiple of four bytes with its newline; then
    `frames` little-endian float32, the seconds since the first frame of the film; then for each
    frame `points` pairs of float16, x right and y down in interocular distances of a face that
    looks straight ahead, or NaN where no face was seen. `view` is [left, top, right, bottom] of
    what is worth showing.
    """
    track = LandmarkTrack.load(landmarks)
    frames = thinned(track.t)
    yield _header(len(frames)) + track.t[frames].astype("<f4").tobytes()
    for start in range(0, len(frames), CHUNK):
        aligned = align(track.landmarks(frames[start : start + CHUNK]), mesh.canonical())
        yield aligned.points[:, POINTS, :2].astype("<f2").tobytes()


def thinned(t: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first frame in each span of 1 / FPS seconds."""
    frames: NDArray[np.int64] = np.unique(np.floor(t * FPS + 1e-6), return_index=True)[1]
    return frames


def _header(frames: int) -> bytes:
    line = json.dumps(
        {
            "notice": NOTICE,
            "frames": frames,
            "points": len(POINTS),
            "view": _view(),
            "outlines": list(_placed()),
        }
    ).encode()
    return line + b" " * (-(len(line) + 1) % 4) + b"\n"


def _placed() -> Iterator[dict[str, Any]]:
    """The outlines with the place of their points among POINTS."""
    start = 0
    for outline in OUTLINES:
        count = len(outline.points)
        yield {
            "name": outline.name,
            "start": start,
            "count": count,
            "closed": outline.closed,
            "round": outline.round,
        }
        start += count


def _view() -> list[float]:
    face = mesh.canonical()[POINTS, :2]
    (left, top), (right, bottom) = face.min(0), face.max(0)
    edges = (left - _MARGIN[0], top - _MARGIN[1], right + _MARGIN[2], bottom + _MARGIN[3])
    return [round(float(edge), 3) for edge in edges]
