"""Training of the LSTM over a session's curves, and of the logistic regression beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from torch.nn import functional

from diagnosis import curves
from diagnosis.curves import Curves, Logistic
from diagnosis.temporal import CurveClassifier

EPOCHS: Final = 30
BATCH: Final = 32
RATE: Final = 5e-3
_BOOTSTRAPS: Final = 1000


def some_takes(session: Curves, rng: np.random.Generator) -> Curves:
    """The session with takes left out at random: not every protocol asks for every task."""
    posed = [take for take in session if take != "rest"]
    kept = set(rng.permutation(posed)[: rng.integers(1, len(posed) + 1)])
    with_rest = rng.uniform() < 0.8
    return {k: v for k, v in session.items() if k in kept or (k == "rest" and with_rest)}


def train_lstm(
    model: CurveClassifier,
    sessions: Sequence[Curves],
    ill: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Train in place; the scale of the channels comes from these sessions alone."""
    x, present = curves.padded(sessions)
    model.mean.copy_(x[present].mean(0))
    model.scale.copy_(x[present].std(0))
    wanted = torch.from_numpy(ill.astype(np.float32))
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(sessions) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    model.train()
    for _ in range(EPOCHS):
        for chosen in np.array_split(rng.permutation(len(sessions)), -(-len(sessions) // BATCH)):
            logits = model(*curves.padded([some_takes(sessions[i], rng) for i in chosen]))
            loss = functional.binary_cross_entropy_with_logits(logits, wanted[chosen])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    model.eval()


def train_logistic(model: Logistic, sessions: Sequence[Curves], ill: NDArray[np.bool_]) -> None:
    """Fit in place."""
    x = curves.summaries(sessions)
    model.mean.copy_(x.nanmean(0))
    model.scale.copy_(torch.from_numpy(np.nanstd(x.numpy(), axis=0)))
    scaled = ((x - model.mean) / model.scale).nan_to_num(0.0).numpy()
    fitted = LogisticRegression(C=0.3, max_iter=1000).fit(scaled, ill)
    with torch.no_grad():
        model.linear.weight.copy_(torch.from_numpy(fitted.coef_))
        model.linear.bias.copy_(torch.from_numpy(fitted.intercept_))


def judge(
    likelihoods: NDArray[np.float64], ill: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, Any]:
    """AUROC with a bootstrap interval over people, and the Brier score."""
    resampled = []
    for _ in range(_BOOTSTRAPS):
        chosen = rng.integers(0, len(ill), len(ill))
        if ill[chosen].any() and not ill[chosen].all():
            resampled.append(roc_auc_score(ill[chosen], likelihoods[chosen]))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return {
        "auroc": round(float(roc_auc_score(ill, likelihoods)), 3),
        "auroc_95": [round(float(low), 3), round(float(high), 3)],
        "brier": round(float(brier_score_loss(ill, likelihoods)), 3),
        "people": len(ill),
    }
