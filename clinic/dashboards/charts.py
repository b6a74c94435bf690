"""A trend as a chart's data, in words, and as a table: three forms of the same points."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from clinic.dashboards import labels
from clinic.dashboards.series import TrendPoint, Trends, TrendSeries


@dataclasses.dataclass(frozen=True)
class Figure:
    """`said` is what the chart shows, for those who do not see it; `table` is newest first."""

    series: TrendSeries
    said: str

    @property
    def id(self) -> str:
        return self.series.key.id

    @property
    def table(self) -> tuple[TrendPoint, ...]:
        return self.series.points[::-1]

    @property
    def reason(self) -> str:
        """Why the newest session has no value; empty when it has one."""
        return self.series.points[-1].absent

    @property
    def cautions(self) -> tuple[str, ...]:
        """The reasons why values are of low reliability, each once, and in how many sessions."""
        present = self.series.present
        counts = Counter(point.caution for point in present if point.caution)
        return tuple(
            labels.first_upper(reason)
            if number == len(present)
            else f"In {number} of {_count(len(present), 'session')}: {reason}"
            for reason, number in counts.items()
        )

    @property
    def latest(self) -> TrendPoint | None:
        """The newest point of the line."""
        return next(reversed(self.series.joined), None)


def figure(series: TrendSeries) -> Figure:
    return Figure(series, said(series))


def said(series: TrendSeries) -> str:
    present = series.present
    if not present:
        return f"No value in {_count(len(series.points), 'session')}."
    lines = _said_of_line(series.joined, series.unit) if series.joined else []
    lines += [
        f"Apart from the line, {reason}: {_listed(points)} {series.unit}."
        for reason, points in _by_reason(series.apart)
    ]
    absent = len(series.points) - len(present)
    if absent:
        lines.append(f"No value in {_count(absent, 'session')}.")
    return " ".join(lines)


def _said_of_line(points: Sequence[TrendPoint], unit: str) -> list[str]:
    first, last = written(points[0].recorded), written(points[-1].recorded)
    span = f"on {first}" if first == last else f"from {first} to {last}"
    by_states = [_said_of_state(state, found, unit) for state, found in by_state(points)]
    return [f"{_count(len(points), 'session')} {span}.", *by_states]


def _listed(points: Sequence[TrendPoint]) -> str:
    return ", ".join(labels.significant(point.value) for point in points)


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
    grouped = [(reason, [p for p in points if p.apart == reason]) for reason in labels.APART]
    return [(reason, found) for reason, found in grouped if found]


def written(moment: datetime.datetime) -> str:
    """For example "24 November 2026"."""
    return date_format(timezone.localtime(moment), "j F Y")


def payload(trends: Trends) -> dict[str, Any]:
    """What static/ts/patient.ts draws: one chart per series over one shared span of time."""
    points = [point for series in trends.series for point in series.present]
    days = [point.recorded for point in points]
    return {
        "span": [min(days).isoformat(), max(days).isoformat()] if days else None,
        "charts": [
            {
                "id": series.key.id,
                "title": series.title,
                "unit": series.unit,
                "lines": [
                    _line(reason, state, found)
                    for reason, group in [("", series.joined), *_by_reason(series.apart)]
                    for state, found in by_state(group)
                ],
            }
            for series in trends.series
            if series.present
        ],
    }


def _line(apart: str, state: str, points: Sequence[TrendPoint]) -> dict[str, Any]:
    name = labels.MEDICATION[state]
    label = f"{labels.first_upper(apart)}, {name}" if apart else name
    return {"state": state, "apart": bool(apart), "label": label, "points": _drawn(points)}


def _drawn(points: Sequence[TrendPoint]) -> list[dict[str, Any]]:
    return [
        {
            "at": point.recorded.isoformat(),
            "date": written(point.recorded),
            "value": point.value,
            "words": labels.significant(point.value),
            "sd": point.sd,
            "n": point.n,
            "href": reverse("dashboards:session", args=[point.session]),
        }
        for point in points
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
