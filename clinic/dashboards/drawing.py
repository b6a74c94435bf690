"""A timeline as what the page draws, lists and tells: three forms of the same points."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from clinic.dashboards import charts, labels
from clinic.dashboards.flags import KINDS, Flag
from clinic.dashboards.series import TrendPoint, TrendSeries
from clinic.dashboards.timeline import (
    Gap,
    Pair,
    Timeline,
    said_of_regimen,
    said_of_slope,
    timeline,
)
from clinic.therapy.models import ClinicalEvent, Regimen
from clinic.verdicts.comparable import Comparison

Address = Callable[[UUID], str]  # where a session is shown
Place = Callable[[datetime.datetime], str]  # of a moment on the axis of time


@dataclasses.dataclass(frozen=True)
class Figure:
    """A measure in words: how it went, how fast it changes, and why to doubt it."""

    series: TrendSeries
    said: str
    slopes: tuple[str, ...]
    bands: tuple[str, ...]

    @property
    def cautions(self) -> tuple[str, ...]:
        """The reasons why values are of low reliability, each once, and in how many sessions."""
        present = self.series.present
        counts = Counter(point.caution for point in present if point.caution)
        return tuple(
            labels.first_upper(reason)
            if number == len(present)
            else f"In {number} of {charts.count(len(present), 'session')}: {reason}"
            for reason, number in counts.items()
        )


@dataclasses.dataclass(frozen=True)
class Row:
    """One session of the data table; a cell is None where the measure was not taken."""

    recorded: datetime.datetime
    address: str
    medication: str
    cells: tuple[TrendPoint | None, ...]
    pair: Pair | None  # that this session ends
    flags: tuple[Flag, ...]


def context(compared: Comparison, *, coded: bool = False) -> dict[str, Any]:
    """What dashboards/trends.html shows. `coded` is for those who may not know who it is."""
    drawn = timeline(compared, coded=coded)
    address = _on_this_page if coded else _session_page
    return {
        "trends": compared.trends,
        "timeline": drawn,
        "figures": [figure(drawn, series) for series in drawn.series],
        "rows": rows(drawn, address),
        "states": [(state, labels.MEDICATION[state]) for state in _states(drawn)],
        "charts": payload(drawn, address, charts.midday if coded else charts.wall),
        "meanings": labels.MEANINGS,
    }


def _session_page(session: UUID) -> str:
    return reverse("dashboards:session", args=[session])


def _on_this_page(session: UUID) -> str:
    return f"?session={session}#films"


def figure(drawn: Timeline, series: TrendSeries) -> Figure:
    key, unit = series.key.id, series.unit
    return Figure(
        series=series,
        said=charts.said(series),
        slopes=tuple(
            said_of_slope(state, slope, unit) for state, slope in drawn.slopes.get(key, {}).items()
        ),
        bands=tuple(
            f"{labels.MEDICATION[state]}: {labels.significant(band.low)} to "
            f"{labels.significant(band.high)} {unit}, of {charts.count(band.n, 'session')}"
            for state, band in drawn.bands.get(key, {}).items()
        ),
    )


def _states(drawn: Timeline) -> list[str]:
    """The medication states that occur, ON and OFF first."""
    found = {point.medication for series in drawn.series for point in series.present}
    return [state for state in labels.MEDICATION if state in found]


def _sessions(drawn: Timeline) -> list[TrendPoint]:
    """One point of each session that has a value in some measure, oldest first."""
    points = {p.session: p for series in drawn.series for p in series.points}
    with_value = {p.session for series in drawn.series for p in series.present}
    return sorted((points[s] for s in with_value), key=lambda point: point.recorded)


def rows(drawn: Timeline, address: Address) -> list[Row]:
    """Newest first."""
    columns = [{point.session: point for point in series.points} for series in drawn.series]
    pairs = {pair.in_order[1].id: pair for pair in drawn.gap.pairs} if drawn.gap else {}
    return [
        Row(
            recorded=one.recorded,
            address=address(one.session),
            medication=one.medication,
            cells=tuple(column.get(one.session) for column in columns),
            pair=pairs.get(one.session),
            flags=tuple(flag for flag in drawn.flags if flag.session == one.session),
        )
        for one in reversed(_sessions(drawn))
    ]


def payload(drawn: Timeline, address: Address, at: Place = charts.wall) -> dict[str, Any]:
    """What static/ts/timeline.ts draws. Points name their session by its place in `sessions`;
    moments are by the clinic's clock."""
    sessions = _sessions(drawn)
    place = {one.session: index for index, one in enumerate(sessions)}
    return {
        "span": [at(moment) for moment in drawn.span] if drawn.span else None,
        "sessions": [
            {
                "at": at(one.recorded),
                "date": charts.written(one.recorded),
                "state": one.medication,
                "href": address(one.session),
            }
            for one in sessions
        ],
        "states": labels.MEDICATION,
        "measures": [_measure(drawn, series, place) for series in drawn.series],
        "gap": _gap(drawn.gap, drawn.series[0], place) if drawn.gap else None,
        "lanes": list(_lanes(drawn, address, at)) if drawn.span else [],
    }


