"""A track on a uniform grid: signals and the head's pose."""

import dataclasses

import numpy as np
import pytest

from diagnosis import mesh, sampling
from diagnosis.config import AnalysisConfig
from diagnosis.course import turning
from diagnosis.faces import Neutral, neutral_from
from diagnosis.following import follow
from diagnosis.landmarks import TrackBuilder

from .films import shared_clip


def turned(degrees):
    """The mean face in pixels, its head turned about the vertical axis."""
    angle = np.radians(degrees)
    about = [
        [np.cos(angle), 0, np.sin(angle)],
        [0, 1, 0],
        [-np.sin(angle), 0, np.cos(angle)],
    ]
    return (100 * mesh.canonical() @ np.array(about).T + [320, 240, 0]).astype(np.float32)


def track(*angles):
    """A second at each of the angles; None is a second without a face."""
    builder = TrackBuilder()
    for i, angle in enumerate(np.repeat(np.array(angles, object), 30)):
        builder.add(i / 30, None if angle is None else turned(angle))
    return builder.build(640, 480, "made by hand")


def test_the_pose_is_that_of_the_head_in_the_picture():
    film = track(10, 10, -15, 10)

    signals = sampling.signals(film, neutral_from(film, 0, 2, "lead-in"), 30)

    yaw, pitch, roll = signals.pose.T
    assert yaw[:59] == pytest.approx(yaw[0], abs=0.5)
    assert abs(yaw[0]) == pytest.approx(10, abs=0.5)
    assert yaw[65:85] == pytest.approx(-1.5 * yaw[0], abs=0.5)
    assert abs(np.stack([pitch, roll])).max() < 0.5
    assert turning(signals.pose, signals.step)[[70, 80]].all()


def test_where_the_face_is_not_seen_there_is_neither_signal_nor_pose():
    film = track(0, None, 0)

    signals = sampling.signals(film, neutral_from(film, 0, 9, "rest"), 30)

    lost = np.isnan(signals.values).all(1)
    assert lost[35:55].all()
    assert (np.isnan(signals.pose).all(1) == lost).all()


def test_a_real_head_that_turns_is_turning_and_one_that_faces_the_camera_is_not():
    turns, still = (share_of_turning(name) for name in ("head_turns.gif", "single_face.mp4"))

    assert turns > 0.5
    assert still == 0


def share_of_turning(name):
    frontal = Neutral(mesh.canonical(), np.zeros((478, 3), np.float32), "rest")
    config = dataclasses.replace(AnalysisConfig(), max_side=320)
    film, _, _ = follow(shared_clip(name), config, lambda stage, fraction: None)
    pose = sampling.signals(film, frontal, 30).pose
    return turning(pose, 1 / 30).mean()


def test_frames_that_the_tracker_misses_lower_the_rate_and_an_absent_face_does_not():
    away = track(0, 0, None, 0)
    builder = TrackBuilder()
    for i in range(90):
        builder.add(i / 30, turned(0) if i % 2 == 0 else None)
    missed = builder.build(640, 480, "made by hand")

    rates = []
    for film in (track(0, 0, 0), away, missed):
        neutral = neutral_from(film, 0, 9, "rest")
        rates.append(sampling.tracked_fps(film, sampling.signals(film, neutral, 30)))

    assert rates == pytest.approx([30, 30, 15], rel=0.03)
