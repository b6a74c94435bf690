"""How a release is judged on real faces."""

import json
import shutil

import cv2
import numpy as np
import pytest

from diagnosis import actions, mesh, release
from diagnosis.config import EXPRESSIONS
from diagnosis.portrait import Portrait
from diagnosis.training import real_faces

from . import tiny
from .films import shared_clip


@pytest.fixture(scope="module")
def embedded():
    return release.load(release.DEFAULT)


def people(n, rng):
    """Faces whose skulls and resting mouths differ: (n, 478, 3)."""
    wide, mouth = rng.normal(0, 0.05, (2, n, 1))
    faces = np.repeat(mesh.canonical()[None], n, axis=0)
    faces[..., 0] *= 1 + wide
    faces[:, mesh.MOUTH_CENTRE, 1] += 0.3 * wide + 0.02 * mouth
    return faces.astype(np.float32)


def test_a_face_at_rest_is_guessed_from_the_skull_of_the_same_person():
    rng = np.random.default_rng(0)
    faces = people(120, rng)
    neutral = np.arange(120) < 80
    shown = faces.copy()
    shown[~neutral] += actions.expression("smile")

    guessed = real_faces.at_rest(shown, neutral)

    mouth = list(mesh.MOUTH_CENTRE)
    error = abs(guessed[~neutral] - faces[~neutral])[:, mouth, 1].mean()
    assert error < 0.5 * abs(faces[:, mouth, 1] - faces[:, mouth, 1].mean(0)).mean()
    assert not np.allclose(guessed[neutral], faces[neutral], atol=1e-4)  # its own picture is unused


def test_a_held_smile_has_a_margin_far_above_that_of_no_movement(embedded):
    moved = np.stack([np.zeros((478, 3), np.float32), actions.expression("smile")])

    margins = real_faces.margins_of_stills(moved, embedded)

    still, smiling = margins["smile"]
    assert smiling > still + 0.3
    assert margins["eye_closure"][1] < smiling


def test_the_interval_is_over_photographs_and_holds_the_value():
    rng = np.random.default_rng(3)
    shown = ["happiness"] * 40 + sorted({*real_faces.LABELS.values()} - {"happiness"}) * 20
    labels = np.array(["neutral"] * 60 + shown)
    rise = np.where(labels == "happiness", 1.5, 0.0)
    margin = (rise + rng.normal(0, 1, len(labels))).astype(np.float32)
    closed = np.arange(len(labels)) >= len(labels) - 10

    found = real_faces.judge_photographs(
        dict.fromkeys(EXPRESSIONS, margin), labels, np.where(closed, 0.1, 1.0), rng
    )

    low, high = found["smile"]["auroc_95"]
    assert 0.7 < low < found["smile"]["auroc"] < high < 1
    assert found["surprise"]["auroc_95"][0] < 0.5 < found["surprise"]["auroc_95"][1]
    assert (found["smile"]["n"], found["surprise"]["n"], found["eye_closure"]["n"]) == (40, 20, 10)


def test_closed_eyes_are_told_from_open_ones_in_a_film(embedded):
    margins, closed, opened = real_faces._closures(shared_clip("bbaf2n.mpg"), embedded)

    assert closed.sum() >= 2
    assert (closed ^ opened).all()
    assert np.median(margins[closed]) > np.median(margins[opened]) + 0.2


def test_reliability_is_written_beside_everything_else_and_the_release_still_loads(tmp_path):
    folder = shutil.copytree(release.DEFAULT, tmp_path / "copy")
    before = release.load(folder)
    row = {"auroc": 0.7, "auroc_95": [0.6, 0.8], "n": 10, "source": "a test"}

    release.note_reliability(folder, {"smile": row})

    after = release.load(folder)
    assert json.loads((folder / release.INFO).read_text())["reliability"] == {"smile": row}
    assert after.sha256 == before.sha256
    assert "movement only" in after.why_hidden("smile")


def test_a_release_of_crops_is_judged_on_the_photographs_themselves(tmp_path):
    portrait, rows = Portrait(320, 240, 0.7), ["image,expression"]
    for name, amplitude in (("neutral", 0.0), ("happiness", 0.8)):
        shown = portrait.pose(amplitude * actions.expression("smile"))
        cv2.imwrite(str(tmp_path / f"{name}.png"), shown[..., ::-1])
        rows.append(f"{name}.png,{name}")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((240, 320, 3), 90, np.uint8))
    (tmp_path / "labels.csv").write_text("\n".join([*rows, "wall.png,neutral"]))
    loaded = release.load(tiny.build(tmp_path))

    taken = real_faces.photographs(tmp_path)
    margins = real_faces.margins_of_pictures(tmp_path, taken, loaded)

    assert taken.labels.tolist() == ["neutral", "happiness"]
    assert np.isfinite(margins["smile"]).all()
    assert margins["smile"][0] != margins["smile"][1]