def _measure(drawn: Timeline, series: TrendSeries, place: dict[UUID, int]) -> dict[str, Any]:
    return {
        "id": series.key.id,
        "title": series.title,
        "unit": series.unit,
        "bands": [
            {"state": state, "low": _rounded(band.low), "high": _rounded(band.high)}
            for state, band in drawn.bands.get(series.key.id, {}).items()
        ],
        "points": [_point(point, place[point.session]) for point in series.present],
    }


def _gap(gap: Gap, headline: TrendSeries, place: Mapping[Any, int]) -> dict[str, Any]:
    """Of each pair the places of its later and its earlier session, and ON less OFF."""
    found = []
    for pair in gap.pairs:
        earlier, later = (place[session.id] for session in pair.in_order)
        found.append([later, earlier, _rounded(pair.value)])
    unit = headline.unit
    return {"title": "ON less OFF", "unit": unit, "mean": _rounded(gap.mean), "pairs": found}


def _point(point: TrendPoint, place: int) -> list[Any]:
    """Session, value, SD, n; then, only if it stands beside the line, why."""
    told = [place, _rounded(point.value), _rounded(point.sd), point.n]
    return [*told, labels.first_upper(point.apart)] if point.apart else told


def _rounded(value: float | None) -> float | None:
    """Five digits: more than any chart shows."""
    return None if value is None else float(f"{value:.5g}")


def _lanes(drawn: Timeline, address: Address, at: Place) -> Iterator[dict[str, Any]]:
    """The rows below the measures: medicines, events by kind, what changed in the filming."""
    assert drawn.span is not None
    first, last = (timezone.localdate(moment) for moment in drawn.span)
    last = max(last, timezone.localdate())
    shown = [r for r in drawn.regimen if r.start <= last and (r.end is None or r.end >= first)]
    for number, lane in enumerate(_side_by_side(shown)):
        yield _lane("" if number else "Medicines", "regimen", bars=[_bar(r, last) for r in lane])
    for kind in ClinicalEvent.Kind:
        marks = [
            _mark(event.date, f"{event}: {event.note}" if event.note else str(event))
            for event in drawn.events
            if event.kind == kind and event.date >= first
        ]
        if marks:
            yield _lane(str(kind.label), "event", marks=marks)
    if stages := [_mark(s.date, str(s), str(s.stage)) for s in drawn.stages if s.date >= first]:
        yield _lane("Hoehn & Yahr", "stage", marks=stages)
    for flag_kind in KINDS:
        marks = [_flagged(flag, address, at) for flag in drawn.flags if flag.kind == flag_kind]
        if marks:
            yield _lane(flag_kind, "flag", marks=marks)


def _lane(label: str, kind: str, **content: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"label": label, "kind": kind, "bars": [], "marks": [], **content}


def _bar(regimen: Regimen, last: datetime.date) -> dict[str, str]:
    """`until` is the day after the last that is drawn, when the bar ends."""
    end = min(regimen.end or last, last) + datetime.timedelta(days=1)
    to = charts.day(regimen.end) if regimen.end else "now"
    ledd = "" if regimen.ledd_mg is None else f"LEDD {regimen.ledd_mg:g} mg"
    return {
        "from": regimen.start.isoformat(),
        "until": end.isoformat(),
        "text": ledd or regimen.text,
        "words": f"{said_of_regimen(regimen)}: {charts.day(regimen.start)} to {to}",
    }


def _mark(day: datetime.date, words: str, text: str = "") -> dict[str, str]:
    """At noon of the day; `text` stands on the mark."""
    return {"at": f"{day.isoformat()}T12:00", "date": charts.day(day), "words": words, "text": text}


def _flagged(flag: Flag, address: Address, at: Place) -> dict[str, str]:
    """The mark of a flag, at its session."""
    when = {"at": at(flag.recorded), "date": charts.written(flag.recorded)}
    return {**when, "words": flag.words, "text": "", "href": address(flag.session)}


def _side_by_side(regimens: Iterable[Regimen]) -> list[list[Regimen]]:
    """Lanes in which no two overlap, in order of their first days."""
    lanes: list[list[Regimen]] = []
    for one in regimens:
        free = (lane for lane in lanes if lane[-1].end and lane[-1].end < one.start)
        lane = next(free, None)
        if lane is None:
            lanes.append([one])
        else:
            lane.append(one)
    return lanes
