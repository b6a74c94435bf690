"""What a patient's comparable sessions say: verdicts of the headline measure, bands of all."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from clinic.dashboards.kept import is_attempt
from clinic.dashboards.series import Release, Trends, TrendSeries
from clinic.patients.models import Patient
from clinic.recordings.models import ProtocolTask, RecordingSession
from clinic.verdicts import comparable, words
from clinic.verdicts.comparable import STATES, Comparable, Comparison, Facts
from clinic.verdicts.comparable import device_class as device_class
from clinic.verdicts.models import Spread
from diagnosis import change

BLINKS = "blink_rate"  # its band comes from counts
PooledSDs = Mapping[tuple[str, str], change.Pooled]  # by MeasureKey.id and medication


@dataclasses.dataclass(frozen=True)
class Sitting:
    """A session that a verdict names, and why it is left out, if it is."""

    session: UUID
    recorded: datetime.datetime
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class StateJudgement:
    """The verdict in one medication state: its words, and the sessions that it names.

    `left_out` are the sessions of this state that are not compared, each with the reason.
    """

    medication: str
    verdict: change.Verdict
    left_out: tuple[tuple[UUID, str], ...]
    newest: UUID | None
    answer: str
    addition: str
    next_step: str
    difference: str
    behind: tuple[Sitting, ...]
    baseline: tuple[Sitting, ...]
    apart: tuple[Sitting, ...]


@dataclasses.dataclass(frozen=True)
class Unanswered:
    """What is said as long as the headline measure has no value: `word`, and words."""

    word: change.Word
    answer: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The headline measure's verdicts, ON before OFF.

    A newest session in neither state adds one of its own, which says that it cannot be compared.
    """

    series: TrendSeries
    release: Release
    states: tuple[StateJudgement, ...]


def judge(compared: Comparison) -> Judgement | None:
    """None until the headline measure has a value. One query, whatever there is to judge."""
    trends, found = compared.trends, compared.facts
    series = trends.headline
    if series is None:
        return None
    sds = pooled_sds(compared.patient, series.release)
    seen = _seen(trends, found)
    states = [
        _state(series, state, compared, sds)
        for state in STATES
        if any(session.medication == state for session in seen)
    ]
    unknown = comparable.unknown_state(seen)
    if unknown:
        states.append(_unknown(series, *unknown, seen, found))
    return Judgement(series, series.release, tuple(states))


def unanswered(trends: Trends) -> Unanswered:
    """Of a patient without a headline value: why the newest session has none, if there is one."""
    newest = max(trends.left_out, key=lambda out: out.recorded, default=None)
    reason = comparable.unused(trends)[newest.session] if newest else ""
    verdict = change.verdict((), today=timezone.localdate(), reason=reason)
    elsewhere = newest is not None and comparable.elsewhere(trends, newest.session)
    step = words.next_step(verdict, elsewhere=elsewhere)
    return Unanswered(verdict.word, words.answer(verdict, "", ""), step)


def bands(compared: Comparison) -> dict[str, dict[str, change.Band]]:
    """MeasureKey.id -> medication state -> band, where there is a baseline. Two queries."""
    trends = compared.trends
    if trends.release is None:
        return {}
    sds = pooled_sds(compared.patient, trends.release)
    minutes = _minutes(trends, compared.facts)
    return {
        series.key.id: {
            state: band
            for state in STATES
            if (
                band := _band(
                    series,
                    compared.of(series, state).points,
                    sds.get((series.key.id, state)),
                    minutes.get(series.key.task, 0.0),
                )
            )
        }
        for series in trends.series
    }


def spreads(compared: Comparison) -> list[Spread]:
    """What the patient's baselines add to the clinic's pooled SDs; not saved."""
    trends = compared.trends
    if trends.release is None:
        return []
    rows = []
    for place, series in enumerate(trends.series):
        for state in STATES:
            points = compared.of(series, state).points
            values = _scaled(series, change.baseline(points))
            own = change.pooled([values])
            if own:
                rows.append(
                    Spread(
                        patient=compared.patient,
                        medication=state,
                        measure=series.key.id,
                        title=series.title,
                        unit=series.unit,
                        place=place if trends.headline else place + 1,
                        log=comparable.is_logarithmic(series),
                        release=trends.release.name,
                        release_sha256=trends.release.sha256,
                        engine=trends.release.engine,
                        evidence=trends.release.evidence,
                        squares=own.sd**2 * own.df,
                        df=own.df,
                        first=values[0],
                        second=values[1],
                    )
                )
    return rows


