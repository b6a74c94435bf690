"""Movements of known size, animated, encoded, decoded and tracked, measure what they are."""

import numpy as np
import pytest

from diagnosis import faces, gains, measures, sampling
from diagnosis.actions import smile_amplitude
from diagnosis.config import EXPRESSIONS, AnalysisConfig, Side, Task, TaskKind
from diagnosis.following import follow
from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate

CONFIG = AnalysisConfig()
CORNERS = ("amplitude", "mouth corner", Side.BOTH)


def smiles(path, corner, codec="h264", seed=0):
    """Gains of a smile that moves the corners of the mouth by `corner` IOD."""
    return gains.gains(path, "smile", gains.script("smile", smile_amplitude(corner), codec, seed))


@pytest.mark.parametrize(("codec", "suffix"), [("h264", "mp4"), ("vp8", "webm"), ("vp9", "webm")])
def test_a_smile_of_eight_per_cent_measures_within_fifteen_per_cent_of_its_truth(
    tmp_path, codec, suffix
):
    found = smiles(tmp_path / f"smile.{suffix}", 0.08, codec)[CORNERS]

    assert found.true.value == pytest.approx(8.0, rel=0.02)
    assert found.ratio == pytest.approx(1, abs=0.15)


def test_half_the_smile_measures_about_half(tmp_path):
    full, half = (smiles(tmp_path / "smile.mp4", corner)[CORNERS] for corner in (0.08, 0.04))

    assert half.measured.value / full.measured.value == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("corner", [0.03, 0.06])
def test_smaller_smiles_measure_within_a_fifth_of_their_truth(tmp_path, corner):
    found = smiles(tmp_path / "smile.mp4", corner, seed=3)

    assert found[CORNERS].ratio == pytest.approx(1, abs=0.2)


def test_a_smile_is_as_late_and_nearly_as_fast_as_it_was_played(tmp_path):
    found = smiles(tmp_path / "smile.mp4", 0.08)

    latency = found["onset_latency", "mouth corner", Side.BOTH]
    speed = found["peak_velocity", "mouth corner", Side.BOTH]
    assert latency.measured.value == pytest.approx(latency.true.value, abs=0.05)
    assert speed.ratio == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_main_movement_of_every_expression_is_seen_and_grows_with_it(tmp_path, expression):
    main = measures.PLANS[expression].main
    key = ("amplitude", main.region, Side.BOTH)

    half, full = (
        gains.gains(tmp_path / "take.mp4", expression, gains.script(expression, amplitude))[key]
        for amplitude in (0.5, 1.0)
    )

    assert half.measured.value > measures.SMALLEST
    assert full.measured.value > 1.2 * half.measured.value
    assert 0.3 < full.ratio < 1.3


def test_a_one_sided_smile_is_found_on_its_side(tmp_path):
    played = VideoScript(gains.LENGTH_S, (Movement("smile", gains.START_S, 0.6, left=0.2),))
    found = gains.gains(tmp_path / "smile.mp4", "smile", played)

    left = found["amplitude", "mouth corner", Side.LEFT].measured.value
    right = found["amplitude", "mouth corner", Side.RIGHT].measured.value
    assert right > 1.5 * left


def rest_measures(path, blinks):
    animate(path, VideoScript(12.0, blinks=blinks))
    track, capture, _ = follow(path, CONFIG, lambda stage, fraction: None)
    neutral = faces.neutral_from(track, 0, np.inf, "rest")
    signals = sampling.signals(track, neutral, CONFIG.grid_hz)
    found = measures.measure(Task("rest", TaskKind.REST), signals, capture.steady_fps)
    return {(m.name, m.side): m for m in found}


def test_blinks_are_counted(tmp_path):
    found = rest_measures(tmp_path / "rest.mp4", blinks=(1.0, 2.2, 5.0, 5.9, 9.3))

    assert found["blink_rate", Side.BOTH].value == pytest.approx(60 * 5 / 12, abs=1)
    assert 0.1 < found["blink_duration", Side.BOTH].value < 0.35


def test_the_table_has_a_row_for_the_main_movement_of_every_expression(monkeypatch, capsys):
    monkeypatch.setattr(gains, "EXPRESSIONS", ("smile",))

    gains.main()

    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("smile")]
    assert rows[0].split()[:4] == ["smile", "amplitude", "mouth", "corner"]
    assert 0.7 < float(rows[0].split()[6]) < 1.2
