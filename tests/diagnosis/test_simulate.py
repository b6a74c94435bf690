"""Simulated videos: real files whose truth is known and which the real tracker follows."""

import dataclasses

import av
import numpy as np
import pytest

from diagnosis import actions, mesh
from diagnosis.config import Side
from diagnosis.motion import Movement
from diagnosis.simulate import CODECS, Cover, Light, VideoScript, animate, displacement

SMILE = Movement("smile", 1.2, actions.smile_amplitude(0.08), onset=0.4, hold=1.0)
SCRIPT = VideoScript(3.0, (SMILE,))


def frames(path):
    with av.open(str(path)) as file:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_gives_a_file_with_all_frames(codec, tmp_path):
    truth = animate(tmp_path / codec, dataclasses.replace(SCRIPT, codec=codec, seconds=1.0))

    decoded = frames(tmp_path / codec)

    assert len(decoded) == len(truth.t) == 30
    assert decoded[0][1].shape == (360, 640, 3)


@pytest.mark.parametrize("codec", ["h264", "vp8", "vp9"])
def test_frames_carry_their_own_times_even_when_some_were_dropped(codec, tmp_path):
    script = dataclasses.replace(SCRIPT, codec=codec, seconds=2.0, dropped=0.3)

    truth = animate(tmp_path / codec, script)

    times = [time for time, _ in frames(tmp_path / codec)]
    assert 30 < len(times) < 55
    assert times == pytest.approx(truth.t, abs=0.002)


def test_timestamps_can_be_off_while_the_pictures_are_taken_on_time(tmp_path):
    truth = animate(tmp_path / "film", dataclasses.replace(SCRIPT, seconds=2.0, jitter=0.008))

    times = np.array([time for time, _ in frames(tmp_path / "film")])
    assert truth.t == pytest.approx(np.arange(60) / 30)
    assert np.std(times - truth.t) == pytest.approx(0.008, abs=0.003)
    assert np.diff(times).min() > 0


def test_the_same_script_gives_the_same_pictures(tmp_path):
    for name in ("one", "two"):
        animate(tmp_path / name, dataclasses.replace(SCRIPT, seconds=0.5))

    for (_, one), (_, two) in zip(frames(tmp_path / "one"), frames(tmp_path / "two"), strict=True):
        assert (one == two).all()


def test_the_truth_is_the_script(tmp_path):
    truth = animate(tmp_path / "smile.mp4", SCRIPT)

    corner = np.linalg.norm(truth.displacement[:, mesh.MOUTH_CORNER[Side.LEFT], :2], axis=1)
    assert corner[truth.t < 1.2].max() == 0
    assert corner[(truth.t > 1.6) & (truth.t < 2.6)] == pytest.approx(0.08, abs=1e-4)
    assert not truth.displacement[..., 2].any()


def test_the_truth_can_be_asked_for_at_any_time(tmp_path):
    script = dataclasses.replace(SCRIPT, blinks=(0.5,), speech=1.0, dropped=0.3)

    truth = animate(tmp_path / "film", script)

    assert displacement(script, truth.t) == pytest.approx(truth.displacement)
    assert displacement(script, truth.t[5:6])[0] == pytest.approx(truth.displacement[5])


def test_head_sway_moves_the_picture_but_not_the_truth(tmp_path):
    still = dataclasses.replace(SCRIPT, movements=(), sway=0.0, light=Light(noise=0.0))
    swaying = dataclasses.replace(still, sway=1.0)

    turning = dataclasses.replace(still, turn=10.0)

    for name, script in (("still", still), ("swaying", swaying), ("turning", turning)):
        assert not animate(tmp_path / name, script).displacement.any()

    change = {n: np.ptp(np.array([f for _, f in frames(tmp_path / n)]).astype(int), axis=0).mean()
              for n in ("still", "swaying", "turning")}  # fmt: skip
    assert change["swaying"] > 3 * change["still"]
    assert change["turning"] > 3 * change["still"]


def test_light_changes_brightness_and_tint(tmp_path):
    brightness = {}
    for name, light in (
        ("plain", Light()),
        ("dark", Light(gain=0.4)),
        ("blue", Light(tint=(0.7, 0.9, 1.0))),
    ):
        animate(tmp_path / name, VideoScript(0.2, light=light))
        brightness[name] = frames(tmp_path / name)[0][1].mean((0, 1))

    assert brightness["dark"].mean() < 0.5 * brightness["plain"].mean()
    assert brightness["blue"][0] < 0.8 * brightness["plain"][0]
    assert brightness["blue"][2] > 0.95 * brightness["plain"][2]


def test_a_lamp_at_one_side_lights_that_side_of_the_picture(tmp_path):
    halves = {}
    for name, side in (("even", 0.0), ("side", 0.5)):
        animate(tmp_path / name, VideoScript(0.2, light=Light(side=side)))
        picture = frames(tmp_path / name)[0][1]
        halves[name] = picture[:, :320].mean() / picture[:, 320:].mean()

    assert halves["side"] < 0.6 * halves["even"]


def test_a_hand_is_there_only_for_its_time(tmp_path):
    script = VideoScript(0.6, sway=0.0, covers=(Cover(0.2, 0.4),), light=Light(noise=0.0))

    animate(tmp_path / "film", script)

    shown = [picture.astype(int) for _, picture in frames(tmp_path / "film")]
    differs = [np.abs(picture - shown[0]).max() > 60 for picture in shown]
    assert differs == [False] * 6 + [True] * 6 + [False] * 6


def test_the_tracker_follows_a_smile_of_eight_per_cent(tmp_path):
    """Within 15 %; the measure itself is tested where measures are."""
    import mediapipe as mp

    truth = animate(tmp_path / "smile.mp4", dataclasses.replace(SCRIPT, sway=0.0))
    corners = []
    with mp.solutions.face_mesh.FaceMesh(refine_landmarks=True) as tracker:
        for _, frame in frames(tmp_path / "smile.mp4"):
            found = tracker.process(frame).multi_face_landmarks[0].landmark
            corners.append([(found[i].x * 640, found[i].y * 360) for i in (61, 291, 6)])
    points = np.array(corners)
    relative = (points[:, :2] - points[:, 2:]) / truth.interocular

    held, rest = (truth.t > 1.7) & (truth.t < 2.5), truth.t < 1.1
    moved = np.linalg.norm(relative[held].mean(0) - relative[rest].mean(0), axis=1).mean()
    assert moved == pytest.approx(0.08, rel=0.15)