def pooled_sds(patient: Patient, release: Release) -> dict[tuple[str, str], change.Pooled]:
    """From the baselines of the clinic's other patients, by measure and state. One query."""
    others = Spread.objects.filter(
        patient__clinic=patient.clinic_id,
        release_sha256=release.sha256,
        engine=release.engine,
    ).exclude(patient=patient)
    sums = others.values_list("measure", "medication").annotate(Sum("squares"), Sum("df"))
    return {
        (measure, state): change.Pooled(math.sqrt(squares / df), df)
        for measure, state, squares, df in sums.order_by()
    }


def _seen(trends: Trends, found: Facts) -> list[RecordingSession]:
    """The sessions that were analysed, oldest first."""
    points = {point.session for series in trends.series for point in series.points}
    known = points | {out.session for out in trends.left_out}
    seen = [found.sessions[pk] for pk in known if pk in found.sessions]
    return sorted(seen, key=lambda session: session.recorded)


def _state(series: TrendSeries, state: str, compared: Comparison, sds: PooledSDs) -> StateJudgement:
    chosen = compared.of(series, state)
    verdict = change.verdict(
        chosen.points,
        sds.get((series.key.id, state)),
        today=compared.today,
        log=comparable.is_logarithmic(series),
        reason=chosen.obstacle,
    )
    return _judgement(series, state, verdict, chosen, compared.facts)


def _unknown(
    series: TrendSeries,
    newest: UUID,
    reason: str,
    seen: Sequence[RecordingSession],
    found: Facts,
) -> StateJudgement:
    """No session in the state of the newest is compared with any."""
    state = found.sessions[newest].medication
    left_out = tuple((session.id, reason) for session in seen if session.medication == state)
    chosen = Comparable((), left_out, reason, newest)
    verdict = change.verdict((), today=timezone.localdate(), reason=reason)
    judged = _judgement(series, state, verdict, chosen, found)
    return dataclasses.replace(judged, next_step=words.ASK_STATE)


def _judgement(
    series: TrendSeries, state: str, verdict: change.Verdict, chosen: Comparable, found: Facts
) -> StateJudgement:
    def sittings(ids: Sequence[object]) -> tuple[Sitting, ...]:
        return tuple(Sitting(pk, found.sessions[pk].recorded) for pk in ids if isinstance(pk, UUID))

    return StateJudgement(
        medication=state,
        verdict=verdict,
        left_out=chosen.left_out,
        newest=chosen.newest,
        answer=words.answer(verdict, series.key.name, series.title),
        addition=words.addition(verdict, series.key.name, series.title),
        next_step=words.next_step(verdict, elsewhere=chosen.elsewhere),
        difference=words.difference(verdict, series.unit),
        behind=sittings(verdict.behind),
        baseline=sittings(verdict.band.baseline if verdict.band else ()),
        apart=tuple(Sitting(pk, found.sessions[pk].recorded, why) for pk, why in chosen.left_out),
    )


def _band(
    series: TrendSeries,
    points: Sequence[change.Point],
    pooled: change.Pooled | None,
    minutes: float,
) -> change.Band | None:
    if series.key.name == BLINKS:
        return change.count_band(points, minutes) if minutes else None
    return change.band(points, pooled, log=comparable.is_logarithmic(series))


def _scaled(series: TrendSeries, points: Sequence[change.Point]) -> list[float]:
    values = [point.value for point in points]
    return [math.log(v) for v in values] if comparable.is_logarithmic(series) else values


def _minutes(trends: Trends, found: Facts) -> dict[str, float]:
    """How long each task is filmed by the protocol of the newest session that is an attempt, or
    else of the newest."""
    seen = _seen(trends, found)
    newest = max(seen, key=lambda session: (is_attempt(session), session.recorded), default=None)
    if newest is None:
        return {}
    tasks = ProtocolTask.objects.filter(protocol=newest.protocol_id)
    return {task.code: task.seconds / 60 for task in tasks}
