"""The landmarks of a recording, and the file in which they are kept."""

import tracemalloc

import numpy as np
import pytest

from diagnosis import mesh
from diagnosis.landmarks import CHUNK, LandmarkTrack, TrackBuilder

FACE = (70 * mesh.canonical() + [320, 180, 5]).astype(np.float32)


def track_of(landmarks):
    builder = TrackBuilder()
    for i, points in enumerate(landmarks):
        builder.add(i / 30, points)
    return builder.build(640, 360, "test")


def test_landmarks_survive_half_precision_however_far_the_head_moves(tmp_path):
    rng = np.random.default_rng(0)
    moving = [
        (FACE + rng.normal([x, 40 * np.sin(x), 0], 0.3, FACE.shape)).astype(np.float32)
        for x in np.linspace(-200, 200, 50)
    ]
    track = track_of(moving)

    track.save(tmp_path / "track.npz")
    loaded = LandmarkTrack.load(tmp_path / "track.npz")

    assert abs(track.landmarks(slice(None)) - moving).max() < 0.01
    assert np.array_equal(loaded.landmarks(slice(None)), track.landmarks(slice(None)))
    assert loaded.t == pytest.approx(np.arange(50) / 30)
    assert (loaded.width, loaded.height, loaded.tracker) == (640, 360, "test")


def test_the_file_holds_plain_arrays(tmp_path):
    track_of([FACE, FACE + 1]).save(tmp_path / "track.npz")

    with np.load(tmp_path / "track.npz", allow_pickle=False) as data:
        rebuilt = data["reference"] + data["origin"][:, None] + data["delta"]
        assert data["delta"].dtype == np.float16
    assert rebuilt == pytest.approx(np.stack([FACE, FACE + 1]), abs=0.01)


def test_frames_without_a_face_stay_frames_and_are_marked(tmp_path):
    track_of([None, FACE, None, FACE]).save(tmp_path / "track.npz")

    track = LandmarkTrack.load(tmp_path / "track.npz")

    assert track.seen().tolist() == [False, True, False, True]
    assert np.isnan(track.landmarks(slice(0, 1))).all()


def test_a_recording_without_any_face_can_be_kept(tmp_path):
    track_of([None, None]).save(tmp_path / "track.npz")

    assert not LandmarkTrack.load(tmp_path / "track.npz").seen().any()


def test_chunks_give_every_frame_once_and_in_order():
    track = track_of([FACE + i for i in range(CHUNK + 3)])

    chunks = list(track.chunks())

    assert [len(part) for part in chunks] == [CHUNK, 3]
    assert np.concatenate(chunks)[:, 0, 0] - FACE[0, 0] == pytest.approx(np.arange(CHUNK + 3))


def test_any_frames_can_be_asked_for():
    track = track_of([FACE + i for i in range(9)])

    some = track.landmarks(np.array([7, 2, 2]))

    assert some[:, 0, 0] - FACE[0, 0] == pytest.approx([7, 2, 2])
    assert np.array_equal(track.landmarks(slice(-2, None)), track.landmarks(np.array([7, 8])))


def test_a_long_recording_takes_little_memory_while_it_is_made_saved_and_read(tmp_path):
    frames = 4000  # 11 MB of half-precision numbers

    tracemalloc.start()
    try:
        track_of(FACE for _ in range(frames)).save(tmp_path / "track.npz")
        track = LandmarkTrack.load(tmp_path / "track.npz")
        read = sum(len(part) for part in track.chunks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert read == frames
    assert peak < 8_000_000
