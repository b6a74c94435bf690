"""The portrait: what is posed shows where it should, and nothing else changes."""

import numpy as np
import pytest

from diagnosis import actions, faces, mesh, motion
from diagnosis.alignment import align
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


def pose_of(picture):
    """(3,) yaw, pitch, roll in degrees as tracked, when the tracker has settled."""
    with faces.FaceTracker() as tracker:
        found = [tracker.track(picture) for _ in range(8)][-1]
    return faces.head_pose(align(found[None], mesh.canonical()).rotation)[0]


@pytest.mark.parametrize(("yaw", "pitch"), [(10, 0), (-10, 0), (0, 8)])
def test_a_turned_head_is_tracked_as_turned(portrait, yaw, pitch):
    turned = pose_of(portrait.turn(portrait.still, yaw, pitch)) - pose_of(portrait.still)

    assert turned[:2] == pytest.approx([yaw, pitch], abs=4)


def test_a_head_that_is_not_turned_looks_the_same(portrait):
    difference = portrait.turn(portrait.still, 0, 0).astype(int) - portrait.still

    assert np.abs(difference).max() <= 1


def test_a_turn_leaves_the_room_behind_alone(portrait):
    changed = np.abs(portrait.turn(portrait.still, 10, 5).astype(int) - portrait.still) > 8

    assert not changed[:, :60].any()
    assert not changed[:, -60:].any()


@pytest.mark.parametrize(("part", "hidden", "shown"), [("mouth", 13, 159), ("right", 159, 386)])
def test_a_hand_hides_its_part_of_the_face_and_no_more(portrait, part, hidden, shown):
    changed = (portrait.hide(portrait.still, part) != portrait.still).any(-1)

    for point, expected in ((hidden, True), (shown, False)):
        x, y = portrait.landmarks[point].astype(int)
        assert changed[y, x] == expected


def test_the_mirror_image_moves_on_the_side_that_is_told(portrait):
    mirrored = Portrait(640, 360, face_height=0.5, mirrored=True)
    left = Movement("smile", 0, right=0.0).strengths(np.array([1.0]))
    frame = mirrored.pose(motion.displacement(left, mirrored.fields)[0])

    columns = np.nonzero((frame != mirrored.still).any((0, 2)))[0]
    assert np.median(columns) > mirrored.landmarks[:, 0].mean()  # of a person who faces us
    flipped = portrait.still[:, ::-1].astype(int)
    assert np.abs(mirrored.still - flipped).mean() < np.abs(mirrored.still - portrait.still).mean()
