"""How often `diagnosis.change` is wrong, and how often right: `python -m diagnosis.alarms`.

Simulated people have a baseline of NEEDED sessions, then one session a week. Though nothing
changed, "false alarms" is the share of people for whom a change is called at least once in 52
sessions, and "said" the mean share of those sessions after which the verdict says change. After a
lasting shift of three of the person's own standard deviations, "seen" is the share for whom one is
called within 8 sessions, and "said" the share whose verdict says so after the 8th.
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
    falsely_said: float
    seen: float
    said: float


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
    unchanged = _said(case, runs, YEAR, 0.0, rng)
    shifted = _said(case, runs, SOON, -SHIFT, rng)
    return Rates(
        false_alarms=float(unchanged.any(axis=1).mean()),
        falsely_said=float(unchanged.mean()),
        seen=float(shifted.any(axis=1).mean()),
        said=float(shifted[:, -1].mean()),
    )


def _said(
    case: Case, runs: int, sessions: int, shift: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """`says_change` of people who shifted at the end of the baseline."""
    own = np.exp(case.unlike * rng.standard_normal((runs, 1)))
    drawn = rng.standard_normal((runs, NEEDED + sessions))
    drawn[:, NEEDED:] += shift
    values = _measured(case, own * drawn)
    baseline, following = values[:, :NEEDED], values[:, NEEDED:]
    mean = baseline.mean(axis=1, keepdims=True)
    squares = ((baseline - mean) ** 2).sum(axis=1, keepdims=True)
    _, limit = prediction_limit(squares, NEEDED, case.weight, _pooled_sd(case, runs, rng))
    off = following - mean
    return says_change(np.where(np.abs(off) > limit, np.sign(off), 0))


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


def says_change(sides: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(people, sessions): after which sessions the verdict says change; `sides` are -1, 0 inside
    the band, or 1. Any two in a row are far enough apart."""
    said = np.zeros(sides.shape, dtype=bool)
    standing = np.zeros(len(sides))
    before = np.full(len(sides), np.nan)
    for session, side in enumerate(sides.T):
        twice = side == before
        ended = np.where(side == 0, twice, side != standing)
        standing = np.where((standing != 0) & ended, 0, standing)
        standing = np.where((standing == 0) & twice, side, standing)
        said[:, session] = standing != 0
        before = side
    return said


def table(runs: int, seed: int, cases: Sequence[Case] = CASES) -> Iterator[str]:
    without, after = f"false alarms in {YEAR}", f"{SHIFT:g} SD seen in {SOON}"
    yield f"{'':46}{without:>20}{'said':>8}{after:>18}{'said':>8}"
    for case in cases:
        rates = simulate(case, runs, seed)
        without = f"{rates.false_alarms:20.1%}{rates.falsely_said:8.1%}"
        after = f"{rates.seen:18.1%}{rates.said:8.1%}"
        yield f"{case.name:46}{without}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="simulated people in each row")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    for line in table(told.runs, told.seed):
        print(line)


if __name__ == "__main__":
    main()
