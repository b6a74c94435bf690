"""Which sessions may be compared with each other, and why the others may not.

Comparable are sessions in the same medication state, measured by one release (a series is of one),
recorded on the same kind of device as the baseline, of adequate quality, without troublesome
dyskinesia (it reads as more movement), illness, great tiredness or a recent procedure on the face:
these move the face for reasons of their own, and are asked with each session to be told apart.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from clinic.dashboards import labels
from clinic.dashboards.kept import LeftOut, in_words, is_attempt
from clinic.dashboards.series import Release, TrendPoint, Trends, TrendSeries
from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import change
from diagnosis.config import TaskKind
from diagnosis.models import Job, Result

STATES: tuple[str, ...] = (RecordingSession.Medication.ON, RecordingSession.Medication.OFF)
PHONE, TABLET, COMPUTER = "phone", "tablet", "computer"
IMPORTED, DEMO = "imported", "demo camera"
# Findings about a film of an expression that make its movement look larger or smaller.
POOR = {
    "too_dark": "the light was too dark",
    "too_bright": "the light was too bright",
    "uneven_light": "the light came from one side",
    "face_cut_off": "the face was partly outside the picture",
    "face_hidden": "the face was partly hidden",
    "hand_on_face": "a hand lay on the face",
}
# Findings about a rest film that make it another face than the person's at rest, from which all
# movement of the session is measured.
POOR_REST = {
    "smiling_at_rest": "the face was smiling in the rest film",
    "talking_at_rest": "the mouth was moving in the rest film",
    "not_at_rest": "the face was moving in the rest film",
    "face_cut_off": "the face was partly outside the picture of the rest film",
    "face_hidden": "the face was partly hidden in the rest film",
    "hand_on_face": "a hand lay on the face in the rest film",
}
BROKEN_REST = "the rest film broke off before its end"
# What may be a person's own way of resting: a wide mouth, a tremor of the jaw, dyskinesia.
OWN = ("smiling_at_rest", "talking_at_rest", "not_at_rest")
FIRST = change.NEEDED
# Measures compared as logarithms: their spread grows with their mean, as diagnosis/docs/engine.md
# has it.
LOGARITHMIC = (
    *("expressivity", "amplitude"),
    *("slowness", "onset_latency", "time_to_peak", "peak_velocity", "relative_velocity"),
)
# Compared on the same device and browser only: the delay of the beep is the device's.
TIMED = ("slowness", "onset_latency", "time_to_peak")
SAME_KIND = "recorded on another kind of device ({this}) than the baseline ({other})"
SAME_DEVICE = "recorded with another device or browser than the baseline"
NOT_TOLD = "the medication state is not known"
BETWEEN = "recorded between ON and OFF"


@dataclasses.dataclass(frozen=True)
class Facts:
    """A patient's sessions by id, and what is wrong with the films of those that were filmed
    badly."""

    sessions: Mapping[UUID, RecordingSession]
    poor: Mapping[UUID, str]


@dataclasses.dataclass(frozen=True)
class Comparable:
    """The sessions of one state that are compared, oldest first, and the others with the reason.

    `obstacle` is why the newest session cannot be compared; empty when it can. `elsewhere` tells
    that it is for having been measured by another release only.
    """

    points: tuple[change.Point, ...]
    left_out: tuple[tuple[UUID, str], ...]
    obstacle: str
    newest: UUID | None
    elsewhere: bool = False


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Which sessions of a patient are compared in which series: the same for the verdicts, the
    bands and the timeline, so that each is found once."""

    patient: Patient
    trends: Trends
    facts: Facts
    unused: Mapping[UUID, str]  # the sessions with films that are in no trend, and why
    _found: dict[tuple[str, str], Comparable] = dataclasses.field(default_factory=dict, repr=False)

    def of(self, series: TrendSeries, state: str) -> Comparable:
        """Found at the first call for this series and state, which must be one of `trends`."""
        place = series.key.id, state
        if place not in self._found:
            self._found[place] = _comparable(series, state, self)
        return self._found[place]

    @property
    def today(self) -> datetime.date:
        """The day from which a baseline that is being collected is counted back: beside shifted
        dates that of the newest session, for today would tell by how much they are shifted."""
        recorded = [session.recorded for session in self.facts.sessions.values()]
        shown = max(recorded, default=None) if self.patient.shift else None
        return timezone.localdate(shown)

    def over(self, tasks: tuple[TrendSeries, ...]) -> Comparison:
        """Of the same sessions with these series of single tasks. No query."""
        return _of(self.patient, dataclasses.replace(self.trends, tasks=tasks), self.facts)


