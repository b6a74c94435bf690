"""Looks at the picture, twice a second: faces, light, sharpness, and what hides the face.

Everything is measured on a reduced crop of the face. `diagnosis.quality` judges what was seen.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.faces import Box, FaceDetector, Floats, Pixels
from diagnosis.hands import HandDetector
from diagnosis.video import Frame

_EVERY_S: Final = 0.5
_LOOKS_PER_HAND: Final = 4  # hands cost more than all else, and stay longer
_CROP_SIDE: Final = 128  # px

LIPS: Final = (  # their outer outline
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)  # fmt: skip
EYES: Final = (  # outlines of the lids
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)


@dataclasses.dataclass(frozen=True)
class Marks:
    """How clearly a face shows its features, all as shares of the face's own contrast.

    `lips`, `eyes`: mean step of brightness across the outline of the lips, and across the lids of
    the less clear eye, from one pixel of the crop to the next over the standard deviation of the
    face; near 0 where something lies over them. `shading`: the lower quartile of the steps
    everywhere in the face over their 95th percentile; near 0 where flat areas meet hard lines.
    """

    lips: float = np.nan
    eyes: float = np.nan
    shading: float = np.nan


UNKNOWN: Final = Marks()


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at the picture. `height` of the largest face as a share of the frame's height;
    `luma` its mean, 0-255; `light_ratio` the person's left half over the right half;
    `sharpness` see `sharpness()`; `hand` whether one lies on the face, None where it was not
    looked for; `cut_off` whether the face is partly outside the picture, which leaves its marks
    unknown. Without a face the numbers are NaN, and `luma` is that of the whole frame."""

    faces: int
    height: float
    luma: float
    light_ratio: float
    sharpness: float
    marks: Marks = UNKNOWN
    hand: bool | None = None
    cut_off: bool = False


class Inspector:
    """Looks at some of the frames of one video, in order."""

    def __init__(self, faces: FaceDetector, hands: HandDetector) -> None:
        self._faces, self._hands = faces, hands
        self._next = 0.0
        self.looks: list[Look] = []

    def inspect(self, frame: Frame, landmarks: Floats | None) -> None:
        """Look at the frame if it is time; `landmarks` (478, 3) px, None without a face."""
        if frame.t < self._next:
            return
        self._next = frame.t + _EVERY_S
        boxes = self._faces.detect(frame.rgb)
        seen = look(frame.rgb, boxes)
        if landmarks is not None:
            found = marks(frame.rgb, landmarks)
            seen = dataclasses.replace(seen, marks=found, cut_off=bool(np.isnan(found.lips)))
            if boxes and len(self.looks) % _LOOKS_PER_HAND == 0:
                seen = dataclasses.replace(seen, hand=self._hands.on_face(frame.rgb, boxes[0]))
        self.looks.append(seen)


def look(rgb: Pixels, boxes: list[Box]) -> Look:
    """What the detected faces, largest first, tell."""
    if not boxes:
        return Look(0, np.nan, float(_grey(rgb[::4, ::4]).mean()), np.nan, np.nan)
    crop = face_crop(rgb, boxes[0])
    right, left = (float(half.mean()) for half in np.array_split(crop, 2, axis=1))
    return Look(
        faces=len(boxes),
        height=boxes[0].height,
        luma=float(crop.mean()),
        light_ratio=max(left, 1.0) / max(right, 1.0),
        sharpness=sharpness(crop),
    )


def face_crop(rgb: Pixels, box: Box) -> Floats:
    """The face in grey, 0-255, reduced to at most 128 px a side."""
    height, width = rgb.shape[:2]
    top, left = max(0, int(box.top * height)), max(0, int(box.left * width))
    bottom, right = int((box.top + box.height) * height), int((box.left + box.width) * width)
    crop = _grey(rgb[top : max(bottom, top + 8), left : max(right, left + 8)])
    scale = min(1.0, _CROP_SIDE / max(crop.shape))
    reduced = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return reduced.astype(np.float32, copy=False)


def _grey(rgb: Pixels) -> Floats:
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY).astype(np.float32)


def sharpness(grey: Floats) -> float:
    """Variance of the Laplacian as a share of the picture's own variance: light cancels out."""
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0))


def marks(rgb: Pixels, landmarks: Floats) -> Marks:
    """See `Marks`; unknown for a face that is partly outside the picture."""
    size = np.array(rgb.shape[1::-1], np.float32)
    skin = landmarks[: mesh.N_SKIN, :2]
    low, high = np.floor(skin.min(0)), np.ceil(skin.max(0))
    if (low < 0).any() or (high > size).any():
        return UNKNOWN
    crop = face_crop(rgb, Box(*(low / size), *((high - low) / size)))
    points = (landmarks[:, :2] - low) * (crop.shape[0] / (high - low)[1])
    crop = cv2.GaussianBlur(crop, (0, 0), 1.0).astype(np.float32, copy=False)
    slopes = [cv2.Sobel(crop, -1, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1))]
    steps = np.stack(slopes, -1).astype(np.float32, copy=False)
    inside = _filled(points[: mesh.N_SKIN], crop.shape)
    flat, sharp = np.percentile(np.linalg.norm(steps[inside], axis=1), (25, 95))
    contrast = max(float(crop[inside].std()), 1.0)
    return Marks(
        lips=_across(steps, points[list(LIPS)]) / contrast,
        eyes=min(_across(steps, points[list(eye)]) for eye in EYES) / contrast,
        shading=float(flat / max(sharp, 1e-6)),
    )


def _filled(points: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w) whether a pixel lies inside the outermost of the points (n, 2)."""
    outline = np.asarray(cv2.convexHull(points.astype(np.int32)), np.int32)
    return np.asarray(cv2.fillConvexPoly(np.zeros(shape, np.uint8), outline, (1,))) > 0


def _across(steps: Floats, outline: Floats) -> float:
    """Mean step of brightness (h, w, 2: in x, in y) across a closed outline (n, 2) in pixels."""
    along = np.roll(outline, -1, axis=0) - outline
    middle = np.concatenate([outline + share * along for share in (0.25, 0.75)])
    normal = np.stack([-along[:, 1], along[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    x, y = (np.ascontiguousarray(part[None]) for part in middle.T.astype(np.float32))
    there: NDArray[np.float32] = cv2.remap(steps, x, y, cv2.INTER_LINEAR)[0]
    return float(abs((there * np.tile(normal, (2, 1))).sum(1)).mean())
