"""What is read off curves of known shape."""

import numpy as np
import pytest

from diagnosis import posed
from diagnosis.course import blinks, entropy, exceeded, smooth, together, turning
from diagnosis.measures import measure
from diagnosis.motion import minimum_jerk

from .moving import CUES, STEP, by_name, rise, signals, smile_of, task, time

STILL = np.zeros(900, np.bool_)


@pytest.mark.parametrize("latency", [0.2, 0.45, 0.8])
def test_latency_is_from_the_cue_to_a_tenth_of_the_rise_whatever_its_height(latency):
    tenth = np.interp(0.1, minimum_jerk(np.linspace(0, 1, 1000)), np.linspace(0, 0.5, 1000))
    for height in (2.0, 8.0):
        found = smile_of(rise(time(), 2 + latency, height), cues=CUES[:1])
        onset = found["onset_latency", "mouth corner"]
        assert onset.value == pytest.approx(latency + tenth, abs=0.04)


def test_speed_and_time_to_peak_tell_a_slow_movement_from_a_quick_one():
    quick, slow = (smile_of(rise(time(), 2.4, 8.0, onset), cues=CUES[:1]) for onset in (0.5, 1.0))

    # The steepest slope of the minimum-jerk curve is 15/8 of its mean slope.
    assert quick["peak_velocity", "mouth corner"].value == pytest.approx(30, rel=0.1)
    assert slow["peak_velocity", "mouth corner"].value == pytest.approx(15, rel=0.1)
    ratio = slow["time_to_peak", "mouth corner"].value / quick["time_to_peak", "mouth corner"].value
    assert ratio == pytest.approx(2, rel=0.2)


def test_a_steady_hold_has_no_variability_a_fading_one_decays_a_trembling_one_varies():
    t = time()
    held = (t > 2.9) & (t < 4.9)
    steady = rise(t, 2.4, hold=3.0)
    fading = steady - np.where(t > 2.9, 0.5 * (t - 2.9), 0)
    trembling = steady + 0.5 * np.sin(2 * np.pi * 2 * t) * held

    variability, decay = ("hold_variability", "mouth corner"), ("hold_decay", "mouth corner")
    calm, fades, shakes = (smile_of(c, cues=CUES[:1]) for c in (steady, fading, trembling))

    assert calm[variability].value < 0.1
    assert calm[decay].value == pytest.approx(0, abs=0.1)
    assert fades[decay].value == pytest.approx(0.5, abs=0.1)
    assert shakes[variability].value == pytest.approx(0.5 / 2**0.5, rel=0.25)


def test_letting_go_early_is_not_part_of_the_hold():
    found = smile_of(rise(time(), 2.4, hold=1.5, offset=0.4), cues=CUES[:1])

    assert found["hold_variability", "mouth corner"].value < 0.1


def test_a_movement_without_a_hold_has_no_hold_measure():
    found = smile_of(rise(time(), 2.4, hold=0.05), cues=CUES[:1])["hold_decay", "mouth corner"]

    assert found.value is None
    assert found.absent == posed.NO_HOLD


RISE = ("onset_latency", "time_to_peak", "peak_velocity")


@pytest.mark.parametrize("early", [0.2, 0.4, 1.5])
def test_a_movement_that_began_before_the_cue_has_no_latency_nor_speed(early):
    found = smile_of(rise(time(), 2 - early, hold=3.0), cues=CUES[:1])

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.01)
    for name in RISE:
        assert found[name, "mouth corner"].absent == posed.BEGUN


def test_a_film_that_starts_in_the_middle_of_a_movement_has_no_speed():
    falling = rise(time(3.0), -1.0, hold=1.5, offset=0.5)

    found = smile_of(falling, cues=())

    for name in RISE[1:]:
        assert found[name, "mouth corner"].absent == posed.BEGUN


def test_a_blink_after_the_cue_is_not_the_start_of_closing_the_eyes():
    t = time()
    closing = rise(t, 2.8, 12.0, onset=0.3)
    blinking = closing + rise(t, 2.2, 12.0, onset=0.1, hold=0.05, offset=0.1)

    alone, with_blink = (
        by_name(measure(task("eye_closure", CUES[:1]), signals(eye_opening=-c), 30.0))
        for c in (closing, blinking)
    )

    assert alone["onset_latency", "eyelids"].value == pytest.approx(0.88, abs=0.05)
    for name in (*RISE, "hold_variability", "hold_decay"):
        expected = alone[name, "eyelids"].value
        assert with_blink[name, "eyelids"].value == pytest.approx(expected, rel=0.05, abs=0.02)


def test_a_blink_after_letting_go_is_not_part_of_the_hold():
    t = time()
    closing = rise(t, 2.3, 12.0, onset=0.3, hold=1.2, offset=0.2)
    blinking = closing + rise(t, 4.8, 12.0, onset=0.1, hold=0.05, offset=0.1)

    found = by_name(measure(task("eye_closure", CUES[:1]), signals(eye_opening=-blinking), 30.0))

    assert found["hold_variability", "eyelids"].value < 0.2


