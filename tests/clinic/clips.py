"""Old clips of the kinds that clinics have: short real films of a face, in many formats."""

from __future__ import annotations

from pathlib import Path

import av

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate
from tests.diagnosis.films import drawn, write

SECONDS = 4.0
SMILE = (Movement("smile", 1.0, 0.6, hold=1.0),)


def face(path: Path, *movements: Movement) -> Path:
    """An MP4 of an animated face."""
    animate(path, VideoScript(SECONDS, movements, width=320, height=240))
    return path


def turned_mov(path: Path) -> Path:
    """As a phone held upright writes it: the pictures lie on their side, and the file says so."""
    return write(path, _even(), container="mov", picture=drawn, rotation=90)


def hevc(path: Path) -> Path:
    return write(path, _even(), "libx265", "mov", drawn)


def uneven(path: Path) -> Path:
    """With a frame rate that varies between 10 and 30 a second."""
    times, now = [], 0.0
    while now < 2:
        times.append(now)
        now += 0.1 if len(times) % 3 else 1 / 30
    return write(path, times, picture=drawn)


def gif(path: Path) -> Path:
    return _encoded(path, "gif", "gif", "rgb8", rate=10)


def mpeg1(path: Path) -> Path:
    return _encoded(path, "mpeg", "mpeg1video", "yuv420p", rate=25)


def avi(path: Path) -> Path:
    return _encoded(path, "avi", "mpeg4", "yuv420p", rate=25)


def mkv(path: Path) -> Path:
    return write(path, _even(), container="matroska", picture=drawn)


def webm(path: Path) -> Path:
    return write(path, _even(), "libvpx", "webm", drawn)


def _even() -> list[float]:
    return [i / 30 for i in range(30)]


def _encoded(path: Path, container: str, codec: str, pixels: str, rate: int) -> Path:
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 640, 360, pixels
        for i in range(rate):
            frame = av.VideoFrame.from_ndarray(drawn(i), format="rgb24").reformat(format=pixels)
            frame.pts = i
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path
