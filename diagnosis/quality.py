"""Can this recording be measured, and how would it be recorded better?

The picture is looked at four times a second, on a reduced crop of the face; everything else is
read from landmarks and times. Thresholds and words are in quality.json.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from diagnosis.config import Finding, Severity, Task
from diagnosis.course import smooth
from diagnosis.faces import Box, FaceDetector, Pixels
from diagnosis.findings import finding, threshold
from diagnosis.movement import Signals
from diagnosis.video import CaptureFacts, Frame

_EVERY_S: Final = 0.25
_CROP_SIDE: Final = 128  # px
_RESTING: Final = ("mouth_corner", "mouth_opening", "mouth_width", "brow_raise")  # not the lids


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at the picture. `height` of the largest face as a share of the frame's height, NaN
    without one; `luma` mean 0-255; `light_ratio` brighter half over darker half, at least 1;
    `sharpness` see `sharpness()`. Without a face, `luma` is that of the whole frame."""

    faces: int
    height: float
    luma: float
    light_ratio: float
    sharpness: float


class Inspector:
    """Looks at some of the frames of one video, in order."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._next = 0.0
        self.looks: list[Look] = []

    def inspect(self, frame: Frame) -> int:
        """The number of faces in the frame, as of the latest look."""
        if frame.t >= self._next:
            self._next = frame.t + _EVERY_S
            self.looks.append(look(frame.rgb, self._detector.detect(frame.rgb)))
        return self.looks[-1].faces


def look(rgb: Pixels, boxes: list[Box]) -> Look:
    if not boxes:
        return Look(0, np.nan, float(_grey(rgb[::4, ::4]).mean()), np.nan, np.nan)
    crop = face_crop(rgb, boxes[0])
    left, right = np.array_split(crop, 2, axis=1)
    halves = sorted((float(left.mean()), float(right.mean())))
    return Look(
        faces=len(boxes),
        height=boxes[0].height,
        luma=float(crop.mean()),
        light_ratio=halves[1] / max(halves[0], 1.0),
        sharpness=sharpness(crop),
    )


def face_crop(rgb: Pixels, box: Box) -> NDArray[np.float32]:
    """The face in grey, 0-255, reduced to at most 128 px a side."""
    height, width = rgb.shape[:2]
    top, left = max(0, int(box.top * height)), max(0, int(box.left * width))
    bottom, right = int((box.top + box.height) * height), int((box.left + box.width) * width)
    crop = _grey(rgb[top : max(bottom, top + 8), left : max(right, left + 8)])
    scale = min(1.0, _CROP_SIDE / max(crop.shape))
    reduced = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return reduced.astype(np.float32, copy=False)


def _grey(rgb: Pixels) -> NDArray[np.float32]:
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY).astype(np.float32)


def sharpness(grey: NDArray[np.float32]) -> float:
    """Variance of the Laplacian as a share of the picture's own variance: light cancels out."""
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0))


def judge(
    capture: CaptureFacts,
    looks: list[Look],
    seen: NDArray[np.bool_],
    pose: NDArray[np.float64],
    task: Task,
) -> tuple[Finding, ...]:
    """All findings about a recording, blocking ones first.

    `seen` (n,) whether the face was tracked in each frame; `pose` (n, 3) yaw, pitch, roll in
    degrees, NaN where not.
    """
    found = [
        *_about_faces(looks, float(seen.mean()), capture),
        *_about_time(capture, task),
        *_about_light(looks),
        *_about_pose(pose[seen]),
    ]
    return tuple(sorted(found, key=lambda f: f.severity != Severity.BLOCKS))


def restless(signals: Signals) -> Iterator[Finding]:
    """Whether the person smiled, talked or frowned in a rest take. Blinks are rest."""
    curves = np.stack([smooth(signals[name], signals.step) for name in _RESTING])
    seen = np.isfinite(curves[0])
    away = abs(curves[:, seen] - np.median(curves[:, seen], axis=1, keepdims=True))
    share = float((away > threshold("rest_movement_max")).any(0).mean())
    yield from _above("not_at_rest", share, "rest_moved_share_max")


def blocked(findings: tuple[Finding, ...]) -> bool:
    return any(f.severity == Severity.BLOCKS for f in findings)


def _median(values: list[float]) -> float:
    """NaN, which is on no side of any limit, unless most of the values are known."""
    known = [v for v in values if np.isfinite(v)]
    most = len(known) >= threshold("face_seen_min") * len(values)
    return float(np.median(known)) if known and most else np.nan


def _above(code: str, value: float, name: str) -> Iterator[Finding]:
    if value > threshold(name):
        yield finding(code, value=value, limit=threshold(name))


def _below(code: str, value: float, name: str) -> Iterator[Finding]:
    if value < threshold(name):
        yield finding(code, value=value, limit=threshold(name))


def _worst(*findings: Iterator[Finding]) -> Iterator[Finding]:
    """Only the first of several findings about the same thing."""
    for some in findings:
        for one in some:
            yield one
            return


def _about_faces(looks: list[Look], seen: float, capture: CaptureFacts) -> Iterator[Finding]:
    crowded = float(np.mean([one.faces > 1 for one in looks]))
    height = _median([one.height for one in looks])
    yield from _worst(
        _below("no_face", seen, "face_seen_min"), _below("face_lost", seen, "face_seen_good")
    )
    yield from _above("two_faces", crowded, "two_faces_max")
    yield from _worst(
        _below("face_too_small", height, "face_height_usable"),
        _below("too_few_pixels", height * capture.height, "face_pixels_usable"),
        _below("face_small", height, "face_height_min"),
    )
    yield from _above("face_large", height, "face_height_max")


def _about_time(capture: CaptureFacts, task: Task) -> Iterator[Finding]:
    fps = round(capture.steady_fps)  # 23.976 is meant to be 24
    yield from _worst(
        _below("frame_rate_too_low", fps, "fps_usable"), _below("low_frame_rate", fps, "fps_min")
    )
    needed = max((cue.end for cue in task.cues), default=threshold("seconds_min"))
    if capture.duration_s + _EVERY_S < needed:
        yield finding("too_short", value=capture.duration_s, limit=needed)
    if capture.truncated:
        yield finding("truncated", value=capture.duration_s)


def _about_light(looks: list[Look]) -> Iterator[Finding]:
    luma = _median([one.luma for one in looks])
    yield from _below("too_dark", luma, "luma_min")
    yield from _above("too_bright", luma, "luma_max")
    yield from _above(
        "uneven_light", _median([one.light_ratio for one in looks]), "light_ratio_max"
    )
    yield from _below("blurred", _median([one.sharpness for one in looks]), "sharpness_min")


def _about_pose(pose: NDArray[np.float64]) -> Iterator[Finding]:
    limits = [threshold(name) for name in ("yaw_max", "pitch_max", "roll_max")]
    if len(pose):
        turned = float((abs(pose) > limits).any(1).mean())
        yield from _above("head_turned", turned, "turned_share_max")
