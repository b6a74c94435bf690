"""Training from the simulator: what goes in, and that the command gives a loadable release."""

import sys

import numpy as np
import pytest

from diagnosis import actions, mesh, release
from diagnosis.config import EXPRESSIONS, Side
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.training import __main__ as command
from diagnosis.training import classifiers, cohort, windows
from diagnosis.training.people import Person

NAMES = list(DESCRIPTIONS)


def strength(moved, point):
    return np.linalg.norm(moved[..., point, :], axis=-1)


def test_no_two_people_smile_alike():
    rng = np.random.default_rng(0)
    smiles = [Person.random(rng).fields[actions.ACTIONS.index("AU12")].sum(0) for _ in range(30)]

    corners = [strength(smile, mesh.MOUTH_CORNER[Side.LEFT]) for smile in smiles]
    assert 0.1 < np.std(corners) / np.mean(corners) < 0.5


def test_a_still_person_is_tracked_with_noise_and_a_turning_one_with_more():
    rng = np.random.default_rng(0)
    person = Person.random(rng)
    nothing = np.zeros((60, len(actions.ACTIONS), 2))

    still = np.abs(person.move(nothing, 15.0, turning=False, rng=rng)).mean()
    turning = np.abs(person.move(nothing, 15.0, turning=True, rng=rng)).mean()

    assert 0.001 < still < 0.02
    assert turning > 2 * still


def test_a_group_shows_each_description_once_with_its_own_level():
    groups = [windows.group(16, 15.0, np.random.default_rng(seed)) for seed in range(20)]
    levels = np.array([g.levels.max(1) for g in groups])  # (groups, entries, expressions)

    assert groups[0].displacement.shape == (len(NAMES), 16, 478, 3)
    for entry, name in enumerate(NAMES):
        for column, expression in enumerate(EXPRESSIONS):
            shown = levels[:, entry, column].max() > 0
            assert shown == (name == expression)
    assert levels.max() <= 1.3 * windows.STRONGEST


def test_the_level_of_a_smile_predicts_how_far_the_corners_go():
    rng = np.random.default_rng(3)
    levels, corners = [], []
    for _ in range(40):
        shown = windows.group(16, 15.0, rng)
        entry = NAMES.index("smile")
        levels.append(shown.levels[entry, :, EXPRESSIONS.index("smile")].mean())
        corners.append(strength(shown.displacement[entry].mean(0), 61))

    assert np.corrcoef(levels, corners)[0, 1] > 0.65


def test_severity_makes_movement_smaller_later_and_slower():
    rng = np.random.default_rng(0)
    well = [cohort.Manner.random(0.0, rng) for _ in range(300)]
    ill = [cohort.Manner.random(0.8, rng) for _ in range(300)]

    def mean(group, name):
        return np.mean([getattr(manner, name) for manner in group])

    assert mean(ill, "amplitude") < 0.8 * mean(well, "amplitude")
    assert mean(ill, "latency") > 1.2 * mean(well, "latency")
    assert mean(ill, "onset") > 1.3 * mean(well, "onset")
    assert mean(ill, "blinks") < mean(well, "blinks")
    assert max(m.amplitude for m in ill) > np.median([m.amplitude for m in well])  # they overlap


def test_takes_are_left_out_but_never_all_expressions():
    rng = np.random.default_rng(0)
    whole = dict.fromkeys(("rest", "smile", "surprise", "eye_closure"), np.zeros((1, 6), "f"))

    kept = [classifiers.some_takes(whole, rng) for _ in range(200)]

    assert all(set(k) & set(EXPRESSIONS) for k in kept)
    assert {len(k) for k in kept} == {1, 2, 3, 4}


def test_an_auroc_has_an_interval_that_contains_it():
    ill = np.arange(60) % 2 == 1
    likelihoods = np.random.default_rng(0).beta(np.where(ill, 4, 2), 3)

    found = classifiers.judge(likelihoods, ill, np.random.default_rng(1))

    low, high = found["auroc_95"]
    assert 0.5 < low < found["auroc"] < high <= 1
    assert found["people"] == 60


@pytest.fixture
def quick(monkeypatch):
    """A training of two steps: it learns nothing, but goes all the way."""
    monkeypatch.setattr(command.evaluate, "PEOPLE", 1)
    monkeypatch.setattr(command.evaluate, "AMPLITUDES", (0.0, 1.0))
    monkeypatch.setattr(command.cohort, "REST_SECONDS", (2.0, 3.0))
    monkeypatch.setattr(command.classifiers, "EPOCHS", 1)

    def train(folder, seed):
        options = ["--out", str(folder), "--steps", "2", "--people", "6", "--seed", str(seed)]
        monkeypatch.setattr(sys, "argv", ["training", *options])
        command.main()
        return release.load(folder)

    return train


def test_the_command_makes_a_release_and_the_same_seed_makes_the_same(quick, tmp_path, capsys):
    first, again = quick(tmp_path / "first", 1), quick(tmp_path / "again", 1)

    assert first.sha256 == again.sha256
    assert first.name == "first"
    printed = capsys.readouterr().out
    assert "margin above own rest, by amplitude" in printed
    assert "AUROC" in printed


def test_the_classifiers_are_judged_with_the_weights_that_are_released(
    quick, tmp_path, monkeypatch
):
    judged, made = [], []
    judge, sessions = classifiers.judge, cohort.sessions
    monkeypatch.setattr(
        classifiers, "judge", lambda values, *rest: judged.append(values) or judge(values, *rest)
    )
    monkeypatch.setattr(cohort, "sessions", lambda *rest: made.extend(sessions(*rest)) or made)

    released = quick(tmp_path / "release", 1)

    again = [released.classify(session) for session in made[4:]]
    assert released.trained_takes == tuple(made[0])
    assert [one.value for one in again] == pytest.approx(judged[0], abs=1e-6)
    assert [one.baseline for one in again] == pytest.approx(judged[1], abs=1e-6)
