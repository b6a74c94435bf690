"""Releases: versioned models that can be trusted or are refused.

A release is a folder with `weights.safetensors` (float16) and `release.json`, which says what the
weights were trained on, how good they are and how strong the evidence is. Its `input` is "motion"
(motion images, made of landmarks) or "crops" (colour pictures of the face). The embedded release
lies in this package; a clinic may have its own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
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
from diagnosis.config import EXPRESSIONS, RELEASE_NEEDS, SHOWN_FROM, release_identity
from diagnosis.curves import Curves
from diagnosis.descriptions import ASKED
from diagnosis.encoder import (
    ExpressionNetwork,
    Tokens,
    embed_texts,
    expression_cosines,
    model_config,
)
from diagnosis.inputs import INPUTS, FaceCrops, MotionImages, Preprocessing
from diagnosis.temporal import CurveClassifier

DEFAULT: Final = Path(__file__).with_name("releases") / "motion-2"
INFO: Final = "release.json"
WEIGHTS: Final = "weights.safetensors"
FASTEST_HZ: Final = 12.0  # of crops: films with as few as 14 frames per second are analysed
_LONGEST_WINDOW: Final = 256  # frames
_NEXT_STEP: Final = (
    "Use the version of Mimia that it was made with, or make it again: python -m "
    "diagnosis.training for motion images, manage.py build_release for crops of the face."
)


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
    """Everything with weights in a release that gives curves and no likelihood."""

    def __init__(self, network: ExpressionNetwork) -> None:
        super().__init__()
        self.network = network


class ClassifyingModels(Models):
    """The same with an LSTM for the likelihood, and the logistic regression beside it."""

    def __init__(self, network: ExpressionNetwork) -> None:
        super().__init__(network)
        self.classifier = CurveClassifier()
        self.logistic = curves.Logistic()


def _architecture(models: Models) -> dict[str, Any]:
    """What this program builds; a release of another architecture is refused."""
    network = models.network
    return {
        "towers": network.towers,
        "config": model_config(network.towers),
        "context": 0 if network.context is None else len(network.context),
        "classifiers": {
            "channels": list(curves.CHANNELS),
            "takes": list(curves.TAKES),
            "summaries": list(curves.SUMMARIES),
        }
        if isinstance(models, ClassifyingModels)
        else None,
    }


class Release:
    """A loaded release. Safe to share between threads: nothing changes after loading.

    `sha256` tells releases apart: it covers the weights and all else that decides which numbers
    come out (descriptions, vocabulary, preprocessing, input, architecture and trained takes). It
    does not cover "reliability", which decides what is shown, not what is computed.
    `hz` is the rate, in frames per second, of what it reads. `trained_takes`, some of
    `curves.TAKES`, are those that the classifiers know; none where there are no classifiers.
    """

    def __init__(self, info: Mapping[str, Any], models: Models) -> None:
        self.info = info
        self.name: str = info["name"]
        self.sha256 = release_identity(info)
        self.evidence: str = info["evidence"]
        self.trained_takes: tuple[str, ...] = tuple(info["trained_takes"])
        reliability = info.get("reliability", {})
        self._hidden = {name: _why_hidden(name, reliability.get(name)) for name in EXPRESSIONS}
        self._models = models.eval()
        network = models.network
        self.preprocessing = network.preprocessing
        self.hz = network.preprocessing.hz
        self.width: int = model_config(network.towers)["embed_dim"]
        tokenise = Tokens(info["vocabulary"], network.text_length)
        with torch.inference_mode():
            self._asked = embed_texts(
                network, tokenise, {name: info["descriptions"][name] for name in ASKED}
            )

    @property
    def reads_pixels(self) -> bool:
        """Whether it needs the film, and not its landmarks alone."""
        return isinstance(self.preprocessing, FaceCrops)

    def encode(self, seen: NDArray[Any]) -> NDArray[np.float32]:
        """(n, width) of n frames, each by itself: of crops (n, size, size, 3) uint8, or of aligned
        displacements (n, 478, 3) in IOD."""
        encoded: NDArray[np.float32] = self._models.network.encode(seen).numpy()
        return encoded

    @torch.inference_mode()
    def compare(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 8) cosines with ("neutral", *EXPRESSIONS) of the encoded frames (n, width) of a whole
        take, one per 1 / `hz` seconds. Rows that are NaN stay so, and their neighbours see the
        last known row in their place."""
        known = np.isfinite(encoded[:, 0])
        if not known.any():
            return np.full((len(encoded), len(ASKED)), np.nan, np.float32)
        latest = np.maximum.accumulate(np.where(known, np.arange(len(known)), known.argmax()))
        tokens = self._models.network.over_time(torch.from_numpy(encoded[latest]))
        cosines = expression_cosines(tokens, self._asked)
        cosines[~known] = np.nan
        return cosines

    def cosines(self, seen: NDArray[Any]) -> NDArray[np.float32]:
        """(n, 8) of what `encode` takes, for a take that is short enough to be encoded at once."""
        return self.compare(self.encode(seen))

    def why_hidden(self, expression: str) -> str:
        """Why intensity and specificity of an expression are not shown; "" if they are.

        They are shown where release.json's "reliability" says that the release tells the
        expression from the same face at rest on real faces: the 95 % interval of the AUROC must
        not go below `SHOWN_FROM`.
        """
        return self._hidden[expression]

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
        assert isinstance(self._models, ClassifyingModels)
        value = self._models.classifier(*curves.padded([read])).sigmoid().item()
        baseline = self._models.logistic(curves.summaries([read])).sigmoid().item()
        return Likelihood(value, baseline, tuple(read))


