"""A video file becomes upright, reduced frames, each with the time at which it was shown.

Headers are not believed: browsers write files without a duration, with a wrong frame rate, and
with frames at uneven intervals. Times come from the decoded frames.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self, TypeVar, cast

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from diagnosis.config import AnalysisConfig, Finding
from diagnosis.containers import ends_early
from diagnosis.findings import finding

T = TypeVar("T")

MAX_PIXELS: Final = 4096 * 4096  # of one picture: larger ones could fill the memory
# FFmpeg keeps to the size too, while it opens the file and when the size changes on the way.
_SIZE_LIMIT: Final = {"max_pixels": str(MAX_PIXELS)}
# Playlists and other text formats can make FFmpeg open further files or addresses, so only true
# video containers are tried, and only from the local file.
_OPEN_OPTIONS: Final = _SIZE_LIMIT | {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,gif",
    "protocol_whitelist": "file",
}
# What FFmpeg says of pictures, sizes and times that make no sense; a full disk is another matter.
DAMAGED: Final = (av.InvalidDataError, av.ArgumentError, av.PatchWelcomeError)
CLOSEST_S: Final = 0.015  # frames that come faster than 60 a second are thinned out
_JITTER: Final = 0.25  # intervals that differ from their median by more make the rate "variable"


class VideoError(Exception):
    """The file cannot be analysed at all. The message says what to do next."""

    code: ClassVar[str] = "unreadable"

    @property
    def finding(self) -> Finding:
        """The same as a finding, for a result that says why there are no measures."""
        return finding(self.code, detail=str(self))


class NotAVideo(VideoError):
    """Empty, not a video, or nothing in it can be decoded."""


class TooLarge(VideoError):
    """Pictures of more than MAX_PIXELS."""

    code: ClassVar[str] = "picture_too_large"


class TooLong(VideoError):
    """Longer than the configuration allows."""

    code: ClassVar[str] = "too_long"


@dataclasses.dataclass(frozen=True)
class CaptureFacts:
    """How a video was captured, as found in its frames.

    `width` and `height` are those of the upright picture, px; `rotation` is the anticlockwise turn
    in degrees that makes it upright. `fps` comes from the median interval between frames,
    `fps_mean` from their number over `duration_s`; both are 0 for fewer than two frames.
    """

    width: int
    height: int
    rotation: int
    codec: str
    container: str
    frames: int
    duration_s: float
    fps: float
    fps_mean: float
    variable: bool
    truncated: bool

    @property
    def steady_fps(self) -> float:
        """The rate that can be relied on: gaps lower the mean, uneven timing the median."""
        return min(self.fps, self.fps_mean)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


@dataclasses.dataclass(frozen=True)
class Frame:
    """`t` in seconds since the first frame; `rgb` (height, width, 3) uint8, upright, reduced."""

    t: float
    rgb: NDArray[np.uint8]


def open_video(path: Path) -> InputContainer:
    """The opened container. Raises NotAVideo where there is no video stream in it, and TooLarge;
    pictures that turn out too large later count as damaged."""
    if path.stat().st_size == 0:
        raise NotAVideo("The file is empty. Record or export the clip again.")
    try:
        container = av.open(str(path), options=dict(_OPEN_OPTIONS), metadata_errors="replace")
    except av.FFmpegError as error:
        raise NotAVideo(
            "The file is not a video that can be read, or its beginning or index is missing. "
            "Check that it plays on the device that recorded it, then export or record it again."
        ) from error
    if not container.streams.video:
        container.close()
        raise NotAVideo("The file holds no picture, only sound. Record again with the camera on.")
    # Typed as always there, but None where FFmpeg has no decoder.
    decoder = getattr(container.streams.video[0], "codec_context", None)
    if decoder is None:
        container.close()
        raise NotAVideo(
            "The pictures are coded in a way that cannot be read. "
            "Export the clip as MP4 (H.264), or record it again."
        )
    if decoder.width * decoder.height > MAX_PIXELS:
        container.close()
        raise TooLarge(
            f"The pictures have {decoder.width} x {decoder.height} pixels. "
            "Record in 4K or less, or export the clip in a smaller size."
        )
    decoder.options = dict(_SIZE_LIMIT)
    return container


def length_s(path: Path, limit_s: float) -> float:
    """From the first picture to the last in s. Raises as `packet_times` does."""
    times = packet_times(path, limit_s)
    return max(times) - min(times) if times else 0.0


def packet_times(path: Path, limit_s: float) -> list[float]:
    """When each picture is shown, in s and in the file's order, by its packet, without decoding.

    Raises NotAVideo, and TooLong as soon as the times pass `limit_s`.
    """
    times: list[float] = []
    with open_video(path) as container:
        for packet in readable(container.demux(container.streams.video[0])):
            shown = packet.dts if packet.pts is None else packet.pts
            if shown is None or packet.time_base is None:
                continue
            times.append(float(shown * packet.time_base))
            if times[-1] - times[0] > limit_s:
                raise TooLong(
                    f"The video is longer than {limit_s / 60:g} minutes. "
                    "Cut out the part with the task and submit that."
                )
    return times


class VideoReader:
    """Frames of one video, in order, once; then `facts()`.

    with VideoReader(path, config) as video:
        for frame in video: ...
        facts = video.facts()
    """

    def __init__(self, path: Path, config: AnalysisConfig) -> None:
        self.length_s = length_s(path, config.max_duration_s)
        self._config = config
        self._truncated = ends_early(path)
        self._container = open_video(path)
        self._stream: VideoStream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1  # the other cores have workers of their own
        self._times: list[float] = []
        self._pixel = pixel_shape(self._stream)
        self._shape = (0, 0)  # height, width of the upright picture before reduction
        self._rotation = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        """Frames at least 15 ms apart: slow-motion films have more than can be made use of, though
        `facts` counts them all. Raises NotAVideo when not a single frame can be decoded."""
        reduction = Reduction(self._config.max_side)
        first: float | None = None
        latest = -CLOSEST_S
        for picture in self._pictures():
            if picture.time is None:
                continue
            first = picture.time if first is None else first
            t = picture.time - first
            if self._times and t <= self._times[-1]:
                continue  # a repeated timestamp: only one of them was ever on a screen
            self._times.append(t)
            if t - latest >= CLOSEST_S:
                latest = t
                yield Frame(t, self._upright(picture, reduction))
        if not self._times:
            raise NotAVideo(
                "No picture in the file can be decoded. "
                "Check that it plays on the device that recorded it, then record it again."
            )

    def _pictures(self) -> Iterator[av.VideoFrame]:
        """What can be decoded: damaged frames are left out, and the end may come early."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                yield from next(packets).decode()
            except StopIteration:
                return
            except av.FFmpegError:
                self._truncated = True

    def _upright(self, picture: av.VideoFrame, reduction: Reduction) -> NDArray[np.uint8]:
        shown = round(picture.width * self._pixel)
        small = reduction.rgb(picture, shown)
        turns = round(picture.rotation / 90) % 4
        self._rotation = 90 * turns
        upright = (picture.height, shown)
        self._shape = (upright[1], upright[0]) if turns % 2 else upright
        return np.ascontiguousarray(np.rot90(small, turns))

    def facts(self) -> CaptureFacts:
        """What the frames read so far say about the capture."""
        times = np.array(self._times)
        gaps = np.diff(times) if len(times) > 1 else np.zeros(1)
        duration, typical = float(gaps.sum()), float(np.median(gaps))
        return CaptureFacts(
            width=self._shape[1],
            height=self._shape[0],
            rotation=self._rotation,
            codec=self._stream.codec_context.name,
            container=self._container.format.name,
            frames=len(times),
            duration_s=duration,
            fps=1 / typical if duration else 0.0,
            fps_mean=(len(times) - 1) / duration if duration else 0.0,
            variable=bool((abs(gaps - typical) > _JITTER * typical).mean() > 0.05),
            truncated=self._truncated,
        )


