"""Videos of a moving face with known truth: real files for the real decoder and tracker.

    truth = animate(Path("smile.mp4"), VideoScript(8.0, (Movement("smile", 2.0, 0.5),)))

The portrait is posed frame by frame (see `diagnosis.portrait`), sways a little as a sitting
person does, gets the light and the noise of a camera, and is encoded with PyAV. A photograph that
is lit otherwise stays the photograph of one person: nothing follows from it for other skins.
"""

from __future__ import annotations

import dataclasses
import functools
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from diagnosis import motion
from diagnosis.motion import Movement
from diagnosis.portrait import Picture, Portrait

_FAST_VPX: Final = {"deadline": "realtime", "cpu-used": "8", "b": "1500k"}
# Name of a codec here -> container, encoder, pixel format, options. MJPEG is the bare stream that
# Chromium's fake camera reads; it plays at 30 frames a second whatever the file says.
CODECS: Final[dict[str, tuple[str, str, str, dict[str, str]]]] = {
    "h264": ("mp4", "libx264", "yuv420p", {"preset": "veryfast", "crf": "21"}),
    "vp8": ("webm", "libvpx", "yuv420p", _FAST_VPX),
    "vp9": ("webm", "libvpx-vp9", "yuv420p", _FAST_VPX | {"row-mt": "1"}),
    "mjpeg": ("mjpeg", "mjpeg", "yuvj420p", {"qmin": "3", "qmax": "5"}),
}
_CLOCK: Final = Fraction(1, 90_000)
_GRAINS: Final = 8  # different noise pictures, used in turn


@dataclasses.dataclass(frozen=True)
class Light:
    """How the camera sees the scene: the pixel values v in 0..1 become gain * tint * v ** gamma."""

    gain: float = 1.0
    gamma: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    side: float = 0.0  # lamp at the picture's right: that side is (1 + side), the other (1 - side)
    noise: float = 1.5  # standard deviation, in 1/255
    blur: float = 0.0  # standard deviation, pixels

    def table(self) -> NDArray[np.uint8]:
        """(256, 1, 3) what gain, gamma and tint make of each value of red, green and blue."""
        values = np.linspace(0, 1, 256)[:, None] ** self.gamma * self.gain * np.array(self.tint)
        table: NDArray[np.uint8] = (255 * values).round().clip(0, 255).astype(np.uint8)
        return table.reshape(256, 1, 3)


@dataclasses.dataclass(frozen=True)
class Cover:
    """A hand, as a patch in the colour of the skin, that hides part of the face for a while.

    `part` is "mouth" or "right", the person's right half of the face. Times in seconds.
    """

    start: float
    end: float
    part: str = "mouth"


@dataclasses.dataclass(frozen=True)
class VideoScript:
    """What happens in a simulated recording. Times in seconds."""

    seconds: float
    movements: tuple[Movement, ...] = ()
    blinks: tuple[float, ...] = ()  # start times, see `motion.blink_times`
    speech: float = 0.0  # strength of talking throughout; 1 is lively
    sway: float = 1.0  # how much the head moves in the picture's plane; 0 keeps it still
    turn: float = 0.0  # degrees to which the head turns to either side; it nods half as far
    covers: tuple[Cover, ...] = ()
    light: Light = Light()
    fps: float = 30.0
    dropped: float = 0.0  # share of frames that are missing, as a busy browser leaves them
    jitter: float = 0.0  # standard deviation of the frames' timestamps around their capture, s
    width: int = 640
    height: int = 360
    face_height: float = 0.5  # of the frame, hairline to chin
    mirrored: bool = False  # the mirror image of the photograph: to the tracker, another face
    codec: str = "h264"
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Truth:
    """What was put into a video: `t` (n,) seconds, `displacement` (n, 478, 3) in IOD without the
    head's sway and with z = 0 (a picture moves in its plane), `interocular` in pixels."""

    t: NDArray[np.float64]
    displacement: NDArray[np.float32]
    interocular: float


def animate(path: Path, script: VideoScript) -> Truth:
    """Write the video of `script` to `path` and return what moves in it.

    The same script gives the same pictures. Any existing file is replaced.
    """
    rng = np.random.default_rng(script.seed)
    t = _frame_times(script, rng)
    stamps = _stamps(script, t, rng)
    portrait = _portrait(script)
    moved = displacement(script, t)
    camera = _Camera(script, portrait, rng)
    heads, turns = _sway(script, t, rng), _turns(script, t, rng)
    with _Writer(path, script) as writer:
        shown, face = None, portrait.still
        for i, at in enumerate(t):
            if shown is None or not np.array_equal(moved[i], moved[shown]):
                shown, face = i, portrait.pose(moved[i])
            covered = _cover(face, portrait, script.covers, float(at))
            turned = portrait.turn(covered, *turns[i]) if script.turn else covered
            writer.add(camera.see(turned, heads[i], i), float(stamps[i]))
    return Truth(t, moved, portrait.interocular)


