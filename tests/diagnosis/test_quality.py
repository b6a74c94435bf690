"""Findings: each defect is found in a film that has it, and a good film has none."""

import dataclasses
import json
import string

import cv2
import numpy as np
import pytest

from diagnosis import findings, mesh, movement, quality, sampling
from diagnosis.config import AnalysisConfig, Cue, Severity, Task, TaskKind
from diagnosis.faces import Neutral, neutral_from
from diagnosis.following import follow
from diagnosis.looks import UNKNOWN, Look, Marks
from diagnosis.motion import Movement
from diagnosis.movement import Signals
from diagnosis.portrait import photograph
from diagnosis.quality import judge
from diagnosis.simulate import Cover, Light, VideoScript, animate
from diagnosis.video import CaptureFacts

from .films import drawn, shared_clip, write

CONFIG = AnalysisConfig()
REST = Task("rest", TaskKind.REST)
GOOD = CaptureFacts(640, 360, 0, "vp8", "webm", 90, 3.0, 30.0, 30.0, False, False)
FACE = Look(1, 0.5, 120.0, 1.1, 0.2, Marks(0.3, 0.3, 0.1))
HAND = dataclasses.replace(FACE, hand=True)
NO_HAND = dataclasses.replace(FACE, hand=False)
CUT_OFF = dataclasses.replace(FACE, marks=UNKNOWN, cut_off=True)
AHEAD = np.zeros((90, 3))
SEEN = np.ones(90, bool)


def codes(capture=GOOD, looks=(FACE,) * 12, seen=SEEN, pose=AHEAD, task=REST):
    return [found.code for found in judge(capture, list(looks), seen, pose, task)]


def in_film(path):
    track, capture, looks = follow(path, CONFIG, lambda stage, fraction: None)
    pose = sampling.poses(track)
    return {found.code for found in judge(capture, looks, track.seen(), pose, REST)}


def animated(folder, **changes):
    path = folder / "film.mp4"
    animate(path, VideoScript(2.5, **changes))
    return in_film(path)


def test_a_good_film_has_no_finding(tmp_path):
    assert animated(tmp_path) == set()
    assert codes() == []


@pytest.mark.parametrize(
    ("light", "code"),
    [
        (Light(gain=0.35), "too_dark"),
        (Light(gain=1.9, gamma=0.6), "too_bright"),
        (Light(blur=4.0), "blurred"),
        (Light(side=-0.6), "uneven_light"),
    ],
)
def test_bad_light_and_blur_are_found(tmp_path, light, code):
    assert code in animated(tmp_path, light=light)


def test_a_low_frame_rate_is_found(tmp_path):
    assert "low_frame_rate" in animated(tmp_path, fps=18)
    assert "frame_rate_too_low" in animated(tmp_path, fps=10)


@pytest.mark.parametrize("part", ["mouth", "right"])
def test_a_covered_mouth_or_eye_is_found(tmp_path, part):
    assert animated(tmp_path, covers=(Cover(1.0, 2.5, part),)) == {"face_hidden"}


def test_a_drawing_is_found(tmp_path):
    film = write(tmp_path / "drawn.mp4", np.arange(75) / 30, picture=drawn)

    assert in_film(film) == {"drawing"}


def test_a_face_far_away_is_found(tmp_path):
    assert "face_small" in animated(tmp_path, face_height=0.3)


@pytest.mark.parametrize(
    ("clip", "code"),
    [
        ("no_face.mp4", "no_face"),
        ("face_noface.mov", "no_face"),
        ("noface_face.mov", "no_face"),
        ("two_people.gif", "two_faces"),
        ("head_turns.gif", "head_turned"),
        ("head_turns.gif", "frame_rate_too_low"),
        ("WolfgangLanger_Pexels.mp4", "hand_on_face"),
    ],
)
def test_defects_of_real_clips_are_found(clip, code):
    assert code in in_film(shared_clip(clip))


@pytest.mark.parametrize(
    "clip", ["single_face.mp4", "acted_woman.mp4", "bbaf2n.mpg", "lrwp9a.mpg", "noface_face.mov"]
)
def test_no_free_living_face_is_called_hidden_cut_off_or_drawn(clip):
    wrong = {"face_hidden", "face_cut_off", "hand_on_face", "drawing"}

    assert not wrong & in_film(shared_clip(clip))


@pytest.mark.parametrize("clip", ["single_face.mp4", "acted_woman.mp4", "bbaf2n.mpg"])
def test_nothing_blocks_real_clips_of_one_face(clip):
    found = in_film(shared_clip(clip))

    assert not {
        code for code in found if findings.rules()["findings"][code]["severity"] == "blocks"
    }


def at_rest(path, start=0.0, end=np.inf):
    """What is found about the rest that a film shows, and the shape of the mouth in a part."""
    track, _, _ = follow(path, CONFIG, lambda stage, fraction: None)
    signals = sampling.signals(track, neutral_from(track, 0, np.inf, "rest"), CONFIG.grid_hz)
    face = neutral_from(track, start, end, "rest")
    return [found.code for found in quality.restless(signals, face)]


