"""Releases: versioned models that can be trusted or are refused.

A release is a folder with `weights.safetensors` (float16) and `release.json`, which says what it
was trained on, how good it was and how strong the evidence is. The embedded release lies in this
package; a clinic may have its own.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from diagnosis import curves
from diagnosis.config import EXPRESSIONS, config_hash
from diagnosis.curves import Curves
from diagnosis.descriptions import ASKED
from diagnosis.encoder import (
    MODEL,
    ExpressionNetwork,
    Preprocessing,
    Tokens,
    embed_texts,
    expression_cosines,
    model_config,
)
from diagnosis.temporal import CurveClassifier

DEFAULT: Final = Path(__file__).with_name("releases") / "motion-1"
INFO: Final = "release.json"
WEIGHTS: Final = "weights.safetensors"


class ReleaseError(Exception):
    """A release that cannot be used; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """How much a session's curves look like those of the people with Parkinson's disease on whom
    the release was trained: `value` by the LSTM, `baseline` by the logistic regression, both 0 to
    1, and the `takes` that were read, all of which the classifiers were trained on."""

    value: float
    baseline: float
    takes: tuple[str, ...]


class Models(nn.Module):
    """Everything with weights: expression network, LSTM, and the logistic regression beside it."""

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = ExpressionNetwork(preprocessing)
        self.classifier = CurveClassifier()
        self.logistic = curves.Logistic()


def architecture() -> dict[str, Any]:
    """What this program builds; a release of another shape is refused."""
    return {
        "towers": MODEL,
        "config": model_config(),
        "channels": list(curves.CHANNELS),
        "takes": list(curves.TAKES),
        "summaries": list(curves.SUMMARIES),
        "shapes": config_hash(
            {k: list(v.shape) for k, v in Models(Preprocessing.current()).state_dict().items()}
        ),
    }


class Release:
    """A loaded release. Safe to share between threads: nothing changes after loading.

    `trained_takes`, some of `curves.TAKES`, are those that the classifiers know.
    """

    def __init__(self, info: Mapping[str, Any], models: Models) -> None:
        self.info = info
        self.name: str = info["name"]
        self.sha256: str = info["weights"]["sha256"]
        self.evidence: str = info["evidence"]
        self.trained_takes: tuple[str, ...] = tuple(info["trained_takes"])
        self._models = models.eval()
        network = models.network
        self._tokenise = Tokens(info["vocabulary"], network.text_length)
        with torch.inference_mode():
            self._asked = embed_texts(
                network, self._tokenise, {name: info["descriptions"][name] for name in ASKED}
            )

    def cosines(self, displacement: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 8) cosines with ("neutral", *EXPRESSIONS) of aligned displacements (n, 478, 3) in
        IOD, one per 1 / `config.network_hz` seconds; n is at least 1."""
        return expression_cosines(self._models.network.tokens(displacement), self._asked)

    @torch.inference_mode()
    def classify(self, session: Curves) -> Likelihood:
        """The likelihood from the curves of a session's takes (see `Curves`); of these only
        `trained_takes` are read.

        Raises ValueError when no expression that the classifiers know is among them.
        """
        read = {take: session[take] for take in self.trained_takes if take in session}
        if not set(read) & set(EXPRESSIONS):
            raise ValueError(
                "a likelihood needs at least one expression task of "
                f"{', '.join(take for take in self.trained_takes if take in EXPRESSIONS)}"
            )
        value = self._models.classifier(*curves.padded([read])).sigmoid().item()
        baseline = self._models.logistic(curves.summaries([read])).sigmoid().item()
        return Likelihood(value, baseline, tuple(read))


def load(path: Path) -> Release:
    """The release in folder `path`, read once per process.

    Raises ReleaseError when files are missing, altered, or made for another version.
    """
    return _load(path.resolve())


@functools.cache
def _load(path: Path) -> Release:
    info, weights = _read(path)
    _refuse_mismatch(path, "architecture", info["architecture"], architecture())
    current = dataclasses.asdict(Preprocessing.current())
    _refuse_mismatch(path, "preprocessing", info["preprocessing"], current)
    if "trained_takes" not in info:
        raise ReleaseError(
            f"The {INFO} in {path} does not say which takes the classifiers were trained on. "
            "Use the version of Mimia that it was made with, or train it again: "
            "python -m diagnosis.training"
        )
    models = Models(Preprocessing.current())
    models.load_state_dict({name: value.float() for name, value in weights.items()})
    return Release(info, models)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        info = json.loads((path / INFO).read_text())
        raw = (path / WEIGHTS).read_bytes()
    except (OSError, ValueError) as error:
        raise ReleaseError(
            f"{path} holds no readable release ({error}). Choose a folder with {INFO} and "
            f"{WEIGHTS}, or train one: python -m diagnosis.training"
        ) from error
    if hashlib.sha256(raw).hexdigest() != info.get("weights", {}).get("sha256"):
        raise ReleaseError(
            f"The weights in {path} are not those that its {INFO} names (SHA-256 differs). "
            "Copy the release again."
        )
    try:
        return info, load_tensors(raw)
    except SafetensorError as error:
        raise ReleaseError(f"{path / WEIGHTS} is no safetensors file ({error}).") from error


def _refuse_mismatch(path: Path, what: str, theirs: Any, ours: Any) -> None:
    if theirs == ours:
        return
    fields = [key for key in ours if not isinstance(theirs, dict) or theirs.get(key) != ours[key]]
    raise ReleaseError(
        f"The release in {path} was made with another {what} ({', '.join(fields) or 'extra keys'} "
        "differ). Use the version of Mimia that it was made with, or train it again: "
        "python -m diagnosis.training"
    )


def save(path: Path, models: Models, info: Mapping[str, Any]) -> None:
    """Write a release: float16 weights, and `info` completed with what loading checks."""
    halves = {name: value.half().contiguous() for name, value in models.state_dict().items()}
    raw = save_tensors(halves)
    full = {
        **info,
        "architecture": architecture(),
        "preprocessing": dataclasses.asdict(models.network.preprocessing),
        "weights": {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)},
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / WEIGHTS).write_bytes(raw)
    (path / INFO).write_text(json.dumps(full, indent=2) + "\n")
    _load.cache_clear()
