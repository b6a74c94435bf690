"""Did it change? What a person's own repeats say about a measure, in one medication state.

Everything here is of *comparable* sessions only; which those are, the caller decides. The first
window of NEEDED sessions on different days within WINDOW_DAYS is the baseline. It is closed with
the last of them, so that no later session moves the limits by which it is judged itself. Of a day
the first session counts: two of one day share that day, and would make the person look steadier
from day to day than they are.

A new session is compared with the baseline's mean. It is outside when it differs by more than

    limit = t(0.975, v) S sqrt(1 + 1/n)
    S^2   = (d0 Sc^2 + sum (x - mean)^2) / (d0 + n - 1)
    v     = d0 + n - 1

where n is the number of sessions of the baseline, Sc the clinic's pooled standard deviation within
a person and d0 = min(6, its degrees of freedom), 0 where there is none.

One rule calls a change and ends it: two or more sessions in a row on the same side, the last at
least APART_DAYS after the first. Outside the band they call one; inside it they end the one that
stands, as does a single session outside on the other side, with which another may begin.
`diagnosis.alarms` prints how often this calls a change that is none, and how often it sees one.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

NEEDED: Final = 4  # sessions of a baseline
WINDOW_DAYS: Final = 28  # in which they lie
APART_DAYS: Final = 5  # from the first to the last session in a row that call or end a change
MOST_WEIGHT: Final = 6  # degrees of freedom that the clinic's pooled SD counts for at most
TREND_SESSIONS: Final = 6
TREND_DAYS: Final = 182  # six months
YEAR: Final = 365.25


class Word(enum.StrEnum):
    COLLECTING = "collecting"
    USUAL = "usual"
    OUTSIDE = "outside"
    CHANGE = "change"
    CANNOT = "cannot"


class Direction(enum.StrEnum):
    LESS = "less"
    MORE = "more"


@dataclasses.dataclass(frozen=True)
class Point:
    """One comparable session. The date of `at` is its day: give it in the clinic's time zone."""

    id: Hashable
    at: datetime.datetime
    value: float


@dataclasses.dataclass(frozen=True)
class Pooled:
    """The standard deviation within a person over a clinic's patients; of a measure on the log
    scale that of the logarithms."""

    sd: float
    df: int

    @property
    def weight(self) -> int:
        """d0 of the limit."""
        return min(MOST_WEIGHT, self.df)


@dataclasses.dataclass(frozen=True)
class Band:
    """What is usual for a person, in the measure's unit: `low` to `high` around `mean`.

    `sd` is the standard deviation S that the limit rests on and `df` its degrees of freedom. On
    the log scale `mean` is the geometric mean and `sd` that of the logarithms times the mean.
    """

    mean: float
    sd: float
    n: int
    df: float
    low: float
    high: float
    baseline: tuple[Hashable, ...]

    def side(self, value: float) -> Direction | None:
        """On which side of the band a value lies; None inside and on its edges."""
        if value < self.low:
            return Direction.LESS
        return Direction.MORE if value > self.high else None


@dataclasses.dataclass(frozen=True)
class Change:
    """A change that was called.

    `since` is when the first of its sessions was recorded, `called` when the one that made it a
    change was, and `ended` when the one that ended it was: None while it stands.
    """

    direction: Direction
    since: datetime.datetime
    called: datetime.datetime
    ended: datetime.datetime | None = None

    @property
    def stands(self) -> bool:
        return self.ended is None


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The answer for one medication state.

    `direction` is that of OUTSIDE and CHANGE, `since` that of CHANGE. `latest` is the newest
    comparable value. `behind` are the sessions that the word rests on beside the baseline's: those
    collected, those since a change began, or the newest ones that were compared. `reason` says why
    the newest cannot be compared. `change` is the newest one that was called, standing or ended,
    whatever the word. `unsettled` is how many of the newest sessions in a row ask for one more:
    outside under OUTSIDE, inside again under CHANGE; on `settled_on` or later one more like them
    calls the change, or ends it.
    """

    word: Word
    direction: Direction | None
    since: datetime.datetime | None
    latest: float | None
    band: Band | None
    collected: int
    needed: int
    behind: tuple[Hashable, ...]
    reason: str
    change: Change | None = None
    unsettled: int = 0
    settled_on: datetime.date | None = None

    @property
    def difference(self) -> float | None:
        """The newest value minus the baseline's mean; None without either."""
        if self.band is None or self.latest is None:
            return None
        return self.latest - self.band.mean


