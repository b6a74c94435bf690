"""Small video files that tests write themselves, and where the shared real ones lie."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

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