def _why_hidden(expression: str, found: Mapping[str, Any] | None) -> str:
    """See `Release.why_hidden`; `found` is the expression's entry in "reliability"."""
    words = expression.replace("_", " ")
    if found is None:
        return (
            "movement only: it was not measured on real faces how well this release tells "
            f"{words} from a face at rest"
        )
    low, high = found["auroc_95"]
    if low >= SHOWN_FROM:
        return ""
    shown_low = math.floor(100 * low + 1e-6) / 100  # 0.798 must not read as the 0.80 that it misses
    return (
        f"movement only: on real faces this release does not tell {words} from rest well enough "
        f"(AUROC {found['auroc']:.2f}, 95 % interval {shown_low:.2f} to {high:.2f}; it must begin "
        f"at {SHOWN_FROM:.2f} or above)"
    )


_Stamp = tuple[tuple[int, ...], ...]
_loaded: dict[Path, tuple[_Stamp, Release]] = {}


def load(path: Path) -> Release:
    """The release in folder `path`, read once per process and again when its files change.

    Raises ReleaseError when files are missing, damaged, or made for another version.
    """
    path = path.resolve()
    stamp = _stamp(path)
    if path not in _loaded or _loaded[path][0] != stamp:
        _loaded[path] = stamp, _load(path)
    return _loaded[path][1]


def _stamp(path: Path) -> _Stamp:
    """Which files the two are, when they were written, and their sizes."""
    try:
        files = [(path / name).stat() for name in (INFO, WEIGHTS)]
    except OSError as error:
        raise _unreadable(path, error) from error
    return tuple((file.st_ino, file.st_mtime_ns, file.st_size) for file in files)


def _load(path: Path) -> Release:
    try:
        loaded = _assemble(path)
    except ReleaseError:
        raise
    except Exception as error:  # what wrong parts raise depends on where they are wrong
        raise ReleaseError(
            f"The {INFO} in {path} does not describe a release "
            f"({type(error).__name__}: {str(error)[:200]}). {_NEXT_STEP}"
        ) from error
    if loaded.reads_pixels and torch.cuda.is_available():
        loaded._models.network.clip.visual.cuda()
    return loaded


def _assemble(path: Path) -> Release:
    info, weights = _read(path)
    models = _build(path, info)
    _refuse_mismatch(path, "architecture", info["architecture"], _architecture(models))
    if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise ReleaseError(f"Some of the weights in {path} are not finite numbers. {_NEXT_STEP}")
    try:
        models.load_state_dict(weights)  # as float32, which the models are made of
    except RuntimeError as error:
        raise ReleaseError(
            f"The weights in {path} do not fit the architecture. {_NEXT_STEP}"
        ) from error
    return Release(info, models)


