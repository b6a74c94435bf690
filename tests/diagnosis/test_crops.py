"""Crops of the face: upright and square, one per time step, encoded in batches on the way."""

import cv2
import numpy as np
import pytest

from diagnosis import mesh, release
from diagnosis.crops import BATCH, CropReader, crop

from . import tiny

RED, BLUE = (255, 0, 0), (0, 0, 255)


def scene(degrees=0.0, scale=60.0, centre=(200.0, 160.0)):
    """A frame of 400 x 320 with a red left eye and a blue chin, and the landmarks of that face.

    The head is rolled by `degrees` in the picture; `scale` is its interocular distance in px.
    """
    angle = np.radians(degrees)
    roll = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = mesh.canonical() * np.float32(scale)
    landmarks[:, :2] = landmarks[:, :2] @ roll.T + np.float32(centre)
    rgb = np.full((320, 400, 3), 128, np.uint8)
    for point, colour in ((mesh.eye_centres(landmarks)[1], RED), (landmarks[mesh.CHIN], BLUE)):
        cv2.circle(rgb, (round(float(point[0])), round(float(point[1]))), 6, colour, -1)
    return rgb, landmarks


def place(picture, colour):
    """Mean (x, y) of what has the colour, as shares of the picture's side."""
    near = np.abs(picture.astype(int) - colour).sum(2) < 150
    y, x = np.nonzero(near)
    return np.array([x.mean(), y.mean()]) / len(picture)


@pytest.mark.parametrize("degrees", [-35, 20])
@pytest.mark.parametrize("scale", [40.0, 60.0])
def test_a_rolled_head_gives_the_same_crop_as_an_upright_one(degrees, scale):
    upright = crop(*scene(), size=96, margin=0.15)

    turned = crop(*scene(degrees, scale), size=96, margin=0.15)

    assert turned.shape == (96, 96, 3)
    for colour in (RED, BLUE):
        assert place(turned, colour) == pytest.approx(place(upright, colour), abs=0.03)


def test_the_face_is_in_the_middle_with_a_margin_and_never_mirrored():
    rgb, landmarks = scene()

    found = crop(rgb, landmarks, size=96, margin=0.15)

    eye, chin = place(found, RED), place(found, BLUE)
    assert eye[0] > 0.5 > eye[1]  # the person's left is on the picture's right
    assert chin[0] == pytest.approx(0.5, abs=0.02)
    assert chin[1] == pytest.approx(1 - 0.15 / 1.3, abs=0.05)


def test_a_large_face_is_reduced_without_aliasing():
    """Lines of one pixel become even grey, however they fall on the smaller picture."""
    rgb, landmarks = scene(scale=120.0)
    rgb[:, ::2], rgb[:, 1::2] = 0, 255

    found = crop(rgb, landmarks, size=40, margin=0.0).astype(int)[8:-8, 8:-8]

    assert found.std() < 25


def test_what_lies_outside_the_frame_is_black():
    found = crop(*scene(centre=(10.0, 160.0)), size=96, margin=0.15)

    assert found[:, :20].max() == 0
    assert found[:, 70:].min() > 0


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return release.load(tiny.build(tmp_path_factory.mktemp("release")))


def watched(reference, times, faceless=()):
    reader = CropReader(reference)
    rgb, landmarks = scene()
    for i, t in enumerate(times):
        reader(t, np.roll(rgb, i, axis=0), None if i in faceless else landmarks)
    return reader.encoded()


def test_one_frame_is_encoded_for_each_step_of_the_releases_rate(reference):
    times = np.arange(60) / 30  # every 3.75th frame

    encoded = watched(reference, times)

    first = [int(np.ceil(step * 30 / 8 - 1e-6)) for step in range(16)]
    rgb, landmarks = scene()
    taken = [crop(np.roll(rgb, i, axis=0), landmarks, 32, 0.15) for i in first]
    assert encoded == pytest.approx(reference.encode(np.stack(taken)), abs=1e-5)


def test_a_step_without_a_frame_has_the_latest_face_in_a_short_gap(reference):
    """From the first 3 frames on, a quarter of a second passes without any, and later a half."""
    times = np.array([0, 1, 2, 5, 6, 11]) / 8

    encoded = watched(reference, times)

    rgb, landmarks = scene()
    taken = [crop(np.roll(rgb, i, axis=0), landmarks, 32, 0.15) for i in range(6)]
    expected = reference.encode(np.stack(taken))[[0, 1, 2, 2, 2, 3, 4, 5]]
    known = np.isfinite(encoded).all(1)
    assert np.flatnonzero(~known).tolist() == [7, 8, 9, 10]
    assert encoded[known] == pytest.approx(expected, abs=1e-5)


def test_steps_without_a_face_or_without_a_frame_for_long_are_nan(reference):
    times = [*np.arange(30) / 30, *(2 + np.arange(30) / 30)]

    encoded = watched(reference, times, faceless=range(15))

    known = np.isfinite(encoded).all(1)
    assert len(encoded) == 24
    assert np.isnan(encoded[~known]).all()
    assert np.flatnonzero(known).tolist() == [4, 5, 6, 7, *range(16, 24)]


def test_a_film_without_any_face_is_nan_throughout(reference):
    encoded = watched(reference, np.arange(30) / 30, faceless=range(30))

    assert encoded.shape == (8, reference.width)
    assert np.isnan(encoded).all()
    assert np.isnan(reference.compare(encoded)).all()


def test_crops_are_encoded_on_the_way_so_that_few_are_held(reference, monkeypatch):
    sizes = []
    encode = reference.encode
    monkeypatch.setattr(reference, "encode", lambda seen: sizes.append(len(seen)) or encode(seen))

    encoded = watched(reference, np.arange(80) / 8)

    assert sizes == [BATCH, BATCH, 80 - 2 * BATCH]
    assert np.isfinite(encoded).all()