# The portrait smiles in its photograph.
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (VideoScript(5.0, sway=2.0, blinks=(0.5, 1.5, 2.5, 3.5, 4.3)), []),
        (VideoScript(5.0, (Movement("smile", 1.0, 0.6, hold=1.0),)), ["not_at_rest"]),
        (VideoScript(5.0, (Movement("surprise", 1.0, 0.6, hold=1.0),)), ["not_at_rest"]),
    ],
)
def test_a_face_that_moves_in_the_rest_take_is_noted_and_blinks_are_not(tmp_path, script, expected):
    animate(tmp_path / "film.mp4", script)

    assert at_rest(tmp_path / "film.mp4") == [*expected, "smiling_at_rest"]


def test_real_speech_is_not_rest():
    assert at_rest(shared_clip("bbaf2n.mpg")) == ["not_at_rest"]


def test_a_smile_that_is_held_throughout_is_not_rest():
    clip = shared_clip("single_face.mp4")

    assert "smiling_at_rest" in at_rest(clip, start=1.8)
    assert "smiling_at_rest" not in at_rest(clip, end=0.6)


def test_speech_of_a_seventh_of_its_strength_is_still_told_from_rest():
    track, _, _ = follow(shared_clip("lrwp9a.mpg"), CONFIG, lambda stage, fraction: None)
    face = neutral_from(track, 0, np.inf, "rest")
    signals = sampling.signals(track, face, CONFIG.grid_hz)
    quiet = dataclasses.replace(signals, values=signals.values / 7)

    assert [found.code for found in quality.restless(quiet, face)] == ["talking_at_rest"]


@pytest.mark.parametrize(
    ("height", "share", "expected"),
    [(2.0, 1.0, ["talking_at_rest"]), (2.0, 0.1, []), (0.5, 1.0, [])],
)
def test_lips_that_open_and_close_for_long_are_talking(height, share, expected):
    """`height` of the opening in % IOD, four times a second, for a share of ten seconds."""
    t = np.arange(300) / 30
    values = np.zeros((300, len(movement.names())), np.float32)
    lips = height * np.sin(2 * np.pi * 4 * t) * (t < 10 * share)
    values[:, movement.names().index("mouth_opening")] = lips
    signals = Signals(1 / 30, values, np.zeros(values.shape[1], np.float32))
    face = Neutral(mesh.canonical(), np.zeros((478, 3), np.float32), "rest")

    assert [found.code for found in quality.restless(signals, face)] == expected


def test_a_face_that_is_seldom_seen_blocks_and_one_that_leaves_for_a_moment_does_not():
    seldom, mostly = SEEN.copy(), SEEN.copy()
    seldom[40:] = False
    mostly[80:] = False

    assert codes(seen=seldom) == ["no_face"]
    assert codes(seen=mostly) == ["face_lost"]


def test_a_second_face_counts_only_if_it_stays():
    two = dataclasses.replace(FACE, faces=2)

    assert codes(looks=[two] * 3 + [FACE] * 9) == ["two_faces"]
    assert codes(looks=[two] + [FACE] * 11) == []


@pytest.mark.parametrize(
    ("height", "expected"),
    [(0.1, ["face_too_small"]), (0.3, ["face_small"]), (0.5, []), (0.7, ["face_large"])],
)
def test_the_size_of_the_face_has_a_good_range_and_a_limit(height, expected):
    assert codes(looks=[dataclasses.replace(FACE, height=height)] * 12) == expected


def test_a_coarse_picture_cannot_be_measured_however_near_the_face():
    thumbnail = dataclasses.replace(GOOD, width=96, height=72)

    assert codes(capture=thumbnail) == ["too_few_pixels"]


@pytest.mark.parametrize(("ratio", "side"), [(2.5, "left"), (0.4, "right")])
def test_a_brighter_half_is_uneven_light(ratio, side):
    looks = [dataclasses.replace(FACE, light_ratio=ratio)] * 12
    (found,) = judge(GOOD, looks, SEEN, AHEAD, REST)

    assert found.code == "uneven_light"
    assert f"person's {side} half" in found.staff
    assert "2.5 times" in found.staff


def test_a_hand_counts_if_it_stays():
    assert codes(looks=[HAND] * 2 + [NO_HAND] * 10) == ["hand_on_face"]
    assert codes(looks=[HAND] * 2 + [NO_HAND] * 20) == []
    assert codes(looks=[HAND] * 2 + [NO_HAND] * 10 + [FACE] * 30) == ["hand_on_face"]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (HAND, "hand_on_face"),
        (dataclasses.replace(FACE, faces=2), "two_faces"),
        (dataclasses.replace(FACE, marks=Marks(0.05, 0.05, 0.1)), "face_hidden"),
        (CUT_OFF, "face_cut_off"),
    ],
)
def test_one_look_alone_may_be_mistaken_even_in_a_short_film(one, code):
    assert codes(looks=[one, NO_HAND]) == []
    assert codes(looks=[one, one, NO_HAND]) == [code]


