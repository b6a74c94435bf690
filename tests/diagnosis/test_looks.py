"""Looks at the picture: light, sharpness, and how clearly the features of the face show."""

import numpy as np
import pytest

from diagnosis import looks
from diagnosis.config import AnalysisConfig
from diagnosis.faces import Box
from diagnosis.following import follow
from diagnosis.simulate import Cover, Light, VideoScript, animate

from .films import drawn, write

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def looked(path):
    return follow(path, AnalysisConfig(), lambda stage, fraction: None)[2]


def animated(folder, **changes):
    path = folder / "film.mp4"
    animate(path, VideoScript(**{"seconds": 1.2, **changes}))
    return looked(path)


def test_a_look_comes_twice_a_second_and_a_look_for_hands_every_other_second(tmp_path):
    found = animated(tmp_path, seconds=2.2)

    assert [one.hand for one in found] == [False, None, None, None, False]


def test_the_light_is_compared_between_the_persons_own_sides(tmp_path):
    from_their_left = animated(tmp_path, light=Light(side=0.5))[0]
    from_their_right = animated(tmp_path, light=Light(side=-0.5))[0]

    assert from_their_left.light_ratio > 1.3
    assert from_their_right.light_ratio < 1 / 1.3


def test_sharpness_does_not_depend_on_the_light():
    grey = np.random.default_rng(0).uniform(80, 120, (64, 64)).astype(np.float32)

    assert looks.sharpness(grey / 2) == pytest.approx(looks.sharpness(grey), rel=0.01)


def test_without_a_face_the_brightness_is_that_of_the_picture():
    look = looks.look(np.full((48, 64, 3), 90, np.uint8), [])

    assert (look.faces, look.luma) == (0, 90)
    assert np.isnan([look.height, look.light_ratio, look.sharpness, look.marks.lips]).all()


def test_the_crop_of_a_large_face_is_reduced_and_that_of_a_small_one_is_not():
    assert looks.face_crop(np.zeros((360, 640, 3), np.uint8), WHOLE).shape == (72, 128)
    assert looks.face_crop(np.zeros((60, 40, 3), np.uint8), WHOLE).shape == (60, 40)


@pytest.mark.parametrize(("part", "feature"), [("mouth", "lips"), ("right", "eyes")])
def test_the_outline_of_what_a_hand_hides_vanishes(tmp_path, part, feature):
    found = animated(tmp_path, covers=(Cover(0.6, 1.2, part),))
    free, hidden = (getattr(found[i].marks, feature) for i in (0, 2))

    assert hidden < 0.4 * free


def test_a_drawing_has_no_shading(tmp_path):
    film = write(tmp_path / "drawn.mp4", np.arange(20) / 30, picture=drawn)

    assert looked(film)[0].marks.shading < 0.2 * animated(tmp_path)[0].marks.shading


def test_a_face_that_is_partly_outside_the_picture_tells_nothing_about_its_features():
    outside = np.full((478, 3), 20, np.float32)
    outside[0] = -1

    assert np.isnan(looks.marks(np.zeros((48, 64, 3), np.uint8), outside).lips)
