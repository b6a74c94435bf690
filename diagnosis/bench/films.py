"""The films that everything is measured on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

import av

from diagnosis.config import Cue, Task, TaskKind
from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate

SECONDS: Final = 23.0
CUES: Final = tuple(Cue(start, start + 3) for start in (2.0, 9.0, 16.0))
TASK: Final = Task("smile", TaskKind.EXPRESSION, "smile", CUES)
SIZES: Final = ((640, 360), (1280, 720), (1920, 1080))
_SCRIPT: Final = VideoScript(SECONDS, tuple(Movement("smile", cue.start + 0.4) for cue in CUES))


def film(folder: Path, width: int, height: int) -> Path:
    """The film of the task in this size at 30 frames per second; made if it is not there."""
    path = folder / f"{height}.mp4"
    if not path.exists():
        animate(path, dataclasses.replace(_SCRIPT, width=width, height=height))
    return path


def repeat(source: Path, target: Path, length_s: float) -> None:
    """Write the film's pictures again and again, without coding them again, for `length_s`."""
    with av.open(str(target), "w") as output:
        copy = None
        for turn in range(int(length_s / SECONDS) + 1):
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                copy = copy or output.add_stream_from_template(stream)
                assert stream.time_base is not None
                shift = round(turn * SECONDS / stream.time_base)
                for packet in container.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.dts += shift
                    packet.pts += shift
                    if packet.pts * stream.time_base >= length_s:
                        break
                    packet.stream = copy
                    output.mux(packet)
