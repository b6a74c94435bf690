"""The mesh: a symmetric mean face, named points on the right side, and faithful motion images."""

import numpy as np
import pytest

from diagnosis import mesh
from diagnosis.config import Side


def test_the_mean_face_is_symmetric_and_measured_in_interocular_distances():
    face = mesh.canonical()

    assert face.shape == (mesh.N_LANDMARKS, 3)
    assert mesh.interocular(face) == pytest.approx(1.0, abs=1e-6)
    assert np.mean(mesh.eye_centres(face), axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert face[mesh.mirror()] * [-1, 1, 1] == pytest.approx(face, abs=1e-6)


def test_every_point_has_one_partner_and_is_its_partners_partner():
    partner = mesh.mirror()

    assert sorted(partner) == list(range(mesh.N_LANDMARKS))
    assert (partner[partner] == np.arange(mesh.N_LANDMARKS)).all()


@pytest.mark.parametrize(
    "points",
    [
        *(mesh.EYE_OUTER, mesh.EYE_INNER, mesh.MOUTH_CORNER, mesh.NOSE_WING, mesh.IRIS),
        *(mesh.BROW, mesh.BROW_INNER, mesh.BROW_MIDDLE, mesh.BROW_OUTER),
        *(mesh.LID_UPPER, mesh.LID_LOWER, mesh.CHEEK),
    ],
)
def test_named_points_are_mirror_images_and_the_persons_right_is_on_the_pictures_left(points):
    right, left = np.atleast_1d(points[Side.RIGHT]), np.atleast_1d(points[Side.LEFT])

    assert set(mesh.mirror()[right]) == set(left)
    assert (mesh.canonical()[right, 0] < 0).all()


def test_the_face_stands_upright():
    y = mesh.canonical()[:, 1]

    order = [mesh.FOREHEAD, mesh.NOSE_ROOT, mesh.NOSE_TIP, mesh.LIP_UPPER_OUTER]
    order += [mesh.LIP_UPPER_INNER, mesh.LIP_LOWER_INNER, mesh.LIP_LOWER_OUTER, mesh.CHIN]
    assert list(y[order]) == sorted(y[order])


def test_interocular_distance_does_not_depend_on_lids_or_gaze():
    face = np.array(mesh.canonical())
    face[[*mesh.LID_UPPER[Side.LEFT], *range(mesh.N_SKIN, mesh.N_LANDMARKS)]] += 0.2

    assert mesh.interocular(face) == pytest.approx(1.0, abs=1e-6)


def test_no_movement_draws_a_black_picture():
    assert not mesh.FlatMap(64).draw(np.zeros((2, mesh.N_LANDMARKS, 3))).any()


def test_a_linear_movement_is_drawn_exactly_at_every_pixel_of_the_face():
    flat = mesh.FlatMap(64)
    face = mesh.canonical()

    (drawn,) = flat.draw(np.array(face)[None])

    inside = drawn.any(0)
    assert 0.4 < inside.mean() < 0.9
    rows, columns = np.nonzero(inside)
    across = drawn[0][rows, columns]
    assert np.polyfit(columns, across, 1)[0] * flat.pixels_per_iod == pytest.approx(1, abs=1e-3)
    assert np.abs(across - np.polyval(np.polyfit(columns, across, 1), columns)).max() < 1e-4


def test_a_movement_of_the_right_mouth_corner_appears_left_and_below_the_middle():
    moved = np.zeros((1, mesh.N_LANDMARKS, 3))
    moved[0, mesh.MOUTH_CORNER[Side.RIGHT], 0] = -0.1

    drawn = mesh.FlatMap(64).draw(moved)[0, 0]

    row, column = np.unravel_index(np.abs(drawn).argmax(), drawn.shape)
    assert column < 32 < row
    assert drawn.min() < 0
    assert drawn.max() == 0
