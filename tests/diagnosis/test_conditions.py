"""Bad conditions: how far from the truth, and from the usual film, measures may be."""

import dataclasses

import pytest

from diagnosis import conditions, gains
from diagnosis.actions import smile_amplitude
from diagnosis.conditions import CONDITIONS, LIGHTS, SMILE, USUAL, Outcome, Trial
from diagnosis.config import Cue, Side
from diagnosis.simulate import Light

from .films import shared_clip

FILMED = (USUAL, "vp9", "and timestamps 8 ms off", "sway x 3, turns of 10 degrees", "blur 3 px")


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """The conditions that move, time or code a film otherwise; they are filmed once."""
    folder = tmp_path_factory.mktemp("films")
    return {name: conditions.trial(folder / "film", name) for name in FILMED}


@pytest.fixture(scope="module")
def real_smile():
    path, cue = shared_clip("single_face.mp4"), Cue(0.4, 2.3)
    return path, cue, conditions.relit(path, cue, Light())


@pytest.fixture(scope="module")
def usual_smile(tmp_path_factory):
    return smile(tmp_path_factory.mktemp("films"), USUAL)


def smile(folder, condition):
    """The amplitude, % IOD, of a short film of a smile of 8 %."""
    script = gains.script("smile", smile_amplitude(SMILE))
    changed = dataclasses.replace(script, **CONDITIONS[condition])
    found = gains.gains(folder / "film.mp4", "smile", changed)
    return found["amplitude", "mouth corner", Side.BOTH].measured.value


def test_the_script_is_what_its_numbers_say(trials):
    true = trials[USUAL].true

    assert true.smile == pytest.approx(100 * SMILE, rel=0.02)
    assert true.even == pytest.approx(1, abs=0.02)
    assert true.uneven == pytest.approx(0.5, abs=0.05)
    assert true.blinks == pytest.approx(20 / 16 * len(conditions.BLINKS), abs=0.1)


@pytest.mark.parametrize("condition", FILMED[:-1])
def test_a_smile_measures_within_fifteen_per_cent_of_its_truth(trials, condition):
    found = trials[condition]

    assert found.seen.smile == pytest.approx(found.true.smile, rel=0.15)


@pytest.mark.parametrize("condition", FILMED[:-1])
def test_a_smile_begins_within_fifty_milliseconds_of_its_truth(trials, condition):
    found = trials[condition]

    assert found.seen.latency == pytest.approx(found.true.latency, abs=0.05)


@pytest.mark.parametrize("condition", FILMED[:-1])
def test_blinks_are_counted_within_one_in_twenty_seconds(trials, condition):
    found = trials[condition]

    assert found.seen.blinks == pytest.approx(found.true.blinks, abs=1)


@pytest.mark.parametrize("condition", FILMED[:-1])
def test_the_weaker_side_is_named_right_at_half_the_strength(trials, condition):
    found = trials[condition]

    assert found.seen.uneven < 0.85 < found.seen.even


@pytest.mark.parametrize(
    ("condition", "share"),
    [("warm tint", 0.1), ("darker, x 0.7", 0.1), ("brighter, x 1.15", 0.15), ("gamma 2.2", 0.15)],
)
def test_light_changes_a_smile_little(tmp_path, usual_smile, condition, share):
    assert smile(tmp_path, condition) == pytest.approx(usual_smile, rel=share)


@pytest.mark.parametrize(
    ("light", "share"),
    [
        *(("warm tint", 0.1), ("cold tint", 0.1), ("darker, x 0.6", 0.1)),
        *(("brighter, x 1.4", 0.15), ("gamma 0.6", 0.15), ("gamma 2.2", 0.15)),
    ],
)
def test_light_changes_the_smile_of_a_real_face_little(real_smile, light, share):
    path, cue, usual = real_smile

    assert conditions.relit(path, cue, LIGHTS[light]) == pytest.approx(usual, rel=share)


def test_blur_is_found(trials):
    assert "blurred" in trials["blur 3 px"].findings
    assert "blurred" not in trials[USUAL].findings


def test_a_line_sets_a_trial_against_truth_and_the_usual_film():
    true = Outcome(8.0, 0.4, 0.3, 40.0, 1.0, 0.5, 8.0)
    seen = Outcome(6.0, 0.45, 0.4, 30.0, 1.1, 0.6, 7.0)
    usual = Trial(true, dataclasses.replace(seen, smile=7.5), 0.05, ())

    line = conditions._line("x", Trial(true, seen, 0.04, ("blurred",)), usual)

    numbers = ["0.75", "0.80", "50", "100", "0.75", "1.10", "0.60", "-1.0", "0.040"]
    assert line.split() == ["x", *numbers, "blurred"]
