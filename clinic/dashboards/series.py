"""A patient's measures over sessions: what the charts draw, the tables list and the words say.

A trend is of one release: results of another are never on the same line. Which other releases
there are, and which sessions are left out and why, is part of the answer.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from clinic.dashboards import labels
from clinic.patients.models import Patient
from clinic.recordings.models import (
    ProtocolTask,
    Recording,
    RecordingQuerySet,
    RecordingSession,
)
from diagnosis.config import Side, TaskKind
from diagnosis.models import Measure, Result

LEAD_IN = "lead-in"
WHOLE = "the whole session"


@dataclasses.dataclass(frozen=True, order=True)
class Release:
    """The model version that made a number, and what it was trained on."""

    name: str
    sha256: str
    evidence: str

    @classmethod
    def of(cls, result: Result) -> Release:
        return cls(result.release, result.release_sha256, result.evidence)


@dataclasses.dataclass(frozen=True, order=True)
class MeasureKey:
    """`task` is the task's code; empty for a measure of the whole session."""

    task: str
    name: str
    region: str
    side: str

    @property
    def id(self) -> str:
        return "-".join(part for part in dataclasses.astuple(self) if part)


@dataclasses.dataclass(frozen=True)
class TrendPoint:
    """One session's value; `value` is None where the measure is `absent`, with the reason.
    `caution` says why the value is of low reliability, if it is; `apart` why it is shown beside
    the line and not on it, if so: a key of labels.APART, or why it is not compared."""

    session: UUID
    recorded: datetime.datetime
    medication: str
    value: float | None
    sd: float | None
    n: int
    absent: str
    caution: str
    apart: str


