"""Which sessions may be compared with each other, and why the others may not.

Comparable are sessions in the same medication state, measured by one release (a series is of one),
recorded on the same kind of device as the baseline, of adequate quality, without troublesome
dyskinesia (it reads as more movement), illness, great tiredness or a recent procedure on the face:
these move the face for reasons of their own, and are asked with each session to be told apart.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils import timezone

from clinic.dashboards import labels
from clinic.dashboards.series import TrendPoint, Trends, TrendSeries
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
# Measures compared as logarithms: their spread grows with their mean, as diagnosis/docs/engine.md
# has it.
LOGARITHMIC = (
    *("expressivity", "amplitude"),
    *("slowness", "onset_latency", "time_to_peak", "peak_velocity", "relative_velocity"),
)
# Compared on the same device and browser only: the delay of the beep is the device's.
TIMED = ("slowness", "onset_latency", "time_to_peak")
SAME_DEVICE = "recorded on another kind of device ({this}) than the baseline ({other})"
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

    `obstacle` is why the newest session cannot be compared; empty when it can.
    """

    points: tuple[change.Point, ...]
    left_out: tuple[tuple[UUID, str], ...]
    obstacle: str
    newest: UUID | None


def facts(patient: Patient, trends: Trends) -> Facts:
    """Two queries."""
    sessions = {session.id: session for session in patient.sessions.all()}
    return Facts(sessions, _poor(patient, trends))


def _poor(patient: Patient, trends: Trends) -> dict[UUID, str]:
    if trends.release is None:
        return {}
    films = Recording.objects.filter(
        session__patient=patient, task__trend=True, task__kind=TaskKind.EXPRESSION
    ).kept()
    results = Result.objects.filter(
        kind=Job.Kind.TAKE,
        release_sha256=trends.release.sha256,
        subject__in=films.values("id"),
    ).order_by("job__created")
    newest = {
        subject: (group, findings)
        for subject, group, findings in results.values_list("subject", "group", "findings")
    }
    return {
        group: POOR[finding["code"]]
        for group, findings in newest.values()
        for finding in findings
        if finding["code"] in POOR
    }


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


def comparable(series: TrendSeries, state: str, trends: Trends, found: Facts) -> Comparable:
    """The sessions of `state` in `series` that are compared with each other."""
    points = [point for point in series.points if point.medication == state]
    reasons = _missing(series, state, trends, found)
    reasons |= {p.session: r for p in points if (r := _obstacle(p, series, found))}
    fit = [point for point in points if point.session not in reasons]
    reasons |= _on_other_devices(fit, series, found)
    newest = max(
        (s for s in (*reasons, *(p.session for p in fit)) if _is_attempt(found.sessions[s])),
        key=lambda pk: found.sessions[pk].recorded,
        default=None,
    )
    return Comparable(
        points=tuple(_change_point(p) for p in fit if p.session not in reasons),
        left_out=tuple(reasons.items()),
        obstacle=reasons.get(newest, "") if newest else "",
        newest=newest,
    )


def _is_attempt(session: RecordingSession) -> bool:
    """Neither practice nor old clips were meant to be compared."""
    return not (session.practice or session.imported)


def _missing(series: TrendSeries, state: str, trends: Trends, found: Facts) -> dict[UUID, str]:
    """The sessions of the state that are not in the series at all: what became of their films."""
    present = {point.session for point in series.points}
    return {
        pk: reason
        for pk, reason in unused(trends).items()
        if pk in found.sessions and found.sessions[pk].medication == state and pk not in present
    }


def unused(trends: Trends) -> dict[UUID, str]:
    """The sessions that have films which are in no trend, and why."""
    films: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for out in trends.left_out:
        films[out.session][out.reason].append(out.what)
    return {pk: "; ".join(_told(*one) for one in told.items()) for pk, told in films.items()}


def _told(reason: str, films: list[str]) -> str:
    """What holds for several films holds for the session."""
    return reason if len(films) > 1 else f"{films[0]}: {reason}"


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
    return {
        pk: SAME_DEVICE.format(this=kind or "not known", other=counts or "not known")
        for pk, kind in kinds.items()
        if kind != counts
    }


def _device(session: RecordingSession, series: TrendSeries) -> str:
    kind = device_class(session)
    if series.key.name not in TIMED:
        return kind
    name = re.sub(r" \d+", "", labels.device(session.device))  # browsers renew themselves
    return f"{kind}, {name}" if name else kind


def _change_point(point: TrendPoint) -> change.Point:
    assert point.value is not None
    return change.Point(point.session, timezone.localtime(point.recorded), point.value)


def unknown_state(sessions: Iterable[RecordingSession]) -> tuple[UUID, str] | None:
    """The newest session, if it is in neither state, and why it is compared with none."""
    newest = max(filter(_is_attempt, sessions), key=lambda one: one.recorded, default=None)
    if newest is None or newest.medication in STATES:
        return None
    between = newest.medication == newest.Medication.BETWEEN
    return newest.id, BETWEEN if between else NOT_TOLD
