"""The whole analysis with the embedded release, on animated films and on bad ones."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from diagnosis import findings, pipeline
from diagnosis import release as releases
from diagnosis.config import (
    EXPRESSIONS,
    AnalysisConfig,
    Cue,
    Severity,
    Side,
    Task,
    TaskKind,
)
from diagnosis.faces import Neutral
from diagnosis.landmarks import CHUNK, LandmarkTrack, TrackBuilder
from diagnosis.motion import Movement
from diagnosis.pipeline import NeedsPixels, NeutralMismatch, analyse, score
from diagnosis.sampling import Grid
from diagnosis.session import TakeRecord, assess
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import NotAVideo

from . import tiny
from .films import shared_clip

REST = Task("rest", TaskKind.REST)
TALK = Task("talk", TaskKind.TALK)
CUE = Cue(2.0, 4.5)
SMILE = Task("smile", TaskKind.EXPRESSION, "smile", (CUE,))


def quiet(stage, fraction):
    pass


def judged(folder, **aurocs):
    """The embedded release as if it had been judged on real faces: expression -> lower bound."""
    shutil.copytree(releases.DEFAULT, folder)
    info = json.loads((folder / releases.INFO).read_text())
    info["reliability"] = {
        name: {"auroc": 0.9, "auroc_95": [low, 0.95], "n": 50, "source": "invented"}
        for name, low in aurocs.items()
    }
    (folder / releases.INFO).write_text(json.dumps(info))
    return releases.load(folder)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return judged(tmp_path_factory.mktemp("judged") / "motion", smile=0.9)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Reads crops of the face; its weights are random."""
    return releases.load(tiny.build(tmp_path_factory.mktemp("reference")))


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """name -> path of short films of one face."""
    folder = tmp_path_factory.mktemp("films")
    scripts = {
        "rest": VideoScript(3.0, seed=1),
        "weak": VideoScript(5.0, (Movement("smile", 2.3, 0.25),), seed=2),
        "strong": VideoScript(5.0, (Movement("smile", 2.3, 0.8),), seed=3),
        "talk": VideoScript(10.5, speech=1.0, seed=4),
        "quiet": VideoScript(10.5, seed=5),
    }
    for name, script in scripts.items():
        animate(folder / f"{name}.mp4", script)
    return {name: folder / f"{name}.mp4" for name in scripts}


@pytest.fixture(scope="module")
def rest(films, release):
    return analyse(films["rest"], REST, release, None, quiet)


@pytest.fixture(scope="module")
def strong(films, release, rest):
    return analyse(films["strong"], SMILE, release, rest.neutral, quiet)


@pytest.fixture(scope="module")
def weak(films, release, rest):
    return analyse(films["weak"], SMILE, release, rest.neutral, quiet)


def value(take, name, region=None, side=Side.BOTH):
    return next(
        m.value
        for m in take.measures
        if m.name == name and m.side == side and region in (None, m.region)
    )


def record(take):
    return TakeRecord(take.task, take.measures, take.traces)


def test_a_rest_take_gives_the_neutral_face_with_its_margins(rest, release):
    assert rest.usable
    assert all(found.severity == Severity.ADVISES for found in rest.findings)
    assert rest.neutral.source == "rest"
    assert rest.neutral.release == release.sha256
    assert set(rest.neutral.margins) >= {"smile", "surprise", "eye_closure"}
    assert {m.name for m in rest.measures} >= {"eye_opening", "blink_rate", "lips_apart"}


def test_a_strong_smile_has_more_amplitude_speed_and_intensity_than_a_weak_one(weak, strong):
    assert value(strong, "amplitude", "mouth corner") > 2 * value(weak, "amplitude", "mouth corner")
    assert value(strong, "peak_velocity") > 2 * value(weak, "peak_velocity")
    assert value(strong, "intensity") > 1.5 * value(weak, "intensity") > 0
    assert value(strong, "specificity") > value(weak, "specificity")


