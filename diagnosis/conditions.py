"""How far measures can be trusted under bad conditions.

    python -m diagnosis.conditions [--relit FILM START END]

One script is filmed under each condition, with the portrait: an even smile, a smile that is half
as strong on the left, and blinks. What is measured is set against what was put in, and against
the film under the usual condition. With `--relit`, the smile in a film of a real person, asked for
from START to END seconds, is measured under each light instead: the tracker takes light on a
warped photograph worse than on a face. Pictures that are relit say nothing about skin tone.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import cv2
import numpy as np

from diagnosis import faces, gains, measures, quality, sampling
from diagnosis.actions import smile_amplitude
from diagnosis.config import AnalysisConfig, Cue, Measure, Side, Task, TaskKind
from diagnosis.gains import Key
from diagnosis.landmarks import TrackBuilder
from diagnosis.motion import Movement
from diagnosis.simulate import CODECS, Light, VideoScript
from diagnosis.video import VideoReader

Found = Mapping[Key, Measure]

SMILE: Final = 0.08  # IOD, of the mouth corners
EVEN: Final = gains.asked("smile")
UNEVEN: Final = Task("smile", TaskKind.EXPRESSION, "smile", (Cue(6.5, 9.5),))
REST: Final = Task("rest", TaskKind.REST)
BLINKS: Final = (0.9, 5.7, 10.2, 11.4, 12.1, 13.9, 15.2)
SCRIPT: Final = VideoScript(
    16.0,
    (
        Movement("smile", gains.START_S, smile_amplitude(SMILE)),
        Movement("smile", 6.8, smile_amplitude(SMILE), left=0.5),
    ),
    blinks=BLINKS,
)
USUAL: Final = "h264, 360p, 30 frames/s"
LIGHTS: Final[Mapping[str, Light]] = MappingProxyType(
    {
        "warm tint": Light(tint=(1.0, 0.85, 0.7)),
        "cold tint": Light(tint=(0.75, 0.9, 1.0)),
        "darker, x 0.7": Light(gain=0.7),
        "darker, x 0.6": Light(gain=0.6),
        "dark, x 0.3": Light(gain=0.3),
        "brighter, x 1.15": Light(gain=1.15),
        "brighter, x 1.4": Light(gain=1.4),
        "gamma 0.6": Light(gamma=0.6),
        "gamma 2.2": Light(gamma=2.2),
    }
)
CONDITIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        USUAL: {},
        "vp8": {"codec": "vp8"},
        "vp9": {"codec": "vp9"},
        "480p": {"width": 854, "height": 480},
        "720p": {"width": 1280, "height": 720},
        "1080p": {"width": 1920, "height": 1080},
        "60 frames/s": {"fps": 60.0},
        "24 frames/s": {"fps": 24.0},
        "20 frames/s": {"fps": 20.0},
        "15 frames/s": {"fps": 15.0},
        "a fifth of frames dropped": {"dropped": 0.2},
        "and timestamps 8 ms off": {"dropped": 0.2, "jitter": 0.008},
        "sway x 3": {"sway": 3.0},
        "sway x 3, turns of 5 degrees": {"sway": 3.0, "turn": 5.0},
        "sway x 3, turns of 10 degrees": {"sway": 3.0, "turn": 10.0},
        "face 126 px high": {"face_height": 0.35},
        "face 90 px high": {"face_height": 0.25},
        **{name: {"light": light} for name, light in LIGHTS.items()},
        "lamp at one side, 0.4": {"light": Light(side=0.4)},
        "noise x 5": {"light": Light(noise=7.5)},
        "blur 1 px": {"light": Light(blur=1.0)},
        "blur 2 px": {"light": Light(blur=2.0)},
        "blur 3 px": {"light": Light(blur=3.0)},
        "mirror image": {"mirrored": True},
    }
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was measured of the film: NaN where a measure is absent.

    `smile` % IOD and `latency`, `to_peak` s, `velocity` % IOD/s, `even` (left over right) of the
    even smile, `uneven` the same of the other one, `blinks` in 20 s.
    """

    smile: float
    latency: float
    to_peak: float
    velocity: float
    even: float
    uneven: float
    blinks: float


@dataclasses.dataclass(frozen=True)
class Trial:
    """A film under one condition. `sharpness` see `looks.sharpness`; `findings` are codes."""

    true: Outcome
    seen: Outcome
    sharpness: float
    findings: tuple[str, ...]