@pytest.mark.parametrize(("rows", "expected"), [(420, set()), (340, {"face_cut_off"})])
def test_a_chin_below_the_picture_is_found(tmp_path, rows, expected):
    """The lower lip of the photograph is in row 310, the chin in row 355."""
    photo = cv2.resize(photograph()[0], None, fx=2, fy=2)[:rows, 120:760]
    film = write(tmp_path / "film.mp4", np.arange(75) / 30, picture=lambda i: photo)

    assert in_film(film) & {"face_cut_off", "face_hidden"} == expected


def test_a_face_that_leaves_the_picture_for_a_moment_is_not_called_cut_off():
    assert codes(looks=[CUT_OFF] * 4 + [FACE] * 8) == ["face_cut_off"]
    assert codes(looks=[CUT_OFF] * 3 + [FACE] * 9) == []


@pytest.mark.parametrize(("faces", "what"), [(1, "of the face 20"), (0, "of the picture 20")])
def test_darkness_is_said_of_what_was_measured(faces, what):
    dark = dataclasses.replace(FACE, faces=faces, luma=20.0)
    found = judge(GOOD, [dark] * 12, SEEN, AHEAD, REST)

    assert [f.code for f in found] == ["too_dark"]
    assert what in found[0].staff


def test_the_picture_around_a_face_that_left_does_not_count_as_its_light():
    night = Look(0, np.nan, 5.0, np.nan, np.nan)

    assert codes(looks=[FACE] * 7 + [night] * 5) == []


def test_a_blurred_face_is_not_called_hidden_nor_a_hidden_one_a_drawing():
    faint = dataclasses.replace(FACE, marks=Marks(0.05, 0.05, 0.01))

    assert codes(looks=[faint] * 12) == ["face_hidden"]
    assert codes(looks=[dataclasses.replace(faint, sharpness=0.01)] * 12) == ["blurred"]


@pytest.mark.parametrize(
    ("pose", "turned"),
    [((20, 0, 0), True), ((0, -20, 0), True), ((5, 5, 12), True), ((9, 9, 9), False)],
)
def test_a_turned_bowed_or_tilted_head_is_found(pose, turned):
    assert codes(pose=np.tile(pose, (90, 1)).astype(float)) == (["head_turned"] if turned else [])


def test_a_film_that_stops_before_its_last_cue_is_too_short():
    task = Task("smile", TaskKind.EXPRESSION, "smile", (Cue(1.0, 4.0),))

    assert codes(task=task) == ["too_short"]
    assert codes(task=dataclasses.replace(task, cues=(Cue(0.5, 3.0),))) == []


def test_a_film_in_24_pictures_is_not_called_slow():
    film = dataclasses.replace(GOOD, fps=23.976, fps_mean=23.976)

    assert codes(capture=film) == []


def test_a_damaged_film_says_so():
    assert codes(capture=dataclasses.replace(GOOD, truncated=True)) == ["truncated"]


def test_blocking_findings_come_first_and_only_face_size_and_rate_block():
    capture = dataclasses.replace(GOOD, fps=10.0, truncated=True)
    found = judge(capture, [dataclasses.replace(FACE, luma=20.0)], SEEN, AHEAD, REST)

    assert [f.code for f in found] == ["frame_rate_too_low", "truncated", "too_dark"]
    assert quality.blocked(found)
    assert not quality.blocked(found[1:])
    blocking = {
        code
        for code, words in findings.rules()["findings"].items()
        if words["severity"] == Severity.BLOCKS
    }
    assert blocking == {
        *("no_face", "two_faces", "face_too_small", "too_few_pixels", "frame_rate_too_low"),
        *("unreadable", "picture_too_large", "too_long", "no_neutral", "short_rest"),
    }


def test_every_finding_has_words_for_both_readers_and_known_blanks():
    for code, words in json.loads(findings.PATH.read_text())["findings"].items():
        assert Severity(words["severity"])
        assert words["patient"].endswith(".")
        assert "{" not in words["patient"]
        blanks = {name for _, name, _, _ in string.Formatter().parse(words["staff"]) if name}
        assert blanks <= {"value", "limit", "detail"}, code


def test_what_blocks_asks_for_another_film_in_words_for_one_and_for_many():
    for code, words in json.loads(findings.PATH.read_text())["findings"].items():
        retake = words.get("retake")
        assert retake or words["severity"] == Severity.ADVISES, code
        if retake:
            assert set(retake) == {"one", "many"}
            assert "{" not in retake["one"]
            assert "{n}" in retake["many"]
            assert all(sentence.endswith(".") for sentence in retake.values())


def test_the_browser_looks_at_pictures_of_the_size_that_is_analysed():
    assert findings.rules()["live"]["picture_side"] == CONFIG.max_side
