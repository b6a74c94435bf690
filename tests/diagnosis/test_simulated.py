"""Landmarks without films: what was put in comes out of the real analysis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diagnosis import pipeline, release, simulated
from diagnosis.config import Cue, Side, Task, TaskKind
from diagnosis.faces import Neutral
from diagnosis.landmarks import LandmarkTrack
from diagnosis.motion import Movement
from diagnosis.pipeline import TakeAnalysis
from diagnosis.release import Release
from diagnosis.simulate import VideoScript

CUES = (Cue(2, 4), Cue(6, 8))
SMILE = Task("smile", TaskKind.EXPRESSION, "smile", CUES)


@pytest.fixture(scope="module")
def embedded() -> Release:
    return release.load(release.DEFAULT)


@pytest.fixture(scope="module")
def neutral(embedded: Release) -> Neutral:
    rest = analysed(simulated.track(VideoScript(6), face=1), Task("rest", TaskKind.REST, None, ()),
                    embedded)  # fmt: skip
    assert rest.neutral is not None
    return rest.neutral


def analysed(
    track: LandmarkTrack, task: Task, embedded: Release, neutral: Neutral | None = None
) -> TakeAnalysis:
    return pipeline.analyse_landmarks(track, task, embedded, neutral, lambda *_: None)


def smiling(strength: float, seed: int = 0) -> LandmarkTrack:
    movements = tuple(Movement("smile", cue.start + 0.3, strength, hold=1.5) for cue in CUES)
    return simulated.track(VideoScript(10, movements, seed=seed), face=1)


def amplitude(take: TakeAnalysis) -> float:
    (found,) = (
        m.value
        for m in take.measures
        if (m.name, m.region, m.side) == ("amplitude", "mouth corner", Side.BOTH)
    )
    assert found is not None
    return found


def test_a_stronger_smile_measures_more(embedded: Release, neutral: Neutral) -> None:
    weak, strong = (analysed(smiling(s), SMILE, embedded, neutral) for s in (0.3, 0.6))
    assert weak.usable
    assert amplitude(strong) == pytest.approx(2 * amplitude(weak), rel=0.35)


def test_the_capture_facts_say_that_there_were_no_pictures(
    embedded: Release, neutral: Neutral
) -> None:
    take = analysed(smiling(0.5), SMILE, embedded, neutral)
    assert take.capture.container == "landmarks"
    assert take.capture.steady_fps == pytest.approx(30)
    assert take.track.tracker == simulated.TRACKER


def test_the_same_script_gives_the_same_landmarks_and_another_seed_others() -> None:
    every = slice(None)
    once, again, other = (smiling(0.5, seed).landmarks(every) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_saved_landmarks_are_analysed_as_those_in_memory(
    embedded: Release, neutral: Neutral, tmp_path: Path
) -> None:
    track = smiling(0.5)
    track.save(tmp_path / "track.npz")
    loaded = LandmarkTrack.load(tmp_path / "track.npz")
    assert (
        analysed(loaded, SMILE, embedded, neutral).measures
        == analysed(track, SMILE, embedded, neutral).measures
    )
