"""Can this recording be measured, and how would it be recorded better?

What `diagnosis.looks` saw in the picture, and what landmarks and times tell, against the
thresholds of quality.json, which has the words as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import mesh
from diagnosis.config import AnalysisConfig, Finding, Severity, Side, Task
from diagnosis.course import smooth
from diagnosis.faces import Neutral
from diagnosis.findings import finding, threshold
from diagnosis.looks import Look
from diagnosis.movement import Floats, Signals
from diagnosis.repeats import LAST_FRAME_S
from diagnosis.video import CaptureFacts, reduced_size

_RESTING: Final = ("mouth_corner", "mouth_opening", "mouth_width", "brow_raise")  # not the lids
_SPELL_S: Final = 0.5  # a syllable or two


def judge(
    capture: CaptureFacts,
    looks: Sequence[Look],
    seen: NDArray[np.bool_],
    pose: NDArray[np.float64],
    task: Task,
) -> tuple[Finding, ...]:
    """All findings about a recording, blocking ones first.

    `seen` (n,) whether the face was tracked in each frame; `pose` (n, 3) yaw, pitch, roll in
    degrees, NaN where not. How many pixels a face has is counted in the pictures that an analysis
    with the default configuration tracks, whatever was tracked here.
    """
    found = [
        *_about_faces(looks, float(seen.mean()), capture),
        *_about_time(capture, task),
        *_about_light(looks),
        *_about_view(looks),
        *_about_pose(pose[seen]),
    ]
    return tuple(sorted(found, key=lambda f: f.severity != Severity.BLOCKS))


def restless(signals: Signals, face: Neutral) -> Iterator[Finding]:
    """Whether the person moved, talked or smiled throughout in a rest take that gave `face`.

    Blinks are rest. A movement shows by the time that mouth or brows are away from their usual
    place; quiet talk by the share of half seconds in which the lips' distance is unsteady; a held
    smile, which is its own usual place, by the shape of the mouth.
    """
    curves = np.stack([smooth(signals[name], signals.step) for name in _RESTING])
    seen = np.isfinite(curves[0])
    away = abs(curves[:, seen] - np.median(curves[:, seen], axis=1, keepdims=True))
    share = float((away > threshold("rest_movement_iod_percent_max")).any(0).mean())
    yield from _worst(
        _above("not_at_rest", share, "rest_moved_share_max"),
        _above("talking_at_rest", _unsteady(signals), "rest_talking_share_max"),
    )
    yield from _above("smiling_at_rest", smile(face.mean), "rest_smile_iod_percent_max")


def rest_needed_s(task: Task) -> float:
    """For how long, in s, a rest take must show the face in one pose to be the session's neutral:
    ten seconds, or half of what a shorter protocol plans; 0 where nobody planned anything."""
    return min(threshold("rest_seconds_min"), (task.seconds or 0.0) / 2)


def smile(face: Floats) -> float:
    """Width of the mouth less the height of the nose over its corners, in % IOD, of a frontal
    face (478, 3) in IOD. A smile widens the mouth and lifts its corners towards the nose."""
    left, right = (face[mesh.MOUTH_CORNER[side]] for side in (Side.LEFT, Side.RIGHT))
    drop = (left[1] + right[1]) / 2 - face[mesh.NOSE_BASE, 1]
    return 100 * float(left[0] - right[0] - drop)


def _unsteady(signals: Signals) -> float:
    """The share of half seconds in which the opening of the mouth varies as in speech."""
    length = round(_SPELL_S / signals.step)
    lips = signals["mouth_opening"]
    spells = lips[: len(lips) // length * length].reshape(-1, length)
    varied = spells[np.isfinite(spells).all(1)].std(1)
    limit = threshold("rest_talking_iod_percent_max")
    return float((varied > limit).mean()) if len(varied) else 0.0


def blocked(findings: tuple[Finding, ...]) -> bool:
    return any(f.severity == Severity.BLOCKS for f in findings)


def _median(values: list[float]) -> float:
    """NaN, which is on no side of any limit, unless most of the values are known."""
    known = [v for v in values if np.isfinite(v)]
    most = len(known) >= threshold("face_seen_share_min") * len(values)
    return float(np.median(known)) if known and most else np.nan


def _above(code: str, value: float, name: str, detail: str = "") -> Iterator[Finding]:
    if value > threshold(name):
        yield finding(code, value=value, limit=threshold(name), detail=detail)


def _below(code: str, value: float, name: str, detail: str = "") -> Iterator[Finding]:
    if value < threshold(name):
        yield finding(code, value=value, limit=threshold(name), detail=detail)


def _often(code: str, hits: Sequence[bool], name: str) -> Iterator[Finding]:
    """A finding where the share of hits among the looks is above a limit, and no single mistake."""
    if sum(hits) >= threshold("fewest_hits"):
        yield from _above(code, float(np.mean(hits)), name)


def _worst(*findings: Iterator[Finding]) -> Iterator[Finding]:
    """Only the first of several findings about the same thing."""
    for some in findings:
        for one in some:
            yield one
            return


def _about_faces(looks: Sequence[Look], seen: float, capture: CaptureFacts) -> Iterator[Finding]:
    height = _median([one.height for one in looks])
    _, analysed = reduced_size(capture.width, capture.height, AnalysisConfig().max_side)
    yield from _worst(
        _below("no_face", seen, "face_seen_share_min"),
        _below("face_lost", seen, "face_seen_share_good"),
    )
    yield from _often("two_faces", [one.faces > 1 for one in looks], "two_faces_share_max")
    yield from _worst(
        _below("face_too_small", height, "face_height_share_usable"),
        _below("too_few_pixels", height * analysed, "face_height_px_usable"),
        _below("face_small", height, "face_height_share_min"),
    )
    yield from _above("face_large", height, "face_height_share_max")


def _about_time(capture: CaptureFacts, task: Task) -> Iterator[Finding]:
    fps = round(capture.steady_fps)  # 23.976 is meant to be 24
    yield from _worst(
        _below("frame_rate_too_low", fps, "fps_usable"), _below("low_frame_rate", fps, "fps_min")
    )
    needed = max((cue.end for cue in task.cues), default=threshold("seconds_min"))
    if capture.duration_s + LAST_FRAME_S < needed:
        yield finding("too_short", value=capture.duration_s, limit=needed)
    if capture.truncated:
        yield finding("truncated", value=capture.duration_s)


def _about_light(looks: Sequence[Look]) -> Iterator[Finding]:
    luma, where = _median([one.luma if one.faces else np.nan for one in looks]), "face"
    if np.isnan(luma):
        luma, where = _median([one.luma for one in looks if not one.faces]), "picture"
    yield from _below("too_dark", luma, "luma_min", where)
    yield from _above("too_bright", luma, "luma_max", where)
    ratio, limit = _median([one.light_ratio for one in looks]), threshold("light_ratio_max")
    if max(ratio, 1 / ratio) > limit:
        side = Side.LEFT if ratio > 1 else Side.RIGHT
        yield finding("uneven_light", value=max(ratio, 1 / ratio), limit=limit, detail=side)


def _about_view(looks: Sequence[Look]) -> Iterator[Finding]:
    cut_off = [one.cut_off for one in looks if one.cut_off or np.isfinite(one.marks.lips)]
    yield from _often("face_cut_off", cut_off, "cut_off_share_max")
    seen = [one.marks for one in looks if np.isfinite(one.marks.lips)]
    lips, eyes = threshold("lip_contrast_min"), threshold("lid_contrast_min")
    hidden = [mark.lips < lips or mark.eyes < eyes for mark in seen]
    # Blur takes the outlines of lips and lids away too, and a plain mask looks flat as a drawing.
    yield from _worst(
        _below("blurred", _median([one.sharpness for one in looks]), "sharpness_min"),
        _often("face_hidden", hidden, "hidden_share_max"),
        _below("drawing", _median([mark.shading for mark in seen]), "shading_min"),
    )
    hands = [one.hand for one in looks if one.hand is not None]
    yield from _often("hand_on_face", hands, "hand_share_max")


def _about_pose(pose: NDArray[np.float64]) -> Iterator[Finding]:
    names = ("yaw_degrees_max", "pitch_degrees_max", "roll_degrees_max")
    limits = [threshold(name) for name in names]
    if len(pose):
        turned = float((abs(pose) > limits).any(1).mean())
        yield from _above("head_turned", turned, "turned_share_max")
