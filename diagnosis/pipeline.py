"""From a video to measures: decode, track, judge, align, score, measure; then a session's summary.

`analyse` starts from a video, `score` from the landmarks of an earlier analysis: a new release
or a new neutral face needs no pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import curves, faces, measures, quality, sampling
from diagnosis.config import (
    EXPRESSIONS,
    AnalysisConfig,
    Finding,
    Measure,
    Side,
    Task,
    TaskKind,
    config_hash,
)
from diagnosis.course import SMALLEST
from diagnosis.faces import Neutral
from diagnosis.findings import finding, rules
from diagnosis.landmarks import LandmarkTrack, TrackBuilder
from diagnosis.movement import Floats, Signals
from diagnosis.quality import Look
from diagnosis.release import Likelihood, Release
from diagnosis.sampling import Grid
from diagnosis.video import CLOSEST_S, CaptureFacts, VideoReader

Report = Callable[[str, float], None]
DEFAULT_CONFIG: Final = AnalysisConfig()
_TRACKED: Final = 0.85  # of the whole time, when decoding and tracking are done
_SCORED: Final = 0.97
_REPORT_FRAMES: Final = 15
_OVERLAP: Final = 16  # frames of the network's grid: its window, see `encoder.Preprocessing`
_PIECE: Final = 8 * _OVERLAP


class NeutralMismatch(Exception):
    """The neutral face carries the margins of another release."""


@dataclasses.dataclass(frozen=True)
class Trace:
    """A curve: `values` (n,) float32 at `t0` + i * `step` seconds; NaN where no face was seen."""

    name: str
    unit: str
    t0: float
    step: float
    values: Floats


@dataclasses.dataclass(frozen=True)
class TakeAnalysis:
    """What was made of one take. Without `usable` there are findings, but no measures or traces.

    `neutral` is the face that was measured against; of a rest take, the one that it gives.
    """

    task: Task
    capture: CaptureFacts
    findings: tuple[Finding, ...]
    measures: tuple[Measure, ...]
    traces: tuple[Trace, ...]
    track: LandmarkTrack
    neutral: Neutral | None
    usable: bool
    config_hash: str
    release: str


def analyse(
    path: Path,
    task: Task,
    release: Release,
    neutral: Neutral | None,
    report: Report,
    config: AnalysisConfig = DEFAULT_CONFIG,
) -> TakeAnalysis:
    """Analyse the video of one take; a rest take gives the session's neutral face.

    `report` is called with the stage ("landmarks", "intensity", "measures") and the fraction of
    the whole that is done. Raises VideoError for a file that cannot be analysed at all.
    """
    track, capture, looks = follow(path, config, report)
    findings = quality.judge(capture, looks, track.seen(), sampling.poses(track), task)
    return score(track, capture, findings, task, release, neutral, report, config)


def follow(
    path: Path, config: AnalysisConfig, report: Report
) -> tuple[LandmarkTrack, CaptureFacts, list[Look]]:
    """Decode the video and track the face through it."""
    with (
        VideoReader(path, config) as video,
        faces.FaceTracker() as tracker,
        faces.FaceDetector() as detector,
    ):
        inspector = quality.Inspector(detector)
        most = int(video.extent.duration_s / CLOSEST_S) + 1
        builder = TrackBuilder(expected=min(video.extent.packets, most))
        for i, frame in enumerate(video):
            seen = inspector.inspect(frame)
            builder.add(frame.t, tracker.track(frame.rgb), seen)
            if i % _REPORT_FRAMES == 0:
                whole = max(video.extent.duration_s, frame.t, 1e-3)
                report("landmarks", _TRACKED * frame.t / whole)
        height, width = frame.rgb.shape[:2]
        return builder.build(width, height, faces.TRACKER), video.facts(), inspector.looks


def score(
    track: LandmarkTrack,
    capture: CaptureFacts,
    findings: tuple[Finding, ...],
    task: Task,
    release: Release,
    neutral: Neutral | None,
    report: Report,
    config: AnalysisConfig = DEFAULT_CONFIG,
) -> TakeAnalysis:
    """Measure and score landmarks; `findings` are those of the pixels. Raises NeutralMismatch."""
    if neutral is not None and neutral.release != release.sha256:
        raise NeutralMismatch(
            "The neutral face was scored with another release. "
            "Analyse the session's rest take with this release first."
        )
    take = TakeAnalysis(
        task=task,
        capture=capture,
        findings=findings,
        measures=(),
        traces=(),
        track=track,
        neutral=None,
        usable=False,
        config_hash=config_hash(*_settings(config), task, faces.TRACKER, release.sha256),
        release=release.name,
    )
    if quality.blocked(findings):
        return take
    face = _neutral_face(track, task, neutral, config)
    if face is None:
        return dataclasses.replace(take, findings=(finding("no_neutral"), *findings))
    report("intensity", _TRACKED)
    face, network = _scored(track, face, task, release, config)
    report("measures", _SCORED)
    signals = sampling.signals(track, face, config.grid_hz)
    return _measured(take, face, network, signals, config)


def _settings(config: AnalysisConfig) -> tuple[object, ...]:
    """Everything that decides what is measured and what is refused, for the hash."""
    return config, rules()["thresholds"]


def _neutral_face(
    track: LandmarkTrack, task: Task, neutral: Neutral | None, config: AnalysisConfig
) -> Neutral | None:
    """The face to measure against: of a rest take its own, else the session's, else the lead-in.

    Talking is measured by its variability, to which the zero does not matter, so that the mean
    of the take itself serves where there is no other.
    """
    if task.kind == TaskKind.REST:
        return faces.neutral_from(track, 0.0, np.inf, "rest")
    if neutral is None and task.kind == TaskKind.TALK:
        return faces.neutral_from(track, 0.0, np.inf, "take")
    if neutral is not None or not task.cues:
        return neutral
    cue = min(c.start for c in task.cues)
    return faces.neutral_from(track, cue - config.lead_in_s, cue, "lead-in")


def _scored(
    track: LandmarkTrack, face: Neutral, task: Task, release: Release, config: AnalysisConfig
) -> tuple[Neutral, tuple[Trace, ...]]:
    """The expression network's traces, and the face with its margins."""
    if task.kind == TaskKind.TALK:
        return face, ()
    grid = Grid(track, config.network_hz)
    cosines = cosines_over(grid, face, release)
    if not face.release:
        at_rest = cosines[_at_rest(task, len(cosines), config.network_hz)]
        face = dataclasses.replace(face, margins=_own_margins(at_rest), release=release.sha256)
    return face, _network_traces(task, face, cosines, 1 / config.network_hz)


