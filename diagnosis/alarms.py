"""How often `diagnosis.change` is wrong, and how often right: `python -m diagnosis.alarms`.

Simulated people have a baseline of NEEDED sessions, then one session a week. "False alarm": a
change is called at least once in 52 sessions though nothing changed. "Seen": it is called within
8 sessions after a lasting shift of three of the person's own standard deviations.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.change import APART_DAYS, NEEDED, prediction_limit

RUNS: Final = 20_000
YEAR: Final = 52  # sessions
SOON: Final = 8
SHIFT: Final = 3.0  # in the person's own standard deviations
EVERY_DAYS: Final = 7
SD: Final = 0.25  # of the logarithms, where people are log-normal

assert EVERY_DAYS >= APART_DAYS  # so two sessions in a row are far enough apart


@dataclasses.dataclass(frozen=True)
class Case:
    """`weight` is d0: what the clinic's pooled SD counts for. `pooled` are the degrees of freedom
    from which that SD was estimated, 0 where it is known exactly. `unlike` is the spread, on the
    log scale, of people's own SDs around it; `skewed` values are log-normal, `log` takes
    logarithms."""

    name: str
    weight: int = 6
    pooled: int = 0
    unlike: float = 0.0
    skewed: bool = False
    log: bool = False


@dataclasses.dataclass(frozen=True)
class Rates:
    false_alarms: float
    seen: float


CASES: Final = (
    Case("n = 4, d0 = 6"),
    Case("n = 4, d0 = 6, Sc from 60 df (20 baselines)", pooled=60),
    Case("n = 4, d0 = 6, Sc from 6 df (2 baselines)", pooled=6),
    Case("n = 4, d0 = 6, SDs of people differ by 20 %", unlike=0.2),
    Case("n = 4, d0 = 0 (no pooled SD)", weight=0),
    Case("log-normal values, log scale", skewed=True, log=True),
    Case("log-normal values, plain scale", skewed=True),
)


def simulate(case: Case, runs: int = RUNS, seed: int = 1) -> Rates:
    """Shares of `runs` people."""
    rng = np.random.default_rng(seed)
    return Rates(_called(case, runs, YEAR, 0.0, rng), _called(case, runs, SOON, -SHIFT, rng))


def _called(case: Case, runs: int, sessions: int, shift: float, rng: np.random.Generator) -> float:
    """The share of people for whom a change is called after a shift at the end of the baseline."""
    own = np.exp(case.unlike * rng.standard_normal((runs, 1)))
    drawn = rng.standard_normal((runs, NEEDED + sessions))
    drawn[:, NEEDED:] += shift
    values = _measured(case, own * drawn)
    baseline, following = values[:, :NEEDED], values[:, NEEDED:]
    mean = baseline.mean(axis=1, keepdims=True)
    squares = ((baseline - mean) ** 2).sum(axis=1, keepdims=True)
    _, limit = prediction_limit(squares, NEEDED, case.weight, _pooled_sd(case, runs, rng))
    called = twice(following - mean > limit) | twice(mean - following > limit)
    return float(called.mean())


def _measured(case: Case, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.exp(SD * drawn) if case.skewed else drawn
    return np.log(values) if case.log else values


def _pooled_sd(case: Case, runs: int, rng: np.random.Generator) -> NDArray[np.float64] | float:
    """(people, 1), each in a clinic of its own, where it is estimated: s^2 df / sigma^2 is
    chi-squared of df degrees of freedom."""
    if not case.pooled:
        return _usual_sd(case)
    variances = rng.chisquare(case.pooled, (runs, 1)) / case.pooled
    return np.asarray(_usual_sd(case) * np.sqrt(variances))


def _usual_sd(case: Case) -> float:
    """The SD within a person on the scale that is used; of exp(SD z) as that law has it."""
    if not case.skewed:
        return 1.0
    return SD if case.log else float(np.sqrt(np.expm1(SD**2) * np.exp(SD**2)))


def twice(outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(people,): whether two sessions in a row of (people, sessions) are outside."""
    found: NDArray[np.bool_] = (outside[:, 1:] & outside[:, :-1]).any(axis=1)
    return found


def table(runs: int, seed: int, cases: Sequence[Case] = CASES) -> Iterator[str]:
    yield f"{'':46}{f'false alarms in {YEAR}':>20}{f'{SHIFT:g} SD seen in {SOON}':>18}"
    for case in cases:
        rates = simulate(case, runs, seed)
        yield f"{case.name:46}{rates.false_alarms:20.1%}{rates.seen:18.1%}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="simulated people in each row")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    for line in table(told.runs, told.seed):
        print(line)


if __name__ == "__main__":
    main()
