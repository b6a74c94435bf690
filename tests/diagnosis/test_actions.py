"""Facial actions: fields that move the right parts of the face, alike on both sides."""

import numpy as np
import pytest

from diagnosis import actions, mesh
from diagnosis.config import EXPRESSIONS, Side


def test_there_is_a_recipe_for_every_expression_and_a_field_for_every_action_in_it():
    assert set(actions.RECIPES) == set(EXPRESSIONS)
    for recipe in actions.RECIPES.values():
        assert set(recipe) <= set(actions.ACTIONS)


@pytest.mark.parametrize("action", actions.ACTIONS)
def test_an_action_moves_both_sides_alike_and_leaves_the_stable_points_nearly_still(action):
    field = actions.field(action)

    assert field[mesh.mirror()] * [-1, 1, 1] == pytest.approx(field, abs=1e-5)
    assert 0.02 < np.linalg.norm(field, axis=1).max() < 0.25
    assert np.linalg.norm(field[list(mesh.STABLE)], axis=1).mean() < 0.01


@pytest.mark.parametrize("action", actions.ACTIONS)
def test_right_and_left_add_up_to_both(action):
    right, left = actions.field(action, Side.RIGHT), actions.field(action, Side.LEFT)

    assert right + left == pytest.approx(actions.field(action), abs=1e-6)
    assert right[mesh.mirror()] * [-1, 1, 1] == pytest.approx(left, abs=1e-5)


def test_a_one_sided_smile_leaves_the_other_corner_alone():
    right = actions.field("AU12", Side.RIGHT)

    moved = np.linalg.norm(right, axis=1)
    assert moved[mesh.MOUTH_CORNER[Side.LEFT]] < 0.05 * moved[mesh.MOUTH_CORNER[Side.RIGHT]]


@pytest.mark.parametrize(
    ("expression", "point", "direction"),
    [
        ("smile", mesh.MOUTH_CORNER[Side.LEFT], (1, -1)),
        ("surprise", mesh.CHIN, (0, 1)),
        ("surprise", mesh.BROW_MIDDLE[Side.RIGHT][0], (0, -1)),
        ("eye_closure", mesh.LID_UPPER[Side.LEFT][1], (0, 1)),
        ("disgust", mesh.NOSE_WING[Side.RIGHT], (0, -1)),
        ("anger", mesh.BROW_INNER[Side.RIGHT][0], (1, 1)),
        ("sadness", mesh.MOUTH_CORNER[Side.RIGHT], (0, 1)),
        ("fear", mesh.MOUTH_CORNER[Side.LEFT], (1, 0)),
    ],
)
def test_an_expression_moves_its_main_point_the_right_way(expression, point, direction):
    moved = actions.expression(expression)[point, :2]

    assert np.dot(moved, direction) / np.linalg.norm(direction) > 0.03


def test_a_smile_amplitude_in_interocular_distances_moves_the_corners_that_far():
    smile = actions.smile_amplitude(0.08) * actions.expression("smile")

    for corner in mesh.MOUTH_CORNER.values():
        assert np.linalg.norm(smile[corner, :2]) == pytest.approx(0.08, abs=1e-6)


def test_closing_brings_the_lids_of_any_face_together():
    face = np.array(mesh.canonical())
    face[:, 1] *= 1.4  # wider open eyes

    closed = face + actions.closure(face)

    for side in (Side.RIGHT, Side.LEFT):
        upper, lower = list(actions.LID_UPPER[side]), list(actions.LID_LOWER[side])
        assert closed[upper] == pytest.approx(closed[lower], abs=1e-6)


def test_the_fields_of_a_face_differ_from_the_mean_ones_only_in_its_lids():
    wide = np.array(mesh.canonical()) * [1, 1.3, 1]

    own, mean = actions.fields_of(wide), actions.fields()

    others = [i for i, action in enumerate(actions.ACTIONS) if action != "AU43"]
    assert (own[others] == mean[others]).all()
    assert np.abs(own).sum() > np.abs(mean).sum()
