"""Training of the expression network: which movement, by contrast; how much, by regression."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from diagnosis.descriptions import ASKED, DESCRIPTIONS
from diagnosis.encoder import ExpressionNetwork, Tokens, contrastive_loss, embed_texts
from diagnosis.training import windows

GROUPS: Final = 2  # per step
RATE: Final = 2e-3
# The margin that a level is to give: contrast alone saturates at half a smile.
REST_MARGIN: Final = -0.35
SLOPE: Final = 0.7
GRADED: Final = 12.0  # weight of the regression beside the contrast
ASKED_WEIGHT: Final = 4.0  # of the shown expression among the seven


def tokens() -> Tokens:
    """The vocabulary of all descriptions."""
    every = [text for wordings in DESCRIPTIONS.values() for text in wordings]
    return Tokens.of(every, length=32)


def train(network: ExpressionNetwork, steps: int, rng: np.random.Generator) -> None:
    """Train in place for `steps` steps; prints the losses."""
    tokenise, contrast = tokens(), contrastive_loss()
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps, pct_start=0.1)
    began = time.monotonic()
    for step in range(steps):
        loss, parts = _loss(network, tokenise, contrast, rng)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            seconds = time.monotonic() - began
            losses = f"contrast {parts[0]:.3f}  graded {parts[1]:.4f}"
            print(f"step {step:5d}  {losses}  {seconds:.0f} s", flush=True)


def _loss(
    network: ExpressionNetwork, tokenise: Tokens, contrast: nn.Module, rng: np.random.Generator
) -> tuple[Tensor, tuple[float, float]]:
    shape = network.preprocessing
    groups = [windows.group(shape.window, shape.hz, rng) for _ in range(GROUPS)]
    moved = np.concatenate([g.displacement for g in groups])
    drawn = shape.images(moved.reshape(-1, *moved.shape[2:]))
    images = drawn.reshape(*moved.shape[:2], *drawn.shape[1:])
    frames, clips = network(images)
    scale = network.clip.logit_scale.exp()
    captions = [[str(rng.choice(words)) for words in DESCRIPTIONS.values()] for _ in groups]
    texts = network.texts(tokenise([text for group in captions for text in group]))
    contrasts = [
        contrast(image, text, scale)
        for image, text in zip(clips.chunk(GROUPS), texts.chunk(GROUPS), strict=True)
    ]
    levels = torch.from_numpy(np.concatenate([g.levels for g in groups]))
    graded = _graded(network, tokenise, frames, levels)
    contrasted = torch.stack(contrasts).mean()
    return contrasted + GRADED * graded, (contrasted.item(), graded.item())


def _graded(network: ExpressionNetwork, tokenise: Tokens, frames: Tensor, levels: Tensor) -> Tensor:
    """Squared error of the margins of all frames (batch, window, expressions)."""
    texts = embed_texts(network, tokenise, {name: DESCRIPTIONS[name] for name in ASKED})
    cosines = frames @ texts.T
    wanted = REST_MARGIN + SLOPE * levels.clamp(0, windows.STRONGEST)
    error = functional.mse_loss(cosines[..., 1:] - cosines[..., :1], wanted, reduction="none")
    weight = 1 + (ASKED_WEIGHT - 1) * (levels.amax(1, keepdim=True) > 0)
    return (weight * error).sum() / weight.expand_as(error).sum()
