"""A photograph that can be made to move: the portrait of the simulated recordings.

The astronaut Eileen Collins, a public-domain NASA photograph that scikit-image ships. Its skin
is cut into triangles between the tracked landmarks; each frame draws every triangle where its
corners went. Eyeballs and teeth lie behind the skin and stay, so lids close over the eyes and
lips part before a dark mouth. The face moves in the plane of the picture only; the head can turn
out of it, as far as a picture can be bent without showing what was hidden.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator
from scipy.spatial import Delaunay

from diagnosis import actions, mesh
from diagnosis.config import Side

Picture = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Triangles = NDArray[np.int32]

MOUTH_COLOUR: Final = (58, 22, 24)  # RGB of an open mouth in shade
RING: Final = 1.45  # the skin moves inside an ellipse this much larger than the mesh
PIVOT: Final = 1.0  # IOD behind the eyes: the point about which a head turns
_NECK: Final = 2.2  # a turn dies out in an ellipse this much larger than the mesh
_COARSE: Final = 4  # pixels between those whose depth is looked up
_BITS: Final = 4  # of the fraction in cv2's sub-pixel corners
_STILL, _MOUTH = 0, 1  # labels of pixels that no triangle covers; triangles count from 2

_NO_SECOND_MAP: Final = np.empty(0, np.float32)
_RIM: Final = np.array(sorted({*actions.LIP_UPPER, *actions.LIP_LOWER}))
_SKIN_LIKE_LIDS: Final = {Side.RIGHT: (117, 118, 101), Side.LEFT: (346, 347, 330)}


@functools.cache
def photograph(mirrored: bool = False) -> tuple[Picture, NDArray[np.float64]]:
    """The picture (512, 512, 3) RGB and its landmarks (478, 2) in pixels, tracked by FaceMesh."""
    import mediapipe as mp  # slow to import, and needed only here
    from skimage import data

    picture: Picture = data.astronaut()
    if mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as tracker:
        found = tracker.process(picture).multi_face_landmarks[0].landmark
    points = [(p.x * picture.shape[1], p.y * picture.shape[0]) for p in found]
    return picture, np.array(points, np.float64)


def _holes(points: Floats, triangles: Triangles) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which triangles lie in the mouth opening, and which in an eye opening."""

    def inside(upper: Sequence[int], lower: Sequence[int]) -> NDArray[np.bool_]:
        outline = points[[*upper, *lower[-2:0:-1]]].astype(np.float32)
        centres = points[triangles].mean(1).astype(np.float32)
        within = [cv2.pointPolygonTest(outline, tuple(map(float, c)), False) > 0 for c in centres]
        on_rim = np.isin(triangles, [*upper, *lower]).all(1)
        return np.array(within, np.bool_) & np.asarray(on_rim, np.bool_)

    eyes = [inside(actions.LID_UPPER[s], actions.LID_LOWER[s]) for s in (Side.RIGHT, Side.LEFT)]
    return inside(actions.LIP_UPPER, actions.LIP_LOWER), eyes[0] | eyes[1]


