"""Courses of movement: they begin, hold, decay and end when told."""

import numpy as np
import pytest

from diagnosis import actions, mesh, motion
from diagnosis.config import Side
from diagnosis.motion import Movement

T = np.arange(0, 8, 0.01)
LIDS = actions.ACTIONS.index("AU43")


def at(movement, seconds):
    return float(movement.level(np.array([seconds]))[0])


def test_a_movement_rises_holds_and_returns():
    smile = Movement("smile", start=1.0, amplitude=0.7, onset=0.5, hold=2.0, offset=0.5)

    assert at(smile, 1.0) == 0
    assert at(smile, 1.25) == pytest.approx(0.35)
    assert at(smile, 1.5) == at(smile, 3.5) == pytest.approx(0.7)
    assert at(smile, 4.0) == pytest.approx(0, abs=1e-9)


def test_a_decaying_movement_loses_its_share_by_the_end_of_the_hold():
    tired = Movement("smile", 1.0, 1.0, onset=0.5, hold=2.0, decay=0.4)

    assert at(tired, 3.5) == pytest.approx(0.6)


def test_the_speed_of_onset_is_that_of_a_minimum_jerk_movement():
    smile = Movement("smile", 1.0, 1.0, onset=0.5)

    assert np.gradient(smile.level(T), T).max() == pytest.approx(1.875 / 0.5, rel=0.01)


def test_sides_are_scaled_by_themselves():
    weak_left = Movement("smile", 1.0, right=1.0, left=0.5)

    moved = motion.displacement(weak_left.strengths(np.array([2.0])), actions.fields())[0]

    right, left = (np.linalg.norm(moved[mesh.MOUTH_CORNER[s]]) for s in (Side.RIGHT, Side.LEFT))
    assert left / right == pytest.approx(0.5, abs=0.03)


def test_displacement_is_proportional_to_amplitude():
    full = motion.displacement(Movement("surprise", 0).strengths(np.array([1.0])), actions.fields())
    half = motion.displacement(
        Movement("surprise", 0, 0.5).strengths(np.array([1.0])), actions.fields()
    )

    assert half * 2 == pytest.approx(full, abs=1e-6)
    assert full[0] == pytest.approx(actions.expression("surprise"), abs=1e-6)


def test_a_blink_on_closed_eyes_closes_them_no_further():
    t = np.array([1.1])
    both = Movement("AU43", 0).strengths(t) + motion.blink(1.0).strengths(t)

    moved = motion.displacement(both, actions.fields())

    assert moved[0] == pytest.approx(actions.field("AU43"), abs=1e-6)


def test_a_blink_is_over_within_three_tenths_of_a_second():
    level = motion.blink(1.0).level(T)

    assert level.max() == pytest.approx(1.0, abs=0.01)
    assert T[level > 0.001].min() >= 1.0
    assert T[level > 0.001].max() < 1.3


def test_blinks_come_at_the_asked_rate_and_never_two_at_once():
    times = motion.blink_times(600.0, 15.0, np.random.default_rng(4))

    assert len(times) == pytest.approx(150, rel=0.2)
    assert np.diff(times).min() >= 0.6
    assert motion.blink_times(600.0, 0.0, np.random.default_rng(4)) == ()


def test_speech_moves_the_mouth_and_nothing_else():
    moved = motion.displacement(motion.speech(T, 1.0, np.random.default_rng(0)), actions.fields())

    sway = moved[..., :2].std(0).max(1)
    assert sway[mesh.LIP_LOWER_INNER] > 0.005
    assert sway[list(mesh.BROW[Side.LEFT])].max() < 0.0005
