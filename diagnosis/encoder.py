"""The expression network: pictures and descriptions in one space, over time.

The towers are those of an open_clip model: one of our own size (`model_configs/`) that reads
motion images, or a pretrained one that reads crops of the face. A temporal transformer may turn
the frames of a window into tokens that know their past and future, and learned context vectors
may stand before each description, both after DFER-CLIP (Zhao & Patras, BMVC 2023). What comes out
is compared with descriptions of facial actions by cosine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from diagnosis.inputs import Preprocessing
from diagnosis.temporal import TemporalTransformer
from diagnosis.torchvision_guard import define_missing_operators

MODEL: Final = "mimia-motion"
CONFIGS: Final = Path(__file__).with_name("model_configs")
_WINDOWS_AT_ONCE: Final = 64  # bounds the memory of a long take
# All that the plain towers of CLIP are described by; `ExpressionNetwork` is written for these.
_PLAIN: Final = frozenset(
    {"embed_dim", "quick_gelu", "vision_cfg", "text_cfg", "width", "layers", "mlp_ratio"}
    | {"image_size", "patch_size", "head_width", "context_length", "vocab_size", "heads"}
)
define_missing_operators()
import open_clip  # noqa: E402  the guard must come first

open_clip.add_model_config(CONFIGS)
# Workers are processes: more threads only wait for each other.
torch.set_num_threads(1)


def model_config(towers: str) -> dict[str, Any]:
    """The towers as open_clip builds them.

    Raises ValueError for a name that open_clip does not know, and for towers that are not plain:
    a vision transformer or ResNet beside CLIP's own text transformer and tokenizer.
    """
    config = open_clip.get_model_config(towers)
    if config is None:
        raise ValueError(f"open_clip knows no model named {towers}")
    foreign = {*config, *config["vision_cfg"], *config["text_cfg"]} - _PLAIN
    if foreign:
        raise ValueError(f"{towers} is not built of CLIP's plain towers ({sorted(foreign)[0]})")
    return cast(dict[str, Any], config)


def contrastive_loss() -> nn.Module:
    """open_clip's loss: (image features, text features, scale) -> scalar."""
    return cast(nn.Module, open_clip.ClipLoss())


class Tokens:
    """open_clip's tokenizer, for texts of at most `length` pieces; the rest is cut off.

    `pieces` are those of its 49,408 pieces that occur; none: all of them. They are renumbered in
    the same order, so that the end of text keeps the highest id, by which the text tower finds it.
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
        """(texts, length) ids. KeyError for a word that is not in the vocabulary."""
        ids = cast(Tensor, self._tokenizer(list(texts)))
        if not self.pieces:
            return ids
        return torch.tensor([[self._renumbered[piece] for piece in row] for row in ids.tolist()])


class ExpressionNetwork(nn.Module):
    """Image tower, text tower, and what is learned around them.

    The temporal transformer is there if the preprocessing has a `window`. `context` is the number
    of learned vectors between the start of text and each description, shared by all descriptions.
    """

    def __init__(self, towers: str, preprocessing: Preprocessing, context: int = 0) -> None:
        super().__init__()
        config = model_config(towers)
        self.towers = towers
        self.preprocessing = preprocessing
        self.text_length: int = config["text_cfg"]["context_length"] - context
        self.clip = open_clip.CLIP(**config)
        window = preprocessing.window
        self.temporal = TemporalTransformer(config["embed_dim"], window) if window else None
        width = config["text_cfg"]["width"]
        self.context = nn.Parameter(torch.randn(context, width) * 0.02) if context else None

    def texts(self, ids: Tensor) -> Tensor:
        """(n, embedding) unit vectors of tokenised descriptions (n, text_length)."""
        x = self.clip.token_embedding(ids)
        end = ids.argmax(-1)
        if self.context is not None:
            learned = self.context.expand(len(ids), -1, -1)
            x = torch.cat([x[:, :1], learned, x[:, 1:]], dim=1)
            end = end + len(self.context)
        x = self.clip.transformer(x + self.clip.positional_embedding, attn_mask=self.clip.attn_mask)
        pooled = self.clip.ln_final(x)[torch.arange(len(x)), end]
        return functional.normalize(pooled @ self.clip.text_projection, dim=-1)

    def frames(self, images: Tensor) -> Tensor:
        """(n, embedding) of (n, 3, size, size), each frame by itself."""
        return cast(Tensor, self.clip.encode_image(images))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, window, 3, size, size) -> unit vectors: (batch, window, embedding) of each frame
        among its neighbours, (batch, embedding) of the clip."""
        batch, window = images.shape[:2]
        return self.in_time(self.frames(images.flatten(0, 1)).reshape(batch, window, -1))

    def in_time(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """The same from encoded frames (batch, window, embedding). Without a temporal transformer
        the frames do not see each other, and the clip is their mean."""
        tokens, clip = self.temporal(frames) if self.temporal else (frames, frames.mean(1))
        return functional.normalize(tokens, dim=-1), functional.normalize(clip, dim=-1)

    @torch.inference_mode()
    def encode(self, seen: NDArray[Any]) -> Tensor:
        """(n, embedding) of n frames as `preprocessing.images` takes them, each by itself."""
        device = next(self.clip.visual.parameters()).device
        return self.frames(self.preprocessing.images(seen).to(device)).cpu()

    @torch.inference_mode()
    def over_time(self, frames: Tensor) -> Tensor:
        """(n, embedding) unit vectors of the encoded frames (n, embedding) of a whole take.

        Windows overlap; a frame's token is the mean over its windows, weighted towards their
        middle. A take shorter than a window is lengthened by its first and last frame.
        """
        if self.temporal is None:
            return functional.normalize(frames, dim=-1)
        window, hop, n = self.preprocessing.window, self.preprocessing.hop, len(frames)
        # Half a window of the end frames on both sides: every frame is once near a middle.
        first, last = frames[:1].expand(hop, -1), frames[-1:].expand(window + hop, -1)
        padded = torch.cat([first, frames, last])
        starts = range(0, n + hop, hop)
        windows = torch.stack([padded[s : s + window] for s in starts])
        parts = torch.split(windows, _WINDOWS_AT_ONCE)
        tokens = torch.cat([self.in_time(part)[0] for part in parts])
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
