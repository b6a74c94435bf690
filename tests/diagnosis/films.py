"""Small video files that tests write themselves, and where the shared real ones lie."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from diagnosis import mesh
from diagnosis.looks import EYES, LIPS
from tests.requirements import require

SHARED = Path(__file__).parents[3] / "shared" / "data" / "clips"
CLOCK = Fraction(1, 1000)


def shared_clip(name):
    """The path of a real clip for development; skips where it is absent."""
    path = SHARED / name
    if not path.exists():
        require(f"../shared/data/clips/{name}")
    return path


def plain(number, height=48, width=64):
    """A picture that says by its upper left corner which side is up, and differs by `number`."""
    picture = np.full((height, width, 3), 40 + number % 100, np.uint8)
    picture[: height // 2, : width // 2] = 250
    return picture


def drawn(number, height=360, width=640):
    """A face drawn with a pen and flat colours, seen by a camera: noisy, lit from one side."""
    points = mesh.canonical()[:, :2] * height / 5 + (width / 2, height * 0.4)
    picture = np.full((height, width, 3), 245, np.uint8)
    for outline, colour, pen in _STROKES:
        line = [points[list(outline)].round().astype(np.int32)]
        if colour:
            cv2.fillPoly(picture, line, colour, cv2.LINE_AA)
        cv2.polylines(picture, line, colour is not None, (50, 35, 30), pen, cv2.LINE_AA)
    for iris in mesh.IRIS.values():
        cv2.circle(picture, points[iris].round().astype(int), 6, (60, 40, 20), -1, cv2.LINE_AA)
    lit = picture * np.linspace(0.85, 1.05, width)[:, None]
    noise = np.random.default_rng(number).normal(0, 2, picture.shape)
    return np.clip(lit + noise, 0, 255).astype(np.uint8)


_WHITE, _SKIN, _RED = (255, 255, 255), (240, 205, 180), (200, 90, 90)
_FACE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
# Outline, fill (None: only a stroke), width of the pen in pixels.
_STROKES = (
    (_FACE, _SKIN, 3),
    *((eye, _WHITE, 2) for eye in EYES),
    (LIPS, _RED, 1),
    ((78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308), None, 2),
    ((70, 63, 105, 66, 107), None, 5),
    ((300, 293, 334, 296, 336), None, 5),
    ((168, 6, 197, 195, 5, 4), None, 2),
    ((129, 98, 97, 2, 326, 327, 358), None, 2),
)


def write(
    path,
    times: Iterable[float],
    codec="libx264",
    container="mp4",
    picture=plain,
    options=None,
    rotation=0,
    pixel=None,
):
    """A video whose frames are shown at the given seconds; `pixel` is width over height of one."""
    target = str(path) if isinstance(path, Path) else path
    with av.open(target, "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=30)
        first = picture(0)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = CLOCK
        if pixel:
            stream.codec_context.sample_aspect_ratio = pixel
        if rotation:
            stream.set_display_rotation(rotation)
        for i, t in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(i), format="rgb24")
            frame.pts, frame.time_base = round(t / CLOCK), CLOCK
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def with_sound(path, times, codec="libx264", container="mp4", voice="aac", rotation=0):
    """As `write`, with a tone as long as the film."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=30)
        stream.height, stream.width = plain(0).shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = CLOCK
        if rotation:
            stream.set_display_rotation(rotation)
        sound = output.add_stream(voice, rate=48_000, layout="mono")
        for i, t in enumerate(times):
            frame = av.VideoFrame.from_ndarray(plain(i), format="rgb24")
            frame.pts, frame.time_base = round(t / CLOCK), CLOCK
            output.mux(stream.encode(frame))
        for start in range(0, int(48_000 * max(times)), 960):
            tone = np.sin(np.arange(start, start + 960) * 2 * np.pi * 440 / 48_000)
            frame = av.AudioFrame.from_ndarray((tone * 9000).astype(np.int16)[None], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            output.mux(sound.encode(frame))
        output.mux(stream.encode())
        output.mux(sound.encode())
    return path


def write_live(path, times):
    """A WebM as browsers record it: written once, forwards, so that no duration is known."""

    class Forwards:
        def __init__(self):
            self.file = path.open("wb")

        def write(self, data):
            return self.file.write(data)

        def close(self):
            self.file.close()

    target = Forwards()
    write(target, times, "libvpx", "webm", options={"live": "1", "cluster_time_limit": "400"})
    target.close()
    return path