def cosines_over(grid: Grid, face: Neutral, release: Release) -> Floats:
    """(m, 8) cosines on the grid, NaN where it is not known, made piece by piece.

    Pieces start where windows start and overlap by one window, so that they give what the whole
    take would give at once, in the memory of one piece.
    """
    n = len(grid.known)
    pieces = []
    for start in range(0, n, _PIECE):
        before = max(0, start - _OVERLAP)
        part = slice(before, min(n, start + _PIECE + _OVERLAP))
        cosines = release.cosines(grid.displacement(face, part))
        pieces.append(cosines[start - before : start - before + _PIECE])
    whole: Floats = np.concatenate(pieces)
    whole[~grid.known] = np.nan
    return whole


def _at_rest(task: Task, n: int, hz: float) -> slice:
    """The part of n samples that shows the face at rest: all, or what is before the first cue."""
    return slice(min((round(cue.start * hz) for cue in task.cues), default=n))


def _own_margins(cosines: Floats) -> dict[str, float]:
    """The usual margin of each expression over (m, 8) cosines of a face at rest: the median, so
    that a movement in between leaves no trace, as in the neutral face itself."""
    usual = {name: np.nanmedian(curves.margins(cosines, name)[0]) for name in EXPRESSIONS}
    return {name: float(margin) for name, margin in usual.items()}


def _network_traces(task: Task, face: Neutral, cosines: Floats, step: float) -> tuple[Trace, ...]:
    """How much of the asked expression, and how much more than of anything else, over time."""
    if task.expression is None:
        return ()
    margin, specificity = curves.margins(cosines, task.expression)
    intensity = margin - np.float32(face.margins[task.expression])
    return tuple(
        Trace(f"{name}:{task.expression}", "margin", 0.0, step, values)
        for name, values in (("intensity", intensity), ("specificity", specificity))
    )


def _measured(
    take: TakeAnalysis,
    face: Neutral,
    network: tuple[Trace, ...],
    signals: Signals,
    config: AnalysisConfig,
) -> TakeAnalysis:
    found = measures.measure(take.task, signals, take.capture.steady_fps, config)
    still = () if measures.moved(take.task, found) else (finding("no_movement"),)
    restless = quality.restless(signals) if take.task.kind == TaskKind.REST else ()
    return dataclasses.replace(
        take,
        findings=(*take.findings, *still, *restless),
        measures=(*found, *_network_measures(take.task, network)),
        traces=(*network, *_movement_traces(take.task, signals)),
        neutral=face,
        usable=True,
        config_hash=config_hash(take.config_hash, face.hash),
    )


