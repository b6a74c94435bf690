"""Hands before the face."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from mediapipe.python.solutions.hands import Hands

from diagnosis.faces import Box, Floats, Graph, Pixels, without_chatter

_AROUND: Final = 3.0  # side of the searched square over the face's longer side
_SIDE: Final = 256  # px, to which the square is reduced
_WRIST: Final = 0
_FINGERTIPS: Final = [4, 8, 12, 16, 20]
_FEWEST_TIPS: Final = 2


class HandDetector(Graph):
    """MediaPipe's palm detector and hand landmarks on single pictures. Not thread-safe."""

    def __init__(self) -> None:
        with without_chatter():
            self._graph = Hands(static_image_mode=True, max_num_hands=2, model_complexity=0)
            self._graph.process(np.zeros((64, 64, 3), np.uint8))

    def on_face(self, rgb: Pixels, face: Box) -> bool:
        """Whether a hand `touches` the `face` found in an (h, w, 3) picture."""
        height, width = rgb.shape[:2]
        left, top, size = _square(face, width, height)
        part = rgb[max(0, top) : top + size, max(0, left) : left + size]
        scale = min(1.0, _SIDE / max(part.shape))
        reduced = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._graph.process(reduced).multi_hand_landmarks or []
        hands = [np.array([(p.x, p.y) for p in hand.landmark], np.float32) for hand in found]
        corner = np.array([max(0, left), max(0, top)], np.float32)
        shown = np.array(part.shape[1::-1], np.float32)
        return any(touches((corner + hand * shown) / (width, height), face) for hand in hands)


def _square(face: Box, width: int, height: int) -> tuple[int, int, int]:
    """Left, top and side, in pixels, of the square around the face; it may leave the picture."""
    size = round(_AROUND * max(face.width * width, face.height * height))
    across, down = face.left + face.width / 2, face.top + face.height / 2
    return round(across * width - size / 2), round(down * height - size / 2), size


def touches(hand: Floats, face: Box) -> bool:
    """Whether two fingertips are on the face and the wrist is off it.

    `hand` (21, 2) MediaPipe's points in shares of the picture's width and height. What has its
    wrist on the face too is mostly the face itself, taken for a fist.
    """
    place = (hand - (face.left, face.top)) / (face.width, face.height)
    on = ((place > 0) & (place < 1)).all(1)
    return bool(on[_FINGERTIPS].sum() >= _FEWEST_TIPS and not on[_WRIST])
