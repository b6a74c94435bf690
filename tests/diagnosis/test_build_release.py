"""The reference release: made from a local checkpoint, checked, and refused with the next step."""

import hashlib
import io
import json
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from django.conf import settings
from django.core.management import CommandError, call_command
from safetensors.numpy import load_file, save_file

from diagnosis import release
from diagnosis.config import EXPRESSIONS
from diagnosis.descriptions import ASKED, DESCRIPTIONS
from diagnosis.encoder import Tokens, open_clip

from . import tiny


def build(*arguments, backbone=tiny.BACKBONE, pretrained=tiny.TAG):
    """Runs the command; the folder of the release, and what was printed."""
    out = io.StringIO()
    names = ("--backbone", backbone, "--pretrained", pretrained)
    call_command("build_release", *map(str, (*names, *arguments)), stdout=out)
    return Path(settings.MEDIA_ROOT) / "releases" / f"{backbone}-{pretrained}", out.getvalue()


@pytest.fixture
def checkpoint(tmp_path):
    return tiny.checkpoint(tmp_path)


def test_a_local_checkpoint_becomes_a_release_that_says_what_it_is(checkpoint):
    folder, printed = build("--checkpoint", checkpoint)

    info = json.loads((folder / release.INFO).read_text())
    weights = load_file(folder / release.WEIGHTS)
    assert info["input"] == "crops"
    assert info["evidence"] == "public"
    assert (
        f"as given by the operator, said to be the public weights '{tiny.TAG}'"
        in (info["trained_on"])
    )
    assert info["checkpoint_sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert "Nothing was trained on faces" in info["trained_on"]
    assert "metrics" not in info
    assert info["reliability"] == {}
    assert {str(array.dtype) for array in weights.values()} == {"float16"}
    assert str(folder) in printed


def test_without_a_checkpoint_open_clip_fetches_the_weights(checkpoint, monkeypatch):
    """From this machine here: such weights are listed by their file."""
    listed = open_clip.pretrained._PRETRAINED[tiny.BACKBONE]
    monkeypatch.setitem(listed, "fetched", listed[tiny.TAG] | {"file": str(checkpoint)})

    fetched, _ = build(pretrained="fetched")
    given, _ = build("--checkpoint", checkpoint)

    assert (fetched / release.WEIGHTS).read_bytes() == (given / release.WEIGHTS).read_bytes()
    assert "operator" not in (fetched / release.INFO).read_text()


def test_rate_and_colours_are_those_that_were_asked_for_and_those_of_the_weights(checkpoint):
    folder, _ = build("--checkpoint", checkpoint, "--hz", 5)

    loaded = release.load(folder)

    assert loaded.hz == 5
    assert loaded.preprocessing.mean == tiny.MEAN
    assert loaded.preprocessing.std == tiny.STD
    assert loaded.preprocessing.size == 32


def test_its_cosines_are_those_of_open_clips_own_towers_with_the_stored_descriptions(checkpoint):
    folder, _ = build("--checkpoint", checkpoint)
    loaded = release.load(folder)
    crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)

    found = loaded.cosines(crops)

    clip = tiny.clip()
    clip.load_state_dict({k: v.half().float() for k, v in clip.state_dict().items()})
    with torch.inference_mode():
        images = clip.encode_image(loaded.preprocessing.images(crops), normalize=True)
        texts = [
            clip.encode_text(Tokens((), 77)(list(DESCRIPTIONS[name])), normalize=True).mean(0)
            for name in ASKED
        ]
    expected = images @ torch.nn.functional.normalize(torch.stack(texts), dim=-1).T
    assert found == pytest.approx(expected.numpy(), abs=1e-5)


def test_nothing_of_it_is_shown_and_there_is_no_likelihood_until_it_is_evaluated(checkpoint):
    folder, _ = build("--checkpoint", checkpoint)

    loaded = release.load(folder)

    assert loaded.trained_takes == ()
    for expression in EXPRESSIONS:
        assert "movement only: it was not measured" in loaded.why_hidden(expression)


def test_an_unknown_model_or_tag_is_answered_with_near_ones():
    with pytest.raises(CommandError, match="ViT-B-32-quickgelu:openai"):
        build(backbone="ViT-B32-quickgelu", pretrained="openai")
    with pytest.raises(CommandError, match="ViT-B-32:laion2b_s34b_b79k"):
        build(backbone="ViT-B-32", pretrained="laion2b")


def test_weights_of_another_activation_are_refused_with_the_right_model():
    with pytest.raises(CommandError, match="--backbone ViT-B-32-quickgelu"):
        build(backbone="ViT-B-32", pretrained="openai")


def test_towers_of_another_kind_are_refused():
    with pytest.raises(CommandError, match="plain towers"):
        build(backbone="ViT-B-16-SigLIP", pretrained="webli")


@pytest.mark.parametrize("hz", ["0", "-1", "nan", "12.5"])
def test_a_rate_that_cannot_be_or_outruns_slow_films_is_refused(checkpoint, hz):
    with pytest.raises(CommandError, match="crops per second"):
        build("--checkpoint", checkpoint, f"--hz={hz}")


def test_without_the_hub_the_message_names_the_file_and_how_to_pass_it(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(CommandError) as caught:
        build(backbone="ViT-B-32-quickgelu", pretrained="openai")

    said = str(caught.value)
    assert "open_clip_model.safetensors of timm/vit_base_patch32_clip_224.openai" in said
    assert "--backbone ViT-B-32-quickgelu --pretrained openai --checkpoint FILE" in said
    assert not (Path(settings.MEDIA_ROOT) / "releases").exists()


def test_files_that_do_not_hold_these_weights_are_refused(tmp_path, checkpoint):
    letter = tmp_path / "letter.pt"
    letter.write_text("Dear doctor,")
    other = tmp_path / "other.safetensors"
    save_file({"visual.conv1.weight": np.zeros((4, 3, 16, 16), np.float32)}, other)

    for file in (letter, other):
        with pytest.raises(CommandError, match="does not hold the weights"):
            build("--checkpoint", file)
    with pytest.raises(CommandError, match="There is no file"):
        build("--checkpoint", tmp_path / "nothing.safetensors")


def test_a_release_is_never_overwritten_and_its_name_stays_in_its_folder(checkpoint):
    folder, _ = build("--checkpoint", checkpoint)
    before = (folder / release.INFO).read_bytes()

    with pytest.raises(CommandError, match="exists already"):
        build("--checkpoint", checkpoint)
    for name in ("../elsewhere", ".hidden", "a" * 81):
        with pytest.raises(CommandError, match="cannot be the name"):
            build("--checkpoint", checkpoint, f"--name={name}")
    assert (folder / release.INFO).read_bytes() == before


def test_another_rate_is_another_release_though_the_weights_are_the_same(checkpoint):
    first, _ = build("--checkpoint", checkpoint)
    build("--checkpoint", checkpoint, "--hz", 4, "--name", "slower")
    second = first.with_name("slower")

    weights = [json.loads((f / release.INFO).read_text())["weights"] for f in (first, second)]
    assert weights[0] == weights[1]
    assert release.load(first).sha256 != release.load(second).sha256
