"""Movements of known size, animated, encoded, decoded and tracked, measure what they are."""

import json

import numpy as np
import pytest

from diagnosis import gains, measures, reliability
from diagnosis.actions import smile_amplitude
from diagnosis.config import EXPRESSIONS, Side
from diagnosis.gains import FULL, HALF, Answer
from diagnosis.motion import Movement
from diagnosis.plans import PLANS
from diagnosis.simulate import VideoScript

CORNERS = ("amplitude", "mouth corner", Side.BOTH)
SMILES = (0.02, 0.04, 0.06, 0.08, 0.1)


@pytest.fixture(scope="module")
def smiles(tmp_path_factory):
    """Gains of smiles, by how far they move the corners of the mouth in IOD."""
    path = tmp_path_factory.mktemp("films") / "smile.mp4"
    return {
        corner: gains.gains(path, "smile", gains.script("smile", smile_amplitude(corner)))
        for corner in SMILES
    }


@pytest.mark.parametrize("corner", [0.04, 0.06, 0.08])
def test_a_smile_measures_within_fifteen_per_cent_of_its_truth(smiles, corner):
    found = smiles[corner][CORNERS]

    assert found.true.value == pytest.approx(100 * corner, rel=0.02)
    assert found.ratio == pytest.approx(1, abs=0.15)


def test_what_is_measured_of_smiles_is_linear_in_what_was_played(smiles):
    found = [one[CORNERS] for one in smiles.values()]

    true, measured = ([getattr(x, which).value for x in found] for which in ("true", "measured"))
    assert np.corrcoef(true, measured)[0, 1] >= 0.98


def test_a_smile_is_as_late_and_nearly_as_fast_as_it_was_played(smiles):
    latency = smiles[0.08]["onset_latency", "mouth corner", Side.BOTH]
    speed = smiles[0.08]["peak_velocity", "mouth corner", Side.BOTH]

    assert latency.measured.value == pytest.approx(latency.true.value, abs=0.05)
    assert speed.ratio == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("expression", [name for name in EXPRESSIONS if name != "smile"])
def test_the_main_movement_of_every_expression_is_seen_and_grows_with_it(tmp_path, expression):
    key = ("amplitude", PLANS[expression].main.region, Side.BOTH)

    half, full = (
        gains.gains(tmp_path / "take.mp4", expression, gains.script(expression, amplitude))[key]
        for amplitude in (HALF, FULL)
    )

    assert half.measured.value > measures.SMALLEST
    assert full.measured.value > 1.2 * half.measured.value
    assert 0.3 < full.ratio < 1.3


def test_a_smile_that_is_weak_on_the_right_is_found_weak_on_the_right(tmp_path):
    posed = Movement("smile", gains.START_S, smile_amplitude(0.08), right=0.5)
    found = gains.gains(tmp_path / "smile.mp4", "smile", VideoScript(gains.LENGTH_S, (posed,)))

    symmetry = found["symmetry", "mouth corner", Side.BOTH]
    assert symmetry.true.value == pytest.approx(2, rel=0.1)
    assert symmetry.measured.value > 1.2


def answer(expression, channel, measured, mirrored, late=0.0, velocity=1.0):
    """An answer to 5 % at half and 10 % in full."""
    by_amplitude = [dict(zip((HALF, FULL), of, strict=True)) for of in (measured, mirrored)]
    true = {HALF: 5.0, FULL: 10.0}
    return Answer(expression, channel, true, *by_amplitude, late, velocity)


BROW, FROWN = PLANS["surprise"].main, PLANS["anger"].beside[0]
SURPRISE = answer("surprise", BROW, (5.0, 8.0), (4.0, 6.0))


def test_a_gain_is_the_mean_of_both_faces():
    assert SURPRISE.gain(HALF) == pytest.approx(0.9)
    assert SURPRISE.gain(FULL) == pytest.approx(0.7)


def test_a_movement_too_small_to_tell_has_no_gain():
    tiny = Answer("anger", FROWN, {HALF: 0.5, FULL: 2.0}, {HALF: 1.0}, {HALF: 1.0}, 0.0, 1.0)

    assert np.isnan(tiny.gain(HALF))


def test_a_direction_has_the_gain_of_the_expressions_whose_main_movement_it_is():
    fear = answer("fear", BROW, (3.0, 6.0), (3.0, 6.0))
    lowered = answer("disgust", PLANS["disgust"].beside[1], (1.0, 1.0), (1.0, 1.0))
    frown = answer("anger", FROWN, (0.5, 1.0), (0.5, 1.0))

    table = gains.by_direction([SURPRISE, fear, lowered, frown])

    assert table == {
        "brow_raise": {"half": 0.75, "full": 0.65},
        "-brow_raise": {"half": 0.2, "full": 0.1},
        "brows_together": {"half": 0.1, "full": 0.1},
    }


def test_the_table_is_printed_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gains, "EXPRESSIONS", ("smile",))
    monkeypatch.setattr(gains, "AMPLITUDES", (HALF, FULL))
    monkeypatch.setattr(reliability, "PATH", tmp_path / "gains.json")
    monkeypatch.setattr("sys.argv", ["gains", "--write"])

    gains.main()

    row = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("smile"))
    written = json.loads((tmp_path / "gains.json").read_text())
    assert row.split()[:3] == ["smile", "mouth", "corner"]
    assert 0.6 < float(row.split()[5]) < 1.1
    assert written["mouth_corner"] == {"half": float(row.split()[4]), "full": float(row.split()[5])}


def test_every_movement_that_is_measured_has_a_kept_gain():
    kept = json.loads(reliability.PATH.read_text(encoding="utf-8"))

    assert {channel.signal for plan in PLANS.values() for channel in plan.channels} <= kept.keys()
    assert all(0 <= gain <= 1.5 for of in kept.values() for gain in of.values())
