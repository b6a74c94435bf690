"""Hands on the face, in a real clip that has one, and in those that have none."""

import numpy as np
import pytest

from diagnosis.config import AnalysisConfig
from diagnosis.faces import Box, FaceDetector
from diagnosis.hands import HandDetector, touches
from diagnosis.video import VideoReader

from .films import shared_clip

FACE = Box(0.4, 0.3, 0.2, 0.4)
ON, OFF = (0.5, 0.5), (0.5, 0.9)


def hand_on_face(clip, start, end):
    """For each fourth of a second between two times: whether a hand was found on the face."""
    found, after = [], start
    with (
        VideoReader(shared_clip(clip), AnalysisConfig()) as video,
        FaceDetector() as faces,
        HandDetector() as hands,
    ):
        for frame in video:
            if after <= frame.t < end and (boxes := faces.detect(frame.rgb)):
                found.append(hands.on_face(frame.rgb, boxes[0]))
                after = frame.t + 0.25
    return found


def test_a_real_hand_is_found_while_it_is_on_the_face_and_not_before_and_after():
    clip = "WolfgangLanger_Pexels.mp4"

    assert np.mean(hand_on_face(clip, 3.0, 9.0)) > 0.7
    assert not any(hand_on_face(clip, 0.0, 2.0))
    assert not any(hand_on_face(clip, 10.0, 15.0))


@pytest.mark.parametrize("clip", ["single_face.mp4", "bbaf2n.mpg"])
def test_no_hand_is_found_on_a_face_that_is_free(clip):
    found = hand_on_face(clip, 0.0, 3.0)

    assert len(found) > 5
    assert not any(found)


@pytest.mark.parametrize(
    ("wrist", "tips", "expected"),
    [(OFF, 5, True), (OFF, 2, True), (OFF, 1, False), (OFF, 0, False), (ON, 5, False)],
)
def test_a_hand_on_the_face_has_fingertips_on_it_and_its_wrist_off_it(wrist, tips, expected):
    hand = np.full((21, 2), OFF, np.float32)
    hand[0] = wrist
    hand[[4, 8, 12, 16, 20][:tips]] = ON

    assert touches(hand, FACE) is expected