def test_traces_rise_in_the_cue_window_and_start_at_the_own_neutral(strong):
    traces = {trace.name: trace for trace in strong.traces}
    for name in ("intensity:smile", "movement:mouth_corner"):
        trace = traces[name]
        t = trace.t0 + trace.step * np.arange(len(trace.values))
        before, within = trace.values[t < 2.0], trace.values[(t > 3.0) & (t < 4.0)]
        assert abs(before.mean()) < 0.25 * within.mean()
        assert trace.values.dtype == np.float32


def test_a_long_take_is_encoded_in_pieces_as_if_it_were_at_once(strong, release):
    builder = TrackBuilder()
    every = strong.track.landmarks(slice(None))
    for i in range(1600):
        builder.add(i / 30, every[i % len(every)])
    long = builder.build(strong.track.width, strong.track.height, strong.track.tracker)
    grid = Grid(long, release.hz)

    pieces = pipeline._encoded_motion(long, strong.neutral, release)

    at_once = release.encode(grid.displacement(strong.neutral, slice(0, len(grid.known))))
    assert len(pieces) == len(at_once) > 3 * CHUNK
    assert pieces == pytest.approx(at_once, abs=1e-5)


def hidden(take):
    """Names of measures and of traces that are not shown, each with its reason."""
    found = {m.name: m.absent for m in take.measures if (m.absent or "").startswith("movement")}
    return found, {t.name: t.caution for t in take.traces if t.caution}


def test_intensity_is_shown_only_where_real_faces_speak_for_it(tmp_path, strong, rest):
    weak = judged(tmp_path / "weak", smile=0.79)

    take = score(strong.track, strong.capture, (), SMILE, weak, rest.neutral, quiet)

    measures, traces = hidden(take)
    assert hidden(strong) == ({}, {})
    assert {"intensity", "specificity"} <= set(measures)
    assert {"intensity:smile", "specificity:smile"} <= set(traces)
    assert {*measures.values(), *traces.values()} == {weak.why_hidden("smile")}
    assert not any(name.startswith("movement:") for name in traces)


def test_a_hidden_trace_is_still_there_for_the_classifiers(tmp_path, strong, rest):
    weak = judged(tmp_path / "weak", smile=0.79)
    take = score(strong.track, strong.capture, (), SMILE, weak, rest.neutral, quiet)

    likelihood = assess([record(rest), record(take)], weak).likelihood

    assert likelihood == assess([record(rest), record(strong)], weak).likelihood


@pytest.fixture(scope="module")
def seen(films, reference):
    """The rest take and the strong smile through the reference release."""
    rest = analyse(films["rest"], REST, reference, None, quiet)
    return rest, analyse(films["strong"], SMILE, reference, rest.neutral, quiet)


def test_a_release_that_reads_crops_gives_the_same_kind_of_traces_at_its_own_rate(seen, strong):
    _, smile = seen

    traces = {trace.name: trace for trace in smile.traces}
    assert set(traces) == {trace.name for trace in strong.traces}
    for name in ("intensity:smile", "specificity:smile"):
        assert traces[name].step == 1 / 8
        assert len(traces[name].values) == 40
        assert np.isfinite(traces[name].values).all()
    assert {(m.name, m.region) for m in smile.measures} == {
        (m.name, m.region) for m in strong.measures
    }
    assert value(smile, "amplitude", "mouth corner") == value(strong, "amplitude", "mouth corner")


def test_zero_is_the_persons_own_face_at_rest_also_in_crops(seen, films, reference):
    rest, _ = seen
    task = dataclasses.replace(SMILE, cues=(Cue(0.5, 2.5),))

    still = analyse(films["rest"], task, reference, rest.neutral, quiet)

    trace = next(t for t in still.traces if t.name == "intensity:smile")
    assert set(rest.neutral.margins) == set(EXPRESSIONS)
    assert rest.neutral.release == reference.sha256
    assert np.median(trace.values) == pytest.approx(0, abs=1e-6)


def test_landmarks_alone_are_not_enough_for_a_release_that_reads_crops(seen, reference, strong):
    rest, smile = seen

    with pytest.raises(NeedsPixels, match="reads pictures of the face"):
        score(smile.track, smile.capture, (), SMILE, reference, rest.neutral, quiet)
    talk = score(smile.track, smile.capture, (), TALK, reference, rest.neutral, quiet)
    assert talk.usable


