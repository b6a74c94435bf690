"""Measures of a take: which there are, when there are none, and what is kept of it."""

import numpy as np
import pytest

from diagnosis import measures, posed
from diagnosis.measures import PLANS, measure, moved

from .moving import CUES, REST, TALK, by_name, rise, signals, smile_of, task, time


def test_below_twenty_frames_a_second_there_is_amplitude_but_no_speed_nor_variability():
    found = smile_of(rise(time(), 2.4), fps=15.0, cues=CUES[:1])

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.01)
    for name in ("onset_latency", "time_to_peak", "peak_velocity", "hold_variability"):
        assert found[name, "mouth corner"].absent == "fewer than 20 frames with a face per second"
    assert smile_of(rise(time(), 2.4), fps=19.96)["peak_velocity", "mouth corner"].value


def test_a_still_face_has_a_small_amplitude_and_no_course():
    noise = np.random.default_rng(0).normal(0, 0.2, 690)

    found = measure(task(), signals(mouth_corner=noise), 30.0)

    assert abs(by_name(found)["amplitude", "mouth corner"].value) < 0.5
    assert by_name(found)["onset_latency", "mouth corner"].absent == posed.NO_MOVEMENT
    assert not moved(task(), found)
    smiling = measure(task(), signals(mouth_corner=rise(time(), 2.4)), 30.0)
    assert moved(task(), smiling)


def test_only_the_asked_movement_counts_as_having_moved():
    talking = measure(task(), signals(mouth_opening=rise(time(), 2.4)), 30.0)
    crooked = measure(task(), signals(mouth_corner_left=rise(time(), 2.4)), 30.0)

    assert not moved(task(), talking)
    assert moved(task(), crooked)


def test_the_traces_of_a_task_hold_what_it_measures_and_what_the_classifier_reads():
    kept = dict(measures.traces(task("sadness"), signals()))

    assert {"mouth_corner", "mouth_opening", "brow_raise", "eye_opening"} <= set(kept)
    assert {"corner_drop", "corner_drop_left", "corner_drop_right"} <= set(kept)


def test_every_plan_speaks_of_signals_that_exist():
    for plan in PLANS.values():
        for channel in (plan.main, *plan.beside):
            for side in channel.sides:
                assert len(channel.of(signals(), side)) == 690


WITHOUT_SPEED = {"amplitude", "symmetry", "eye_opening", "lips_apart"}


@pytest.mark.parametrize("asked", [task(), task("fear"), REST, TALK])
def test_below_twenty_frames_a_second_only_what_needs_no_speed_has_a_value(asked):
    curve = sum(rise(time(), cue.start + 0.4) for cue in CUES)
    moving = signals(mouth_corner=curve, brow_raise=curve, mouth_opening=curve, eye_opening=curve)

    slow = {m.name for m in measure(asked, moving, 15.0) if m.value is not None}
    all_of_it = {m.name for m in measure(asked, moving, 30.0) if m.value is not None}

    assert slow <= WITHOUT_SPEED
    assert all_of_it - slow


def test_the_main_movement_is_the_first_trace():
    kept = list(measures.traces(task("surprise"), signals()))

    assert kept[0][0] == "brow_raise"
    assert len({name for name, _ in kept}) == len(kept)


def test_intensity_has_a_peak_and_a_range_and_specificity_a_peak():
    curve = sum(rise(time(), cue.start + 0.4, 0.5, hold=1.5) for cue in CUES) + 0.1

    peak, spread = measures.of_network(task(), "intensity", curve, 1 / 30, withheld="")
    (specific,) = measures.of_network(task(), "specificity", curve, 1 / 30, withheld="")

    assert (peak.name, peak.n, peak.unit) == ("intensity", 3, "margin")
    assert peak.value == pytest.approx(0.6, abs=0.01)
    assert (spread.name, spread.n) == ("intensity_range", 3)
    assert spread.value == pytest.approx(0.5, abs=0.01)
    assert specific.value == peak.value


def test_an_intensity_that_is_withheld_says_why():
    found = list(measures.of_network(task(), "intensity", time(), 1 / 30, withheld="not reliable"))

    assert [m.absent for m in found] == ["not reliable"] * 2
