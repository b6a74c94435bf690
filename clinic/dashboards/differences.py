"""How far two single sessions differ, beside what chance makes of such a difference."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from clinic.dashboards import charts, labels
from clinic.dashboards.series import Release, TrendSeries
from clinic.dashboards.usual import left_out
from clinic.recordings.models import RecordingSession
from clinic.verdicts import comparable, judging
from clinic.verdicts.comparable import Comparison
from clinic.verdicts.judging import Judgement
from diagnosis import change

COUNTED = "no limit: blinks are counted, and chance alone moves counts"
NO_BASELINE = "no limit: there is no baseline in this state yet"


@dataclasses.dataclass(frozen=True)
class Difference:
    """A measure of two sessions, as a page writes it. `chance` is what two single sessions differ
    by without a change (MDC95), or why that is not known; `why` why the two are not compared."""

    title: str
    first: float | None
    second: float | None
    unit: str
    difference: str
    chance: str
    why: str


@dataclasses.dataclass(frozen=True)
class Differences:
    """`rows` are empty while `why` says why the sessions are not compared."""

    release: Release | None
    rows: tuple[Difference, ...]
    why: str


def differences(
    first: RecordingSession,
    second: RecordingSession,
    task: str,
    compared: Comparison,
    judgement: Judgement | None,
) -> Differences:
    """Of the headline measure and of the main measure of the task. Two queries at most."""
    trends = compared.trends
    why = _why_not(first, second, judgement)
    if why:
        return Differences(trends.release, (), why)
    bands = judging.bands(compared)
    chosen = [one for one in trends.series if one == trends.headline or one.key.task == task]
    rows = [
        _row(
            series,
            compared.of(series, first.medication),
            bands.get(series.key.id, {}).get(first.medication),
            (first, second),
        )
        for series in chosen
    ]
    return Differences(trends.release, tuple(rows), "")


def _why_not(first: RecordingSession, second: RecordingSession, judgement: Judgement | None) -> str:
    if judgement is None:
        return "the headline measure has no value yet"
    if first == second:
        return "it is one session"
    if first.medication != second.medication:
        return "the medication state differs"
    for session in (first, second):
        if reason := left_out(session, judgement):
            return f"{charts.written(session.recorded)}: {reason}"
    return ""


def _row(
    series: TrendSeries,
    chosen: comparable.Comparable,
    band: change.Band | None,
    sessions: tuple[RecordingSession, RecordingSession],
) -> Difference:
    values = {point.id: point.value for point in chosen.points}
    first, second = (values.get(session.id) for session in sessions)
    if first is None or second is None:
        return Difference(series.title, first, second, series.unit, "", "", _missing(
            sessions, values, dict(chosen.left_out)))  # fmt: skip
    difference = (
        f"{labels.significant(second / first)} times the first"
        if comparable.is_logarithmic(series)
        else f"{second - first:+.2f} {series.unit}"
    )
    return Difference(
        title=series.title,
        first=first,
        second=second,
        unit=series.unit,
        difference=difference,
        chance=chance(series, band),
        why="",
    )


def _missing(
    sessions: tuple[RecordingSession, RecordingSession],
    values: Mapping[object, float],
    reasons: Mapping[object, str],
) -> str:
    return "; ".join(
        f"{charts.written(session.recorded)}: {reasons.get(session.id, 'not measured')}"
        for session in sessions
        if session.id not in values
    )


def chance(series: TrendSeries, band: change.Band | None) -> str:
    """MDC95 in the measure's unit; of what is compared as logarithms, as a ratio."""
    if series.key.name == judging.BLINKS:
        return COUNTED
    if band is None:
        return NO_BASELINE
    if not comparable.is_logarithmic(series):
        return f"{labels.significant(change.mdc95(band.sd))} {series.unit}"
    ratio = math.exp(change.mdc95(band.sd / band.mean))
    return f"{labels.significant(ratio)} times, up or down"
