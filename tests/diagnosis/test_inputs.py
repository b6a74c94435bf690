"""What the image tower looks at: drawn movement, and pictures in the tower's own colours."""

import numpy as np
import pytest
import torch
from PIL import Image

from diagnosis.encoder import open_clip
from diagnosis.inputs import FaceCrops, MotionImages


def test_a_movement_is_drawn_in_tenths_of_the_interocular_distance_and_clipped():
    shape = MotionImages.current()
    moved = np.zeros((2, 478, 3), np.float32)
    moved[0, :, 0], moved[1, :, 0] = 0.05, 9.0

    drawn = shape.images(moved)

    assert drawn.shape == (2, 3, 64, 64)
    assert drawn[0, 0].max() == pytest.approx(0.5, abs=1e-5)
    assert drawn[1, 0].max() == shape.limit


def test_a_crop_gets_the_colours_that_open_clips_own_transform_gives():
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (2, 32, 32, 3), np.uint8)
    mean, std = (0.3, 0.4, 0.5), (0.2, 0.25, 0.3)
    transform = open_clip.image_transform(32, is_train=False, mean=mean, std=std)

    images = FaceCrops(size=32, mean=mean, std=std).images(crops)

    for crop, image in zip(crops, images, strict=True):
        assert torch.allclose(image, transform(Image.fromarray(crop)), atol=1e-5)


def test_a_shift_of_the_whole_lower_face_is_not_in_the_channel_of_the_mouth():
    shape = MotionImages.current()
    shifted = np.zeros((1, 478, 3), np.float32)
    shifted[:, :, 1] = 0.1
    dropped = np.zeros((1, 478, 3), np.float32)
    dropped[:, [61, 291], 1] = 0.1

    corner = shape.images(dropped)[0, 2].max()

    assert shape.images(shifted)[0, 2].abs().max() == pytest.approx(0, abs=1e-5)
    assert shape.images(shifted)[0, 1].max() == pytest.approx(1, abs=1e-5)
    assert corner > 0.5


def test_depth_is_not_drawn():
    shape = MotionImages.current()
    nearer = np.zeros((1, 478, 3), np.float32)
    nearer[..., 2] = 0.5

    assert not shape.images(nearer).any()
