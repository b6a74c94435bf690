"""The content of a patient's report, from the same trends, bands and events as the page."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.text import Truncator

from clinic.dashboards import charts
from clinic.dashboards.labels import significant
from clinic.dashboards.series import TrendPoint, Trends, TrendSeries, trends
from clinic.dashboards.timeline import Timeline, said_of_regimen, timeline
from clinic.patients import consents
from clinic.patients.models import Patient
from clinic.reports import told
from clinic.reports.content import Against, Answer, Chart, Comparison, Content, Dot, Mark, Usual
from clinic.verdicts.comparable import comparison
from clinic.verdicts.judging import Judgement, StateJudgement, judge, unanswered
from diagnosis.change import Band, Direction

CHARTS = 6  # at most
MARKS = 6  # at most, the newest
NOTE = 95  # letters of a mark's words
LETTERS = "ABCDEF"


def gather(patient: Patient) -> Content:
    """The draft as it is now; a constant number of queries."""
    found = trends(patient)
    compared = comparison(patient, found)
    judged, course = judge(compared), timeline(compared)
    chosen = course.series[:CHARTS]
    marks = _marks(course)
    last = patient.reports.first()
    return Content(
        clinic=patient.clinic.name,
        phone=patient.clinic.phone,
        is_demo=patient.clinic.is_demo,
        patient=patient.id,
        name=str(patient),
        birth_date=patient.birth_date,
        mrn=patient.mrn,
        diagnosis=patient.get_diagnosis_status_display(),
        consents=tuple(c.purpose.value for c in consents.states(patient) if c.standing),
        quality=told.quality(found, judged, course.flags),
        measure=f"{judged.series.title}, {judged.series.unit}" if judged else "",
        answers=_answers(judged, found),
        span=course.span,
        charts=tuple(_chart(series, course) for series in chosen),
        marks=_lettered(marks[-MARKS:], course),
        earlier_marks=max(0, len(marks) - MARKS),
        comparisons=tuple(_comparison(series, course, judged) for series in chosen),
        ratings=told.ratings(patient),
        release=found.release.title if found.release else "",
        release_sha256=found.release.sha256 if found.release else "",
        evidence=found.release.evidence if found.release else "",
        limits=told.limits(found.release),
        previous=last.id if last else None,
    )


def _chart(series: TrendSeries, course: Timeline) -> Chart:
    return Chart(
        series.key.id,
        series.title,
        series.unit,
        charts.said(series),
        tuple(_dot(point) for point in series.present),
        tuple(
            Usual(state, band.low, band.mean, band.high, band.n)
            for state, band in course.bands.get(series.key.id, {}).items()
        ),
    )


def _dot(point: TrendPoint) -> Dot:
    assert point.value is not None  # it is one of `present`
    return Dot(point.session, point.recorded, point.value, point.medication, point.apart)


def _answers(judged: Judgement | None, found: Trends) -> tuple[Answer, ...]:
    """What the patient's page answers."""
    if judged:
        return tuple(_answer(state, judged.series) for state in judged.states)
    told_of = unanswered(found)
    return (Answer(None, told_of.answer, told_of.next_step, size="", band="", behind=""),)


def _answer(state: StateJudgement, series: TrendSeries) -> Answer:
    band, unit = state.verdict.band, series.unit
    size = told.latest(_newest(series, state.medication, state), unit)
    if size and state.difference:
        size = f"{size}: {state.difference}"
    return Answer(
        state=state.medication,
        verdict=". ".join(filter(None, (state.answer, state.addition))),
        next_step=state.next_step,
        size=size,
        band=f"Usual {told.between(band)} {unit} around {significant(band.mean)}, from "
        f"{told.dates(sitting.recorded for sitting in state.baseline)}"
        if band
        else "",
        behind=f"It rests on {told.dates(sitting.recorded for sitting in state.behind)}"
        if state.behind
        else "",
    )


def _comparison(series: TrendSeries, course: Timeline, judged: Judgement | None) -> Comparison:
    states = {state.medication: state for state in judged.states} if judged else {}
    own = course.bands.get(series.key.id, {})

    def against(state: str) -> Against | None:
        point = _newest(series, state, states.get(state))
        return _against(point, own.get(state)) if point else None

    return Comparison(series.title, series.unit, against("on"), against("off"))


def _against(point: TrendPoint, band: Band | None) -> Against:
    assert point.value is not None  # it is one of `joined`
    latest = f"{significant(point.value)} ({told.short(point.recorded)})"
    if band is None:
        return Against("no baseline yet", latest)
    place = {None: "within", Direction.LESS: "below", Direction.MORE: "above"}
    return Against(told.between(band), f"{latest}, {place[band.side(point.value)]}")


def _newest(series: TrendSeries, state: str, judged: StateJudgement | None) -> TrendPoint | None:
    """The last session of the state that may be compared."""
    left_out = {session for session, _ in judged.left_out} if judged else set()
    fit = (p for p in series.joined if p.medication == state and p.session not in left_out)
    return max(fit, key=lambda point: point.recorded, default=None)


def _marks(course: Timeline) -> list[tuple[datetime.date, str]]:
    """The days on which a regimen began or something happened, oldest first, each once."""
    days: dict[datetime.date, list[str]] = {}
    for regimen in course.regimen:
        days.setdefault(regimen.start, []).append(said_of_regimen(regimen))
    for event in course.events:
        days.setdefault(event.date, []).append(
            f"{event}: {event.note}" if event.note else f"{event}"
        )
    return [(day, "; ".join(several)) for day, several in sorted(days.items())]


def _lettered(marks: Sequence[tuple[datetime.date, str]], course: Timeline) -> tuple[Mark, ...]:
    letters = iter(LETTERS)
    first, last = course.span or (None, None)

    def mark(day: datetime.date, words: str) -> Mark:
        at = charts.noon(day)
        shown = first is not None and last is not None and first <= at <= last
        written = date_format(day, "j M Y")
        return Mark(next(letters) if shown else "", at, written, Truncator(words).chars(NOTE))

    return tuple(mark(day, words) for day, words in marks)
