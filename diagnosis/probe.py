"""Is this file a film that can be analysed? `python -m diagnosis.probe FILE [--silent COPY]`

Prints one line of JSON: {"container", "codec", "width", "height", "seconds", "frames", "sound"} of
a film, with `seconds` from its first picture to its last, as many `frames` as its packets say, and
whether there is `sound`; the COPY that is asked for has the same pictures and no sound. Prints
{"problem", "words"} of anything else. It gives itself little memory and processor time: what takes
more is no film of a few minutes. A film that was cut off is a film. Of a file that broke the reader
it is UNDECIDED what it is, and one that is not there any more has VANISHED.
"""

from __future__ import annotations

import argparse
import dataclasses
import errno
import json
import resource
import sys
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from diagnosis.config import AnalysisConfig
from diagnosis.containers import mime_of
from diagnosis.copies import silence
from diagnosis.video import NotAVideo, VideoError, open_video, packet_times

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
MEMORY_BYTES: Final = 2 * 1024**3  # 16 pictures of the largest size, and the libraries
CPU_S: Final = 20
FIRST_PICTURES: Final = 5
UNDECIDED: Final = "undecided"
VANISHED: Final = "vanished"


@dataclasses.dataclass(frozen=True)
class Film:
    """What `probe` found; `width` and `height` of the coded picture, px."""

    container: str  # its type, as "video/webm"
    codec: str
    width: int
    height: int
    seconds: float
    frames: int
    sound: bool


def probe(path: Path) -> Film:
    """Raises VideoError for what is no film, has no picture that can be decoded, or is too long."""
    container_type = mime_of(path)
    if container_type is None:
        raise NotAVideo(
            "The file is not a video of a kind that can be read. "
            "Export the clip as MP4 (H.264), or record it again."
        )
    times = packet_times(path, AnalysisConfig().max_duration_s)
    with open_video(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        width, height = _decode(container, stream)
        return Film(
            container=container_type,
            codec=stream.codec_context.name,
            width=width,
            height=height,
            seconds=max(times) - min(times) if times else 0.0,
            frames=len(times),
            sound=bool(container.streams.audio),
        )


def _decode(container: InputContainer, stream: VideoStream) -> tuple[int, int]:
    """(width, height) of the first pictures that are not damaged. Raises NotAVideo without any."""
    sizes: list[tuple[int, int]] = []
    packets = container.demux(stream)
    while len(sizes) < FIRST_PICTURES:
        try:
            sizes += [(picture.width, picture.height) for picture in next(packets).decode()]
        except StopIteration:
            break
        except av.FFmpegError:
            continue
    if not sizes:
        raise NotAVideo(
            "No picture in the file can be decoded. "
            "Check that it plays on the device that recorded it, then record it again."
        )
    return sizes[0]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(path: Path, copy: Path | None = None) -> dict[str, Any]:
    try:
        film = probe(path)
        if copy:
            film = dataclasses.replace(film, container=silence(path, copy, film.container))
        return dataclasses.asdict(film)
    except Exception as error:
        if not path.exists():
            return {"problem": VANISHED, "words": "The file is not there any more."}
        if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
            raise  # the machine's trouble, not the file's
        if _is_the_disks(error.__cause__ or error):
            raise
        # FFmpeg tells of some damaged files as of a disk that cannot be read.
        is_sure = not isinstance(error.__cause__, (OSError, MemoryError))
        if isinstance(error, VideoError) and is_sure:
            return {"problem": error.code, "words": str(error)}
        return {"problem": UNDECIDED, "words": f"Reading the file ended with {error!r}."}


def _is_the_disks(error: BaseException) -> bool:
    """A copy that has no room says nothing about the film."""
    return getattr(error, "errno", None) in NO_ROOM


def main() -> None:
    _limit()
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--silent", type=Path)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(_answer(asked.file, asked.silent)) + "\n")


if __name__ == "__main__":
    main()