@dataclasses.dataclass(frozen=True)
class Trend:
    """Theil-Sen's slope: change per year with Sen's 95 % interval, in the measure's unit."""

    per_year: float
    low: float
    high: float
    n: int


def prediction_limit(
    squares: NDArray[np.float64] | float,
    n: int,
    weight: int,
    sd: NDArray[np.float64] | float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """S and the limit of the module's formula, from the sums of squares about the mean of
    baselines of n sessions; `weight` is d0 and `sd` is Sc. Needs n > 1 or a weight; else
    ValueError."""
    df = weight + n - 1
    if df < 1:
        raise ValueError("one session without a pooled standard deviation has no limit")
    spread = np.sqrt((weight * np.square(sd) + np.asarray(squares)) / df)
    return spread, stats.t.ppf(0.975, df) * spread * math.sqrt(1 + 1 / n)


def band(
    points: Sequence[Point], pooled: Pooled | None = None, *, log: bool = False
) -> Band | None:
    """The band of `points`, oldest first; None without a baseline.

    On the log scale every value must be above zero; else ValueError.
    """
    chosen = baseline(points)
    if not chosen:
        return None
    values = _scaled([point.value for point in chosen], log)
    n, mean = len(values), float(values.mean())
    weight, sd = (pooled.weight, pooled.sd) if pooled else (0, 0.0)
    spread, limit = prediction_limit(_squares(values), n, weight, sd)
    low, high = mean - float(limit), mean + float(limit)
    return Band(
        mean=math.exp(mean) if log else mean,
        sd=float(spread) * (math.exp(mean) if log else 1.0),
        n=n,
        df=n - 1 + weight,
        low=math.exp(low) if log else low,
        high=math.exp(high) if log else high,
        baseline=tuple(point.id for point in chosen),
    )


def count_band(points: Sequence[Point], minutes: float) -> Band | None:
    """The band of a rate per minute that was counted for `minutes` in each session, as blinks are.

    From counts, not from a normal law: with K events in n sessions and Jeffreys' prior the next
    count is negative binomial (size K + 1/2, success n / (n + 1)). Where the counts scatter more
    than chance does, by Pearson's dispersion, they weigh that much less. None without a baseline.
    """
    chosen = baseline(points)
    if not chosen:
        return None
    counts = np.array([point.value * minutes for point in chosen])
    n, mean = len(counts), float(counts.mean())
    scatter = float(counts.var(ddof=1)) / mean if mean else 1.0
    weight = max(1.0, scatter)
    following = stats.nbinom(counts.sum() / weight + 0.5, n / (n + 1))
    return Band(
        mean=mean / minutes,
        sd=math.sqrt(weight * mean) / minutes,
        n=n,
        df=n - 1,
        low=weight * float(following.ppf(0.025)) / minutes,
        high=weight * float(following.ppf(0.975)) / minutes,
        baseline=tuple(point.id for point in chosen),
    )


def verdict(
    points: Sequence[Point],
    pooled: Pooled | None = None,
    *,
    today: datetime.date,
    log: bool = False,
    reason: str = "",
) -> Verdict:
    """The word for `points`, the comparable sessions of one medication state, oldest first.

    Outside once is a reason to record again. A change is called and ended by the module's rule,
    and stands in between. With a `reason` the newest session, not among `points`, cannot be
    compared; a change that stands goes on standing.
    """
    found = band(points, pooled, log=log)
    following = _after(points, found) if found else []
    if found and following and not reason:
        return _compared(following, found)
    collected = collecting(points, today)
    return Verdict(
        word=Word.CANNOT if reason else Word.COLLECTING,
        direction=None,
        since=None,
        latest=points[-1].value if points else None,
        band=found,
        collected=len(collected),
        needed=NEEDED,
        behind=() if reason else tuple(point.id for point in collected),
        reason=reason,
        change=_story(following, found)[1] if found else None,
    )


def baseline(points: Sequence[Point]) -> tuple[Point, ...]:
    """The first NEEDED sessions on different days within WINDOW_DAYS; empty when there are none."""
    days = _first_of_each_day(points)
    windows = (days[i : i + NEEDED] for i in range(len(days) - NEEDED + 1))
    return next((tuple(w) for w in windows if _days(w[0], w[-1]) <= WINDOW_DAYS), ())


def collecting(points: Sequence[Point], today: datetime.date) -> tuple[Point, ...]:
    """The sessions of the baseline; without one, those that one may still come of: the last of it
    is recorded `today` at the earliest."""
    days = _first_of_each_day(points)
    recent = (p for p in days if (today - p.at.date()).days <= WINDOW_DAYS)
    return baseline(points) or tuple(recent)


def pooled(groups: Iterable[Sequence[float]]) -> Pooled | None:
    """From the baselines of several people, as logarithms for a measure on the log scale."""
    several = [np.asarray(values, dtype=np.float64) for values in groups if len(values) > 1]
    df = sum(len(values) - 1 for values in several)
    if not df:
        return None
    return Pooled(math.sqrt(sum(_squares(values) for values in several) / df), df)


def trend(points: Sequence[Point]) -> Trend | None:
    """None for fewer than TREND_SESSIONS sessions or less than TREND_DAYS."""
    if len(points) < TREND_SESSIONS or _days(points[0], points[-1]) < TREND_DAYS:
        return None
    start = points[0].at
    years = [(point.at - start).total_seconds() / 86400 / YEAR for point in points]
    values = [point.value for point in points]
    line: Any = stats.theilslopes(values, years, 0.95, method="joint")
    return Trend(float(line[0]), float(line[2]), float(line[3]), len(points))


def mdc95(sd: float) -> float:
    """The smallest difference between two single sessions that chance makes in fewer than 5 %:
    1.96 sqrt(2) times the standard deviation within a person."""
    return 1.96 * math.sqrt(2) * sd


def _scaled(values: Sequence[float], log: bool) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    if log and (found <= 0).any():
        raise ValueError("a value of zero or less has no logarithm")
    return np.log(found) if log else found


def _squares(values: NDArray[np.float64]) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _first_of_each_day(points: Sequence[Point]) -> list[Point]:
    first: dict[datetime.date, Point] = {}
    for point in points:
        first.setdefault(point.at.date(), point)
    return list(first.values())


def _days(first: Point, last: Point) -> int:
    return (last.at.date() - first.at.date()).days


def _after(points: Sequence[Point], found: Band) -> list[Point]:
    """The sessions since the day on which the baseline was closed."""
    closed = next(point.at.date() for point in points if point.id == found.baseline[-1])
    return [point for point in points if point.at.date() > closed]


def _compared(following: Sequence[Point], found: Band) -> Verdict:
    """The verdict on the sessions after the baseline, of which there is one at least."""
    run, called = _story(following, found)
    side = found.side(run[-1].value)
    standing = called if called and called.stands else None
    settled = (side is None) != bool(standing)
    behind = run if side else run[-1:]
    if standing:
        behind = [point for point in following if point.at >= standing.since]
    return Verdict(
        word=Word.CHANGE if standing else Word.OUTSIDE if side else Word.USUAL,
        direction=standing.direction if standing else side,
        since=standing.since if standing else None,
        latest=run[-1].value,
        band=found,
        collected=NEEDED,
        needed=NEEDED,
        behind=tuple(point.id for point in behind),
        reason="",
        change=called,
        unsettled=0 if settled else len(run),
        settled_on=None if settled else run[0].at.date() + datetime.timedelta(days=APART_DAYS),
    )


def _story(points: Sequence[Point], found: Band) -> tuple[list[Point], Change | None]:
    """The newest sessions in a row on one side of the band, or inside it, and the newest change."""
    run: list[Point] = []
    called: Change | None = None
    for point in points:
        side = found.side(point.value)
        if run and found.side(run[-1].value) != side:
            run = []
        run.append(point)
        called = _called(called, run, side)
    return run, called


def _called(before: Change | None, run: Sequence[Point], side: Direction | None) -> Change | None:
    """What becomes of the change `before` with the newest session of `run`, all on `side`."""
    settled = _days(run[0], run[-1]) >= APART_DAYS
    if before and before.stands:
        over = side != before.direction if side else settled
        return dataclasses.replace(before, ended=run[-1].at) if over else before
    return Change(side, run[0].at, run[-1].at) if side and settled else before
