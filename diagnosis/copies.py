"""Copies of a film without its sound: one that plays in browsers, one that is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from diagnosis.video import DAMAGED, NotAVideo, open_video, readable

_WEBM_CODECS: Final = frozenset({"vp8", "vp9", "av1"})
# How FFmpeg calls the containers that can hold sound.
_FORMATS: Final = {
    "video/webm": "webm",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
}
_ENCODED_TIME_BASE: Final = Fraction(1, 90_000)


def remux(source: Path, target: Path) -> str:
    """Write a copy that browsers can play and seek in, without sound; its content type.

    The pictures are copied as they are where browsers know the codec (VP8, VP9, AV1: WebM;
    H.264: MP4), else encoded again as H.264. The first frame is at time 0, as in `Frame.t`.
    A file cut off at its end gives what can be read of it. Raises NotAVideo.
    """
    try:
        return _remux(source, target)
    except DAMAGED as error:
        raise NotAVideo(
            "The file is too damaged to make a copy that browsers can play. Record it again."
        ) from error


def _remux(source: Path, target: Path) -> str:
    hidden = _starts_hidden(source)
    with open_video(source) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        if codec in _WEBM_CODECS and not hidden:
            _copy(container, stream, target, "webm", {"cues_to_front": "1"})
            return "video/webm"
        if codec == "h264" and not hidden:
            _copy(container, stream, target, "mp4", {"movflags": "faststart"})
        else:
            _encode(container, stream, target)
        return "video/mp4"


def silence(source: Path, target: Path, mime: str) -> str:
    """Write the pictures as they are, turned as they were, into a file of the same kind `mime`
    without sound or place; its content type. The first one is at time 0, as in `Frame.t`. Where an
    edit list hides pictures, the others are encoded again. Raises NotAVideo.
    """
    try:
        hidden = _starts_hidden(source)
        with open_video(source) as container:
            stream = container.streams.video[0]
            if hidden:
                _encode(container, stream, target)
                return "video/mp4"
            _copy(container, stream, target, _FORMATS[mime], {})
            return mime
    except (*DAMAGED, KeyError) as error:
        raise NotAVideo(
            "The sound cannot be taken out of this film. Record it again without sound."
        ) from error


def _starts_hidden(path: Path) -> bool:
    """True if an edit list hides the first pictures, which a plain copy would bring back."""
    with open_video(path) as container:
        packets = readable(container.demux(container.streams.video[0]))
        return next((packet.is_discard for packet in packets), False)


def _copy(
    container: InputContainer,
    stream: VideoStream,
    target: Path,
    kind: str,
    options: dict[str, str],
) -> None:
    with av.open(str(target), "w", format=kind, options=options) as output:
        copy = output.add_stream_from_template(stream)
        start: int | None = None
        for packet, pts, dts in _dated(readable(container.demux(stream))):
            start = pts if start is None else start
            packet.pts, packet.dts = pts - start, dts - start
            packet.stream = copy
            output.mux(packet)
        if start is None:
            raise NotAVideo("No picture in the file can be read. Record it again.")


def _dated(
    packets: Iterator[Packet[VideoStream]],
) -> Iterator[tuple[Packet[VideoStream], int, int]]:
    """Those with times, and when they are shown and decoded, in ticks. Matroska does not tell when
    the first ones are decoded: a tick before another."""
    waiting: list[tuple[Packet[VideoStream], int]] = []
    is_begun = False
    for packet in packets:
        if packet.pts is None or (packet.dts is None and is_begun):
            continue
        if packet.dts is None:
            waiting.append((packet, packet.pts))
            continue
        for ticks, (early, pts) in zip(range(len(waiting), 0, -1), waiting, strict=True):
            yield early, pts, packet.dts - ticks
        waiting, is_begun = [], True
        yield packet, packet.pts, packet.dts


def _encode(container: InputContainer, stream: VideoStream, target: Path) -> None:
    stream.thread_type = "AUTO"
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as output:
        encoded: VideoStream | None = None
        start = 0.0
        reformatter = VideoReformatter()
        for picture in readable(container.decode(stream)):
            if picture.time is None:
                continue
            if encoded is None:
                encoded, start = _h264_stream(output, stream, picture), picture.time
            even = reformatter.reformat(picture, encoded.width, encoded.height, "yuv420p")
            even.pts = round((picture.time - start) / _ENCODED_TIME_BASE)
            even.time_base = _ENCODED_TIME_BASE
            even.pict_type = PictureType.NONE
            output.mux(encoded.encode(even))
        if encoded is None:
            raise NotAVideo("No picture in the file can be decoded. Record it again.")
        output.mux(encoded.encode())


def _h264_stream(
    output: OutputContainer, source: VideoStream, picture: av.VideoFrame
) -> VideoStream:
    stream = output.add_stream("libx264", rate=30, options={"crf": "18", "preset": "veryfast"})
    # H.264 in 4:2:0, the only kind that every browser plays, has even sides.
    stream.width, stream.height = picture.width // 2 * 2, picture.height // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _ENCODED_TIME_BASE
    stream.codec_context.sample_aspect_ratio = source.sample_aspect_ratio or Fraction(1)
    if picture.rotation:
        stream.set_display_rotation(picture.rotation)
    return stream