def comparison(patient: Patient, trends: Trends) -> Comparison:
    """Three queries."""
    sessions = {session.id: session for session in patient.sessions.all().dated()}
    return _of(patient, trends, Facts(sessions, _poor(patient, trends)))


def _of(patient: Patient, trends: Trends, facts: Facts) -> Comparison:
    return Comparison(patient, trends, facts, unused(trends))


@dataclasses.dataclass(frozen=True)
class _Film:
    session: UUID
    medication: str
    kind: str
    partial: bool
    codes: frozenset[str]  # of the findings


def _poor(patient: Patient, trends: Trends) -> dict[UUID, str]:
    if trends.release is None:
        return {}
    films = _films(patient, trends.release)
    rests = [film for film in films if film.kind == TaskKind.REST]
    poor = {
        film.session: POOR[code]
        for film in films
        if film.kind == TaskKind.EXPRESSION
        for code in POOR
        if code in film.codes
    }
    return poor | _spoilt(rests)


def _spoilt(rests: Sequence[_Film]) -> dict[UUID, str]:
    """The sessions whose rest film is no face at rest, and why.

    diagnosis.quality holds the shape of the mouth and the share of the time in which it moves
    against limits that are the same for everybody, so that some people's faces are always beyond
    them. What at least half of a person's FIRST rest films in the same state carry is therefore
    theirs. Later films do not enter, lest they decide which earlier sessions are compared.
    """
    own = _own(rests)
    spoilt = {}
    for film in rests:
        found = [why for code, why in POOR_REST.items() if code in film.codes
                 and (film.medication, code) not in own]  # fmt: skip
        if film.partial or found:
            spoilt[film.session] = BROKEN_REST if film.partial else found[0]
    return spoilt


def _own(rests: Sequence[_Film]) -> set[tuple[str, str]]:
    """By medication state, the findings that are the person's own way of resting; of a single
    film nobody knows."""
    first: dict[str, list[_Film]] = defaultdict(list)
    for film in rests:
        if len(first[film.medication]) < FIRST:
            first[film.medication].append(film)
    return {
        (state, code)
        for state, films in first.items()
        for code in OWN
        if len(films) > 1 and 2 * sum(code in film.codes for film in films) >= len(films)
    }


def _films(patient: Patient, release: Release) -> list[_Film]:
    """The kept films that decide, oldest first, and what `release` found. Two queries."""
    kinds = (TaskKind.REST, TaskKind.EXPRESSION)
    films = (
        Recording.objects.filter(session__patient=patient, task__trend=True, task__kind__in=kinds)
        .kept()
        .order_by("session__recorded")
    )
    results = Result.objects.filter(
        kind=Job.Kind.TAKE,
        release_sha256=release.sha256,
        engine=release.engine,
        subject__in=films.values("id"),
    ).order_by("job__created")
    codes = {
        subject: frozenset(finding["code"] for finding in findings)
        for subject, findings in results.values_list("subject", "findings")
    }
    fields = ("id", "session", "session__medication", "task__kind", "partial")
    return [
        _Film(session, medication, kind, partial, codes.get(pk, frozenset()))
        for pk, session, medication, kind, partial in films.values_list(*fields)
    ]


def device_class(session: RecordingSession) -> str:
    """PHONE, TABLET, COMPUTER, IMPORTED or DEMO; empty when the device did not tell."""
    if session.imported:
        return IMPORTED
    if session.device.get("name"):
        return DEMO
    agent = str(session.device.get("browser", ""))
    if "iPhone" in agent or ("Android" in agent and "Mobile" in agent):
        return PHONE
    if "iPad" in agent or "Android" in agent:
        return TABLET
    if "Macintosh" in agent and _is_upright(str(session.device.get("screen", ""))):
        return TABLET  # an iPad says that it is a Mac
    return COMPUTER if re.search("Windows|Macintosh|Linux|CrOS", agent) else ""


def _is_upright(screen: str) -> bool:
    width, _, height = screen.partition("x")
    return width.isdigit() and height.isdigit() and int(width) < int(height)


def is_logarithmic(series: TrendSeries) -> bool:
    return series.key.name in LOGARITHMIC


