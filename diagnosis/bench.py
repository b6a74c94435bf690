"""How fast and how large an analysis is on this machine: `python -m diagnosis.bench`.

Times: a 23 s take of 1280 x 720 at 30 frames/s, stage by stage, beside a bare loop of PyAV and
FaceMesh over the same frames. Memory: peak of a process that analyses 10 seconds and of one that
analyses 5 minutes.
"""

from __future__ import annotations

import dataclasses
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
from av.video.reformatter import VideoReformatter
from mediapipe.python.solutions.face_mesh import FaceMesh

from diagnosis import faces, pipeline, quality, release
from diagnosis.config import AnalysisConfig, Cue, Measure, Side, Task, TaskKind
from diagnosis.motion import Movement
from diagnosis.release import Release
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import VideoReader

SECONDS: Final = 23.0
CUES: Final = tuple(Cue(start, start + 3) for start in (2.0, 9.0, 16.0))
TASK: Final = Task("smile", TaskKind.EXPRESSION, "smile", CUES)
SCRIPT: Final = VideoScript(
    SECONDS,
    tuple(Movement("smile", cue.start + 0.4) for cue in CUES),
    width=1280,
    height=720,
)
FULL: Final = "bare loop at 1280: decode, FaceMesh"
REDUCED: Final = "bare loop at 640: decode, FaceMesh"
ROUNDS: Final = 3
MEMORY_S: Final = (10, 300)
MEMORY_LIMIT_MB: Final = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        take = Path(folder) / "take.mp4"
        animate(take, SCRIPT)
        _print_times(take)
        _print_sizes(take)
        _print_memory(take, Path(folder))


def bare_loop(path: Path, max_side: int | None) -> None:
    """What the analysis cannot do without: decode every frame and find the face in it."""
    with av.open(str(path)) as container, FaceMesh(refine_landmarks=True) as mesh:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        scale = 1.0 if max_side is None else max_side / max(stream.width, stream.height)
        size = round(stream.width * scale), round(stream.height * scale)
        reformatter = VideoReformatter()
        for frame in container.decode(stream):
            mesh.process(reformatter.reformat(frame, *size, format="rgb24").to_ndarray())


def decode(path: Path, *, looking: bool) -> None:
    """Decode and reduce every frame; `looking`: with the quality looks as well."""
    with VideoReader(path, AnalysisConfig()) as video, faces.FaceDetector() as detector:
        inspector = quality.Inspector(detector)
        for frame in video:
            if looking:
                inspector.inspect(frame)


def analyse(path: Path, model: Release) -> dict[str, float]:
    """Analyse; the seconds until each stage was over, from the start."""
    start = time.perf_counter()
    begun: dict[str, float] = {}
    pipeline.analyse(path, TASK, model, None, lambda stage, _: begun.update({stage: _since(start)}))
    return {
        "decoding, quality, landmarks": begun["intensity"],
        "the same, and expression network": begun["measures"],
        "the same, and measures: all": _since(start),
    }


def _since(start: float) -> float:
    return time.perf_counter() - start


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return _since(start)


def _round(take: Path, model: Release) -> dict[str, float]:
    """Everything once, in seconds."""
    side = AnalysisConfig().max_side
    return {
        FULL: _timed(lambda: bare_loop(take, None)),
        REDUCED: _timed(lambda: bare_loop(take, side)),
        "decoding and reducing": _timed(lambda: decode(take, looking=False)),
        "decoding, quality": _timed(lambda: decode(take, looking=True)),
        **analyse(take, model),
    }


def _print_times(take: Path) -> None:
    model = release.load(release.DEFAULT)
    analyse(take, model)  # the first analysis of a process also loads libraries
    rounds = [_round(take, model) for _ in range(ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in rounds[0]}
    print(
        f"A take of {SECONDS:g} s, 1280 x 720, 30 frames/s: seconds (best of {ROUNDS}), and ratios"
        f"\n{'':36}{'s':>7}{'to 1280':>9}{'to 640':>9}{'to real time':>14}"
    )
    for name, value in best.items():
        ratios = f"{value / best[FULL]:9.2f}{value / best[REDUCED]:9.2f}{value / SECONDS:14.2f}"
        print(f"{name:36}{value:7.2f}{ratios}")


def _print_sizes(take: Path) -> None:
    """Whether reducing frames changes what is measured."""
    print("\nThe same take analysed at two sizes (both sides of the face)")
    found = {side: _measures_at(take, side) for side in (640, 1280)}
    for small, large in zip(*found.values(), strict=True):
        if small.side == Side.BOTH and small.value is not None and large.value is not None:
            name = f"{small.name} ({small.region})"
            print(f"{name:32}{small.value:9.2f} at 640{large.value:9.2f} at 1280  {small.unit}")


def _measures_at(take: Path, max_side: int) -> tuple[Measure, ...]:
    config = dataclasses.replace(AnalysisConfig(), max_side=max_side)
    model = release.load(release.DEFAULT)
    return pipeline.analyse(take, TASK, model, None, lambda s, f: None, config).measures


def _print_memory(take: Path, folder: Path) -> None:
    peaks = []
    for length in MEMORY_S:
        path = folder / f"{length}.mp4"
        repeat(take, path, length)
        command = [sys.executable, "-m", "diagnosis.bench", "--peak", str(path)]
        shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        peaks.append(float(shown.stdout.split()[-1]))
        print(f"\nPeak memory of an analysis of {length} s: {peaks[-1]:.0f} MB", end="")
    print(f"; difference {peaks[1] - peaks[0]:.0f} MB, limit {MEMORY_LIMIT_MB} MB")


def repeat(source: Path, target: Path, length_s: float) -> None:
    """Write the source's pictures again and again, without coding them again, for `length_s`."""
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


def peak_mb(path: Path) -> float:
    """Analyse in this process; its peak resident memory in MB."""
    pipeline.analyse(path, TASK, release.load(release.DEFAULT), None, lambda s, f: None)
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage counts the memory of the parent process as well
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print(peak_mb(Path(sys.argv[2])))
    else:
        main()
