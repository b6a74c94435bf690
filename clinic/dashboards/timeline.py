"""A patient's course on one time axis: measures with the patient's bands, ON less OFF, medicines,
events, and what changed in the filming."""

from __future__ import annotations

import dataclasses
import datetime
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from clinic.dashboards import charts, labels
from clinic.dashboards.flags import KINDS, Flag, flags
from clinic.dashboards.series import TrendSeries
from clinic.therapy.models import ClinicalEvent, Regimen, Stage
from clinic.verdicts import judging
from clinic.verdicts.comparable import STATES, Comparison
from diagnosis import change

PAIR = datetime.timedelta(days=7)  # ON and OFF are compared when recorded no farther apart


@dataclasses.dataclass(frozen=True)
class Pair:
    """A comparable ON and OFF session at most PAIR apart."""

    on: change.Point
    off: change.Point

    @property
    def value(self) -> float:
        """ON less OFF."""
        return self.on.value - self.off.value

    @property
    def in_order(self) -> tuple[change.Point, change.Point]:
        return (self.on, self.off) if self.on.at < self.off.at else (self.off, self.on)


@dataclasses.dataclass(frozen=True)
class Gap:
    """ON less OFF of the headline measure, in its unit; the pair whose later session is the newest
    comes last."""

    pairs: tuple[Pair, ...]

    @property
    def values(self) -> list[float]:
        return [pair.value for pair in self.pairs]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)


@dataclasses.dataclass(frozen=True)
class Timeline:
    """`series` are those of the trends that have a value, the headline measure first; in them the
    sessions that are not compared stand `apart`, with the reason. `bands` and `slopes` are by
    MeasureKey.id and medication state; `said` is the whole in a few lines."""

    series: tuple[TrendSeries, ...]
    bands: Mapping[str, Mapping[str, change.Band]]
    slopes: Mapping[str, Mapping[str, change.Trend]]
    regimen: tuple[Regimen, ...]
    events: tuple[ClinicalEvent, ...]
    stages: tuple[Stage, ...]
    flags: tuple[Flag, ...]
    gap: Gap | None
    said: tuple[str, ...]

    @property
    def span(self) -> tuple[datetime.datetime, datetime.datetime] | None:
        """From the first session on it to the last, or to what happened after that."""
        moments = [point.recorded for series in self.series for point in series.present]
        if not moments:
            return None
        days = [regimen.start for regimen in self.regimen]
        days += [event.date for event in self.events] + [stage.date for stage in self.stages]
        return min(moments), max([*moments, *map(charts.noon, days)])


def timeline(compared: Comparison, *, coded: bool = False) -> Timeline:
    """A constant number of queries, however many sessions there are.

    `coded` leaves out therapy and events: people agreed to share measures.
    """
    patient, trends = compared.patient, compared.trends
    present = [series for series in trends.series if series.present]
    points = {
        (one.key.id, state): compared.of(one, state).points for one in present for state in STATES
    }
    series = tuple(
        _apart(one, {pk: why for s in STATES for pk, why in compared.of(one, s).left_out})
        for one in present
    )
    headline = series[0] if trends.headline and trends.headline.present else None
    gap = _gap(points, headline)
    regimen = () if coded else tuple(patient.regimens.all())
    events = () if coded else tuple(patient.clinical_events.all())
    flagged = flags(patient)
    return Timeline(
        series=series,
        bands=judging.bands(compared),
        slopes=_slopes(points),
        regimen=regimen,
        events=events,
        stages=() if coded else tuple(patient.stages.all()),
        flags=flagged,
        gap=gap,
        said=tuple(_said(headline, gap, regimen, events, flagged)),
    )


def _apart(series: TrendSeries, left_out: Mapping[UUID, str]) -> TrendSeries:
    """With the reasons of those that are left out on their points."""
    points = (
        dataclasses.replace(point, apart=point.apart or left_out.get(point.session, ""))
        for point in series.points
    )
    return dataclasses.replace(series, points=tuple(points))


def _slopes(
    points: Mapping[tuple[str, str], Sequence[change.Point]],
) -> dict[str, dict[str, change.Trend]]:
    found: dict[str, dict[str, change.Trend]] = {}
    for (key, state), group in points.items():
        if slope := change.trend(group):
            found.setdefault(key, {})[state] = slope
    return found


def _gap(
    points: Mapping[tuple[str, str], Sequence[change.Point]], headline: TrendSeries | None
) -> Gap | None:
    if headline is None:
        return None
    on, off = (points.get((headline.key.id, state), ()) for state in STATES)
    pairs = sorted(paired(on, off), key=lambda pair: pair.in_order[1].at)
    return Gap(tuple(pairs)) if pairs else None


def paired(on: Sequence[change.Point], off: Sequence[change.Point]) -> list[Pair]:
    """ON and OFF sessions at most PAIR apart, the closest first, each used once."""
    near = [(abs(a.at - b.at), a, b) for a in on for b in off if abs(a.at - b.at) <= PAIR]
    pairs: list[Pair] = []
    used: set[object] = set()
    for _, a, b in sorted(near, key=lambda pair: pair[0]):
        if not used & {a.id, b.id}:
            used |= {a.id, b.id}
            pairs.append(Pair(a, b))
    return pairs


def _said(
    headline: TrendSeries | None,
    gap: Gap | None,
    regimen: Sequence[Regimen],
    events: Sequence[ClinicalEvent],
    flagged: Sequence[Flag],
) -> Iterable[str]:
    """The whole in words: the headline measure, ON less OFF, then what stands beside them."""
    if headline:
        yield f"{headline.title}. {charts.said(headline)}"
        yield said_of_gap(gap, headline)
    today = timezone.localdate()
    if running := [one for one in regimen if one.runs_on(today)]:
        yield f"Medicines now: {'; '.join(map(said_of_regimen, running))}."
    if events:
        last = events[-1]
        yield f"{charts.count(len(events), 'event')}, the last: {last}, {charts.day(last.date)}."
    counts = Counter(flag.kind for flag in flagged)
    if counts:
        told = ", ".join(f"{kind.lower()} {counts[kind]}" for kind in KINDS if counts[kind])
        yield f"Flags on how it was filmed, by sessions: {told}."


def said_of_gap(gap: Gap | None, headline: TrendSeries) -> str:
    if gap is None:
        return (
            f"ON less OFF: no comparable ON and OFF sessions within {PAIR.days} days of each other."
        )
    write, unit, latest = labels.significant, headline.unit, gap.pairs[-1]
    words = (
        f"ON less OFF: {write(latest.value)} {unit} in the latest pair "
        f"(ON {charts.written(latest.on.at)}, OFF {charts.written(latest.off.at)})"
    )
    if len(gap.pairs) == 1:
        return words + "."
    return (
        f"{words}; {write(gap.mean)} on average over {len(gap.pairs)} pairs of sessions at most "
        f"{PAIR.days} days apart, from {write(min(gap.values))} to {write(max(gap.values))}."
    )


def said_of_regimen(regimen: Regimen) -> str:
    """For example "levodopa 3 x 100 mg, LEDD 300 mg"."""
    ledd = "" if regimen.ledd_mg is None else f"LEDD {regimen.ledd_mg:g} mg"
    return ", ".join(part for part in (regimen.text, ledd) if part)


def said_of_slope(state: str, slope: change.Trend, unit: str) -> str:
    """Theil-Sen's slope with Sen's interval, in words."""
    write = labels.significant
    return (
        f"{labels.MEDICATION[state]}: {write(slope.per_year)} {unit} a year "
        f"(95 % interval {write(slope.low)} to {write(slope.high)}, {slope.n} sessions)"
    )
