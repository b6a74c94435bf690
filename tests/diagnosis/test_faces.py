"""Tracking on a portrait, alignment, head pose and the neutral face."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diagnosis import faces, mesh, sampling
from diagnosis.alignment import align
from diagnosis.config import AnalysisConfig
from diagnosis.faces import Neutral, head_pose, neutral_from
from diagnosis.following import follow
from diagnosis.landmarks import TrackBuilder
from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate

CONFIG = AnalysisConfig()


@pytest.fixture(scope="module")
def blinking_face(tmp_path_factory):
    """(track, truth) of three seconds at rest with one blink."""
    path = tmp_path_factory.mktemp("films") / "rest.mp4"
    truth = animate(path, VideoScript(3.0, blinks=(1.5,)))
    return follow(path, CONFIG, lambda stage, fraction: None)[0], truth


def track_of(landmarks, t=None):
    builder = TrackBuilder()
    times = np.arange(len(landmarks)) / 30 if t is None else t
    for at, points in zip(times, landmarks, strict=True):
        builder.add(at, points)
    return builder.build(640, 360, "test")


def heads(yaw=0.0, pitch=0.0, roll=0.0, frames=1, face=None):
    """(frames, 478, 3) a mean face of 70 px between the eyes, turned by degrees."""
    shape = mesh.canonical() if face is None else face
    turn = Rotation.from_euler("yxz", [-yaw, -pitch, roll], degrees=True).as_matrix()
    posed = (70 * shape @ turn.T + [320, 180, 5]).astype(np.float32)
    return np.repeat(posed[None], frames, axis=0)


def test_the_tracker_finds_the_face_where_it_is(blinking_face):
    track, truth = blinking_face

    assert track.seen().all()
    assert (track.width, track.height) == (640, 360)
    assert np.median(mesh.interocular(track.landmarks(slice(0, 30)))) == pytest.approx(
        truth.interocular, rel=0.05
    )
    # The picture is not mirrored: the person's right eye is on its left.
    first = track.landmarks(slice(0, 1))[0]
    assert first[33, 0] < first[263, 0]


def test_no_face_is_tracked_in_an_empty_picture():
    with faces.FaceTracker() as tracker, faces.FaceDetector() as detector:
        wall = np.full((120, 160, 3), 128, np.uint8)
        assert tracker.track(wall) is None
        assert detector.detect(wall) == []


def test_mediapipes_notices_are_kept_off_the_screen_but_nothing_else(capfd):
    with faces.FaceTracker():
        pass
    with faces.without_chatter():
        import os

        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomething broke\n")

    assert capfd.readouterr().err == "something broke\n"


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"yaw": 20}, (20, 0, 0)),
        ({"pitch": -15}, (0, -15, 0)),
        ({"roll": 10}, (0, 0, 10)),
    ],
)
def test_head_pose_is_read_off_the_alignment_which_undoes_it(turn, expected):
    aligned = align(heads(**turn), mesh.canonical())

    assert head_pose(aligned.rotation)[0] == pytest.approx(expected, abs=0.01)
    assert abs(aligned.points[0] - mesh.canonical()).max() < 1e-4


def test_the_signs_of_the_head_pose_are_those_of_the_person():
    left, up, tilted = heads(yaw=20)[0], heads(pitch=20)[0], heads(roll=20)[0]

    tip, root = mesh.NOSE_TIP, mesh.NOSE_ROOT
    assert left[tip, 0] > left[root, 0], "turned to the own left: towards the picture's right"
    assert up[tip, 1] < heads()[0][tip, 1], "turned up"
    assert tilted[263, 1] > tilted[33, 1], "to the left shoulder: the left eye is lower"


def test_alignment_never_mirrors_and_leaves_missing_frames_missing():
    frames = np.concatenate([heads(yaw=5), np.full((1, 478, 3), np.nan, np.float32)])

    aligned = align(frames, mesh.canonical())

    assert np.linalg.det(aligned.rotation[0]) == pytest.approx(1)
    assert np.isnan(aligned.points[1]).all()
    assert np.isnan(aligned.rotation[1]).all()


def test_the_neutral_face_is_frontal_with_unit_distance_between_the_eyes():
    track = track_of(list(heads(yaw=8, pitch=-6, roll=4, frames=30)))

    neutral = neutral_from(track, 0, 1, "rest")

    assert abs(neutral.mean - mesh.canonical()).max() < 0.002
    assert neutral.spread.max() < 0.002
    assert neutral.source == "rest"


def test_blinks_and_glances_aside_leave_no_trace_in_the_neutral_face():
    face = mesh.canonical()
    squint = face.copy()
    squint[list(mesh.LID_UPPER[mesh.Side.LEFT]), 1] += 0.1
    frames = [*heads(frames=80), *heads(frames=10, face=squint), *heads(yaw=40, frames=10)]

    neutral = neutral_from(track_of(frames), 0, 10, "rest")

    assert abs(neutral.mean - face).max() < 0.002


def test_a_real_blink_leaves_the_neutral_eyes_open(blinking_face):
    track, _ = blinking_face

    with_blink = neutral_from(track, 0, 3, "rest").mean
    before = neutral_from(track, 0, 1.4, "rest").mean

    lids = [*mesh.LID_UPPER[mesh.Side.LEFT], *mesh.LID_UPPER[mesh.Side.RIGHT]]
    assert abs(with_blink[lids] - before[lids]).max() < 0.01


def test_too_few_frames_make_no_neutral_face():
    assert neutral_from(track_of(list(heads(frames=9))), 0, 1, "lead-in") is None
    assert neutral_from(track_of(list(heads(frames=60))), 1.9, 2.0, "lead-in") is None


@pytest.mark.parametrize(
    ("turned", "fewest_s", "enough"),
    [(0, 9.5, True), (0, 10.5, False), (120, 5.5, True), (120, 6.5, False)],
)
def test_a_neutral_face_may_ask_for_seconds_in_one_pose(turned, fewest_s, enough):
    """Of ten seconds, in 300 frames; in `turned` of these the head is turned away."""
    frames = [*heads(frames=300 - turned), *heads(yaw=40, frames=turned)]
    track = track_of(frames, np.arange(300) / 30)

    assert (neutral_from(track, 0, 99, "rest", fewest_s) is not None) == enough


def test_a_gap_between_frames_does_not_count_as_seconds_at_rest():
    track = track_of(list(heads(frames=60)), [*np.arange(30) / 30, *(20 + np.arange(30) / 30)])

    assert neutral_from(track, 0, 99, "rest", 2) is not None
    assert neutral_from(track, 0, 99, "rest", 2.5) is None


def test_of_several_head_poses_the_most_frequent_one_gives_the_neutral_face():
    face = mesh.canonical()
    smiling = face.copy()
    smiling[mesh.MOUTH_CORNER[mesh.Side.LEFT]] += (0.1, -0.1, 0)
    frames = [
        *heads(yaw=-20, frames=14),
        *heads(yaw=20, pitch=20, frames=12, face=smiling),
        *heads(yaw=20, pitch=-20, frames=12, face=smiling),
    ]

    neutral = neutral_from(track_of(frames), 0, 10, "rest")

    assert abs(neutral.mean - face).max() < 0.01


def test_a_head_that_is_never_still_gives_no_neutral_face():
    frames = [heads(yaw=yaw)[0] for yaw in np.linspace(-60, 60, 30)]

    assert neutral_from(track_of(frames), 0, 10, "rest") is None


def test_a_neutral_face_is_loaded_as_it_was_saved_and_its_hash_tells_every_change(tmp_path):
    neutral = Neutral(
        mesh.canonical(), np.zeros((478, 3), np.float32), "rest", {"smile": -0.4}, "ab" * 32
    )
    neutral.save(tmp_path / "neutral.npz")

    loaded = Neutral.load(tmp_path / "neutral.npz")

    assert loaded.hash == neutral.hash
    assert loaded.margins == {"smile": -0.4}
    others = [
        Neutral(neutral.mean + 0.001, neutral.spread, "rest", {"smile": -0.4}, "ab" * 32),
        Neutral(neutral.mean, neutral.spread, "lead-in", {"smile": -0.4}, "ab" * 32),
        Neutral(neutral.mean, neutral.spread, "rest", {"smile": -0.3}, "ab" * 32),
        Neutral(neutral.mean, neutral.spread, "rest", {"smile": -0.4}, "cd" * 32),
    ]
    assert len({neutral.hash, *(other.hash for other in others)}) == 5


def test_displacement_on_a_grid_is_the_same_as_frame_by_frame():
    rng = np.random.default_rng(1)
    t = np.sort(rng.uniform(0, 20, 600))
    t[0] = 0
    frames = heads(frames=600)
    frames[:, mesh.MOUTH_CORNER[mesh.Side.LEFT], 1] -= (7 * np.sin(t)).astype(np.float32)
    track = track_of(list(frames), t)
    neutral = Neutral(mesh.canonical(), np.zeros((478, 3), np.float32), "rest")

    grid = sampling.Grid(track, 15)
    moved = grid.displacement(neutral, slice(None))[:, mesh.MOUTH_CORNER[mesh.Side.LEFT], 1]

    at = np.arange(len(moved)) / 15
    assert moved[grid.known] == pytest.approx(-0.1 * np.sin(at[grid.known]), abs=0.01)


def test_long_gaps_are_not_known_and_short_ones_are_bridged():
    face = heads()[0]
    frames = [face] * 30 + [None] * 3 + [face] * 30 + [None] * 15 + [face] * 30 + [None] * 15
    track = track_of(frames)

    known = sampling.Grid(track, 30).known

    assert known[:63].all()
    assert not known[64:77].any()
    assert known[78:108].all()
    assert not known[108:].any()


def test_the_head_may_sway_without_moving_the_face(tmp_path):
    path = tmp_path / "sway.mp4"
    animate(path, VideoScript(4.0, (Movement("smile", 9.0),), sway=2.0))
    track = follow(path, CONFIG, lambda stage, fraction: None)[0]
    neutral = neutral_from(track, 0, 4, "rest")

    signals = sampling.signals(track, neutral, 30)

    assert np.nanstd(track.origin[:, 0]) > 1
    assert np.nanstd(signals["mouth_corner"]) < 1.0
