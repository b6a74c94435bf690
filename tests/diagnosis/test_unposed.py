"""Measures of resting and talking from signals of known shape."""

import numpy as np
import pytest

from diagnosis import repeats, unposed
from diagnosis.measures import measure

from .moving import REST, TALK, by_name, signals, time


def test_at_rest_blinks_eye_opening_and_parted_lips_are_measured():
    opening = np.zeros(900)
    for start in (100, 300, 500, 700):
        opening[start : start + 6] = -15
    lips = np.where(np.arange(900) < 225, -6.0, -8.0)

    resting = signals(900, eye_opening=opening, mouth_opening=lips)
    found = by_name(measure(REST, resting, 30.0))

    assert found["blink_rate", "eyelids"].value == pytest.approx(8)
    assert found["blink_duration", "eyelids"].value == pytest.approx(0.2)
    assert found["eye_opening", "eyelids"].value == pytest.approx(10)
    assert found["lips_apart", "mouth"].value == pytest.approx(25)


def test_short_or_slow_rest_takes_give_no_rates_and_no_blink_is_a_rate_of_zero():
    short = by_name(measure(REST, signals(150), 30.0))
    slow = by_name(measure(REST, signals(900), 15.0))
    calm = by_name(measure(REST, signals(900), 30.0))

    assert "less than 10 seconds" in short["blink_rate", "eyelids"].absent
    assert "less than 10 seconds" in short["lips_apart", "mouth"].absent
    assert "fewer than 20" in slow["blink_rate", "eyelids"].absent
    assert slow["lips_apart", "mouth"].value is not None
    assert calm["blink_rate", "eyelids"].value == 0
    assert calm["blink_duration", "eyelids"].absent == unposed.NO_BLINK


def test_talking_is_measured_by_how_much_mouth_and_brows_vary():
    wave = 5 * np.sin(2 * np.pi * 1.0 * time())

    found = by_name(measure(TALK, signals(mouth_opening=wave), 30.0))

    assert found["movement_sd", "mouth"].value == pytest.approx(5 / 2**0.5, rel=0.05)
    assert found["movement_sd", "brow"].value == 0


def test_short_or_slow_films_of_talking_are_not_measured():
    short = by_name(measure(TALK, signals(290), 30.0))
    slow = by_name(measure(TALK, signals(), 15.0))

    assert "less than 10 seconds" in short["movement_sd", "mouth"].absent
    assert "fewer than 20" in slow["movement_sd", "mouth"].absent


def blinking():
    opening = np.zeros(1200)
    for start in (100, 400, 700, 1000):
        opening[start : start + 6] = -15
    return opening


def test_blinks_while_the_head_is_turned_do_not_count_and_their_time_neither():
    pose = np.zeros((1200, 3), np.float32)
    pose[600:900, 0] = 40

    found = by_name(measure(REST, signals(1200, pose=pose, eye_opening=blinking()), 30.0))

    assert found["blink_rate", "eyelids"].value == pytest.approx(60 * 3 / 30, rel=0.02)
    assert found["blink_duration", "eyelids"].n == 3


def test_a_head_that_never_keeps_still_has_no_blink_rate():
    pose = np.zeros((1200, 3), np.float32)
    pose[:, 0] = 30 * np.sin(2 * np.pi * 1.0 * np.arange(1200) / 30)

    found = by_name(measure(REST, signals(1200, pose=pose, eye_opening=blinking()), 30.0))

    assert found["blink_rate", "eyelids"].absent == unposed.TURNED


def test_eyes_that_are_nearly_shut_have_no_blink_rate():
    found = by_name(measure(REST, signals(900, at_rest=2.0), 30.0))

    assert found["blink_rate", "eyelids"].absent == unposed.NEARLY_SHUT
    assert found["blink_duration", "eyelids"].absent == unposed.NEARLY_SHUT


def test_lively_talking_has_more_entropy_than_mumbling():
    wave = np.sin(2 * np.pi * 1.0 * time())
    name = "movement_entropy", "mouth"

    lively, mumbling = (
        by_name(measure(TALK, signals(mouth_opening=size * wave), 30.0))[name] for size in (8, 2)
    )

    assert lively.value > mumbling.value + 1
    assert lively.n == 7


def test_regions_that_talk_together_co_move():
    wave = 5 * np.sin(2 * np.pi * 1.0 * time())
    name = "co_movement", "face"

    found = by_name(measure(TALK, signals(mouth_opening=wave, mouth_width=-wave), 30.0))
    alone = by_name(measure(TALK, signals(mouth_opening=wave), 30.0))

    assert found[name].value == pytest.approx(-1, abs=0.01)
    assert alone[name].absent == repeats.ALONE
