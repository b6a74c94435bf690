"""From a video to measures: decode, track, judge, align, score, measure; then a session's summary.

`analyse` starts from a video, `score` from the landmarks of an earlier analysis: with a release
that reads motion images, a new release or a new neutral face needs no pixels.
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
    Task,
    TaskKind,
    config_hash,
)
from diagnosis.crops import CropReader
from diagnosis.faces import Neutral
from diagnosis.findings import finding, settings, threshold
from diagnosis.following import TRACKED, Report, follow
from diagnosis.landmarks import LandmarkTrack
from diagnosis.movement import Floats, Signals
from diagnosis.release import Release
from diagnosis.sampling import Grid
from diagnosis.traces import Trace, of_movement, of_network, over_repeats
from diagnosis.video import CaptureFacts

DEFAULT_CONFIG: Final = AnalysisConfig()
_SCORED: Final = 0.97
_FEWEST: Final = 2  # frames with a face, between which there is a movement
_SEEN: Final = "face_seen_share_min"
_ENCODED: Final = 64  # frames that enter the image tower at once, for its memory


class NeutralMismatch(Exception):
    """The neutral face carries the margins of another release: nothing can be measured against it
    until the session's rest take has been analysed with this release."""


class NeedsPixels(Exception):
    """The release reads crops of the face, and there are only landmarks."""


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
    the whole that is done. Raises VideoError for a file that cannot be analysed at all, and
    NeutralMismatch before anything is decoded.
    """
    _refuse_mismatch(neutral, release)
    reader = CropReader(release) if _needs_pixels(release, task) else None
    track, capture, looks = follow(path, config, report, reader)
    findings = quality.judge(capture, looks, track.seen(), sampling.poses(track), task)
    crops = reader.encoded() if reader else None
    return score(track, capture, findings, task, release, neutral, report, config, crops)


def analyse_landmarks(
    track: LandmarkTrack, task: Task, release: Release, neutral: Neutral | None, report: Report
) -> TakeAnalysis:
    """As `analyse`, of a take of which only the landmarks are there: nothing is known of light,
    sharpness and pose, so that there are no findings about those. Raises NeedsPixels."""
    seconds = float(track.t[-1] - track.t[0]) if len(track) > 1 else 0.0
    fps = (len(track) - 1) / seconds if seconds else 0.0
    capture = CaptureFacts(
        width=track.width,
        height=track.height,
        rotation=0,
        codec="",
        container="landmarks",
        frames=len(track),
        duration_s=seconds,
        fps=fps,
        fps_mean=fps,
        variable=False,
        truncated=False,
    )
    return score(track, capture, (), task, release, neutral, report)


def _needs_pixels(release: Release, task: Task) -> bool:
    """Whether landmarks are not enough; of talking, only movement is measured."""
    return release.reads_pixels and task.kind != TaskKind.TALK


def score(
    track: LandmarkTrack,
    capture: CaptureFacts,
    findings: tuple[Finding, ...],
    task: Task,
    release: Release,
    neutral: Neutral | None,
    report: Report,
    config: AnalysisConfig = DEFAULT_CONFIG,
    crops: Floats | None = None,
) -> TakeAnalysis:
    """Measure and score landmarks; `findings` and `crops`, encoded (see `CropReader`), are those
    of the pixels.

    Raises NeutralMismatch, and NeedsPixels where the release reads crops and there are none.
    """
    if crops is None and _needs_pixels(release, task):
        raise NeedsPixels(
            f"Release {release.name} reads pictures of the face, and of this take only landmarks "
            "are at hand. Analyse its video, or choose a release that reads motion images."
        )
    _refuse_mismatch(neutral, release)
    hidden = release.why_hidden(task.expression) if task.expression is not None else ""
    take = TakeAnalysis(
        task=task,
        capture=capture,
        findings=findings,
        measures=(),
        traces=(),
        track=track,
        neutral=None,
        usable=False,
        config_hash=config_hash(*settings(config), task, track.tracker, release.sha256, hidden),
        release=release.name,
    )
    if quality.blocked(findings):
        return take
    if track.seen().sum() < _FEWEST:
        unseen = finding("no_face", value=track.seen().mean(), limit=threshold(_SEEN))
        return dataclasses.replace(take, findings=(unseen, *findings))
    face = _neutral_face(track, task, neutral, config)
    if face is None:
        return dataclasses.replace(take, findings=(_why_no_neutral(task), *findings))
    report("intensity", TRACKED)
    network: tuple[Trace, ...] = ()
    if task.kind != TaskKind.TALK:
        encoded = _encoded_motion(track, face, release) if crops is None else crops
        face, network = _scored(release.compare(encoded), face, task, release, config)
        network = tuple(dataclasses.replace(trace, caution=hidden) for trace in network)
    report("measures", _SCORED)
    signals = sampling.signals(track, face, config.grid_hz)
    return _measured(take, face, network, signals)


def _refuse_mismatch(neutral: Neutral | None, release: Release) -> None:
    if neutral is not None and neutral.release != release.sha256:
        raise NeutralMismatch(
            "The neutral face was scored with another release. "
            "Analyse the session's rest take with this release first."
        )


def _neutral_face(
    track: LandmarkTrack, task: Task, neutral: Neutral | None, config: AnalysisConfig
) -> Neutral | None:
    """The face to measure against: of a rest take its own, else the session's, else the lead-in.

    Talking is measured by its variability, to which the zero does not matter, so that the mean
    of the take itself serves where there is no other.
    """
    if task.kind == TaskKind.REST:
        return faces.neutral_from(track, 0.0, np.inf, "rest", quality.rest_needed_s(task))
    if neutral is None and task.kind == TaskKind.TALK:
        return faces.neutral_from(track, 0.0, np.inf, "take")
    if neutral is not None or not task.cues:
        return neutral
    cue = min(c.start for c in task.cues)
    return faces.neutral_from(track, cue - config.lead_in_s, cue, "lead-in")


def _why_no_neutral(task: Task) -> Finding:
    if task.kind == TaskKind.REST and task.seconds:
        return finding("short_rest", limit=quality.rest_needed_s(task))
    return finding("no_neutral")


def _encoded_motion(track: LandmarkTrack, face: Neutral, release: Release) -> Floats:
    """(m, release.width) of a take's motion images, NaN where the movement is not known."""
    grid = Grid(track, release.hz)
    parts = [
        release.encode(grid.displacement(face, slice(start, start + _ENCODED)))
        for start in range(0, len(grid.known), _ENCODED)
    ]
    encoded = np.concatenate(parts)
    encoded[~grid.known] = np.nan
    return encoded


