"""Signals of landmarks that were moved as known."""

import numpy as np
import pytest

from diagnosis import mesh, movement
from diagnosis.config import Side
from diagnosis.movement import Signals, names, project

from .moving import STEP


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


def test_raised_skin_of_forehead_and_nose_root_is_a_signal_of_its_own():
    face = np.zeros((478, 3), np.float32)
    face[[8, 9], 1] = -0.03
    found = dict(zip(names(), project(face[None])[0], strict=True))

    assert found["nose_root"] == pytest.approx(3)
    assert found["forehead"] == 0
