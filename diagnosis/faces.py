"""Where the face is in each frame: detection, tracking, head pose, and the neutral face.

Landmarks are pixels of the analysed frame: x right, y down, z away from the camera in the scale
of x, as MediaPipe gives them. After alignment they are in interocular distances (IOD) of a face
that looks straight at the camera.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import mediapipe
import numpy as np
from mediapipe.python.solution_base import SolutionBase
from mediapipe.python.solutions.face_detection import FaceDetection
from mediapipe.python.solutions.face_mesh import FaceMesh
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.alignment import align
from diagnosis.landmarks import LandmarkTrack

TRACKER: Final = f"mediapipe {mediapipe.__version__} face_mesh refined"
_CHATTER: Final = re.compile(
    rb"XNNPACK delegate|absl::InitializeLog|inference_feedback_manager|landmark_projection"
)

# A landmark as it lies in the message that MediaPipe sends: tags and lengths, and three numbers.
# Reading all of them at once takes a tenth of the time of reading 3 x 478 attributes.
_SENT: Final = np.dtype(
    {"names": ["x", "y", "z"], "formats": ["<f4"] * 3, "offsets": [3, 8, 13], "itemsize": 17}
)

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class Graph:
    """What runs a MediaPipe graph, which ends with the `with` block."""

    _graph: SolutionBase

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._graph.close()


class FaceTracker(Graph):
    """MediaPipe FaceMesh on consecutive frames of one video. Not thread-safe: one per analysis."""

    def __init__(self) -> None:
        with without_chatter():
            self._graph = FaceMesh(refine_landmarks=True, max_num_faces=1)
            self._graph.process(np.zeros((64, 64, 3), np.uint8))
        self._found = False

    def track(self, rgb: Pixels) -> Floats | None:
        """(478, 3) landmarks of the face in an (h, w, 3) frame, or None without a face."""
        with contextlib.nullcontext() if self._found else without_chatter():
            faces = self._graph.process(rgb).multi_face_landmarks
        if not faces:
            return None
        self._found = True
        height, width = rgb.shape[:2]
        sent = np.frombuffer(faces[0].SerializeToString(), _SENT)
        return np.stack([sent["x"] * width, sent["y"] * height, sent["z"] * width], axis=1)


class FaceDetector(Graph):
    """MediaPipe's short-range detector, the same that the recording page runs. Not thread-safe."""

    def __init__(self) -> None:
        with without_chatter():
            self._graph = FaceDetection(model_selection=0, min_detection_confidence=0.5)
            self._graph.process(np.zeros((64, 64, 3), np.uint8))

    def detect(self, rgb: Pixels) -> list[Box]:
        """The faces in an (h, w, 3) frame, largest first."""
        found = self._graph.process(rgb).detections or []
        boxes = [d.location_data.relative_bounding_box for d in found]
        faces = [Box(float(b.xmin), float(b.ymin), float(b.width), float(b.height)) for b in boxes]
        return sorted(faces, key=lambda face: face.height, reverse=True)


@dataclasses.dataclass(frozen=True)
class Box:
    """A detected face, brows to chin, in shares of the frame's width and height."""

    left: float
    top: float
    width: float
    height: float


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Keeps MediaPipe's notices about itself, which no setting silences, off standard error.

    Whatever else is written there meanwhile is passed on.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            notes.seek(0)
            for line in notes:
                if not _CHATTER.search(line):
                    os.write(2, line)


