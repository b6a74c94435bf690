"""From a video to measures: decode, track, judge, align, score, measure; then a session's summary.

`analyse` starts from a video, `score` from the landmarks of an earlier analysis: a new release
or a new neutral face needs no pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

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
from diagnosis.faces import Neutral
from diagnosis.findings import finding, settings
from diagnosis.following import TRACKED, Report, follow
from diagnosis.landmarks import LandmarkTrack
from diagnosis.movement import Floats, Signals
from diagnosis.release import Release
from diagnosis.sampling import Grid
from diagnosis.traces import Trace, of_movement, of_network, over_repeats
from diagnosis.video import CaptureFacts

DEFAULT_CONFIG: Final = AnalysisConfig()
_SCORED: Final = 0.97
_OVERLAP: Final = 16  # frames of the network's grid: its window, see `encoder.Preprocessing`
_PIECE: Final = 8 * _OVERLAP


class NeutralMismatch(Exception):
    """The neutral face carries the margins of another release."""


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
        config_hash=config_hash(*settings(config), task, faces.TRACKER, release.sha256),
        release=release.name,
    )
    if quality.blocked(findings):
        return take
    face = _neutral_face(track, task, neutral, config)
    if face is None:
        return dataclasses.replace(take, findings=(finding("no_neutral"), *findings))
    report("intensity", TRACKED)
    face, network = _scored(track, face, task, release, config)
    report("measures", _SCORED)
    signals = sampling.signals(track, face, config.grid_hz)
    return _measured(take, face, network, signals)


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
    if task.expression is None:
        return face, ()
    own = face.margins[task.expression]
    return face, of_network(task, cosines, own, 1 / config.network_hz)


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


def _measured(
    take: TakeAnalysis, face: Neutral, network: tuple[Trace, ...], signals: Signals
) -> TakeAnalysis:
    found = measures.measure(take.task, signals, take.capture.steady_fps)
    still = () if measures.moved(take.task, found) else (finding("no_movement"),)
    restless = quality.restless(signals) if take.task.kind == TaskKind.REST else ()
    traced = (*network, *of_movement(take.task, signals))
    repeats = (mean for trace in traced for mean in over_repeats(trace, take.task.cues))
    return dataclasses.replace(
        take,
        findings=(*take.findings, *still, *restless),
        measures=(*found, *_network_measures(take.task, network)),
        traces=(*traced, *repeats),
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