def displacement(script: VideoScript, t: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 478, 3) in IOD: what moves in the film of `script` at any times `t` (n,) seconds."""
    moved = motion.displacement(strengths(script, t), _portrait(script).fields)
    moved[..., 2] = 0
    return moved


def strengths(script: VideoScript, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, actions, 2) of all that `script` has the face do at the times `t` (n,) seconds."""
    found = motion.speech(t, script.speech, np.random.default_rng([script.seed, 1]))
    for movement in (*script.movements, *map(motion.blink, script.blinks)):
        found += movement.strengths(t)
    return found


def _portrait(script: VideoScript) -> Portrait:
    return _portraits(script.width, script.height, script.face_height, script.mirrored)


@functools.lru_cache(maxsize=4)
def _portraits(width: int, height: int, face_height: float, mirrored: bool) -> Portrait:
    return Portrait(width, height, face_height, mirrored=mirrored)


def _frame_times(script: VideoScript, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n,) capture times of the frames that are not dropped; the first frame always exists."""
    t = np.arange(round(script.seconds * script.fps)) / script.fps
    kept = rng.uniform(size=len(t)) >= script.dropped
    kept[0] = True
    return t[kept]


def _stamps(
    script: VideoScript, t: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(n,) the times that the file gives: never before the first frame, never twice the same."""
    if not script.jitter:
        return t
    off = np.clip(rng.normal(0, script.jitter, len(t)), -0.45 / script.fps, 0.45 / script.fps)
    return np.concatenate([[0.0], t[1:] + off[1:]])


def _sway(
    script: VideoScript, t: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(n, 2, 3) slow similarities of the whole picture: pixels, half a degree, half a per cent."""
    rates = rng.uniform(0.05, 0.35, (4, 3))
    waves = np.sin(2 * np.pi * rates[..., None] * t + rng.uniform(0, 2 * np.pi, (4, 3, 1))).mean(1)
    dx, dy, turn, grow = script.sway * waves * [[0.012], [0.008], [0.015], [0.008]]
    cos, sin = (1 + grow) * np.cos(turn), (1 + grow) * np.sin(turn)
    cx, cy = script.width / 2, script.height / 2
    x = cx - cos * cx + sin * cy + dx * script.height
    y = cy - sin * cx - cos * cy + dy * script.height
    return np.moveaxis(np.array([[cos, -sin, x], [sin, cos, y]]), 2, 0)


def _turns(
    script: VideoScript, t: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(n, 2) slow yaw and pitch in degrees, from one extreme to the other in about four seconds."""
    rates, phases = rng.uniform(0.1, 0.16, 2), rng.uniform(0, 2 * np.pi, 2)
    turns: NDArray[np.float64] = np.sin(2 * np.pi * rates * t[:, None] + phases)
    return turns * [script.turn, script.turn / 2]


def _cover(face: Picture, portrait: Portrait, covers: tuple[Cover, ...], at: float) -> Picture:
    """The face behind the hands that hide it at the moment."""
    for cover in covers:
        if cover.start <= at < cover.end:
            face = portrait.hide(face, cover.part)
    return face


class _Camera:
    """Moves the picture, and gives it light, blur and noise."""

    def __init__(self, script: VideoScript, portrait: Portrait, rng: np.random.Generator) -> None:
        self._light, self._size = script.light, (script.width, script.height)
        self._table = script.light.table()
        middle, width = portrait.landmarks[:, 0].mean(), np.ptp(portrait.landmarks[:, 0])
        lit = 1 + script.light.side * np.tanh(4 * (np.arange(script.width) - middle) / width)
        self._lamp = np.broadcast_to(lit[:, None], (script.height, script.width, 3))
        shape = (_GRAINS, script.height, script.width, 3)
        self._grain = rng.normal(0, script.light.noise, shape).round().astype(np.int8)

    def see(self, picture: Picture, head: NDArray[np.float64], index: int) -> Picture:
        seen = cv2.warpAffine(picture, head, self._size, borderMode=cv2.BORDER_REFLECT)
        seen = cv2.LUT(seen, self._table)
        if self._light.side:
            seen = (seen * self._lamp).clip(0, 255).astype(np.uint8)
        if self._light.blur:
            seen = cv2.GaussianBlur(seen, (0, 0), self._light.blur)
        noisy = cv2.add(seen, self._grain[index % _GRAINS], dtype=cv2.CV_8U)
        return cast(Picture, noisy)


class _Writer:
    """A video file being written; frames keep their own times."""

    def __init__(self, path: Path, script: VideoScript) -> None:
        container, encoder, pixels, options = CODECS[script.codec]
        self._file = av.open(str(path), "w", format=container)
        rate = Fraction(script.fps).limit_denominator(1001)
        stream = self._file.add_stream(encoder, rate=rate, options=options)
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._stream.width, self._stream.height = script.width, script.height
        self._stream.pix_fmt = pixels
        # The bare MJPEG stream carries no times: its encoder counts frames.
        self._clock = 1 / rate if script.codec == "mjpeg" else _CLOCK
        self._stream.codec_context.time_base = self._clock

    def __enter__(self) -> _Writer:
        return self

    def add(self, picture: Picture, at: float) -> None:
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = round(at / self._clock), self._clock
        self._file.mux(self._stream.encode(frame))

    def __exit__(self, *failure: object) -> None:
        self._file.mux(self._stream.encode(None))
        self._file.close()
