"""Landmarks of films that were never made: a simulated face, moved by a script.

Where many sessions are needed they cost a thousandth of rendered films. What the decoder and the
tracker would have done to them is `training.people`'s model, sized after measurements on real
films; everything after that is the real analysis.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from diagnosis import mesh
from diagnosis.landmarks import LandmarkTrack, TrackBuilder
from diagnosis.simulate import VideoScript, strengths
from diagnosis.training.people import Person

TRACKER: Final = "simulated"  # what stands in place of the tracker's name, wherever that is told
IOD: Final = 110.0  # px between the eyes, as a face that fills half of the frame's height has


def track(script: VideoScript, face: int) -> LandmarkTrack:
    """What the tracker would have found in the film of `script`, of the simulated face number
    `face`; the same at each call. The script's sway, light and covers are not read."""
    t = np.arange(round(script.seconds * script.fps)) / script.fps
    person = Person.random(np.random.default_rng(face))
    rng = np.random.default_rng([face, script.seed])
    moved = person.move(strengths(script, t), script.fps, turning=False, rng=rng)
    middle = np.array([script.width / 2, script.height / 2, 0], np.float32)
    builder = TrackBuilder()
    for at, points in zip(t, mesh.canonical() + moved, strict=True):
        builder.add(float(at), (IOD * points + middle).astype(np.float32))
    return builder.build(script.width, script.height, TRACKER)
