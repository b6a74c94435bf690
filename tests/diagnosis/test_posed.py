"""Measures of posed expressions from signals of known shape."""

import numpy as np
import pytest

from diagnosis import posed, repeats
from diagnosis.config import EXPRESSIONS, Cue, Side
from diagnosis.measures import measure

from .moving import CUES, by_name, rise, signals, smile_of, task, time


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


def test_a_movement_on_one_side_alone_has_no_symmetry_and_says_why():
    crooked = measure(task(), signals(mouth_corner_left=rise(time(), 2.4)), 30.0)
    still = measure(task(), signals(), 30.0)

    assert by_name(crooked)["symmetry", "mouth corner"].absent == posed.ONE_SIDED
    assert by_name(still)["symmetry", "mouth corner"].absent == posed.NO_MOVEMENT


def test_windows_in_which_the_face_was_lost_are_left_out():
    curve = sum(rise(time(), cue.start + 0.4) for cue in CUES)
    curve[60:100] = np.nan
    blind = np.full(690, np.nan)

    assert smile_of(curve)["amplitude", "mouth corner"].n == 2
    assert smile_of(blind)["amplitude", "mouth corner"].absent == repeats.NOT_SEEN


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
        assert into_the_first[name, "mouth corner"].absent == repeats.CUT_OFF


def test_without_cue_times_the_whole_take_is_one_window_without_a_latency():
    found = smile_of(rise(time(6.0), 2.4), cues=())

    assert found["amplitude", "mouth corner"].value == pytest.approx(8, rel=0.02)
    assert found["onset_latency", "mouth corner"].absent == posed.NO_CUES
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


def test_the_course_of_the_main_movement_is_measured_on_each_side_too():
    quick, slow = (rise(time(), 2.4, 8.0, onset) for onset in (0.5, 1.0))
    found = measure(
        task(cues=CUES[:1]), signals(mouth_corner_left=quick, mouth_corner_right=slow), 30.0
    )

    left, right = (
        by_name(found, side)["peak_velocity", "mouth corner"].value
        for side in (Side.LEFT, Side.RIGHT)
    )
    assert left == pytest.approx(2 * right, rel=0.1)


def test_the_movements_beside_the_main_one_have_a_course_of_their_own():
    found = measure(
        task(cues=CUES[:1]),
        signals(mouth_corner=rise(time(), 2.4), mouth_opening=rise(time(), 2.8)),
        30.0,
    )

    latency = {region: m.value for (name, region), m in by_name(found).items() if "onset" in name}
    assert latency["mouth"] - latency["mouth corner"] == pytest.approx(0.4, abs=0.04)
    assert latency["cheek"] is None


def test_regions_that_answer_together_co_move_and_others_do_not():
    corner = sum(rise(time(), cue.start + 0.4) for cue in CUES)
    late = sum(rise(time(), cue.start + 1.6, hold=1.0) for cue in CUES)
    name = "co_movement", "face"

    one, apart, alone = (
        by_name(measure(task(), signals(mouth_corner=corner, mouth_opening=mouth), 30.0))[name]
        for mouth in (corner / 2, late, 0)
    )

    assert (one.value, one.n) == (pytest.approx(1), 3)
    assert apart.value < 0.5
    assert alone.absent == repeats.ALONE


def test_entropy_is_of_three_seconds_from_each_cue_on():
    curve = sum(rise(time(), cue.start + 0.4) for cue in CUES)
    name = "movement_entropy", "mouth corner"
    brief = tuple(Cue(cue.start, cue.start + 2.0) for cue in CUES)

    found = smile_of(curve)[name]

    assert (found.n, found.unit) == (3, "bits")
    assert found.value > 1
    assert found.sd < 0.2
    assert smile_of(0 * curve)[name].value == 0
    assert smile_of(curve, cues=brief)[name].absent == posed.NO_STRETCH
    assert smile_of(curve, cues=())[name].absent == posed.NO_CUES


def test_forehead_and_nose_root_are_measured_by_how_much_they_vary():
    wave = 2 * np.sin(2 * np.pi * 1.0 * time())

    found = by_name(measure(task(), signals(forehead=wave), 30.0))

    assert found["movement_sd", "forehead"].value == pytest.approx(2 / 2**0.5, rel=0.1)
    assert found["movement_sd", "forehead"].n == 3
    assert found["movement_sd", "nose root"].value == 0


def test_what_the_tracker_hardly_reports_is_marked_in_all_its_measures():
    frown = rise(time(), 2.4)
    found = measure(task("anger", CUES[:1]), signals(brow_raise=-frown, brows_together=frown), 30.0)

    cautions = {(m.region, m.caution) for m in found if m.name in ("amplitude", "peak_velocity")}
    regions = dict(cautions)
    assert len(cautions) == 2
    assert regions["brow"] == ""
    assert "the tracker reports only" in regions["between the brows"]
