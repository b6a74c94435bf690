"""The reference release: pretrained CLIP towers that read crops of the face, without training.

This is the way of the paper (faces in colour, CLIP), zero-shot: expressions are told apart by the
descriptions of facial actions alone. There are no classifiers and hence no likelihood. The weights
are not part of this project; they are downloaded where the release is made, or given as a file.
"""

from __future__ import annotations

import datetime
import difflib
import hashlib
from pathlib import Path
from typing import Any, Final

from diagnosis import release
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.encoder import ExpressionNetwork, model_config
from diagnosis.inputs import FaceCrops
from diagnosis.torchvision_guard import define_missing_operators

_FILE: Final = "open_clip_model.safetensors"  # where open_clip names no file
define_missing_operators()
import open_clip  # noqa: E402  the guard must come first


class CannotBuild(Exception):
    """There are no such weights here; the message says what to do."""


def build(folder: Path, backbone: str, pretrained: str, checkpoint: Path | None, hz: float) -> None:
    """Write a zero-shot release into `folder`.

    `backbone` and `pretrained` are a model and the tag of its weights as open_clip lists them. The
    weights are read from `checkpoint`, or downloaded where that is None. `hz` is the number of
    crops that are read per second. Raises CannotBuild.
    """
    if not 0 < hz <= release.FASTEST_HZ:
        raise CannotBuild(
            f"Between 0 and {release.FASTEST_HZ:g} crops per second can be read, not {hz:g}: "
            "slow films have no frame for more."
        )
    how = _how_trained(backbone, pretrained)
    try:
        size = model_config(backbone)["vision_cfg"]["image_size"]
    except ValueError as error:
        raise CannotBuild(f"{error}. Take one of the ViT-B, ViT-L or RN models.") from error
    shape = FaceCrops(size=size, mean=tuple(how["mean"]), std=tuple(how["std"]), hz=hz)
    network = ExpressionNetwork(backbone, shape)
    file = checkpoint or _download(backbone, pretrained, how)
    _load(network, backbone, pretrained, file)
    weights = f"the public weights {pretrained!r} of open_clip's {backbone}"
    if checkpoint:
        weights = f"a file as given by the operator, said to be {weights}"
    release.save(folder, release.Models(network), _info(folder.name, weights, file))


def _how_trained(backbone: str, pretrained: str) -> dict[str, Any]:
    """What open_clip knows of the weights: colours, activation, and where they are found."""
    if not open_clip.is_pretrained_cfg(backbone, pretrained):
        wanted, known = f"{backbone}:{pretrained}", open_clip.list_pretrained(as_str=True)
        near = difflib.get_close_matches(wanted, known, n=5, cutoff=0.5)
        raise CannotBuild(
            f"open_clip lists no weights {pretrained!r} of {backbone!r}. "
            f"Near are, as model:weights, {', '.join(near) or 'none'}."
        )
    how: dict[str, Any] = open_clip.get_pretrained_cfg(backbone, pretrained)
    config = open_clip.get_model_config(backbone)
    if how.get("quick_gelu", False) != config.get("quick_gelu", False):
        other = backbone.removesuffix("-quickgelu")
        other = other if other != backbone else f"{backbone}-quickgelu"
        raise CannotBuild(
            f"The weights {pretrained!r} were trained with another activation than {backbone!r} "
            f"has; take --backbone {other}."
        )
    return how


def _download(backbone: str, pretrained: str, how: dict[str, Any]) -> Path:
    try:
        return Path(open_clip.download_pretrained(how))
    except Exception as error:  # whatever the network, the hub or the disk has to say
        place, _, file = how.get("hf_hub", "").rpartition("/")
        raise CannotBuild(
            f"The weights {pretrained!r} of {backbone} could not be downloaded "
            f"({type(error).__name__}). On a machine with access to the model hub download "
            f"{file or _FILE} of {place or backbone}, copy it here, and pass it: "
            f"manage.py build_release --backbone {backbone} --pretrained {pretrained} "
            "--checkpoint FILE"
        ) from error


def _load(network: ExpressionNetwork, backbone: str, pretrained: str, file: Path) -> None:
    if not file.is_file():
        raise CannotBuild(f"There is no file {file}.")
    try:
        open_clip.load_checkpoint(network.clip, str(file))
    except Exception as error:  # what a file that is no checkpoint raises depends on its bytes
        raise CannotBuild(
            f"{file} does not hold the weights {pretrained!r} of {backbone}: open_clip's own "
            f".safetensors file is needed. ({type(error).__name__}: {str(error)[:300]})"
        ) from error


def _info(name: str, weights: str, file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "name": name,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "evidence": "public",
        "trained_on": (
            f"{weights[0].upper()}{weights[1:]}, which others trained on pictures from the web "
            "with their captions. Nothing was trained on faces for this release, and it has not "
            "been evaluated."
        ),
        "checkpoint_sha256": digest,
        "trained_takes": [],
        "vocabulary": [],
        "descriptions": {entry: list(texts) for entry, texts in DESCRIPTIONS.items()},
        "reliability": {},
    }
