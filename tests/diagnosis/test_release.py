"""Releases: the embedded one reads movement, and whatever does not fit is refused with advice."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from scipy.stats import spearmanr

from diagnosis import actions, curves, motion, release
from diagnosis.config import EXPRESSIONS
from diagnosis.descriptions import ASKED, DESCRIPTIONS
from diagnosis.encoder import ExpressionNetwork
from diagnosis.inputs import FaceCrops
from diagnosis.motion import Movement
from diagnosis.release import ReleaseError
from diagnosis.training import cohort
from diagnosis.training.people import Person

from . import tiny

CORE = ("smile", "surprise", "eye_closure")


@pytest.fixture(scope="module")
def embedded():
    return release.load(release.DEFAULT)


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(release.DEFAULT, tmp_path / "copy")


def moving(name, amplitude, seed=0):
    """A stranger poses after one second of rest: times and displacements at 15 frames a second."""
    rng = np.random.default_rng(seed)
    t = np.arange(60) / 15
    strengths = Movement(name, 1.0, amplitude, onset=0.5, hold=2.0).strengths(t)
    return t, Person.random(rng).move(strengths, 15.0, turning=False, rng=rng)


def intensity(embedded, name, amplitude, seed=0, asked=None):
    """Margin while the movement is held, above the margin at rest."""
    t, moved = moving(name, amplitude, seed)
    margin, _ = curves.margins(embedded.cosines(moved), asked or name)
    return margin[(t > 1.8) & (t < 3.2)].mean() - margin[t < 0.9].mean()


def test_the_embedded_release_says_what_it_is(embedded):
    assert embedded.evidence == "simulated"
    assert embedded.name == release.DEFAULT.name
    assert "simulator" in embedded.info["trained_on"]
    assert set(embedded.info["metrics"]["expressions"]) == set(EXPRESSIONS)


def test_the_weights_are_half_precision_and_small():
    raw = (release.DEFAULT / release.WEIGHTS).read_bytes()

    assert len(raw) < 10 * 2**20
    assert {str(array.dtype) for array in load_arrays(raw).values()} == {"float16"}


def test_cosines_have_a_column_for_neutral_and_for_each_expression(embedded):
    found = embedded.cosines(np.zeros((40, 478, 3), np.float32))

    assert found.shape == (40, len(ASKED))
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1.0001


def test_a_face_that_does_not_move_reads_neutral(embedded):
    still = embedded.cosines(np.zeros((40, 478, 3), np.float32))

    assert (still.argmax(1) == ASKED.index("neutral")).all()


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_intensity_grows_with_amplitude(embedded, name):
    amplitudes = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    found = np.array(
        [[intensity(embedded, name, a, seed) for a in amplitudes] for seed in range(6)]
    )

    mean = found.mean(0)
    assert (np.diff(mean) > 0).all(), mean
    assert spearmanr(np.tile(amplitudes, 6), found.ravel())[0] >= 0.8


@pytest.mark.parametrize("name", ["smile", "surprise"])
def test_half_a_movement_is_well_below_a_whole_one(embedded, name):
    """Lids that are closed go no further, so eye closure is left out."""
    half, whole = (
        np.mean([intensity(embedded, name, a, seed) for seed in range(6)]) for a in (0.5, 1.0)
    )

    assert half < 0.85 * whole


@pytest.mark.parametrize("name", CORE)
def test_the_asked_expression_is_told_from_the_others(embedded, name):
    t, moved = moving(name, 1.0)

    _, specificity = curves.margins(embedded.cosines(moved), name)

    assert specificity[(t > 1.8) & (t < 3.2)].mean() > 0.1


def distracted(what, seed):
    """A stranger rests for a second, then talks, blinks, turns the head or smiles one-sidedly."""
    rng = np.random.default_rng(seed)
    t = np.arange(60) / 15
    person = Person.random(rng)
    strengths = np.zeros((60, len(actions.ACTIONS), 2))
    if what == "talking":
        strengths = motion.speech(t, 1.0, rng) * (t > 1)[:, None, None]
    elif what == "blinking":
        strengths = motion.blink(2.0).strengths(t)
    elif what == "one-sided":
        strengths = Movement("AU12", 1.0, onset=0.5, hold=2.0, left=0.0).strengths(t)
    return t, person.move(strengths, 15.0, turning=what == "turning", rng=rng)


@pytest.mark.parametrize("what", ["talking", "blinking", "turning", "one-sided"])
def test_what_else_a_face_does_is_no_expression(embedded, what):
    for seed in range(3):
        t, moved = distracted(what, seed)
        cosines = embedded.cosines(moved)

        for name in EXPRESSIONS:
            margin, _ = curves.margins(cosines, name)
            rise = np.percentile(margin[t > 1], 90) - np.median(margin[t < 0.9])
            whole = 0.6  # about what the expression itself gives, posed in full
            assert rise < whole * (0.6 if what == "one-sided" else 0.25), (name, rise)


@pytest.fixture(scope="module")
def sessions(embedded):
    rng = np.random.default_rng(77)
    return cohort.sessions([0.0, 1.0] * 6, embedded._models.network, rng)


def test_the_likelihood_is_higher_for_simulated_disease_and_takes_any_subset(embedded, sessions):
    for takes in (("rest", *CORE), ("rest", "smile", "surprise"), ("smile",)):
        found = [embedded.classify({t: s[t] for t in takes}) for s in sessions]

        assert all(f.takes == takes for f in found)
        for kind in ("value", "baseline"):
            well = np.mean([getattr(f, kind) for f in found[0::2]])
            ill = np.mean([getattr(f, kind) for f in found[1::2]])
            assert 0 < well < ill < 1


def test_without_an_expression_there_is_no_likelihood(embedded, sessions):
    with pytest.raises(ValueError, match="at least one expression"):
        embedded.classify({"rest": sessions[0]["rest"]})


def test_takes_that_the_classifiers_were_not_trained_on_are_not_read(embedded, sessions):
    session = {take: sessions[0][take] for take in ("rest", "smile")}

    assert embedded.trained_takes == cohort.TAKES
    more = {**session, "disgust": sessions[0]["surprise"]}
    assert embedded.classify(more) == embedded.classify(session)
    with pytest.raises(ValueError, match="at least one expression"):
        embedded.classify({"disgust": sessions[0]["surprise"]})


def test_a_release_is_read_once(embedded):
    assert release.load(release.DEFAULT) is embedded


def test_a_reliability_that_is_written_later_reaches_who_has_loaded_the_release(copy):
    before = release.load(copy)
    row = {"auroc": 0.99, "auroc_95": [0.95, 1.0], "n": 60, "source": "photographs"}

    release.note_reliability(copy, {"fear": row})

    assert release.load(copy) is not before
    assert before.why_hidden("fear") != ""
    assert release.load(copy).why_hidden("fear") == ""
    assert sorted(path.name for path in copy.iterdir()) == [release.INFO, release.WEIGHTS]


def test_a_release_that_is_made_again_in_the_same_folder_is_read_again(tmp_path):
    folder = tiny.build(tmp_path)
    before = release.load(folder)

    tiny.build(tmp_path, hz=4.0)

    assert (before.hz, release.load(folder).hz) == (8, 4)


def test_an_empty_folder_is_refused_with_the_command_that_makes_a_release(tmp_path):
    with pytest.raises(ReleaseError, match=r"python -m diagnosis\.training"):
        release.load(tmp_path)


def change(folder, **changes):
    """Overwrites entries of release.json."""
    info = json.loads((folder / release.INFO).read_text())
    (folder / release.INFO).write_text(json.dumps(info | changes))


def test_a_release_that_does_not_name_its_trained_takes_is_refused(copy):
    info = json.loads((copy / release.INFO).read_text())
    del info["trained_takes"]
    (copy / release.INFO).write_text(json.dumps(info))

    with pytest.raises(ReleaseError, match="lacks trained_takes"):
        release.load(copy)


def test_towers_and_inputs_that_nobody_knows_are_refused_by_name(copy, embedded):
    change(copy, architecture=embedded.info["architecture"] | {"towers": "huge-1"})
    with pytest.raises(ReleaseError, match="huge-1"):
        release.load(copy)
    change(copy, architecture=embedded.info["architecture"], input="sound")
    with pytest.raises(ReleaseError, match="'sound'; known are motion, crops"):
        release.load(copy)


def test_weights_of_another_shape_are_refused(copy, embedded):
    """release.json is in order, but its weights are those of something else."""
    raw = save_arrays({"network.context": np.zeros((2, 2), np.float16)})
    (copy / release.WEIGHTS).write_bytes(raw)
    change(copy, weights={"sha256": hashlib.sha256(raw).hexdigest()})

    with pytest.raises(ReleaseError, match="do not fit"):
        release.load(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"descriptions": {name: ["a face at rest, nothing moves"] for name in ASKED}},
        {"trained_takes": ["rest", "smile"]},
    ],
)
def test_what_changes_the_numbers_is_another_release_though_the_weights_are_the_same(
    copy, embedded, changes
):
    change(copy, **changes)

    assert release.load(copy).sha256 != embedded.sha256


def test_a_release_that_is_judged_anew_stays_the_same(copy, embedded):
    change(copy, reliability={"smile": {"auroc": 0.9, "auroc_95": [0.85, 0.95]}}, metrics={})

    assert release.load(copy).sha256 == embedded.sha256


def test_an_expression_is_shown_from_a_lower_bound_of_eight_tenths(copy):
    def judged(low):
        return {"auroc": 0.9, "auroc_95": [low, 0.95], "n": 60, "source": "photographs"}

    rows = {"smile": judged(0.8), "sadness": judged(0.798), "fear": judged(0.57)}
    change(copy, reliability=rows)
    loaded = release.load(copy)

    assert loaded.why_hidden("smile") == ""
    assert loaded.why_hidden("sadness") == (
        "movement only: on real faces this release does not tell sadness from rest well enough "
        "(AUROC 0.90, 95 % interval 0.79 to 0.95; it must begin at 0.80 or above)"
    )
    assert "0.57 to 0.95" in loaded.why_hidden("fear")
    assert "was not measured" in loaded.why_hidden("eye_closure")


def test_context_vectors_and_the_temporal_transformer_of_a_crops_release_are_kept(tmp_path):
    shape = FaceCrops(size=32, mean=tiny.MEAN, std=tiny.STD, hz=6.0, window=4, hop=2)
    network = ExpressionNetwork(tiny.BACKBONE, shape, context=2)
    info = {"name": "own", "evidence": "clinic", "trained_takes": [], "vocabulary": []}
    descriptions = {name: list(texts) for name, texts in DESCRIPTIONS.items()}
    release.save(tmp_path, release.Models(network), {**info, "descriptions": descriptions})

    loaded = release.load(tmp_path)

    own = loaded._models.network
    assert loaded.preprocessing == shape
    assert torch.equal(own.context, network.context.half().float())
    assert torch.equal(own.temporal.positions, network.temporal.positions.half().float())


def test_moments_that_are_not_known_stay_unknown_and_do_not_spread(embedded):
    _, moved = moving("smile", 1.0)
    encoded = embedded.encode(moved)
    encoded[:3], encoded[20:24] = np.nan, np.nan

    cosines = embedded.compare(encoded)

    unknown = np.isnan(cosines).all(1)
    assert np.flatnonzero(unknown).tolist() == [0, 1, 2, 20, 21, 22, 23]
    assert np.isfinite(cosines[~unknown]).all()


def test_altered_weights_are_refused(copy):
    path = copy / release.WEIGHTS
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)

    with pytest.raises(ReleaseError, match="SHA-256 differs"):
        release.load(copy)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("preprocessing", "hz", 30.0),
        ("preprocessing", "mean_face", "0" * 64),
        ("architecture", "config", {"embed_dim": 96}),
        ("architecture", "classifiers", None),
    ],
)
def test_another_architecture_or_preprocessing_is_refused_by_name(copy, embedded, part, key, value):
    change(copy, **{part: embedded.info[part] | {key: value}})

    with pytest.raises(ReleaseError, match=f"another {part}.*{key}"):
        release.load(copy)


ABSENT = "(absent)"


@pytest.fixture(scope="module")
def crops_release(tmp_path_factory):
    return tiny.build(tmp_path_factory.mktemp("crops"))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("preprocessing", "hz", 0.0),
        ("preprocessing", "hz", 30.0),
        ("preprocessing", "hz", float("nan")),
        ("preprocessing", "hz", "8"),
        ("preprocessing", "hz", ABSENT),
        ("preprocessing", "window", 10**9),
        ("preprocessing", "window", 4),  # with a hop of 0
        ("preprocessing", "hop", 3),
        ("preprocessing", "mean", [0.5, 0.5]),
        ("preprocessing", "mean", [0.5, 0.5, float("nan")]),
        ("preprocessing", "mean", None),
        ("preprocessing", "std", [0.0, 0.2, 0.2]),
        ("preprocessing", "std", [float("inf"), 0.2, 0.2]),
        ("architecture", "context", "two"),
        ("architecture", "context", -1),
        ("architecture", "context", 77),
        ("architecture", "towers", ABSENT),
        ("descriptions", "smile", ABSENT),
        ("descriptions", "smile", []),
        ("descriptions", "smile", "a smile"),
        ("descriptions", "smile", [5]),
        (None, "descriptions", ["a smile"]),
        (None, "architecture", "tiny-clip"),
        (None, "weights", "0" * 64),
        (None, "vocabulary", [0, 320, 518]),
        (None, "trained_takes", "smile"),
        (None, "trained_takes", ["dancing"]),
        (None, "name", 5),
        (None, "evidence", None),
        (None, "reliability", {"smile": {"auroc": 0.9}}),
        (None, "reliability", {"smile": {"auroc": 0.9, "auroc_95": [0.7]}}),
        (None, "reliability", {"smile": {"auroc": 0.9, "auroc_95": [float("nan"), 1.0]}}),
    ],
)
def test_whatever_is_wrong_in_release_json_is_refused_with_advice(
    crops_release, tmp_path, part, key, value
):
    folder = shutil.copytree(crops_release, tmp_path / "damaged")
    info = json.loads((folder / release.INFO).read_text())
    place = info[part] if part else info
    place[key] = value
    if value == ABSENT:
        del place[key]
    (folder / release.INFO).write_text(json.dumps(info))

    with pytest.raises(ReleaseError, match=r"build_release|Copy the release again") as caught:
        release.load(folder)

    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "5", "null", "{", ""])
def test_a_file_that_is_no_release_json_is_refused_with_advice(copy, text):
    (copy / release.INFO).write_text(text)

    with pytest.raises(ReleaseError, match=r"diagnosis\.training"):
        release.load(copy)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(copy, value):
    arrays = load_arrays((copy / release.WEIGHTS).read_bytes())
    arrays["network.clip.logit_scale"] = np.full_like(arrays["network.clip.logit_scale"], value)
    raw = save_arrays(arrays)
    (copy / release.WEIGHTS).write_bytes(raw)
    change(copy, weights={"sha256": hashlib.sha256(raw).hexdigest()})

    with pytest.raises(ReleaseError, match="not finite"):
        release.load(copy)
