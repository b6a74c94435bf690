"""A CLIP model so small that tests can build releases of it; its weights are random."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from diagnosis import encoder, reference

BACKBONE = "tiny-clip"
TAG = "random"
MEAN = (0.3, 0.4, 0.5)
STD = (0.2, 0.25, 0.3)

encoder.open_clip.add_model_config(Path(__file__).with_name(f"{BACKBONE}.json"))
encoder.open_clip.pretrained._PRETRAINED[BACKBONE] = {
    TAG: {"hf_hub": "nobody/tiny-clip/", "quick_gelu": True, "mean": MEAN, "std": STD}
}


def clip():
    """open_clip's own model with the weights of `checkpoint`."""
    torch.manual_seed(5)
    return encoder.open_clip.CLIP(**encoder.model_config(BACKBONE)).eval()


def checkpoint(folder):
    """The weights as open_clip's files have them."""
    path = folder / "open_clip_model.safetensors"
    save_file({k: v.contiguous() for k, v in clip().state_dict().items()}, path)
    return path


def build(folder, hz=8.0):
    """A reference release in `folder` / "tiny"."""
    reference.build(folder / "tiny", BACKBONE, TAG, checkpoint(folder), hz)
    return folder / "tiny"