def _network_measures(task: Task, traces: tuple[Trace, ...]) -> Iterator[Measure]:
    for trace in traces:
        name = trace.name.partition(":")[0]
        peaks = measures.peaks(task, trace.values, trace.step)
        reason = measures.why_none(task, trace.values, trace.step)
        yield measures.summarise(name, "face", Side.BOTH, "margin", peaks, reason)


def _movement_traces(task: Task, signals: Signals) -> Iterator[Trace]:
    for name, values in measures.traces(task, signals):
        yield Trace(f"movement:{name}", "% IOD", 0.0, signals.step, values)


CORE: Final = ("smile", "surprise", "eye_closure")  # the expressions of the Core protocol


@dataclasses.dataclass(frozen=True)
class TakeRecord:
    """What is left of a usable take in the database: enough to sum up its session."""

    task: Task
    measures: tuple[Measure, ...]
    traces: tuple[Trace, ...]


@dataclasses.dataclass(frozen=True)
class SessionAnalysis:
    """A session's own measures, and a likelihood or the reason why there is none."""

    measures: tuple[Measure, ...]
    likelihood: Likelihood | None
    no_likelihood: str | None
    config_hash: str
    release: str


def assess(
    takes: Sequence[TakeRecord], release: Release, config: AnalysisConfig = DEFAULT_CONFIG
) -> SessionAnalysis:
    """Sum up a session from its usable takes, one per task.

    Only the takes that the release's classifiers were trained on enter the likelihood.
    """
    posed = {take.task.expression: take for take in takes if take.task.expression is not None}
    rest = [take for take in takes if take.task.kind == TaskKind.REST]
    known = {**posed, "rest": rest[-1]} if rest else posed
    no_likelihood = _no_likelihood(posed, release)
    read = {code: known[code] for code in release.trained_takes if code in known}
    return SessionAnalysis(
        measures=(_expressivity(posed),),
        likelihood=None
        if no_likelihood
        else release.classify({code: _curves(take, config) for code, take in read.items()}),
        no_likelihood=no_likelihood,
        config_hash=config_hash(*_settings(config), release.sha256, sorted(known)),
        release=release.name,
    )


def _no_likelihood(posed: Mapping[str, TakeRecord], release: Release) -> str | None:
    if not posed:
        return "no expression task could be measured"
    if not set(posed) & set(release.trained_takes):
        return "the release was trained on none of the expressions that were measured"
    return None


def _expressivity(posed: Mapping[str, TakeRecord]) -> Measure:
    """The headline: geometric mean of the main amplitudes of the Core expressions, in % IOD.

    On the scale of ratios a loss of a third counts the same in a small and in a large movement.
    Amplitudes that cannot be told from noise count as the smallest that can. The region names the
    expressions: sessions with other ones are another series.
    """
    codes = [code for code in CORE if code in posed]
    region = ", ".join(codes).replace("_", " ") or "face"
    amplitudes = [_main_amplitude(posed[code]) for code in codes]
    if not codes or None in amplitudes:
        reason = "the main movement of each Core expression is needed"
        return Measure("expressivity", region, Side.BOTH, "% IOD", None, absent=reason)
    logs = [np.log(max(value, SMALLEST)) for value in amplitudes if value is not None]
    return Measure(
        "expressivity", region, Side.BOTH, "% IOD", float(np.exp(np.mean(logs))), len(logs)
    )


def _main_amplitude(take: TakeRecord) -> float | None:
    assert take.task.expression is not None
    region = measures.PLANS[take.task.expression].main.region
    return next(
        m.value
        for m in take.measures
        if (m.name, m.region, m.side) == ("amplitude", region, Side.BOTH)
    )


def _curves(take: TakeRecord, config: AnalysisConfig) -> Floats:
    """(n, channels) what the classifier reads of a take: see `curves.Curves`."""
    traces = {trace.name: trace for trace in take.traces}
    names = [f"movement:{name}" for name in curves.MOVEMENTS]
    end = min(len(traces[name].values) * traces[name].step for name in names)
    t = np.arange(int(end * config.network_hz)) / config.network_hz
    network = np.zeros((2, len(t)), np.float32)
    if take.task.expression is not None:
        kinds = ("intensity", "specificity")
        network = np.stack([_at(traces[f"{k}:{take.task.expression}"], t) for k in kinds])
    return np.stack([*network, *(_at(traces[name], t) for name in names)], axis=1)


def _at(trace: Trace, t: NDArray[np.float64]) -> Floats:
    """The trace's nearest samples to the times `t`."""
    nearest = np.round((t - trace.t0) / trace.step).astype(int)
    values: Floats = trace.values[nearest.clip(0, len(trace.values) - 1)]
    return values
