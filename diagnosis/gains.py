"""How much of a known movement is measured: `python -m diagnosis.gains` prints a table.

The portrait is animated, encoded, decoded, tracked and measured; the truth is measured in the
same way from what was put in. A warped photograph lacks wrinkles, teeth and the shine of an eye,
so the gains bound the pipeline, not people.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from diagnosis import faces, measures, mesh, movement, sampling
from diagnosis.config import EXPRESSIONS, AnalysisConfig, Cue, Measure, Side, Task, TaskKind
from diagnosis.following import follow
from diagnosis.motion import Movement
from diagnosis.movement import Signals
from diagnosis.simulate import Truth, VideoScript, animate

START_S: Final = 2.3  # of the movement, after the cue
CUE: Final = Cue(2.0, 5.0)
LENGTH_S: Final = 6.0
AMPLITUDES: Final = (0.5, 1.0)


@dataclasses.dataclass(frozen=True)
class Gain:
    """One measure as put in and as measured."""

    true: Measure
    measured: Measure

    @property
    def ratio(self) -> float:
        assert self.true.value is not None
        assert self.measured.value is not None
        return self.measured.value / self.true.value


def script(expression: str, amplitude: float, codec: str = "h264", seed: int = 0) -> VideoScript:
    """Six seconds in which one posed expression answers one cue."""
    posed = Movement(expression, START_S, amplitude)
    return VideoScript(LENGTH_S, (posed,), codec=codec, seed=seed)


Key = tuple[str, str, Side]  # name, region and side of a measure


def gains(path: Path, expression: str, played: VideoScript) -> dict[Key, Gain]:
    """Animate `played` into `path` and measure it: the measures that both have."""
    config = AnalysisConfig()
    task = Task(expression, TaskKind.EXPRESSION, expression, (CUE,))
    truth = animate(path, played)
    track, capture, _ = follow(path, config, lambda stage, fraction: None)
    neutral = faces.neutral_from(track, 0.0, CUE.start, "lead-in")
    assert neutral is not None
    seen = sampling.signals(track, neutral, config.grid_hz)
    return dict(
        _paired(
            measures.measure(task, true_signals(truth, played.fps), played.fps),
            measures.measure(task, seen, capture.steady_fps),
        )
    )


def true_signals(truth: Truth, fps: float) -> Signals:
    """The movement signals of what was put in, at the video's own frame times."""
    at_rest = movement.project(mesh.canonical()[None])[0]
    return Signals(1 / fps, movement.project(truth.displacement), at_rest)


def _paired(true: tuple[Measure, ...], measured: tuple[Measure, ...]) -> Iterator[tuple[Key, Gain]]:
    for put_in, found in zip(true, measured, strict=True):
        if put_in.value is not None and found.value is not None:
            yield (put_in.name, put_in.region, put_in.side), Gain(put_in, found)


def _rows(expression: str, found: Mapping[float, dict[Key, Gain]]) -> Iterator[str]:
    for key in found[AMPLITUDES[-1]]:
        name, region, side = key
        if side != Side.BOTH or name not in ("amplitude", "onset_latency", "peak_velocity"):
            continue
        cells = []
        for amplitude in AMPLITUDES:
            gain = found[amplitude].get(key)
            if gain is None:
                cells.append(f"{'-':>8}{'-':>9}{'-':>7}")
            else:
                pair = f"{gain.true.value:8.2f}{gain.measured.value:9.2f}"
                cells.append(f"{pair}{gain.ratio:7.2f}" if gain.true.value else pair)
        yield f"{expression:12}{name:15}{region:18}" + "  ".join(cells)


def main() -> None:
    heads = "  ".join(f"{'true':>8}{'measured':>9}{'gain':>7}" for _ in AMPLITUDES)
    halves = "  ".join(f"{f'amplitude {a}':>24}" for a in AMPLITUDES)
    print(f"{'':45}{halves}\n{'expression':12}{'measure':15}{'region':18}{heads}")
    with tempfile.TemporaryDirectory() as folder:
        for expression in EXPRESSIONS:
            found = {
                a: gains(Path(folder) / "take.mp4", expression, script(expression, a))
                for a in AMPLITUDES
            }
            print("\n".join(_rows(expression, found)), flush=True)


if __name__ == "__main__":
    main()