def trial(path: Path, condition: str) -> Trial:
    """Film the script under a condition into `path`, which gets the container's suffix."""
    script = dataclasses.replace(SCRIPT, **CONDITIONS[condition])
    film = gains.film(path.with_suffix("." + CODECS[script.codec][0]), script)
    found = [film.measures(task) for task in (EVEN, UNEVEN, REST)]
    true, seen = (_outcome(*by_task) for by_task in zip(*found, strict=True))
    findings = quality.judge(
        film.capture, film.looks, film.track.seen(), sampling.poses(film.track), EVEN
    )
    sharpness = float(np.nanmedian([look.sharpness for look in film.looks]))
    return Trial(true, seen, sharpness, tuple(finding.code for finding in findings))


def _outcome(even: Found, uneven: Found, rest: Found) -> Outcome:
    def value(found: Found, name: str, region: str) -> float:
        measured = found[name, region, Side.BOTH].value
        return np.nan if measured is None else measured

    return Outcome(
        smile=value(even, "amplitude", "mouth corner"),
        latency=value(even, "onset_latency", "mouth corner"),
        to_peak=value(even, "time_to_peak", "mouth corner"),
        velocity=value(even, "peak_velocity", "mouth corner"),
        even=value(even, "symmetry", "mouth corner"),
        uneven=value(uneven, "symmetry", "mouth corner"),
        blinks=value(rest, "blink_rate", "eyelids") / 3,
    )


def _line(condition: str, found: Trial, usual: Trial) -> str:
    true, seen = found.true, found.seen
    return (
        f"{condition:30}{seen.smile / true.smile:9.2f}{seen.smile / usual.seen.smile:9.2f}"
        f"{1000 * (seen.latency - true.latency):9.0f}{1000 * (seen.to_peak - true.to_peak):9.0f}"
        f"{seen.velocity / true.velocity:9.2f}{seen.even:9.2f}{seen.uneven:9.2f}"
        f"{seen.blinks - true.blinks:9.1f}{found.sharpness:9.3f}  {' '.join(found.findings)}"
    )


def relit(path: Path, cue: Cue, light: Light) -> float:
    """The amplitude, % IOD, of the smile in a film, had its pictures been taken in this light.

    The neutral face is that before the cue.
    """
    config, table, builder = AnalysisConfig(), light.table(), TrackBuilder()
    with VideoReader(path, config) as video, faces.FaceTracker() as tracker:
        for frame in video:
            picture = np.asarray(cv2.LUT(frame.rgb, table), np.uint8)
            builder.add(frame.t, tracker.track(picture))
        height, width = picture.shape[:2]
        fps = video.facts().steady_fps
    track = builder.build(width, height, faces.TRACKER)
    neutral = faces.neutral_from(track, 0.0, cue.start, "lead-in")
    assert neutral is not None
    task = Task("smile", TaskKind.EXPRESSION, "smile", (cue,))
    found = measures.measure(task, sampling.signals(track, neutral, config.grid_hz), fps)
    amplitude = next(m.value for m in found if m.name == "amplitude" and m.side == Side.BOTH)
    return np.nan if amplitude is None else amplitude


def _print_relit(path: Path, cue: Cue) -> None:
    usual = relit(path, cue, Light())
    print(f"{path.name}: smile {usual:.1f} % IOD; share of it that is left in other light")
    for name, light in LIGHTS.items():
        print(f"{name:20}{relit(path, cue, light) / usual:6.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m diagnosis.conditions")
    parser.add_argument("--relit", nargs=3, metavar=("FILM", "START", "END"))
    options = parser.parse_args()
    if options.relit:
        film, start, end = options.relit
        _print_relit(Path(film), Cue(float(start), float(end)))
    else:
        _print_conditions()


def _print_conditions() -> None:
    print(
        f"{'':30}{'smile':^18}{'late':>9}{'to peak':>9}{'peak':>9}{'left / right':^18}{'blinks':>9}"
        f"\n{'condition':30}{'of truth':>9}{'of usual':>9}{'ms':>9}{'ms':>9}{'velocity':>9}"
        f"{'even':>9}{'uneven':>9}{'in 20 s':>9}{'sharp':>9}  findings"
    )
    usual = None
    with tempfile.TemporaryDirectory() as folder:
        for condition in CONDITIONS:
            found = trial(Path(folder) / "film", condition)
            usual = usual or found
            print(_line(condition, found, usual), flush=True)
    assert usual is not None
    print(f"\nTruth: left / right {usual.true.even:.2f} and {usual.true.uneven:.2f}")


if __name__ == "__main__":
    main()
