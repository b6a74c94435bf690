"""A patient's measures over sessions: what the charts draw, the tables list and the words say.

A trend is of one release: results of another are never on the same line. Which other releases
there are, and which sessions are left out and why, is part of the answer.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from clinic.dashboards import kept as keeping
from clinic.dashboards import labels
from clinic.dashboards.kept import LEAD_IN as LEAD_IN
from clinic.dashboards.kept import Kept, LeftOut
from clinic.dashboards.kept import Release as Release
from clinic.patients.models import Patient
from clinic.recordings.models import ProtocolTask, Recording
from diagnosis.config import Side, TaskKind
from diagnosis.models import Measure

Points = Mapping["MeasureKey", list[tuple["TrendPoint", str]]]  # oldest first, each with its unit


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


def trends(patient: Patient, release_id: str = "") -> Trends:
    """The trends under the release asked for; by default under that of the newest session.

    The id may be that of a release or, for its engine that was used last, its SHA-256. Five
    queries, however many sessions there are.
    """
    sessions = patient.sessions.select_related("protocol").order_by("recorded").dated()
    by_subject = keeping.results_by_subject(sessions)
    releases = keeping.releases(sessions, by_subject)
    asked = (one for one in releases if release_id in (one.id, one.sha256))
    release = next(asked, None) or next(iter(releases), None)
    if release is None:
        return Trends(None, (), None, (), (), ())
    films = Recording.objects.filter(session__in=sessions, task__trend=True)
    kept, missing = keeping.choose(sessions, films, by_subject, release)
    used, unusable = keeping.comparable(kept)
    left_out = sorted((*missing, *unusable), key=lambda out: out.recorded)
    first, core = _asked_first(kept)
    names = {*labels.PARTS, *labels.MAIN.values(), first}
    points = _points(used, names, (Side.BOTH,))
    sums = {name: _sum(name, core, points, used, left_out, release) for name in names}
    return Trends(
        release=release,
        other_releases=tuple(one for one in releases if one != release),
        headline=sums[first],
        sums=tuple(found for name in labels.PARTS if name != first and (found := sums[name])),
        tasks=tuple(_task_series(used, points, release)),
        left_out=tuple(left_out),
    )


def of_tasks(patient: Patient, release: Release, names: Iterable[str]) -> tuple[TrendSeries, ...]:
    """Every series of the measures of these names, in all tasks, regions and sides.

    Whether a trend shows it or not; of those that one shows the same points. Four queries.
    """
    sessions = patient.sessions.select_related("protocol").order_by("recorded").dated()
    films = Recording.objects.filter(session__in=sessions)
    by_subject = keeping.results_by_subject(sessions)
    kept, _ = keeping.choose(sessions, films, by_subject, release)
    used, _ = keeping.comparable([item for item in kept if item.task])
    points = _points(used, names, tuple(Side))
    return tuple(_series(key, found, release) for key, found in points.items())


def _asked_first(kept: Sequence[Kept]) -> tuple[str, frozenset[str]]:
    """The session measure that answers first, and the Core expressions: those of the protocol of
    the newest session that is an attempt, or else of the newest. One query."""
    sessions = [item.session for item in keeping.in_order(kept)]
    deciding = next(
        iter([s for s in reversed(sessions) if keeping.is_attempt(s)] or sessions[-1:]), None
    )
    protocol = deciding.protocol if deciding else None
    tasks = ProtocolTask.objects.filter(protocol=protocol, trend=True, kind=TaskKind.EXPRESSION)
    core = frozenset(tasks.values_list("expression", flat=True))
    return (protocol.headline if protocol else ""), core


def _points(used: Sequence[Kept], names: Iterable[str], sides: Sequence[Side]) -> Points:
    """For each measure of these names its points."""
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
    item: Kept, value: float | None, sd: float | None, n: int, absent: str, caution: str
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


def _sum(
    name: str,
    core: frozenset[str],
    points: Points,
    used: Sequence[Kept],
    left_out: Sequence[LeftOut],
    release: Release,
) -> TrendSeries | None:
    """The measure of that name of whole sessions.

    Its region tells which expressions it sums up: of the Core those that most sessions give, of as
    many the larger set. Neither practice nor old clips count. A session that does not give it is a
    point without a value, and tells why.
    """
    keys = [key for key in points if not key.task and key.name == name]
    attempts = {item.session.id for item in used if keeping.is_attempt(item.session)}

    def rank(key: MeasureKey) -> tuple[int, int, datetime.datetime]:
        found = [point for point, _ in points[key]]
        given = sum(point.value is not None and point.session in attempts for point in found)
        return given, len(_expressions(key)), found[-1].recorded

    of_core = [key for key in keys if _expressions(key) <= core]
    drawn = max(of_core or keys, key=rank, default=None)
    if drawn is None:
        return None
    unit = points[drawn][-1][1]
    others = {p.session: (key, p) for key in keys if key != drawn for p, _ in points[key]}
    lacking = [
        (_point(item, None, None, 0, reason, ""), unit)
        for item in _without(drawn, points, used)
        if (reason := _why_lacking(drawn, item.session.id, others, left_out))
    ]
    found = sorted((*points[drawn], *lacking), key=lambda pair: pair[0].recorded)
    return _series(drawn, found, release)


def _expressions(key: MeasureKey) -> frozenset[str]:
    """Those that a session's sum is of."""
    return frozenset(key.region.replace(" ", "_").split(",_"))


def _without(key: MeasureKey, points: Points, used: Sequence[Kept]) -> list[Kept]:
    given = {point.session for point, _ in points[key]}
    return [item for item in used if item.task is None and item.session.id not in given]


def _why_lacking(
    drawn: MeasureKey,
    session: UUID,
    others: Mapping[UUID, tuple[MeasureKey, TrendPoint]],
    left_out: Sequence[LeftOut],
) -> str:
    """What became of the films that the session's sum lacks, or else which it sums up; empty where
    nothing was summed up."""
    key, other = others.get(session, (None, None))
    lacks = _expressions(drawn) - (_expressions(key) if key else frozenset())
    films = [out for out in left_out if out.session == session and out.expression in lacks]
    if films or key is None or other is None:
        return keeping.in_words(films)
    return other.absent or f"sums up other expressions: {key.region}"


def _task_series(
    used: Sequence[Kept],
    points: Points,
    release: Release,
) -> Iterable[TrendSeries]:
    """Per task of the protocol, in its order, the main measure, if some session has it."""
    tasks = {item.task.code: item.task for item in keeping.in_order(used) if item.task}
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