def head_pose(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) yaw, pitch, roll in degrees of a head that `rotation` (n, 3, 3) turns to the front.

    Yaw is positive towards the person's left, pitch upwards, roll towards the left shoulder.
    """
    head = rotation.transpose(0, 2, 1)  # what turned the frontal head into the one in the frame
    yaw = np.arctan2(-head[:, 0, 2], np.hypot(head[:, 1, 2], head[:, 2, 2]))
    pitch = np.arctan2(head[:, 1, 2], head[:, 2, 2])
    roll = np.arctan2(head[:, 1, 0], head[:, 0, 0])
    degrees: NDArray[np.float64] = np.degrees(np.stack([yaw, pitch, roll], axis=1))
    return degrees


_NEUTRAL_FRAMES: Final = 600  # frames, evenly taken, of which the neutral face is made
_FEWEST_FRAMES: Final = 10
_SAME_POSE: Final = 10.0  # degrees from the usual pose
_LONGEST_FRAME_S: Final = 0.25  # for which a frame stands, however late the next one comes


@dataclasses.dataclass(frozen=True)
class Neutral:
    """A person's face at rest: what every movement of the session is measured against.

    `mean` (478, 3) looks straight at the camera, IOD = 1, origin between the eyes; it is the
    median over the frames, so that blinks leave no trace. `spread` (478, 3) is the standard
    deviation of the same, by the median absolute deviation. `source` says where it comes from:
    "rest" (the rest take), "lead-in" (the seconds before the first cue) or "take" (a talk take
    itself, which without a rest take is measured by how it varies).
    `margins` are the intensities that `release` (its SHA-256) gives to the face at rest, per
    expression; they are what "zero" means for this person.
    """

    mean: Floats
    spread: Floats
    source: str
    margins: Mapping[str, float] = dataclasses.field(default_factory=dict)
    release: str = ""

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 over everything in it."""
        digest = hashlib.sha256(self.mean.tobytes() + self.spread.tobytes())
        digest.update(json.dumps([self.source, dict(self.margins), self.release]).encode())
        return digest.hexdigest()[:16]

    def save(self, path: Path) -> None:
        rest = json.dumps(
            {"source": self.source, "margins": dict(self.margins), "release": self.release}
        )
        with path.open("wb") as file:
            np.savez(file, mean=self.mean, spread=self.spread, rest=rest)

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path, allow_pickle=False) as data:
            return cls(data["mean"], data["spread"], **json.loads(str(data["rest"])))


def neutral_from(
    track: LandmarkTrack, start_s: float, end_s: float, source: str, fewest_s: float = 0.0
) -> Neutral | None:
    """The face between two times of a recording; None with fewer than ten frames of it, or with
    less than `fewest_s` in s.

    Frames in which the head is turned away from its usual pose are left out and do not count. The
    usual pose is that of the frame which the others are nearest to, since between two poses lies
    one that the head never had.
    """
    frames = np.flatnonzero((track.t >= start_s) & (track.t < end_s) & track.seen())
    lasting = np.diff(track.t, append=track.t[-1:])[frames].clip(max=_LONGEST_FRAME_S).sum()
    if len(frames) > _NEUTRAL_FRAMES:
        frames = frames[np.linspace(0, len(frames) - 1, _NEUTRAL_FRAMES).astype(int)]
    if len(frames) < _FEWEST_FRAMES:
        return None
    landmarks = track.landmarks(frames)
    first = align(landmarks, mesh.canonical())
    pose = head_pose(first.rotation)
    apart = abs(pose[:, None] - pose).max(2)
    usual = apart[apart.sum(1).argmin()] < _SAME_POSE
    if usual.sum() < _FEWEST_FRAMES or lasting * usual.mean() < fewest_s:
        return None
    mean = _unit(np.median(first.points[usual], axis=0))
    points = align(landmarks[usual], mean).points
    mean = np.median(points, axis=0)
    spread = 1.4826 * np.median(abs(points - mean), axis=0)
    scale = mesh.interocular(mean)
    return Neutral(_unit(mean), (spread / scale).astype(np.float32), source)


def _unit(face: Floats) -> Floats:
    """The face with IOD = 1 and its origin between the eyes."""
    centred = face - np.mean(mesh.eye_centres(face), axis=0)
    unit: Floats = (centred / mesh.interocular(face)).astype(np.float32)
    return unit
