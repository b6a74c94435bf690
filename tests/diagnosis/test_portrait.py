"""The portrait: what is posed shows where it should, and nothing else changes."""

import numpy as np
import pytest

from diagnosis import actions, mesh, motion
from diagnosis.config import Side
from diagnosis.motion import Movement
from diagnosis.portrait import Portrait


@pytest.fixture(scope="module")
def portrait():
    return Portrait(640, 360, face_height=0.5)


def posed(portrait, name, amplitude=1.0):
    strengths = Movement(name, 0, amplitude).strengths(np.array([1.0]))
    return portrait.pose(motion.displacement(strengths, portrait.fields)[0])


def test_the_face_fills_half_of_the_frame(portrait):
    height = np.ptp(portrait.landmarks[: mesh.N_SKIN, 1])

    assert portrait.still.shape == (360, 640, 3)
    assert height == pytest.approx(180, abs=2)


def test_a_face_that_does_not_move_is_the_photograph(portrait):
    assert portrait.pose(np.zeros((478, 3))) is portrait.still


def test_the_picture_outside_the_face_never_changes(portrait):
    changed = (posed(portrait, "surprise") != portrait.still).any(-1)

    rows, columns = np.nonzero(changed)
    low, high = portrait.landmarks.min(0), portrait.landmarks.max(0)
    assert columns.min() > low[0] - 40
    assert columns.max() < high[0] + 40
    assert rows.min() > low[1] - 40
    assert rows.max() < high[1] + 60


def test_a_displacement_follows_the_axis_between_the_eyes(portrait):
    face = np.zeros((478, 3))
    face[mesh.MOUTH_CORNER[Side.LEFT]] = [1, 0, 0]

    pixels = portrait.moved(face)[mesh.MOUTH_CORNER[Side.LEFT]]

    right, left = mesh.eye_centres(np.pad(portrait.landmarks, ((0, 0), (0, 1))))
    assert pixels == pytest.approx((left - right)[:2])
    assert np.linalg.norm(pixels) == pytest.approx(portrait.interocular)


def test_texture_moves_with_the_skin(portrait):
    """A patch of cheek beside the mouth is found again where the smile put it."""
    smile = actions.smile_amplitude(0.08) * actions.expression("smile")
    frame = portrait.pose(smile)
    point = 187  # cheek, right side, in the fold that a smile pushes up
    x, y = portrait.landmarks[point]
    dx, dy = portrait.moved(smile)[point]

    still = portrait.still[int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7].astype(float)
    moved = frame[round(y + dy) - 6 : round(y + dy) + 7, round(x + dx) - 6 : round(x + dx) + 7]
    stayed = frame[int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7]

    assert np.hypot(dx, dy) > 2
    assert np.abs(moved - still).mean() < np.abs(stayed - still).mean()


def test_closed_lids_cover_the_dark_of_the_eyes(portrait):
    eyes = portrait.landmarks[list(mesh.IRIS.values())].astype(int)

    opened = portrait.still[eyes[:, 1], eyes[:, 0]].mean()
    closed = posed(portrait, "AU43")[eyes[:, 1], eyes[:, 0]].mean()

    assert opened < 100 < closed


def test_a_dropped_jaw_shows_a_dark_mouth(portrait):
    moved = actions.expression("surprise")
    point = mesh.LIP_LOWER_INNER
    below = portrait.landmarks[point] + 0.7 * portrait.moved(moved)[point]

    x, y = below.astype(int)
    assert portrait.pose(moved)[y, x].mean() < 60
