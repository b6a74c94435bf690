"""Measures from signals of known shape."""

import numpy as np
import pytest

from diagnosis import measures, mesh, movement
from diagnosis.config import EXPRESSIONS, Cue, Side, Task, TaskKind
from diagnosis.course import blinks, exceeded, smooth
from diagnosis.measures import PLANS, measure, moved
from diagnosis.motion import minimum_jerk
from diagnosis.movement import Signals, names, project

STEP = 1 / 30
CUES = (Cue(2, 5), Cue(9, 12), Cue(16, 19))
REST, TALK = Task("rest", TaskKind.REST), Task("talk", TaskKind.TALK)


def task(expression="smile", cues=CUES):
    return Task(expression, TaskKind.EXPRESSION, expression, cues)


def time(seconds=23.0):
    return np.arange(round(seconds / STEP)) * STEP


def rise(t, start, height=8.0, onset=0.5, hold=2.0, offset=0.5):
    """Up by `height` within `onset` seconds, held, and down again."""
    up = minimum_jerk((t - start) / onset)
    return height * up * (1 - minimum_jerk((t - start - onset - hold) / offset))


def signals(length=690, at_rest=10.0, **values):
    """Signals that are all 0 but for those given; of sided ones both sides get the same."""
    array = np.zeros((length, len(names())), np.float32)
    for i, name in enumerate(names()):
        for given, curve in values.items():
            if name in (given, f"{given}_left", f"{given}_right"):
                array[:, i] = curve
    return Signals(STEP, array, np.full(len(names()), at_rest, np.float32))


def by_name(found, side=Side.BOTH):
    return {(m.name, m.region): m for m in found if m.side == side}


def smile_of(curve, fps=30.0, cues=CUES):
    return by_name(measure(task(cues=cues), signals(len(curve), mouth_corner=curve), fps))


def test_amplitude_is_the_mean_over_the_cue_windows_with_its_spread():
    t = time()
    curve = sum(rise(t, cue.start + 0.4, h) for cue, h in zip(CUES, (6, 8, 10), strict=True))

    found = smile_of(curve)["amplitude", "mouth corner"]

    assert found.value == pytest.approx(8, rel=0.01)
    assert found.sd == pytest.approx(2, rel=0.01)
    assert (found.n, found.unit) == (3, "% IOD")


def test_one_wild_frame_does_not_set_the_amplitude():
    curve = rise(time(), 2.4, 4.0)
    curve[100] = 40

    assert smile_of(curve, cues=CUES[:1])["amplitude", "mouth corner"].value < 6


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
    assert found.absent == measures.NO_HOLD


def test_below_twenty_frames_a_second_there_is_amplitude_but_no_speed_nor_variability():
    found = smile_of(rise(time(), 2.4), fps=15.0, cues=CUES[:1])

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.01)
    for name in ("onset_latency", "time_to_peak", "peak_velocity", "hold_variability"):
        assert found[name, "mouth corner"].absent == "fewer than 20 frames per second"
    assert smile_of(rise(time(), 2.4), fps=19.96)["peak_velocity", "mouth corner"].value


def test_a_still_face_has_a_small_amplitude_and_no_course():
    noise = np.random.default_rng(0).normal(0, 0.2, 690)

    found = measure(task(), signals(mouth_corner=noise), 30.0)

    assert abs(by_name(found)["amplitude", "mouth corner"].value) < 0.5
    assert by_name(found)["onset_latency", "mouth corner"].absent == measures.NO_MOVEMENT
    assert not moved(task(), found)
    smiling = measure(task(), signals(mouth_corner=rise(time(), 2.4)), 30.0)
    assert moved(task(), smiling)


def test_only_the_asked_movement_counts_as_having_moved():
    talking = measure(task(), signals(mouth_opening=rise(time(), 2.4)), 30.0)
    crooked = measure(task(), signals(mouth_corner_left=rise(time(), 2.4)), 30.0)

    assert not moved(task(), talking)
    assert moved(task(), crooked)


def test_a_movement_on_one_side_alone_has_no_symmetry_and_says_why():
    crooked = measure(task(), signals(mouth_corner_left=rise(time(), 2.4)), 30.0)
    still = measure(task(), signals(), 30.0)

    assert by_name(crooked)["symmetry", "mouth corner"].absent == measures.ONE_SIDED
    assert by_name(still)["symmetry", "mouth corner"].absent == measures.NO_MOVEMENT


def test_windows_in_which_the_face_was_lost_are_left_out():
    curve = sum(rise(time(), cue.start + 0.4) for cue in CUES)
    curve[60:100] = np.nan
    blind = np.full(690, np.nan)

    assert smile_of(curve)["amplitude", "mouth corner"].n == 2
    assert smile_of(blind)["amplitude", "mouth corner"].absent == measures.NOT_SEEN


def test_cues_after_the_end_of_the_film_do_not_count():
    found = smile_of(rise(time(7.0), 2.4))

    assert found["amplitude", "mouth corner"].n == 1


def test_a_cue_that_the_film_cuts_off_does_not_count():
    into_the_second = smile_of(rise(time(9.3), 2.4))
    into_the_first = smile_of(rise(time(4.0), 2.4))
    to_the_end_of_the_first = smile_of(rise(time(5.0), 2.4))

    assert into_the_second["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.01)
    assert into_the_second["amplitude", "mouth corner"].n == 1
    assert to_the_end_of_the_first["amplitude", "mouth corner"].n == 1
    for name in ("amplitude", "symmetry", "onset_latency", "hold_decay"):
        assert into_the_first[name, "mouth corner"].absent == measures.CUT_OFF


RISE = ("onset_latency", "time_to_peak", "peak_velocity")


@pytest.mark.parametrize("early", [0.2, 0.4, 1.5])
def test_a_movement_that_began_before_the_cue_has_no_latency_nor_speed(early):
    found = smile_of(rise(time(), 2 - early, hold=3.0), cues=CUES[:1])

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.01)
    for name in RISE:
        assert found[name, "mouth corner"].absent == measures.BEGUN