@dataclasses.dataclass(frozen=True)
class TrendSeries:
    """One measure over sessions, oldest first, all of one release."""

    key: MeasureKey
    title: str
    unit: str
    release: Release
    points: tuple[TrendPoint, ...]

    @property
    def present(self) -> tuple[TrendPoint, ...]:
        return tuple(point for point in self.points if point.value is not None)

    @property
    def joined(self) -> tuple[TrendPoint, ...]:
        """What the line is made of."""
        return tuple(point for point in self.present if not point.apart)

    @property
    def apart(self) -> tuple[TrendPoint, ...]:
        return tuple(point for point in self.present if point.apart)


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A session, or one film of it, that is in no trend, and why."""

    session: UUID
    recorded: datetime.datetime
    what: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Trends:
    """All that is known of a patient over time under one release; no release: nothing yet."""

    release: Release | None
    other_releases: tuple[Release, ...]
    headline: TrendSeries | None
    sums: tuple[TrendSeries, ...]  # the other measures of whole sessions
    tasks: tuple[TrendSeries, ...]  # the main measure of each Core task that has one
    left_out: tuple[LeftOut, ...]

    @property
    def series(self) -> tuple[TrendSeries, ...]:
        return ((self.headline,) if self.headline else ()) + self.sums + self.tasks

    @property
    def apart(self) -> tuple[str, ...]:
        """The reasons, each once, for which points stand beside the lines."""
        found = {point.apart for series in self.series for point in series.apart}
        return tuple(reason for reason in labels.APART if reason in found)


@dataclasses.dataclass(frozen=True)
class _Kept:
    """A kept recording or a session, with the newest result that the chosen release made of it."""

    session: RecordingSession
    task: ProtocolTask | None
    result: Result
    apart: str


def trends(patient: Patient, release_sha256: str = "") -> Trends:
    """The trends under the release asked for; by default under that of the newest result.

    Four queries, however many sessions there are.
    """
    sessions = list(patient.sessions.select_related("protocol").order_by("recorded"))
    by_subject = _results_by_subject(sessions)
    releases = _releases(by_subject.values())
    release = next((r for r in releases if r.sha256 == release_sha256), None) or next(
        iter(releases), None
    )
    if release is None:
        return Trends(None, (), None, (), (), ())
    films = Recording.objects.filter(session__in=sessions, task__trend=True)
    kept, missing = _choose(sessions, films, by_subject, release)
    used, unusable = _comparable(kept)
    names = {*labels.PARTS, *labels.MAIN.values(), *_headlines(used)}
    points = _points(used, names, (Side.BOTH,))
    headline = _sum(_headline_name(used), points, release)
    sums = [_sum(name, points, release) for name in labels.PARTS if name != _headline_name(used)]
    found = tuple(series for series in sums if series)
    other = [out for series in (headline, *found) if series for out in _other_sums(points, series)]
    return Trends(
        release=release,
        other_releases=tuple(r for r in releases if r != release),
        headline=headline,
        sums=found,
        tasks=tuple(_task_series(used, points, release)),
        left_out=tuple(sorted((*missing, *unusable, *other), key=lambda out: out.recorded)),
    )


def of_tasks(patient: Patient, release: Release, names: Iterable[str]) -> tuple[TrendSeries, ...]:
    """Every series of the measures of these names, in all tasks, regions and sides.

    Whether a trend shows it or not; of those that one shows the same points. Four queries.
    """
    sessions = list(patient.sessions.select_related("protocol").order_by("recorded"))
    films = Recording.objects.filter(session__in=sessions)
    kept, _ = _choose(sessions, films, _results_by_subject(sessions), release)
    used, _ = _comparable([item for item in kept if item.task])
    points = _points(used, names, tuple(Side))
    return tuple(_series(key, found, release) for key, found in points.items())


def _results_by_subject(sessions: Sequence[RecordingSession]) -> dict[UUID, list[Result]]:
    """Every result of these sessions, that of the newest job first."""
    found: dict[UUID, list[Result]] = defaultdict(list)
    results = Result.objects.filter(group__in=[s.id for s in sessions])
    for result in results.order_by("-job__created").defer("capture", "likelihood"):
        found[result.subject].append(result)
    return found


def _releases(groups: Iterable[Sequence[Result]]) -> list[Release]:
    """The releases that made them, the one that was used last first."""
    newest: dict[Release, datetime.datetime] = {}
    for result in (result for group in groups for result in group):
        release = Release.of(result)
        newest[release] = max(result.created, newest.get(release, result.created))
    return sorted(newest, key=lambda release: newest[release], reverse=True)


def _choose(
    sessions: Sequence[RecordingSession],
    recordings: RecordingQuerySet,
    by_subject: dict[UUID, list[Result]],
    release: Release,
) -> tuple[list[_Kept], list[LeftOut]]:
    """The newest result of `release` for each session and kept film; what only others measured."""
    by_id = {session.id: session for session in sessions}
    films = list(recordings.kept().select_related("task"))
    apart = _films_apart(films)
    subjects: list[tuple[RecordingSession, ProtocolTask | None, UUID]] = [
        (by_id[r.session_id], r.task, r.id) for r in films
    ] + [(session, None, session.id) for session in sessions]
    kept, missing = [], []
    for session, task, subject in subjects:
        results = by_subject.get(subject, [])
        result = next((r for r in results if Release.of(r) == release), None)
        if result is not None:
            beside = labels.PRACTICE if session.practice else apart.get(subject, "")
            kept.append(_Kept(session, task, result, beside))
        elif results and task is not None:
            reason = f"measured only by release {results[0].release}"
            missing.append(_left_out(session, task, reason))
    return kept, missing


def _films_apart(films: Iterable[Recording]) -> dict[UUID, str]:
    """Why what these films show is not compared with other sessions, by the film and, for
    expressions, by the session that sums them up; those that are compared are not in it."""
    apart: dict[UUID, str] = {}
    for film in films:
        is_expression = film.task.kind == TaskKind.EXPRESSION
        if reason := _film_apart(film, is_expression):
            apart[film.id] = reason
            if is_expression:
                apart.setdefault(film.session_id, reason)
    return apart


def _film_apart(film: Recording, is_expression: bool) -> str:
    if film.partial:
        return labels.PARTIAL
    if not is_expression:
        return ""
    if not film.cues:
        return labels.BY_HAND if film.capture.get("by_hand") else labels.UNCUED
    return labels.PLANNED if "salvaged" in film.capture else ""


def _shape(task: ProtocolTask) -> tuple[float, int, float, float]:
    return task.lead_in_s, task.repeats, task.now_s, task.relax_s


def _comparable(kept: Sequence[_Kept]) -> tuple[list[_Kept], list[LeftOut]]:
    """What may stand on one line: usable, against a rest film, the task as it is filmed now.

    A session's own result may not, if a film that it sums up may not.
    """
    films = [item for item in _in_order(kept) if item.task]
    shapes = {item.task.code: _shape(item.task) for item in films if item.task}
    obstacles = {item.result.id: _obstacle(item, shapes) for item in films}
    spoilt = {
        item.session.id: reason
        for item in films
        if item.result.usable and (reason := obstacles[item.result.id])
    }
    used, left_out = [], []
    for item in kept:
        reason = obstacles[item.result.id] if item.task else spoilt.get(item.session.id)
        if reason is None:
            used.append(item)
        else:
            left_out.append(_left_out(item.session, item.task, reason))
    return used, left_out


def _left_out(session: RecordingSession, task: ProtocolTask | None, reason: str) -> LeftOut:
    return LeftOut(session.id, session.recorded, task.title if task else WHOLE, reason)


def _in_order(kept: Iterable[_Kept]) -> list[_Kept]:
    return sorted(kept, key=lambda item: item.session.recorded)


def _obstacle(item: _Kept, shapes: dict[str, tuple[float, int, float, float]]) -> str | None:
    if not item.result.usable:
        found = [f["staff"] for f in item.result.findings if f["severity"] == "blocks"]
        return "; ".join(found) or "not usable"
    if item.result.neutral_source == LEAD_IN:
        return "no usable rest film: measured against its own lead-in"
    if item.task is not None and _shape(item.task) != shapes[item.task.code]:
        return "filmed with other cue times than now"
    return None


def _points(
    used: Sequence[_Kept], names: Iterable[str], sides: Sequence[Side]
) -> dict[MeasureKey, list[tuple[TrendPoint, str]]]:
    """For each measure of these names its points in order of time, each with its unit."""
    by_result = {item.result.id: item for item in used}
    rows = Measure.objects.filter(result__in=by_result, name__in=list(names), side__in=sides)
    fields = ("result", "name", "region", "side", "unit", "value", "sd", "n", "absent", "caution")
    points: dict[MeasureKey, list[tuple[TrendPoint, str]]] = defaultdict(list)
    for result, name, region, side, unit, *told in rows.order_by("id").values_list(*fields):
        item = by_result[result]
        key = MeasureKey(item.task.code if item.task else "", name, region, side)
        points[key].append((_point(item, *told), unit))
    for found in points.values():
        found.sort(key=lambda pair: pair[0].recorded)
    return points


def _point(
    item: _Kept, value: float | None, sd: float | None, n: int, absent: str, caution: str
) -> TrendPoint:
    session = item.session
    return TrendPoint(
        session=session.id,
        recorded=session.recorded,
        medication=session.medication,
        value=value,
        sd=sd,
        n=n,
        absent=absent,
        caution=caution,
        apart=item.apart,
    )


def _headlines(used: Sequence[_Kept]) -> set[str]:
    return {item.session.protocol.headline for item in used}


def _headline_name(used: Sequence[_Kept]) -> str:
    """The session measure that the newest analysed session's protocol answers first with."""
    sessions = [item.session for item in _in_order(used) if item.task is None]
    return sessions[-1].protocol.headline if sessions else ""


