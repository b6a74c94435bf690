"""How much of a known movement is measured: `python -m diagnosis.gains` prints a table.

The portrait is animated, encoded, decoded, tracked and measured; the truth is measured in the
same way from what was put in. `--write` keeps the gains of the movement signals in gains.json,
where `diagnosis.reliability` reads them. The mirror image of the portrait stands for a second
face, since a photograph has its own gains: a fringe over one brow is enough. A warped photograph
lacks wrinkles, teeth and the shine of an eye, so the gains bound the pipeline, not people.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import faces, measures, mesh, movement, reliability, sampling
from diagnosis.config import EXPRESSIONS, AnalysisConfig, Cue, Measure, Side, Task, TaskKind
from diagnosis.course import SMALLEST, smooth
from diagnosis.following import follow
from diagnosis.landmarks import LandmarkTrack
from diagnosis.looks import Look
from diagnosis.motion import Movement
from diagnosis.movement import Signals
from diagnosis.plans import PLANS, UPPER_FACE, Channel
from diagnosis.repeats import peaks
from diagnosis.simulate import VideoScript, animate, displacement
from diagnosis.video import CaptureFacts

START_S: Final = 2.3  # of the movement, after the cue
CUE: Final = Cue(2.0, 5.0)
LENGTH_S: Final = 6.0
HALF: Final = 0.5
FULL: Final = 1.0
AMPLITUDES: Final = (0.25, HALF, 0.75, FULL, 1.25)

Key = tuple[str, str, Side]  # name, region and side of a measure
Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Film:
    """The movement of one simulated film: as it was put in, and as it was seen."""

    true: Signals
    seen: Signals
    capture: CaptureFacts
    looks: list[Look]
    track: LandmarkTrack

    def measures(self, task: Task) -> tuple[dict[Key, Measure], dict[Key, Measure]]:
        """The measures of the truth, and those of the film."""
        true = measures.measure(task, self.true, AnalysisConfig().grid_hz)
        seen = measures.measure(task, self.seen, self.capture.steady_fps)
        return _by_key(true), _by_key(seen)


def _by_key(found: Iterable[Measure]) -> dict[Key, Measure]:
    return {(m.name, m.region, m.side): m for m in found}


def film(path: Path, script: VideoScript) -> Film:
    """Animate `script` into `path` and follow the face; its first two seconds are the neutral."""
    config = AnalysisConfig()
    animate(path, script)
    track, capture, looks = follow(path, config, lambda stage, fraction: None)
    neutral = faces.neutral_from(track, 0.0, CUE.start, "lead-in")
    assert neutral is not None
    seen = sampling.signals(track, neutral, config.grid_hz)
    return Film(true_signals(script, config.grid_hz), seen, capture, looks, track)


def true_signals(script: VideoScript, hz: float) -> Signals:
    """The movement signals of what is put into a film."""
    moved = displacement(script, np.arange(round(script.seconds * hz)) / hz)
    at_rest = movement.project(mesh.canonical()[None])[0]
    return Signals(1 / hz, movement.project(moved), at_rest)


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


def asked(expression: str) -> Task:
    return Task(expression, TaskKind.EXPRESSION, expression, (CUE,))


def gains(path: Path, expression: str, played: VideoScript) -> dict[Key, Gain]:
    """Animate `played` into `path` and measure it: the measures that both have."""
    true, seen = film(path, played).measures(asked(expression))
    return {
        key: Gain(true[key], seen[key])
        for key in true.keys() & seen.keys()
        if true[key].value is not None and seen[key].value is not None
    }


@dataclasses.dataclass(frozen=True)
class Answer:
    """How one movement of an expression comes out, by the amplitude that was played.

    `true` and `measured` in % IOD, of the portrait; `mirrored` measured of its mirror image, at
    half and in full. `late` s and `velocity` (a ratio) in full, NaN where there is none.
    """

    expression: str
    channel: Channel
    true: Mapping[float, float]
    measured: Mapping[float, float]
    mirrored: Mapping[float, float]
    late: float
    velocity: float

    def gain(self, amplitude: float) -> float:
        """Mean of both faces; NaN where too little was put in to tell."""
        if self.true[amplitude] < SMALLEST:
            return np.nan
        return (self.measured[amplitude] + self.mirrored[amplitude]) / 2 / self.true[amplitude]

    @property
    def linearity(self) -> float:
        """Pearson's r of true and measured over all amplitudes."""
        return float(np.corrcoef([*self.true.values()], [*self.measured.values()])[0, 1])


