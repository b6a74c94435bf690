"""A landmark track becomes values on a uniform grid of time, aligned to the neutral face.

Frames come at uneven times and some show no face. Everything works in chunks: the whole track is
never held as float32.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import movement
from diagnosis.alignment import align
from diagnosis.faces import Neutral, head_pose
from diagnosis.landmarks import LandmarkTrack
from diagnosis.mesh import canonical
from diagnosis.movement import Floats, Signals

LONGEST_GAP_S: Final = 0.25  # what lies in a longer gap between frames with a face is not known


def poses(track: LandmarkTrack) -> NDArray[np.float64]:
    """(n, 3) yaw, pitch, roll in degrees per frame; NaN without a face."""
    chunks = [head_pose(align(part, canonical()).rotation) for part in track.chunks()]
    return np.concatenate(chunks)


def displacement(landmarks: Floats, neutral: Neutral) -> Floats:
    """(n, 478, 3) in IOD: how far each point is from where it is in the neutral face."""
    return align(landmarks, neutral.mean).points - neutral.mean


def signals(track: LandmarkTrack, neutral: Neutral, hz: float) -> Signals:
    """All movement signals of the track, `hz` values a second."""
    moved, turned = [], []
    for part in track.chunks():
        aligned = align(part, neutral.mean)
        moved.append(movement.project(aligned.points - neutral.mean))
        turned.append(head_pose(aligned.rotation).astype(np.float32))
    grid, seen = Grid(track, hz), track.seen()
    values, pose = (grid.interpolate(np.concatenate(of)[seen]) for of in (moved, turned))
    values[~grid.known] = pose[~grid.known] = np.nan
    return Signals(1 / hz, values, movement.project(neutral.mean[None])[0], pose)


def tracked_fps(track: LandmarkTrack, found: Signals) -> float:
    """Frames with a face per second of the time in which the face is known: frames that the
    tracker misses count like frames that the camera did not take."""
    known = np.isfinite(found.values[:, 0]).sum()
    return float((track.seen().sum() - 1) / (max(known - 1, 1) * found.step))


class Grid:
    """Times 0, 1/hz, ... up to the track's end, and which frames lie around them.

    `known` (m,) is False in long gaps, before the first face and after the last one.
    The track must have at least two frames with a face.
    """

    def __init__(self, track: LandmarkTrack, hz: float) -> None:
        self._track = track
        self._frames = np.flatnonzero(track.seen())  # of the track
        times = track.t[self._frames]
        t = np.arange(int(track.t[-1] * hz + 1e-6) + 1) / hz
        self._after = np.searchsorted(times, t).clip(1, len(times) - 1)  # of the frames with a face
        start, stop = times[self._after - 1], times[self._after]
        share = (t - start) / (stop - start)
        self._share = share.clip(0, 1).astype(np.float32)
        at_frame = np.minimum(abs(share), abs(share - 1)) < 1e-3
        inside = (share > 0) & (share < 1) & (stop - start <= LONGEST_GAP_S)
        self.known: NDArray[np.bool_] = at_frame | inside

    def interpolate(self, values: Floats) -> Floats:
        """(m, k) from (frames with a face, k): straight lines, also across long gaps."""
        share = self._share[:, None]
        between: Floats = values[self._after - 1] * (1 - share) + values[self._after] * share
        return between

    def displacement(self, neutral: Neutral, part: slice) -> Floats:
        """(part, 478, 3) in IOD at some of the grid's times: straight lines, also across gaps."""
        after = self._after[part]
        frames = self._frames[after[0] - 1 : after[-1] + 1]
        moved = displacement(self._track.landmarks(frames), neutral)
        at, share = after - after[0] + 1, self._share[part, None, None]
        between: Floats = moved[at - 1] * (1 - share) + moved[at] * share
        return between