def pixel_shape(stream: VideoStream) -> float:
    """Width over height of one pixel: not 1 in films from tape and disc, nor in some exports."""
    return float(stream.sample_aspect_ratio or 1)


class Reduction:
    """Turns the pictures of one video into RGB with a longer side of at most `max_side` px.

    Colour is converted after the reduction wherever a picture is kept in planes: averaging these
    costs a third of averaging RGB.
    """

    def __init__(self, max_side: int) -> None:
        self._max_side = max_side
        self._reduce, self._convert = VideoReformatter(), VideoReformatter()

    def rgb(self, picture: av.VideoFrame, shown: int) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 of a picture that is `shown` px wide where pixels are square."""
        width, height = reduced_size(shown, picture.height, self._max_side)
        if picture.format.is_planar:
            picture = self._reduce.reformat(
                picture, width, height, interpolation=Interpolation.AREA, threads=1
            )
        rgb = self._convert.reformat(
            picture, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1
        )
        return cast(NDArray[np.uint8], rgb.to_ndarray())


def reduced_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """(width, height) with the longer side at most `max_side`, same shape; never enlarged."""
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def readable(items: Iterator[T]) -> Iterator[T]:
    """The items up to where the file is damaged."""
    try:
        yield from items
    except av.FFmpegError:
        return