def test_a_film_that_starts_in_the_middle_of_a_movement_has_no_speed():
    falling = rise(time(3.0), -1.0, hold=1.5, offset=0.5)

    found = smile_of(falling, cues=())

    for name in RISE[1:]:
        assert found[name, "mouth corner"].absent == measures.BEGUN


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


def test_without_cue_times_the_whole_take_is_one_window_without_a_latency():
    found = smile_of(rise(time(6.0), 2.4), cues=())

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.02)
    assert found["onset_latency", "mouth corner"].absent == measures.NO_CUES
    assert found["peak_velocity", "mouth corner"].value == pytest.approx(30, rel=0.1)


def test_sides_are_measured_apart_and_compared():
    curve = rise(time(), 2.4)
    found = measure(
        task(cues=CUES[:1]),
        signals(mouth_corner_left=curve, mouth_corner_right=curve / 2),
        30.0,
    )

    assert by_name(found, Side.LEFT)["amplitude", "mouth corner"].value == pytest.approx(
        8, rel=0.01
    )
    assert by_name(found, Side.RIGHT)["amplitude", "mouth corner"].value == pytest.approx(
        4, rel=0.01
    )
    assert by_name(found)["symmetry", "mouth corner"].value == pytest.approx(2, rel=0.02)


def test_closing_the_eyes_counts_as_movement_forwards():
    closing = -rise(time(), 2.4, 12.0)
    found = measure(task("eye_closure", CUES[:1]), signals(eye_opening=closing), 30.0)

    assert by_name(found)["amplitude", "eyelids"].value == pytest.approx(12, rel=0.01)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_has_measures_with_names_of_their_own(expression):
    found = measure(task(expression), signals(), 30.0)

    keys = [(m.name, m.region, m.side) for m in found]
    assert len(set(keys)) == len(keys)
    assert {m.name for m in found} >= {"amplitude", "onset_latency", "peak_velocity"}


def test_the_traces_of_a_task_hold_what_it_measures_and_what_the_classifier_reads():
    kept = dict(measures.traces(task("sadness"), signals()))

    assert {"mouth_corner", "mouth_opening", "brow_raise", "eye_opening"} <= set(kept)
    assert {"corner_drop", "corner_drop_left", "corner_drop_right"} <= set(kept)


def test_blinks_are_counted_and_long_closures_are_not():
    eyes = np.full(900, 20.0, np.float32)
    for start, length in ((50, 5), (200, 6), (400, 40), (600, 2)):
        eyes[start : start + length] = 5
    eyes[300:304] = 15

    assert blinks(eyes, STEP) == pytest.approx([5 * STEP, 6 * STEP, 2 * STEP])


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
    assert calm["blink_duration", "eyelids"].absent == measures.NO_BLINK


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


def test_smoothing_keeps_a_rise_and_takes_the_noise():
    rng = np.random.default_rng(0)
    clean = rise(time(), 2.4)

    assert abs(smooth(clean.astype(np.float32), STEP) - clean).max() < 0.15
    noisy = rng.normal(0, 1, 690).astype(np.float32)
    assert smooth(noisy, STEP).std() < 0.65
    assert exceeded(np.arange(101)) == 90


def test_signals_are_distances_along_named_directions_in_per_cent():
    face = mesh.canonical()
    moved_face = np.zeros_like(face)
    moved_face[mesh.MOUTH_CORNER[Side.LEFT]] = (0.05, -0.05, 0.3)
    moved_face[mesh.LIP_LOWER_INNER] = (0, 0.1, 0)
    found = dict(zip(names(), project(moved_face[None])[0], strict=True))

    assert found["mouth_corner_left"] == pytest.approx(100 * 0.05 * 2**0.5)
    assert found["mouth_corner_right"] == pytest.approx(0)
    assert found["mouth_opening"] == pytest.approx(10)
    assert found["mouth_width"] == pytest.approx(5)


def test_the_two_sides_of_a_symmetric_movement_are_equal():
    rng = np.random.default_rng(0)
    half = rng.normal(0, 0.05, (478, 3)).astype(np.float32)
    both = half + half[mesh.mirror()] * np.array([-1, 1, 1], np.float32)
    found = dict(zip(names(), project(both[None])[0], strict=True))

    for name in names():
        if name.endswith("_left"):
            other = name.replace("_left", "_right")
            assert found[name] == pytest.approx(found[other], abs=1e-4), name


def test_distances_are_those_of_the_face_itself():
    at_rest = movement.project(mesh.canonical()[None])[0]
    still = Signals(STEP, np.zeros((3, len(names())), np.float32), at_rest)

    width = 100 * np.ptp(mesh.canonical()[[61, 291], 0])
    assert still.distance("mouth_width") == pytest.approx([width] * 3, rel=1e-4)
    assert still.distance("eye_opening")[0] > 5


def test_every_plan_speaks_of_signals_that_exist():
    for plan in PLANS.values():
        for channel in (plan.main, *plan.beside):
            for side in channel.sides:
                assert len(channel.of(signals(), side)) == 690
