"""A session's curves: what the classifiers read of each take.

`session` makes them from recordings, `training.cohort` from simulated people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diagnosis.config import EXPRESSIONS
from diagnosis.descriptions import ASKED

TAKES: Final = ("rest", *EXPRESSIONS)
MOVEMENTS: Final = ("mouth_corner", "mouth_opening", "brow_raise", "eye_opening")
CHANNELS: Final = ("intensity", "specificity", *MOVEMENTS)

# (n, CHANNELS) float32 per take, at the release's `hz`: intensity and specificity of the asked
# expression (0 in the rest take), and movement signals in % of the interocular distance, of sided
# ones the mean of both sides. NaN where no face was seen.
Curves = Mapping[str, NDArray[np.float32]]

_REST: Final = (
    "rest: lips apart",
    "rest: lips restless",
    "rest: lids lowest",
    "rest: lids restless",
)
_POSED: Final = (
    "peak intensity",
    "mean intensity",
    "peak specificity",
    "fastest rise of intensity",
    "restlessness at the peak",
    "largest movement",
    "fastest movement",
)
SUMMARIES: Final = (*_REST, *_POSED)


def margins(cosines: NDArray[np.float32], expression: str) -> tuple[NDArray[np.float32], ...]:
    """(n,) margin and (n,) specificity of an expression from (n, 8) cosines (see `Release`).

    The margin is cosine(asked) - cosine(neutral); the specificity cosine(asked) - the largest
    cosine of the other expressions.
    """
    asked = ASKED.index(expression)
    others = np.delete(cosines, [0, asked], axis=1).max(1)
    return cosines[:, asked] - cosines[:, 0], cosines[:, asked] - others


def padded(sessions: Sequence[Curves]) -> tuple[Tensor, Tensor]:
    """(sessions, takes, steps, channels) curves, 0 where missing, and a mask of the same shape
    without channels: where a face was seen."""
    steps = max(len(curve) for session in sessions for curve in session.values())
    out = np.full((len(sessions), len(TAKES), steps, len(CHANNELS)), np.nan, np.float32)
    for row, session in zip(out, sessions, strict=True):
        for take, curve in session.items():
            row[TAKES.index(take), : len(curve)] = curve
    present = np.isfinite(out).all(-1)
    return torch.from_numpy(np.where(present[..., None], out, 0)), torch.from_numpy(present)


def summaries(sessions: Sequence[Curves]) -> Tensor:
    """(sessions, SUMMARIES) float32; those of posed takes are means over the takes present, NaN
    where none is."""
    return torch.from_numpy(np.stack([_summary(session) for session in sessions]))


def _summary(session: Curves) -> NDArray[np.float32]:
    rest = _of_rest(session["rest"]) if "rest" in session else [np.nan] * len(_REST)
    posed = [_of_posed(curve) for take, curve in session.items() if take != "rest"]
    return np.array([*rest, *np.mean(posed, axis=0)], np.float32)


def _column(curve: NDArray[np.float32], channel: str) -> NDArray[np.float32]:
    return curve[:, CHANNELS.index(channel)]


def _of_rest(curve: NDArray[np.float32]) -> list[float]:
    lips, lids = _column(curve, "mouth_opening"), _column(curve, "eye_opening")
    return [
        float(np.nanmean(lips)),
        float(np.nanstd(lips)),
        float(np.nanpercentile(lids, 5)),
        float(np.nanstd(lids)),
    ]


def _of_posed(curve: NDArray[np.float32]) -> list[float]:
    intensity, specificity = _column(curve, "intensity"), _column(curve, "specificity")
    peak = float(np.nanpercentile(intensity, 90))
    held = intensity[intensity > 0.8 * peak]
    largest = np.nanpercentile(np.abs(curve[:, 2:]), 95, axis=0)
    fastest = np.nanpercentile(np.abs(np.diff(curve[:, 2:], axis=0)), 98, axis=0)
    return [
        peak,
        float(np.nanmean(intensity)),
        float(np.nanpercentile(specificity, 90)),
        float(np.nanpercentile(np.diff(intensity), 98)),
        float(np.std(held)) if len(held) else 0.0,
        float(largest.max()),
        float(fastest.max()),
    ]


class Logistic(nn.Module):
    """A logistic regression on the summaries; missing ones count as the training mean."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(len(SUMMARIES)))
        self.register_buffer("scale", torch.ones(len(SUMMARIES)))
        self.linear = nn.Linear(len(SUMMARIES), 1)
        self.mean: Tensor
        self.scale: Tensor

    def forward(self, summaries: Tensor) -> Tensor:
        """(n, SUMMARIES) -> (n,) logits."""
        x = ((summaries - self.mean) / self.scale).nan_to_num(0.0)
        logits: Tensor = self.linear(x).squeeze(-1)
        return logits
