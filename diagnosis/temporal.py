"""What happens over time: tokens of neighbouring frames, and a session's curves.

`TemporalTransformer` lets the frames of a window see each other. `CurveClassifier` is the LSTM
that reads the curves of a session's takes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diagnosis.curves import CHANNELS, TAKES


class TemporalTransformer(nn.Module):
    """One pre-norm layer over a class token and the frame tokens, with learned positions.

    After DFER-CLIP (Zhao & Patras, BMVC 2023), which keeps the class token; here every token is
    returned, for a curve needs each frame.
    """

    def __init__(self, width: int, window: int, heads: int = 4) -> None:
        super().__init__()
        self.clip_token = nn.Parameter(torch.randn(width) * 0.02)
        self.positions = nn.Parameter(torch.randn(window + 1, width) * 0.02)
        self.norm_in = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm_mid = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, window, width) -> (batch, window, width) and (batch, width)."""
        first = self.clip_token.expand(len(frames), 1, -1)
        x = torch.cat([first, frames], dim=1) + self.positions
        normed = self.norm_in(x)
        x = x + self.attention(normed, normed, normed, need_weights=False)[0]
        x = x + self.mlp(self.norm_mid(x))
        return x[:, 1:], x[:, 0]


class CurveClassifier(nn.Module):
    """An LSTM over the curves of each take, then attention over all steps of all takes.

    Takes that were not recorded are masked: any subset of TAKES will do.
    """

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(len(CHANNELS)))
        self.register_buffer("scale", torch.ones(len(CHANNELS)))
        self.lstm = nn.LSTM(len(CHANNELS) + len(TAKES), hidden, batch_first=True)
        self.attention = nn.Linear(hidden, 1)
        self.out = nn.Linear(hidden, 1)
        self.mean: Tensor
        self.scale: Tensor

    def forward(self, curves: Tensor, present: Tensor) -> Tensor:
        """(batch, takes, steps, channels) and (batch, takes, steps) bool -> (batch,) logits."""
        batch, takes, steps, _ = curves.shape
        which = torch.eye(takes).expand(batch, steps, -1, -1).transpose(1, 2)
        x = torch.cat([(curves - self.mean) / self.scale, which], dim=-1)
        states, _ = self.lstm(x.flatten(0, 1))
        states = states.unflatten(0, (batch, takes)).flatten(1, 2)
        scores = self.attention(torch.tanh(states)).squeeze(-1)
        scores = scores.masked_fill(~present.flatten(1), -torch.inf)
        pooled = (scores.softmax(-1)[..., None] * states).sum(1)
        logits: Tensor = self.out(pooled).squeeze(-1)
        return logits
