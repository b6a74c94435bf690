"""A replay holds the face's outlines and nothing of its head's movement, and stays small."""

import itertools
import json
import tracemalloc

import numpy as np
import pytest
from mediapipe.python.solutions import face_mesh_connections as mediapipe

from diagnosis import mesh, replay
from diagnosis.landmarks import TrackBuilder

FACE = (70 * mesh.canonical() + [320, 180, 5]).astype(np.float32)
SMILE = FACE.copy()
SMILE[61] += [-7, -7, 0]  # a tenth of the interocular distance outwards and up


def written(path, landmarks, fps=30):
    builder = TrackBuilder()
    for i, points in enumerate(landmarks):
        builder.add(i / fps, points)
    builder.build(640, 360, "test").save(path)
    return path


def read(path):
    sent = b"".join(replay.stream(path))
    line, _, body = sent.partition(b"\n")
    assert (len(line) + 1) % 4 == 0
    header = json.loads(line)
    n = header["frames"]
    times = np.frombuffer(body[: 4 * n], "<f4")
    points = np.frombuffer(body[4 * n :], "<f2").reshape(n, header["points"], 2)
    return header, times, points.astype(float)


def turned(face, degrees, scale=1.0):
    a = np.radians(degrees)
    turn = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    return (scale * (face - 200) @ np.transpose(turn) + 260).astype(np.float32)


def test_turning_and_coming_nearer_leave_the_replay_as_it_is(tmp_path):
    path = written(tmp_path / "a.npz", [FACE, turned(FACE, 12), turned(FACE, -9, 1.5)], fps=15)

    _, _, points = read(path)

    assert points[1] == pytest.approx(points[0], abs=0.003)
    assert points[2] == pytest.approx(points[0], abs=0.003)


def test_a_smile_is_as_large_in_the_replay_as_in_the_face(tmp_path):
    header, _, points = read(written(tmp_path / "a.npz", [FACE, SMILE], fps=15))

    corner = replay.POINTS.tolist().index(61)
    assert points[1, corner] - points[0, corner] == pytest.approx([-0.1, -0.1], abs=0.003)
    lips = next(o for o in header["outlines"] if o["name"] == "outer lips")
    assert lips["start"] <= corner < lips["start"] + lips["count"]


def test_the_face_lies_within_what_is_worth_showing(tmp_path):
    header, _, points = read(written(tmp_path / "a.npz", [FACE]))

    left, top, right, bottom = header["view"]
    assert left < points[..., 0].min() < points[..., 0].max() < right
    assert top < points[..., 1].min() < points[..., 1].max() < bottom


@pytest.mark.parametrize(("fps", "expected"), [(60, 15), (30, 15), (25, 15), (12, 12)])
def test_at_most_fifteen_frames_a_second_are_sent_with_their_own_times(tmp_path, fps, expected):
    _, times, points = read(written(tmp_path / "a.npz", [FACE] * 2 * fps, fps))

    assert len(times) == len(points) == 2 * expected
    assert np.allclose(times * fps, np.round(times * fps), atol=1e-4)


def test_frames_without_a_face_are_marked(tmp_path):
    _, _, points = read(written(tmp_path / "a.npz", [FACE, None, FACE], fps=15))

    assert np.isnan(points).all((1, 2)).tolist() == [False, True, False]


def test_a_film_without_frames_or_faces_can_be_replayed(tmp_path):
    assert read(written(tmp_path / "a.npz", []))[0]["frames"] == 0
    assert np.isnan(read(written(tmp_path / "b.npz", [None]))[2]).all()


def test_neighbours_in_an_outline_are_neighbours_in_the_tracker_s_own_mesh():
    """MediaPipe's contours name the same edges; it has one line for each edge of a brow."""
    known = {frozenset(edge) for edge in mediapipe.FACEMESH_CONTOURS}
    known |= {frozenset(edge) for edge in mediapipe.FACEMESH_IRISES}
    for outline in replay.OUTLINES:
        edges = [frozenset(e) for e in itertools.pairwise((*outline.points, outline.points[0]))]
        unknown = [edge for edge in edges if edge not in known]
        assert len(unknown) == (2 if "brow" in outline.name else 0), outline.name


def test_a_long_film_takes_little_memory(tmp_path):
    path = written(tmp_path / "a.npz", itertools.repeat(FACE, 9000))  # five minutes, 26 MB

    tracemalloc.start()
    try:
        sent = sum(len(piece) for piece in replay.stream(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert sent < 3_000_000
    assert peak < 10_000_000
