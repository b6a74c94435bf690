"""A trend in words: what a chart shows, for those who do not see it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format

from clinic.dashboards import labels
from clinic.dashboards.series import TrendPoint, TrendSeries

LISTED: Final = 5  # values, at most; of more the range is told


def said(series: TrendSeries) -> str:
    present = series.present
    if not present:
        return f"No value in {count(len(series.points), 'session')}."
    lines = _said_of_line(series.joined, series.unit) if series.joined else []
    lines += [
        f"Apart from the line, {reason}: {_listed(points, series.unit)}."
        for reason, points in _by_reason(series.apart)
    ]
    absent = len(series.points) - len(present)
    if absent:
        lines.append(f"No value in {count(absent, 'session')}.")
    return " ".join(lines)


def _said_of_line(points: Sequence[TrendPoint], unit: str) -> list[str]:
    first, last = written(points[0].recorded), written(points[-1].recorded)
    span = f"on {first}" if first == last else f"from {first} to {last}"
    by_states = [_said_of_state(state, found, unit) for state, found in by_state(points)]
    return [f"{count(len(points), 'session')} {span}.", *by_states]


def _listed(points: Sequence[TrendPoint], unit: str) -> str:
    values = [point.value for point in points if point.value is not None]
    if len(values) > LISTED:
        low, high = labels.significant(min(values)), labels.significant(max(values))
        return f"{count(len(values), 'session')}, between {low} and {high} {unit}"
    return f"{', '.join(map(labels.significant, values))} {unit}"


def _said_of_state(state: str, points: Sequence[TrendPoint], unit: str) -> str:
    values = [point.value for point in points if point.value is not None]
    name = labels.MEDICATION[state]
    if len(values) == 1:
        return f"{name}: {labels.significant(values[0])} {unit}."
    first, last, low, high = map(
        labels.significant, (values[0], values[-1], min(values), max(values))
    )
    return f"{name}: first {first}, latest {last}, between {low} and {high} {unit}."


def by_state(points: Sequence[TrendPoint]) -> list[tuple[str, list[TrendPoint]]]:
    """The points of each medication state that occurs, ON and OFF first."""
    grouped = [(state, [p for p in points if p.medication == state]) for state in labels.MEDICATION]
    return [(state, found) for state, found in grouped if found]


def _by_reason(points: Sequence[TrendPoint]) -> list[tuple[str, list[TrendPoint]]]:
    reasons = dict.fromkeys(point.apart for point in points)
    return [(reason, [p for p in points if p.apart == reason]) for reason in reasons]


def written(moment: datetime.datetime) -> str:
    """For example "24 November 2026"."""
    return date_format(timezone.localtime(moment), "j F Y")


def wall(moment: datetime.datetime) -> str:
    """What the clinic's clock showed, for an axis of time: "2026-11-24T09:05"."""
    return timezone.localtime(moment).replace(tzinfo=None).isoformat(timespec="minutes")


def midday(moment: datetime.datetime) -> str:
    """As `wall`, for those who may know the day only: "2026-11-24T12:00"."""
    return wall(noon(timezone.localdate(moment)))


def noon(date: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(date, datetime.time(12)))


def day(date: datetime.date) -> str:
    """For example "24 November 2026"."""
    return date_format(date, "j F Y")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