def _unreadable(path: Path, error: Exception) -> ReleaseError:
    return ReleaseError(
        f"{path} holds no readable release ({error}). Choose a folder with {INFO} and {WEIGHTS}, "
        "or train one: python -m diagnosis.training"
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        info = json.loads((path / INFO).read_text())
        raw = (path / WEIGHTS).read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    missing = RELEASE_NEEDS - set(info)
    if missing:
        raise ReleaseError(f"The {INFO} in {path} lacks {', '.join(sorted(missing))}. {_NEXT_STEP}")
    if hashlib.sha256(raw).hexdigest() != info["weights"].get("sha256"):
        raise ReleaseError(
            f"The weights in {path} are not those that its {INFO} names (SHA-256 differs). "
            "Copy the release again."
        )
    try:
        return info, load_tensors(raw)
    except SafetensorError as error:
        raise ReleaseError(f"{path / WEIGHTS} is no safetensors file ({error}).") from error


def _build(path: Path, info: Mapping[str, Any]) -> Models:
    """The models that release.json describes, without its weights."""
    towers, context = (info["architecture"][key] for key in ("towers", "context"))
    try:
        config = model_config(str(towers))
    except ValueError as error:
        raise ReleaseError(
            f"The release in {path} has other towers: {error}. {_NEXT_STEP}"
        ) from error
    takes, words = info["trained_takes"], [info["descriptions"][name] for name in ASKED]
    # The shortest text is its start, one piece and its end.
    for what, fine in {
        "name": isinstance(info["name"], str),
        "evidence": isinstance(info["evidence"], str),
        "context": 0 <= context <= config["text_cfg"]["context_length"] - 3,
        "trained_takes": isinstance(takes, list) and set(takes) <= set(curves.TAKES),
        "descriptions": all(isinstance(texts, list) and texts for texts in words),
    }.items():
        _refuse_unless(fine, path, what)
    network = ExpressionNetwork(str(towers), _preprocessing(path, info, config), context)
    return ClassifyingModels(network) if takes else Models(network)


def _preprocessing(path: Path, info: Mapping[str, Any], config: Mapping[str, Any]) -> Preprocessing:
    """What release.json asks for, if this program still does it in the same way."""
    theirs, kind = info["preprocessing"], INPUTS.get(info["input"])
    if kind is None:
        raise ReleaseError(
            f"The release in {path} reads {info['input']!r}; known are {', '.join(INPUTS)}. "
            f"{_NEXT_STEP}"
        )
    ours: Preprocessing = MotionImages.current()
    if kind is FaceCrops:
        own: dict[str, Any] = {key: theirs[key] for key in ("hz", "window", "hop")}
        own |= {key: tuple(theirs[key]) for key in ("mean", "std")}
        ours = FaceCrops(size=config["vision_cfg"]["image_size"], **own)
        _refuse_out_of_range(path, ours)
    _refuse_mismatch(path, "preprocessing", theirs, dataclasses.asdict(ours))
    return ours


def _refuse_out_of_range(path: Path, shape: FaceCrops) -> None:
    """A release chooses these itself, but not everything can be computed."""
    whole = isinstance(shape.window, int) and isinstance(shape.hop, int)
    for what, fine in {
        "hz": 0 < shape.hz <= FASTEST_HZ,
        "window": whole and 0 <= shape.window <= _LONGEST_WINDOW,
        "hop": whole and min(shape.window, 1) <= shape.hop <= shape.window,
        "mean": len(shape.mean) == 3 and all(0 <= value <= 1 for value in shape.mean),
        "std": len(shape.std) == 3 and all(0 < value < math.inf for value in shape.std),
    }.items():
        _refuse_unless(fine, path, what)


def _refuse_unless(fine: bool, path: Path, what: str) -> None:
    if not fine:
        raise ReleaseError(f"The {INFO} in {path} has an impossible {what}. {_NEXT_STEP}")


def _refuse_mismatch(path: Path, what: str, theirs: Any, ours: Any) -> None:
    ours = json.loads(json.dumps(ours))  # as it comes out of a file: lists for tuples
    if theirs == ours:
        return
    fields = [key for key in ours if not isinstance(theirs, dict) or theirs.get(key) != ours[key]]
    raise ReleaseError(
        f"The release in {path} was made with another {what} ({', '.join(fields) or 'extra keys'} "
        f"differ). {_NEXT_STEP}"
    )


def save(path: Path, models: Models, info: Mapping[str, Any]) -> None:
    """Write a release: float16 weights, and `info` completed with what loading checks."""
    halves = {name: value.half().contiguous() for name, value in models.state_dict().items()}
    raw = save_tensors(halves)
    preprocessing = models.network.preprocessing
    full = {
        **info,
        "input": preprocessing.kind,
        "architecture": _architecture(models),
        "preprocessing": dataclasses.asdict(preprocessing),
        "weights": {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)},
    }
    path.mkdir(parents=True, exist_ok=True)
    _replace(path / WEIGHTS, raw)
    _replace(path / INFO, _text(full))


def note_reliability(path: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Write into the release in folder `path` how well each expression is told from neutral on
    real faces: {expression: {"auroc", "auroc_95": [low, high], "n", "source"}}."""
    info = json.loads((path / INFO).read_text())
    _replace(path / INFO, _text({**info, "reliability": found}))


def _text(info: Mapping[str, Any]) -> bytes:
    return (json.dumps(info, indent=2) + "\n").encode()


def _replace(path: Path, content: bytes) -> None:
    """Write a file of which readers find the old or the new content, and never a part."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)