def _scored(
    cosines: Floats, face: Neutral, task: Task, release: Release, config: AnalysisConfig
) -> tuple[Neutral, tuple[Trace, ...]]:
    """The expression network's traces, and the face with its margins."""
    if not face.release:
        at_rest = cosines[_at_rest(task, len(cosines), release.hz, config)]
        face = dataclasses.replace(face, margins=_own_margins(at_rest), release=release.sha256)
    if task.expression is None:
        return face, ()
    return face, of_network(task, cosines, face.margins[task.expression], 1 / release.hz)


def _at_rest(task: Task, n: int, hz: float, config: AnalysisConfig) -> slice:
    """The part of n samples that shows the face at rest: all, or the lead-in before the cues."""
    if not task.cues:
        return slice(n)
    cue = min(cue.start for cue in task.cues)
    return slice(max(0, round((cue - config.lead_in_s) * hz)), max(1, round(cue * hz)))


def _own_margins(cosines: Floats) -> dict[str, float]:
    """The usual margin of each expression over (m, 8) cosines of a face at rest: the median, so
    that a movement in between leaves no trace, as in the neutral face itself."""
    usual = {name: np.nanmedian(curves.margins(cosines, name)[0]) for name in EXPRESSIONS}
    return {name: float(margin) for name, margin in usual.items()}


def _measured(
    take: TakeAnalysis, face: Neutral, network: tuple[Trace, ...], signals: Signals
) -> TakeAnalysis:
    fps = min(take.capture.steady_fps, sampling.tracked_fps(take.track, signals))
    found = measures.measure(take.task, signals, fps)
    still = () if measures.moved(take.task, found) else (finding("no_movement"),)
    restless = quality.restless(signals, face) if take.task.kind == TaskKind.REST else ()
    main, *beside = of_movement(take.task, signals)
    repeats = (mean for trace in (*network, main) for mean in over_repeats(trace, take.task.cues))
    return dataclasses.replace(
        take,
        findings=(*take.findings, *still, *restless),
        measures=(*found, *_network_measures(take.task, network)),
        traces=(*network, main, *beside, *repeats),
        neutral=face,
        usable=True,
        config_hash=config_hash(take.config_hash, face.hash),
    )


def _network_measures(task: Task, traces: tuple[Trace, ...]) -> Iterator[Measure]:
    """Measures of the network's traces; of those that are not shown, the reason instead."""
    for trace in traces:
        name = trace.name.partition(":")[0]
        yield from measures.of_network(task, name, trace.values, trace.step, trace.caution)