def test_one_wild_frame_is_not_the_start_of_the_movement():
    curve = rise(time(), 2.6)
    expected = smile_of(curve.copy(), cues=CUES[:1])
    curve[66] = 40

    found = smile_of(curve, cues=CUES[:1])

    for name in RISE:
        value = expected[name, "mouth corner"].value
        assert found[name, "mouth corner"].value == pytest.approx(value, rel=0.05)


def test_smoothing_keeps_a_rise_and_takes_the_noise():
    rng = np.random.default_rng(0)
    clean = rise(time(), 2.4)

    assert abs(smooth(clean.astype(np.float32), STEP) - clean).max() < 0.15
    noisy = rng.normal(0, 1, 690).astype(np.float32)
    assert smooth(noisy, STEP).std() < 0.65
    assert exceeded(np.arange(101)) == 90


def test_blinks_are_counted_and_long_closures_are_not():
    eyes = np.full(900, 20.0, np.float32)
    for start, length in ((50, 5), (200, 6), (400, 40), (600, 2)):
        eyes[start : start + length] = 5
    eyes[300:304] = 15

    assert blinks(eyes, STEP, STILL) == pytest.approx([5 * STEP, 6 * STEP, 2 * STEP])


def test_a_small_movement_is_not_slow_by_itself():
    small, large = (smile_of(rise(time(), 2.4, height), cues=CUES[:1]) for height in (2.0, 8.0))
    slow = smile_of(rise(time(), 2.4, 8.0, onset=1.0), cues=CUES[:1])

    name = "relative_velocity", "mouth corner"
    assert small[name].value == pytest.approx(large[name].value, rel=0.05)
    assert slow[name].value == pytest.approx(large[name].value / 2, rel=0.1)


def test_noise_of_lids_that_are_nearly_shut_is_no_blink():
    rng = np.random.default_rng(0)
    shut = (2.0 + rng.normal(0, 0.4, 900)).astype(np.float32)

    assert (shut < 1.4).any()
    assert blinks(shut, STEP, STILL) == []


def test_a_closure_while_the_head_turns_is_no_blink():
    eyes = np.full(900, 20.0, np.float32)
    eyes[100:105] = eyes[500:505] = 5
    away = np.zeros(900, np.bool_)
    away[502:520] = True

    assert blinks(eyes, STEP, away) == pytest.approx([5 * STEP])


def test_the_head_turns_while_it_is_fast_and_while_it_is_far():
    pose = np.zeros((900, 3), np.float32)
    pose[:, 0] = 25 * minimum_jerk((np.arange(900) * STEP - 10) / 0.5)
    pose[:, 0] *= 1 - minimum_jerk((np.arange(900) * STEP - 12) / 0.5)
    swaying = np.zeros((900, 3), np.float32)
    swaying[:, 1] = 4 * np.sin(2 * np.pi * 0.5 * np.arange(900) * STEP)

    found = turning(pose, STEP)

    assert found[303:372].all()
    assert not found[:295].any()
    assert not found[385:].any()
    assert not turning(swaying, STEP).any()


def test_where_no_face_was_seen_the_head_does_not_turn():
    pose = np.zeros((300, 3), np.float32)
    pose[100:150] = np.nan

    assert not turning(pose, STEP).any()


def wave(seconds, size):
    return (size * np.sin(2 * np.pi * 1.0 * time(seconds))).astype(np.float32)


def test_entropy_grows_with_the_places_that_are_visited_and_not_with_the_films_length():
    still, small, large = (np.mean(entropy(wave(12, size), STEP)) for size in (0, 2, 8))
    longer = np.mean(entropy(wave(60, 8), STEP))

    assert still == 0
    assert 1 < small < large - 1
    assert longer == pytest.approx(large, abs=0.05)


def test_entropy_is_that_of_evenly_visited_places():
    places = np.repeat(np.arange(8), 4).astype(np.float32)

    assert entropy(np.resize(places + 0.5, 96)[:90], STEP)[0] == pytest.approx(3, abs=0.3)


def test_entropy_is_of_whole_stretches_without_gaps():
    curve = wave(10, 5)
    curve[100] = np.nan

    assert len(entropy(curve, STEP)) == 2
    assert entropy(curve[:80], STEP) == []


def test_regions_move_together_when_they_move_at_the_same_times():
    t = time(6.0)
    first, half, later = (rise(t, 1, 8), rise(t, 1, 4), rise(t, 4.2, 8, hold=0.5))

    assert together([first, half], STEP) == pytest.approx(1)
    assert abs(together([first, later], STEP)) < 0.2
    assert together([first, -half], STEP) == pytest.approx(-1)


def test_a_region_that_keeps_still_does_not_count_as_moving_apart():
    t = time(6.0)
    still = 0.2 * np.sin(t)

    assert together([rise(t, 1, 8), rise(t, 1, 4), still], STEP) == pytest.approx(1)
    assert np.isnan(together([rise(t, 1, 8), still], STEP))