def test_without_classifiers_there_is_no_likelihood_and_the_reason_is_said(seen, reference):
    session = assess([record(take) for take in seen], reference)

    assert session.likelihood is None
    assert session.no_likelihood


def test_progress_goes_through_the_stages_and_never_back(films, release):
    said = []
    analyse(films["weak"], SMILE, release, None, lambda *report: said.append(report))

    stages = list(dict.fromkeys(stage for stage, _ in said))
    fractions = [fraction for _, fraction in said]
    assert stages == ["landmarks", "intensity", "measures"]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.2
    assert fractions[-1] <= 1


def test_what_stops_the_report_stops_the_analysis(films, release):
    class Stopped(Exception):
        pass

    def stop(stage, fraction):
        raise Stopped

    with pytest.raises(Stopped):
        analyse(films["weak"], SMILE, release, None, stop)


def test_without_a_rest_take_the_seconds_before_the_first_cue_serve(films, release, strong):
    take = analyse(films["strong"], SMILE, release, None, quiet)

    assert take.usable
    assert take.neutral.source == "lead-in"
    expected = value(strong, "amplitude", "mouth corner")
    assert value(take, "amplitude", "mouth corner") == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
    ("planned", "usable"), [(40, False), (20, False), (12, False), (5, True), (None, True)]
)
def test_three_seconds_at_rest_are_a_neutral_only_where_no_more_was_planned_than_twice_that(
    films, release, planned, usable
):
    take = analyse(films["rest"], dataclasses.replace(REST, seconds=planned), release, None, quiet)

    assert (take.usable, take.neutral is not None) == (usable, usable)
    assert ("short_rest" in {found.code for found in take.findings}) != usable


def test_ten_seconds_at_rest_are_enough_however_much_was_planned(films, release):
    task = dataclasses.replace(REST, seconds=120)

    assert analyse(films["quiet"], task, release, None, quiet).neutral.source == "rest"


def test_without_a_rest_take_and_without_cues_a_take_cannot_be_scored(films, release):
    take = analyse(films["strong"], dataclasses.replace(SMILE, cues=()), release, None, quiet)

    assert not take.usable
    assert [f.code for f in take.findings] == ["no_neutral"]
    assert take.measures == take.traces == ()


def test_talking_moves_the_mouth_more_than_resting(films, release, rest):
    def moved(film, neutral):
        take = analyse(films[film], TALK, release, neutral, quiet)
        return value(take, "movement_sd", "mouth width")

    talking = moved("talk", rest.neutral)
    assert talking > 2 * moved("quiet", rest.neutral)
    assert moved("talk", None) == pytest.approx(talking, rel=0.1)


def test_a_still_face_that_was_asked_to_smile_is_noted(films, release, rest):
    task = dataclasses.replace(SMILE, cues=(Cue(1.0, 2.4),))

    take = analyse(films["rest"], task, release, rest.neutral, quiet)

    assert take.usable
    assert [f.code for f in take.findings] == ["no_movement"]


def test_a_rest_take_in_which_the_person_smiles_is_noted_and_other_takes_are_not(films, release):
    smiling = analyse(films["strong"], REST, release, None, quiet)
    asked = analyse(films["strong"], SMILE, release, None, quiet)

    assert smiling.usable
    assert "not_at_rest" in [f.code for f in smiling.findings]
    assert asked.findings == ()


def test_landmarks_alone_give_the_same_analysis_again(tmp_path, release, rest, strong):
    strong.track.save(tmp_path / "track.npz")
    rest.neutral.save(tmp_path / "neutral.npz")

    again = score(
        LandmarkTrack.load(tmp_path / "track.npz"),
        strong.capture,
        strong.findings,
        SMILE,
        release,
        Neutral.load(tmp_path / "neutral.npz"),
        quiet,
    )

    assert again.measures == strong.measures
    assert again.config_hash == strong.config_hash