def _comparable(series: TrendSeries, state: str, among: Comparison) -> Comparable:
    """The sessions of `state` in `series` that are compared with each other."""
    found = among.facts
    points = [point for point in series.points if point.medication == state]
    reasons = _missing(series, state, among)
    reasons |= {p.session: r for p in points if (r := _obstacle(p, series, found))}
    fit = [point for point in points if point.session not in reasons]
    reasons |= _on_other_devices(fit, series, found)
    newest = max(
        (s for s in (*reasons, *(p.session for p in fit)) if is_attempt(found.sessions[s])),
        key=lambda pk: found.sessions[pk].recorded,
        default=None,
    )
    return Comparable(
        points=tuple(_change_point(p) for p in fit if p.session not in reasons),
        left_out=tuple(reasons.items()),
        obstacle=reasons.get(newest, "") if newest else "",
        newest=newest,
        elsewhere=newest not in {p.session for p in points if p.value is not None}
        and elsewhere(among.trends, newest),
    )


def _missing(series: TrendSeries, state: str, among: Comparison) -> dict[UUID, str]:
    """The sessions of the state that are not in the series at all: what became of their films."""
    sessions = among.facts.sessions
    present = {point.session for point in series.points}
    return {
        pk: reason
        for pk, reason in among.unused.items()
        if pk in sessions and sessions[pk].medication == state and pk not in present
    }


def elsewhere(trends: Trends, session: UUID | None) -> bool:
    """Whether it is for another release alone that films of the session are in no trend."""
    films = [out for out in trends.left_out if out.session == session]
    return bool(films) and all(out.elsewhere for out in films)


def unused(trends: Trends) -> dict[UUID, str]:
    """The sessions that have films which are in no trend, and why."""
    films: dict[UUID, list[LeftOut]] = defaultdict(list)
    for out in trends.left_out:
        films[out.session].append(out)
    return {pk: in_words(found) for pk, found in films.items()}


def _obstacle(point: TrendPoint, series: TrendSeries, found: Facts) -> str:
    session = found.sessions[point.session]
    no_log = is_logarithmic(series) and point.value is not None and point.value <= 0
    return next(
        (
            reason
            for is_so, reason in (
                (point.apart, labels.APART.get(point.apart, point.apart)),
                (point.value is None, point.absent),
                (session.dyskinesia == session.Dyskinesia.TROUBLESOME, "troublesome dyskinesia"),
                (session.facial_procedure, "a procedure on the face in the three months before"),
                (session.ill, "the person was ill or very tired"),
                (point.session in found.poor, found.poor.get(point.session, "")),
                (point.caution, point.caution),
                (no_log, "a value of zero has no place on its scale"),
            )
            if is_so
        ),
        "",
    )


def _on_other_devices(fit: list[TrendPoint], series: TrendSeries, found: Facts) -> dict[UUID, str]:
    """The sessions that were recorded on another kind of device than the one that counts.

    That of the newest session counts if it has a baseline of its own; else that of the first
    baseline; while there is none, that of the newest.
    """
    kinds = {p.session: _device(found.sessions[p.session], series) for p in fit}
    if len(set(kinds.values())) < 2:
        return {}
    closed = {}
    for kind in set(kinds.values()):
        whole = change.baseline([_change_point(p) for p in fit if kinds[p.session] == kind])
        if whole:
            closed[kind] = whole[-1].at
    newest = kinds[fit[-1].session]
    counts = newest if newest in closed or not closed else min(closed, key=lambda k: closed[k])
    return {pk: _on_another(kind, counts) for pk, kind in kinds.items() if kind != counts}


def _device(session: RecordingSession, series: TrendSeries) -> tuple[str, str]:
    """Its class and, where that counts, its name; each empty where it is not known."""
    if series.key.name not in TIMED:
        return device_class(session), ""
    name = re.sub(r" \d+", "", labels.device(session.device))  # browsers renew themselves
    return device_class(session), name


def _on_another(device: tuple[str, str], counts: tuple[str, str]) -> str:
    """In words without names: those who see study codes only read them too."""
    this, other = device[0], counts[0]
    if this == other:
        return SAME_DEVICE
    return SAME_KIND.format(this=this or "not known", other=other or "not known")


def _change_point(point: TrendPoint) -> change.Point:
    assert point.value is not None
    return change.Point(point.session, timezone.localtime(point.recorded), point.value)


def unknown_state(sessions: Iterable[RecordingSession]) -> tuple[UUID, str] | None:
    """The newest session, if it is in neither state, and why it is compared with none."""
    newest = max(filter(is_attempt, sessions), key=lambda one: one.recorded, default=None)
    if newest is None or newest.medication in STATES:
        return None
    between = newest.medication == newest.Medication.BETWEEN
    return newest.id, BETWEEN if between else NOT_TOLD
