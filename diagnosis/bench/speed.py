"""Processor time of an analysis, stage by stage, beside bare loops of PyAV and FaceMesh.

Times are those of the processor, over all threads: what else the machine does disturbs them
less than the clock's.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
from mediapipe.python.solutions.face_mesh import FaceMesh

from diagnosis import pipeline
from diagnosis.bench.films import SECONDS, SIZES, TASK, film
from diagnosis.config import AnalysisConfig, Side
from diagnosis.release import Release
from diagnosis.video import VideoReader, reduced_size

ROUNDS: Final = 3
GOAL: Final = 1.25
WHOLE_SIZE: Final = "bare loop, whole pictures"
REDUCED: Final = "bare loop, the analysis's pictures"
DECODED: Final = "decode and reduce"
FOLLOWED: Final = "the same, quality and landmarks"
MEASURED: Final = "the same and measures"
NETWORK: Final = "expression network alone"
SHOWN: Final = ("amplitude", "onset_latency", "peak_velocity")
REGION: Final = "mouth corner"


def cost(work: Callable[[], object]) -> float:
    """Processor time in s."""
    start = time.process_time()
    work()
    return time.process_time() - start


def bare_loop(path: Path) -> None:
    """What an analysis cannot do without: decode every frame and find the face in it."""
    with av.open(str(path)) as container, FaceMesh(refine_landmarks=True) as mesh:
        for frame in container.decode(video=0):
            mesh.process(frame.to_ndarray(format="rgb24"))


def bare_loop_reduced(path: Path) -> None:
    """The same on the pictures that the analysis tracks."""
    with (
        VideoReader(path, AnalysisConfig()) as video,
        FaceMesh(refine_landmarks=True) as mesh,
    ):
        for frame in video:
            mesh.process(frame.rgb)


def decode(path: Path) -> None:
    """Decode and reduce every frame."""
    with VideoReader(path, AnalysisConfig()) as video:
        for _ in video:
            pass


def stages(path: Path, model: Release) -> dict[str, float]:
    """Processor time in s of the parts of one analysis."""
    begun = {"start": time.process_time()}

    def note(stage: str, _: float) -> None:
        begun.setdefault(stage, time.process_time())

    pipeline.analyse(path, TASK, model, None, note)
    followed = begun["intensity"] - begun["start"]
    return {
        FOLLOWED: followed,
        MEASURED: followed + time.process_time() - begun["measures"],
        NETWORK: begun["measures"] - begun["intensity"],
    }


def _round(path: Path, model: Release) -> dict[str, float]:
    """Everything once, in s."""
    return {
        WHOLE_SIZE: cost(lambda: bare_loop(path)),
        REDUCED: cost(lambda: bare_loop_reduced(path)),
        DECODED: cost(lambda: decode(path)),
        **stages(path, model),
    }


def print_times(folder: Path, model: Release) -> None:
    stages(film(folder, *SIZES[0]), model)  # the first analysis of a process also loads libraries
    for width, height in SIZES[1:]:
        path = film(folder, width, height)
        rounds = [_round(path, model) for _ in range(ROUNDS)]
        best = {name: min(one[name] for one in rounds) for name in rounds[0]}
        print(
            f"\nA take of {SECONDS:g} s, {width} x {height}, 30 frames/s: processor time in s "
            f"(best of {ROUNDS}), and ratios\n{'':36}{'s':>7}{'to whole':>10}{'to reduced':>12}"
            f"{'to real time':>14}"
        )
        for name, value in best.items():
            print(
                f"{name:36}{value:7.2f}{value / best[WHOLE_SIZE]:10.2f}"
                f"{value / best[REDUCED]:12.2f}{value / SECONDS:14.2f}"
            )
        print(
            f"{MEASURED}: goal at most {GOAL} of a bare loop. "
            f"{NETWORK}: {best[NETWORK] / best[FOLLOWED]:.2f} of the landmarks, goal below 1."
        )


def print_sizes(folder: Path, model: Release) -> None:
    """Whether reducing pictures changes what is measured."""
    usual = AnalysisConfig().max_side
    print(f"\nThe smile's {REGION}, both sides, in films of several sizes")
    print(f"{'':34}{'amplitude':>12}{'latency':>10}{'velocity':>12}")
    for width, height in SIZES:
        for side in sorted({min(usual, width), width}):
            config = dataclasses.replace(AnalysisConfig(), max_side=side)
            found = measured(film(folder, width, height), model, config)
            small = " x ".join(map(str, reduced_size(width, height, side)))
            values = f"{found[0]:9.2f} %{found[1]:10.3f} s{found[2]:9.1f} %/s"
            print(f"{f'{width} x {height}, tracked in {small}':34}{values}")


def measured(path: Path, model: Release, config: AnalysisConfig) -> list[float]:
    """Amplitude in % IOD, latency in s, peak velocity in % IOD/s; NaN for what is absent."""
    take = pipeline.analyse(path, TASK, model, None, lambda stage, _: None, config)
    found = {(m.name, m.region, m.side): m.value for m in take.measures}
    values = [found[name, REGION, Side.BOTH] for name in SHOWN]
    return [float("nan") if value is None else value for value in values]
