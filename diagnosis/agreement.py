"""How far two raters, or two sessions, agree: weighted kappa, the intraclass correlation, and Bland
and Altman's limits of agreement."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.stats import f
from sklearn.metrics import cohen_kappa_score

FEWEST: Final = 10  # pairs; with fewer an interval says nothing
RESAMPLES: Final = 2000
LEVEL: Final = 0.95


@dataclasses.dataclass(frozen=True)
class Coefficient:
    """`value` with its 95 % interval, from `low` to `high`; at most 1."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Limits:
    """Between which 95 % of the differences of two measurements of a thing lie: `low` to `high`,
    1.96 standard deviations to both sides of their mean, `bias`. In the measure's unit."""

    bias: float
    low: float
    high: float
    n: int


def bland_altman(pairs: Sequence[tuple[float, float]]) -> Limits | None:
    """Of (first, second), the difference being second minus first. None for fewer than two pairs.
    Bland and Altman 1986."""
    if len(pairs) < 2:
        return None
    differences = np.array([second - first for first, second in pairs])
    bias, reach = float(differences.mean()), 1.96 * float(differences.std(ddof=1))
    return Limits(bias, bias - reach, bias + reach, len(pairs))


def weighted_kappa(
    first: Sequence[int], second: Sequence[int], scores: range, seed: int = 0
) -> Coefficient | None:
    """Cohen's kappa with quadratic weights of two raters' scores of the same things, with a
    percentile bootstrap interval over the things.

    None with fewer than FEWEST things, or where kappa is not defined: both gave one and the same
    score throughout. Resamples in which it is not defined are left out. Cohen 1968.
    """
    a, b = np.asarray(first), np.asarray(second)
    if len(a) < FEWEST:
        return None
    value = _kappa(a, b, scores)
    if not np.isfinite(value):
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(a), (RESAMPLES, len(a)))
    resampled = np.array([_kappa(a[row], b[row], scores) for row in drawn])
    tails = [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2]
    low, high = np.nanpercentile(resampled, tails)
    return Coefficient(value, float(low), float(high))


def _kappa(a: np.ndarray, b: np.ndarray, scores: range) -> float:  # type: ignore[type-arg]
    if a.min() == a.max() == b.min() == b.max():
        return float("nan")
    return float(cohen_kappa_score(a, b, labels=list(scores), weights="quadratic"))


def icc(ratings: Sequence[Sequence[float]]) -> Coefficient | None:
    """ICC(2,1), absolute agreement of single raters, of `ratings` (things, raters).

    The interval is McGraw and Wong's (1996, ICC(A,1)). None with fewer than FEWEST things, or
    where nothing varies.
    """
    if len(ratings) < FEWEST:
        return None
    return two_way(np.asarray(ratings, float))


def two_way(x: np.ndarray) -> Coefficient | None:  # type: ignore[type-arg]
    """As `icc`, of (n, k) ratings, however few. Shrout and Fleiss 1979, case 2."""
    n, k = x.shape
    rows, columns, mean = x.mean(axis=1), x.mean(axis=0), x.mean()
    between = k * float(((rows - mean) ** 2).sum()) / (n - 1)
    raters = n * float(((columns - mean) ** 2).sum()) / (k - 1)
    residue = x - rows[:, None] - columns + mean
    error = float((residue**2).sum()) / ((n - 1) * (k - 1))
    total = between + (k - 1) * error + k * (raters - error) / n
    if total <= 0 or between + error == 0:
        return None
    value = (between - error) / total
    if error == 0 and raters == 0:
        return Coefficient(value, value, value)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    df = (a * raters + b * error) ** 2 / (
        (a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    above = f.ppf((1 + LEVEL) / 2, n - 1, df)
    below = f.ppf((1 + LEVEL) / 2, df, n - 1)
    spread = k * raters + (k * n - k - n) * error
    low = n * (between - above * error) / (above * spread + n * between)
    high = n * (below * between - error) / (spread + n * below * between)
    return Coefficient(value, float(low), float(high))
