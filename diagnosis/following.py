"""Follow a face through a video: decode, look at the picture, track, and keep the landmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2

from diagnosis import faces, looks
from diagnosis.config import AnalysisConfig
from diagnosis.faces import Floats, Pixels
from diagnosis.hands import HandDetector
from diagnosis.landmarks import LandmarkTrack, TrackBuilder
from diagnosis.looks import Look
from diagnosis.video import CaptureFacts, VideoReader

# Workers are processes: more threads in one of them would only take time from the others.
cv2.setNumThreads(1)

Report = Callable[[str, float], None]  # stage, and the fraction of the whole that is done
# What else wants to see each frame: its time in s, the picture, and the landmarks or None.
Onlooker = Callable[[float, Pixels, Floats | None], None]
TRACKED: Final = 0.85  # of the whole time, when decoding and tracking are done
_REPORT_FRAMES: Final = 15


def follow(
    path: Path, config: AnalysisConfig, report: Report, onlooker: Onlooker | None = None
) -> tuple[LandmarkTrack, CaptureFacts, list[Look]]:
    """Decode the video and track the face through it. Raises VideoError."""
    with (
        VideoReader(path, config) as video,
        faces.FaceTracker() as tracker,
        faces.FaceDetector() as detector,
        HandDetector() as hands,
    ):
        inspector = looks.Inspector(detector, hands)
        builder = TrackBuilder()
        for i, frame in enumerate(video):
            landmarks = tracker.track(frame.rgb)
            inspector.inspect(frame, landmarks)
            builder.add(frame.t, landmarks)
            if onlooker is not None:
                onlooker(frame.t, frame.rgb, landmarks)
            if i % _REPORT_FRAMES == 0:
                whole = max(video.length_s, frame.t, 1e-3)
                report("landmarks", TRACKED * frame.t / whole)
        height, width = frame.rgb.shape[:2]
        return builder.build(width, height, faces.TRACKER), video.facts(), inspector.looks