class Portrait:
    """The photograph at one frame size, ready to be posed.

    `still` is the unmoved frame (height, width, 3) RGB, `landmarks` (478, 2) its points in pixels,
    `interocular` their interocular distance in pixels, `fields` this face's actions in IOD.
    """

    def __init__(
        self, width: int, height: int, face_height: float, *, mirrored: bool = False
    ) -> None:
        """`face_height` is the share of the frame's height from hairline to chin."""
        picture, points = photograph(mirrored)
        low, high = points.min(0), points.max(0)
        scale = face_height * height / (high[1] - low[1])
        shift = np.array([width / 2, height * 0.48]) - scale * (low + high) / 2
        placed = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        self.still = _picture(
            cv2.warpAffine(
                picture,
                placed,
                (width, height),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT,
            )
        )
        self.landmarks = scale * points + shift
        right, left = mesh.eye_centres(np.pad(self.landmarks, ((0, 0), (0, 1))))
        along = (left - right)[:2]
        self.interocular = float(np.linalg.norm(along))
        self._to_picture = np.array([along, [-along[1], along[0]]])
        upright = (self.landmarks - (right + left)[:2] / 2) @ np.linalg.inv(self._to_picture)
        self.fields = actions.fields_of(np.pad(upright, ((0, 0), (0, 1))))
        self._cut()

    def _cut(self) -> None:
        """Cut skin, eyes and teeth into triangles, in the order in which they are drawn."""
        skin = self.landmarks[: mesh.N_SKIN]
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radius = RING * (skin.max(0) - skin.min(0)) / 2
        ring = skin.mean(0) + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius
        # Behind each rim point lies a second one, of the eyeball or the teeth.
        self._corners = np.vstack([skin, skin, ring])
        every = Delaunay(np.vstack([skin, ring])).simplices
        every = np.where(every >= mesh.N_SKIN, every + mesh.N_SKIN, every)
        mouth, eyes = _holes(self._corners, every)
        behind = every[eyes | mouth] + mesh.N_SKIN
        self._triangles = np.vstack([behind, every[~(eyes | mouth)]])
        low = np.maximum(np.floor(ring.min(0)), 0).astype(int)
        high = np.minimum(np.ceil(ring.max(0)), self.still.shape[1::-1]).astype(int)
        self._box = (slice(low[1], high[1]), slice(low[0], high[0]))
        self._corners = self._corners - low

    def moved(self, displacement: Floats) -> NDArray[np.float64]:
        """(..., 478, 3) displacement in IOD -> (..., 478, 2) pixels of this picture."""
        pixels: NDArray[np.float64] = displacement[..., :2] @ self._to_picture
        return pixels

    def pose(self, displacement: Floats) -> Picture:
        """The frame (height, width, 3) RGB with its face moved by (478, 3) IOD, depth ignored."""
        pixels = self.moved(displacement)
        corners = self._displaced(pixels)
        going = np.abs(corners - self._corners).max(1) > 0.01
        if not np.abs(pixels).max() > 0.01:
            return self.still
        opening = bool(going[_RIM].any())
        going[_RIM] |= opening  # teeth and lips are drawn again over the dark mouth
        going[mesh.N_SKIN + _RIM] |= opening
        active = np.flatnonzero(going[self._triangles].any(1))
        labels = self._label(corners, active, opening)
        source = self._sources(corners, active, labels)
        frame = self.still.copy()
        frame[self._box] = cv2.remap(
            self.still[self._box], source, _NO_SECOND_MAP, cv2.INTER_LINEAR
        )
        frame[self._box][labels == _MOUTH] = MOUTH_COLOUR
        self._paint_lids(frame, pixels)
        return frame

    def turn(self, frame: Picture, yaw: float, pitch: float) -> Picture:
        """The frame with its head turned by angles in degrees, signs as in `faces.head_pose`.

        Parallel projection of a surface with the depth of the mean face, bent in one piece with
        what is behind it: believable up to about 15 degrees.
        """
        x, y, depth, share = self._relief
        centre = self.landmarks[: mesh.N_SKIN].mean(0)
        (sx, cx), (sy, cy) = ((np.sin(a), np.cos(a)) for a in np.radians([yaw, pitch]))
        by_x = share * ((cx - 1) * (x - centre[0]) - sx * depth)
        by_y = share * ((cy - 1) * (y - centre[1]) + sy * depth)
        from_x, from_y = x, y
        for _ in range(2):  # what lands on a pixel started where the shift there leads back to
            shift_x = cv2.remap(by_x, from_x, from_y, cv2.INTER_LINEAR)
            shift_y = cv2.remap(by_y, from_x, from_y, cv2.INTER_LINEAR)
            from_x, from_y = x - shift_x, y - shift_y
        return _picture(
            cv2.remap(frame, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        )

    def hide(self, frame: Picture, part: str) -> Picture:
        """The frame with a hand before the "mouth", or before the person's "right" half of face.

        Drawn: a palm and four fingers in the colour of the cheek, with shade between them.
        """
        eyes, iod = self.landmarks[[33, 263]].mean(0), self.interocular
        across, down = {"mouth": (0.0, 0.75), "right": (-0.6, 0.3)}[part]
        palm = eyes + iod * np.array([across, down + 0.45])
        points = tuple(self.landmarks[list(_SKIN_LIKE_LIDS[Side.RIGHT])].astype(int).T[::-1])
        skin = 0.9 * self.still[points].mean(0)
        hand = frame.copy()
        _blend(hand, _disc(frame.shape, palm, (0.62 * iod, 0.5 * iod)), skin)
        for finger in range(4):
            root = palm + iod * np.array([0.3 * finger - 0.45, -0.25])
            line = np.array([root, root + iod * np.array([0.06 * finger - 0.05, -0.8])])
            _blend(hand, _line(frame.shape, line, round(0.3 * iod)), 0.7 * skin)
            _blend(hand, _line(frame.shape, line, round(0.24 * iod)), skin)
        return hand

    @functools.cached_property
    def _relief(self) -> tuple[NDArray[np.float32], ...]:
        """Per pixel (height, width): x, y, depth behind the pivot in pixels, and the share of a
        turn that it takes part in."""
        height, width = self.still.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        skin = self.landmarks[: mesh.N_SKIN]
        behind = self.interocular * (mesh.canonical()[: mesh.N_SKIN, 2] - PIVOT)
        some = x[::_COARSE, ::_COARSE], y[::_COARSE, ::_COARSE]
        inside = LinearNDInterpolator(skin, behind)(*some)
        coarse = np.where(np.isnan(inside), NearestNDInterpolator(skin, behind)(*some), inside)
        depth = cv2.resize(coarse.astype(np.float32), (width, height))
        radius = _NECK * (skin.max(0) - skin.min(0)) / 2
        away = np.hypot(*((np.stack([x, y], -1) - skin.mean(0)) / radius).transpose(2, 0, 1))
        share = np.clip(2 - 2 * away, 0, 1)
        soft = cv2.GaussianBlur(depth, (0, 0), 0.06 * self.interocular)
        return tuple(np.asarray(of, np.float32) for of in (x, y, soft, share))

    def _displaced(self, pixels: Floats) -> NDArray[np.float64]:
        """Corners of all triangles after the skin moved by (478, 2) pixels."""
        corners = self._corners.copy()
        corners[: mesh.N_SKIN] += pixels[: mesh.N_SKIN]
        lip = np.array(actions.LIP_UPPER)
        corners[mesh.N_SKIN + lip] += pixels[lip]
        corners[mesh.N_SKIN + np.array(actions.LIP_LOWER[1:-1])] += pixels[lip[1:-1]]
        for side in (Side.RIGHT, Side.LEFT):
            upper, lower = np.array(actions.LID_UPPER[side]), np.array(actions.LID_LOWER[side])
            # A lid that comes down is painted over the eye; a wide eye shows more white.
            corners[upper] = self._corners[upper] + np.minimum(pixels[upper], [np.inf, 0])
            corners[mesh.N_SKIN + upper, 1] += np.minimum(pixels[upper, 1], 0)
            corners[mesh.N_SKIN + lower, 1] += np.maximum(pixels[lower, 1], 0)
        return corners

    def _label(
        self, corners: Floats, active: NDArray[np.int64], opening: bool
    ) -> NDArray[np.int32]:
        """Which triangle (index + 2) covers each pixel of the box; later ones cover earlier."""
        labels = np.zeros(self.still[self._box].shape[:2], np.int32)
        fixed = _fixed_point(corners)
        if opening:
            outline = fixed[[*actions.LIP_UPPER, *actions.LIP_LOWER[-2:0:-1]]]
            cv2.fillPoly(labels, [outline], [_MOUTH], shift=_BITS)
        for index, triangle in zip(active.tolist(), fixed[self._triangles[active]], strict=True):
            cv2.fillConvexPoly(labels, triangle, index + 2, shift=_BITS)
        return labels

    def _paint_lids(self, frame: Picture, pixels: Floats) -> None:
        """Draw upper lids that came down: skin in the colour of the cheek, and the lashes."""
        for side in (Side.RIGHT, Side.LEFT):
            margin = np.array(actions.LID_UPPER[side])
            still, fall = self.landmarks[margin], np.maximum(pixels[margin], [-np.inf, 0])
            if fall[:, 1].max() < 0.3:
                continue
            crease = still - [0, 1] * np.minimum(fall[:, 1:], 0.05 * self.interocular)
            lid = _mask(frame.shape, [*crease, *(still + fall)[::-1]])
            lashes = _line(frame.shape, still + fall, max(1, round(0.03 * self.interocular)))
            skin = self.still[
                tuple(self.landmarks[list(_SKIN_LIKE_LIDS[side])].astype(int).T[::-1])
            ]
            _blend(frame, lid, 0.85 * skin.mean(0))
            _blend(frame, 0.8 * lashes, 0.35 * skin.mean(0))

    def _sources(
        self, corners: Floats, active: NDArray[np.int64], labels: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """(rows, columns, 2) from where in the still box each pixel is taken."""
        rows, columns = labels.shape
        x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        source: NDArray[np.float32] = np.stack([x, y], axis=-1)
        backward = np.zeros((len(self._triangles) + 2, 3, 2), np.float32)
        backward[active + 2] = _affine(
            corners[self._triangles[active]], self._corners[self._triangles[active]]
        )
        covered = labels > _MOUTH
        matrix, here = backward[labels[covered]], source[covered]
        source[covered] = here[:, :1] * matrix[:, 0] + here[:, 1:] * matrix[:, 1] + matrix[:, 2]
        return source


def _affine(moved: Floats, still: Floats) -> NDArray[np.float32]:
    """(n, 3, 2) matrices that take (x, y, 1) in each moved triangle (n, 3, 2) to the still one."""
    a, b = moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    p, q = still[:, 1] - still[:, 0], still[:, 2] - still[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    area = np.where(np.abs(area) < 0.05, 0.05, area)[:, None]  # folded flat: any source will do
    by_x = (b[:, 1:] * p - a[:, 1:] * q) / area
    by_y = (a[:, :1] * q - b[:, :1] * p) / area
    offset = still[:, 0] - moved[:, 0, :1] * by_x - moved[:, 0, 1:] * by_y
    matrices: NDArray[np.float32] = np.stack([by_x, by_y, offset], axis=1).astype(np.float32)
    return matrices


def _picture(pixels: NDArray[Any]) -> Picture:
    """For the type checker: cv2 keeps the type of a picture, but its stubs do not say so."""
    return np.asarray(pixels, np.uint8)


def _fixed_point(points: Floats) -> NDArray[np.int32]:
    fixed: NDArray[np.int32] = np.round(np.asarray(points) * 2**_BITS).astype(np.int32)
    return fixed


def _mask(shape: tuple[int, ...], outline: Sequence[Floats]) -> NDArray[np.float32]:
    """(height, width) 1 inside the outline, with soft edges."""
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillPoly(mask, [_fixed_point(np.array(outline))], [1.0], cv2.LINE_AA, shift=_BITS)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7), np.float32)


def _disc(
    shape: tuple[int, ...], centre: Floats, radii: tuple[float, float]
) -> NDArray[np.float32]:
    """(height, width) 1 inside the ellipse, with soft edges."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return _mask(shape, [*(centre + np.stack([np.cos(angle), np.sin(angle)], 1) * radii)])


def _line(shape: tuple[int, ...], points: Floats, thickness: int) -> NDArray[np.float32]:
    """(height, width) 1 on the line, with soft edges."""
    mask = np.zeros(shape[:2], np.float32)
    cv2.polylines(mask, [_fixed_point(points)], False, [1.0], thickness, cv2.LINE_AA, shift=_BITS)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7), np.float32)


def _blend(frame: Picture, alpha: NDArray[np.float32], colour: Floats) -> None:
    rows, columns = np.nonzero(alpha)
    share = alpha[rows, columns, None]
    frame[rows, columns] = (1 - share) * frame[rows, columns] + share * colour