def answers(folder: Path, expression: str) -> Iterator[Answer]:
    """Of every movement of an expression that is measured; films are written into `folder`."""
    path, task = folder / "film.mp4", asked(expression)
    as_is = {a: film(path, script(expression, a)) for a in AMPLITUDES}
    mirrored = {
        a: film(path, dataclasses.replace(script(expression, a), mirrored=True))
        for a in (HALF, FULL)
    }
    true, seen = as_is[FULL].measures(task)
    for channel in (*PLANS[expression].channels, *UPPER_FACE):
        put_in = {a: _level(task, one.true, channel) for a, one in as_is.items()}
        if put_in[FULL] < SMALLEST:
            continue
        latency, velocity = (
            (_value(true, name, channel), _value(seen, name, channel))
            for name in ("onset_latency", "peak_velocity")
        )
        yield Answer(
            expression,
            channel,
            true=put_in,
            measured={a: _level(task, one.seen, channel) for a, one in as_is.items()},
            mirrored={a: _level(task, one.seen, channel) for a, one in mirrored.items()},
            late=latency[1] - latency[0],
            velocity=velocity[1] / velocity[0],
        )


def _level(task: Task, signals: Signals, channel: Channel) -> float:
    """What the amplitude measures: % IOD."""
    return peaks(task, smooth(channel.of(signals), signals.step), signals.step)[0]


def _value(found: Mapping[Key, Measure], name: str, channel: Channel) -> float:
    measure = found.get((name, channel.region, Side.BOTH))
    return np.nan if measure is None or measure.value is None else measure.value


def by_direction(found: Iterable[Answer]) -> dict[str, dict[str, float]]:
    """{direction: {"half", "full"}}: mean gain over the expressions whose main movement it is, or
    over all where it is none's; see `Channel.direction`."""
    groups: dict[str, list[Answer]] = {}
    for answer in found:
        groups.setdefault(answer.channel.direction, []).append(answer)
    table = {}
    for direction, group in groups.items():
        main = [one for one in group if one.channel == PLANS[one.expression].main] or group
        table[direction] = {
            "half": round(float(np.nanmean([one.gain(HALF) for one in main])), 2),
            "full": round(float(np.nanmean([one.gain(FULL) for one in main])), 2),
        }
    return table


def _line(answer: Answer) -> str:
    faces_apart = (of[FULL] / answer.true[FULL] for of in (answer.measured, answer.mirrored))
    return (
        f"{answer.expression:13}{answer.channel.region:18}{answer.true[FULL]:8.1f}"
        f"{answer.gain(HALF):8.2f}{answer.gain(FULL):8.2f}"
        + "".join(f"{gain:10.2f}" for gain in faces_apart)
        + f"{1000 * answer.late:9.0f}{answer.velocity:10.2f}{answer.linearity:8.3f}"
    )


def main() -> None:
    print(
        f"{'':39}{'gain, both faces':^16}{'in full':^20}{'portrait':^27}\n"
        f"{'expression':13}{'movement':18}{'% IOD':>8}{'half':>8}{'full':>8}{'portrait':>10}"
        f"{'mirrored':>10}{'late ms':>9}{'velocity':>10}{'r':>8}"
    )
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for expression in EXPRESSIONS:
            for answer in answers(Path(folder), expression):
                found.append(answer)
                print(_line(answer), flush=True)
    if sys.argv[1:] == ["--write"]:
        rows = [f"  {json.dumps(name)}: {json.dumps(g)}" for name, g in by_direction(found).items()]
        reliability.PATH.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
