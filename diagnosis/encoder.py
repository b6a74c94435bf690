"""The expression network: motion images and descriptions into one space, over time.

The towers are those of an open_clip model of our own size (`model_configs/mimia-motion.json`);
a temporal transformer turns the tokens of a window of frames into tokens that know their past
and future. What comes out is compared with descriptions of facial actions by cosine.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from diagnosis import mesh
from diagnosis.temporal import TemporalTransformer
from diagnosis.torchvision_guard import define_missing_operators

MODEL: Final = "mimia-motion"
CONFIGS: Final = Path(__file__).with_name("model_configs")
_ENCODED_AT_ONCE: Final = 256  # frames; bounds the memory of a long take
define_missing_operators()
import open_clip  # noqa: E402  the guard must come first

open_clip.add_model_config(CONFIGS)
# The network is small and workers are processes: more threads only wait for each other.
torch.set_num_threads(1)


def model_config() -> dict[str, Any]:
    """The towers as open_clip builds them."""
    config = open_clip.get_model_config(MODEL)
    assert config is not None
    return cast(dict[str, Any], config)


def contrastive_loss() -> nn.Module:
    """open_clip's loss: (image features, text features, scale) -> scalar."""
    return cast(nn.Module, open_clip.ClipLoss())


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How a displacement becomes the input of the network. A release fits exactly one of these."""

    hz: float = 15.0  # frames per second of the windows
    size: int = 64  # pixels of the motion image's side
    unit: float = 0.1  # interocular distances that are drawn as 1
    limit: float = 4.0  # drawn values are clipped to +-limit
    window: int = 16  # frames that see each other
    hop: int = 8  # frames from one window to the next
    mean_face: str = ""  # SHA-256 of the mesh on which the movement is drawn

    @classmethod
    def current(cls) -> Preprocessing:
        return cls(mean_face=hashlib.sha256(mesh.canonical().tobytes()).hexdigest())


class Tokens:
    """open_clip's tokenizer with a vocabulary of the words that our descriptions use.

    The ids of its 49,408 pieces are renumbered to those that occur, in the same order, so that
    the end of text keeps the highest id, by which the text tower finds it.
    """

    def __init__(self, pieces: Sequence[int], length: int) -> None:
        self.pieces = tuple(pieces)
        self._renumbered = {piece: i for i, piece in enumerate(self.pieces)}
        self._tokenizer = open_clip.SimpleTokenizer(context_length=length)

    @classmethod
    def of(cls, texts: Sequence[str], length: int) -> Tokens:
        """The vocabulary of `texts`."""
        full = open_clip.SimpleTokenizer(context_length=length)(list(texts))
        return cls(sorted({0, *full.flatten().tolist()}), length)

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """(texts, length) ids. KeyError for a word that no description contains."""
        rows = self._tokenizer(list(texts)).tolist()
        return torch.tensor([[self._renumbered[piece] for piece in row] for row in rows])


class ExpressionNetwork(nn.Module):
    """Image tower, text tower and temporal transformer."""

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        config = model_config()
        self.text_length: int = config["text_cfg"]["context_length"]
        self.clip = open_clip.CLIP(**config)
        self.temporal = TemporalTransformer(config["embed_dim"], preprocessing.window)
        self._map = mesh.FlatMap(preprocessing.size)

    def draw(self, displacement: NDArray[np.float32]) -> Tensor:
        """(n, 3, size, size) motion images of (n, 478, 3) displacements in IOD."""
        images = self._map.draw(displacement / np.float32(self.preprocessing.unit))
        limit = self.preprocessing.limit
        return torch.from_numpy(images.clip(-limit, limit))

    def texts(self, ids: Tensor) -> Tensor:
        """(n, embedding) unit vectors of tokenised descriptions (n, length)."""
        return cast(Tensor, self.clip.encode_text(ids, normalize=True))

    def frames(self, images: Tensor) -> Tensor:
        """(n, embedding) of (n, 3, size, size), each frame by itself."""
        return cast(Tensor, self.clip.encode_image(images))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, window, 3, size, size) -> unit vectors: (batch, window, embedding) of each frame
        among its neighbours, (batch, embedding) of the clip."""
        batch, window = images.shape[:2]
        return self.in_time(self.frames(images.flatten(0, 1)).reshape(batch, window, -1))

    def in_time(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """The same from encoded frames (batch, window, embedding)."""
        tokens, clip = self.temporal(frames)
        return functional.normalize(tokens, dim=-1), functional.normalize(clip, dim=-1)

    @torch.inference_mode()
    def tokens(self, displacement: NDArray[np.float32]) -> Tensor:
        """(n, embedding) unit vectors of the frames of a whole take, (n, 478, 3) at `hz`.

        Windows overlap; a frame's token is the mean over its windows, weighted towards their
        middle. A take shorter than a window is lengthened by its first and last frame.
        """
        window, hop = self.preprocessing.window, self.preprocessing.hop
        n = len(displacement)
        parts = [
            self.frames(self.draw(displacement[i : i + _ENCODED_AT_ONCE]))
            for i in range(0, n, _ENCODED_AT_ONCE)
        ]
        # Half a window of the end frames on both sides: every frame is once near a middle.
        first, last = parts[0][:1].expand(hop, -1), parts[-1][-1:].expand(window + hop, -1)
        padded = torch.cat([first, *parts, last])
        starts = range(0, n + hop, hop)
        tokens, _ = self.in_time(torch.stack([padded[s : s + window] for s in starts]))
        weight = torch.bartlett_window(window + 2, periodic=False)[1:-1, None]
        summed = torch.zeros_like(padded)
        for start, of_window in zip(starts, tokens, strict=True):
            summed[start : start + window] += weight * of_window
        return functional.normalize(summed[hop : hop + n], dim=-1)


def expression_cosines(tokens: Tensor, texts: Tensor) -> NDArray[np.float32]:
    """(n, texts) cosines of unit vectors."""
    return cast(NDArray[np.float32], (tokens @ texts.T).numpy())


def embed_texts(
    network: ExpressionNetwork, tokenise: Tokens, descriptions: Mapping[str, Sequence[str]]
) -> Tensor:
    """(entries, embedding) unit vectors: of each entry the mean over its wordings."""
    means = [network.texts(tokenise(list(words))).mean(0) for words in descriptions.values()]
    return functional.normalize(torch.stack(means), dim=-1)