def _sum(
    name: str, points: dict[MeasureKey, list[tuple[TrendPoint, str]]], release: Release
) -> TrendSeries | None:
    """The measure of that name of whole sessions.

    Its region tells which expressions it sums up; those of the newest session count.
    """
    keys = [key for key in points if not key.task and key.name == name]
    newest = max(keys, key=lambda key: points[key][-1][0].recorded, default=None)
    return _series(newest, points[newest], release) if newest else None


def _other_sums(
    points: dict[MeasureKey, list[tuple[TrendPoint, str]]], drawn: TrendSeries
) -> Iterable[LeftOut]:
    """Sessions whose measure of that name sums up other expressions than the line that is drawn."""
    for key, found in points.items():
        if key != drawn.key and (key.task, key.name) == ("", drawn.key.name):
            for point, _ in found:
                yield LeftOut(
                    point.session,
                    point.recorded,
                    labels.named(key.name),
                    f"sums up other expressions: {key.region}",
                )


def _task_series(
    used: Sequence[_Kept],
    points: dict[MeasureKey, list[tuple[TrendPoint, str]]],
    release: Release,
) -> Iterable[TrendSeries]:
    """Per task of the protocol, in its order, the main measure, if some session has it."""
    tasks = {item.task.code: item.task for item in _in_order(used) if item.task}
    for task in sorted(tasks.values(), key=lambda task: task.position):
        key = _main_key(task, points)
        if key:
            series = _series(key, points[key], release)
            yield dataclasses.replace(series, title=f"{task.title}: {series.title.lower()}")


def _main_key(task: ProtocolTask, points: Iterable[MeasureKey]) -> MeasureKey | None:
    """The main measure of the task in the region that the engine lists first."""
    name = labels.MAIN.get(task.kind)
    return next((k for k in points if (k.task, k.name) == (task.code, name)), None)


def _series(
    key: MeasureKey, points: Sequence[tuple[TrendPoint, str]], release: Release
) -> TrendSeries:
    title = labels.measure(key.name, key.region, key.side)
    return TrendSeries(key, title, points[-1][1], release, tuple(point for point, _ in points))