def test_a_neutral_face_of_another_release_is_refused(strong, release, rest):
    other = dataclasses.replace(rest.neutral, release="0" * 64)

    with pytest.raises(NeutralMismatch, match="rest take"):
        score(strong.track, strong.capture, (), SMILE, release, other, quiet)


def test_the_hash_of_the_configuration_covers_settings_and_neutral(films, release, strong):
    by_lead_in = analyse(films["strong"], SMILE, release, None, quiet)
    config = dataclasses.replace(AnalysisConfig(), lead_in_s=1.0)
    changed = score(strong.track, strong.capture, (), SMILE, release, strong.neutral, quiet, config)

    assert len({strong.config_hash, by_lead_in.config_hash, changed.config_hash}) == 3


def test_the_hash_covers_the_engines_version_and_the_thresholds(strong, release, monkeypatch):
    def hashes(config):
        take = score(
            strong.track, strong.capture, (), SMILE, release, strong.neutral, quiet, config
        )
        return take.config_hash, assess([record(take)], release, config).config_hash

    config = AnalysisConfig()
    newer = dataclasses.replace(config, engine=config.engine + 1)
    found = [hashes(config), hashes(newer)]
    thresholds = {**findings.rules()["thresholds"], "fps_usable": 15}
    monkeypatch.setattr(findings, "rules", lambda: {"thresholds": thresholds})
    found.append(hashes(config))

    assert len({one for pair in found for one in pair}) == 6


@pytest.mark.parametrize("clip", ["no_face.mp4", "two_people.gif"])
def test_a_film_that_cannot_be_measured_is_a_result_with_a_reason(clip, release):
    take = analyse(shared_clip(clip), REST, release, None, quiet)

    assert not take.usable
    assert take.findings[0].severity == Severity.BLOCKS
    assert take.measures == take.traces == ()
    assert take.neutral is None


def test_a_real_smile_is_seen_as_a_smile(release):
    task = Task("smile", TaskKind.EXPRESSION, "smile", (Cue(0.4, 2.3),))

    take = analyse(shared_clip("single_face.mp4"), task, release, None, quiet)

    assert value(take, "amplitude", "mouth corner") > 10
    assert value(take, "intensity") > 0.2
    assert value(take, "specificity") > 0


def test_text_is_no_result_at_all(tmp_path, release):
    path = tmp_path / "film.mp4"
    path.write_text("a letter")

    with pytest.raises(NotAVideo):
        analyse(path, REST, release, None, quiet)


def test_a_session_has_a_headline_and_a_likelihood(rest, strong, release):
    session = assess([record(rest), record(strong)], release)

    headline = session.measures[0]
    assert (headline.name, headline.region, headline.n) == ("expressivity", "smile", 1)
    assert headline.value == pytest.approx(value(strong, "amplitude", "mouth corner"))
    assert 0 < session.likelihood.value < 1
    assert session.likelihood.takes == ("rest", "smile")
    assert session.no_likelihood is None


def test_expressions_that_the_release_was_not_trained_on_do_not_enter_the_likelihood(
    rest, strong, release
):
    disgust = dataclasses.replace(SMILE, code="disgust", expression="disgust")
    other = score(strong.track, strong.capture, (), disgust, release, rest.neutral, quiet)

    alone = assess([record(rest), record(other)], release)
    both = assess([record(rest), record(other), record(strong)], release)

    assert alone.likelihood is None
    assert "trained on none" in alone.no_likelihood
    assert both.likelihood == assess([record(rest), record(strong)], release).likelihood


def test_a_grin_in_the_rest_take_does_not_shift_the_persons_zero():
    still = np.tile(np.linspace(0.5, 0.1, 8), (100, 1)).astype(np.float32)
    grinning = still.copy()
    grinning[:20, 1] = 0.9

    assert pipeline._own_margins(grinning) == pytest.approx(pipeline._own_margins(still))


def test_a_session_of_rest_alone_has_no_likelihood_and_says_why(rest, release):
    session = assess([record(rest)], release)

    assert session.likelihood is None
    assert "no expression" in session.no_likelihood
    assert session.measures[0].absent
