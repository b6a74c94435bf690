"""What a patient's trends are made of: of each kept film and session the newest result of one
release, and of those that stay out why."""

from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from clinic.dashboards import labels
from clinic.recordings.models import (
    ProtocolTask,
    Recording,
    RecordingQuerySet,
    RecordingSession,
)
from diagnosis.config import TaskKind
from diagnosis.models import Result

LEAD_IN = "lead-in"
WHOLE = "the whole session"
ELSEWHERE = "measured only by release {release}"


@dataclasses.dataclass(frozen=True, order=True)
class Release:
    """The model version that made a number, what it was trained on, and the version of the
    formulas. `one_of_several` is set where other engines of this release stand beside it."""

    name: str
    sha256: str
    evidence: str
    engine: int
    one_of_several: bool = dataclasses.field(default=False, compare=False)

    @classmethod
    def of(cls, result: Result) -> Release:
        return cls(result.release, result.release_sha256, result.evidence, result.engine)

    @property
    def id(self) -> str:
        return f"{self.sha256}.{self.engine}"

    @property
    def title(self) -> str:
        return f"{self.name} (engine {self.engine})" if self.one_of_several else self.name


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A session, or one film of it, that is in no trend, and why. `expression` is what the film
    asks for; `elsewhere` tells that only another release measured it."""

    session: UUID
    recorded: datetime.datetime
    what: str
    reason: str
    expression: str = ""
    elsewhere: bool = False


@dataclasses.dataclass(frozen=True)
class Kept:
    """A kept recording or a session, with the newest result that the chosen release made of it."""

    session: RecordingSession
    task: ProtocolTask | None
    result: Result
    apart: str


def is_attempt(session: RecordingSession) -> bool:
    """Neither practice nor old clips were meant to be compared."""
    return not (session.practice or session.imported)


def in_words(left_out: Iterable[LeftOut]) -> str:
    """Why films of one session are in no trend; what holds for several holds for the session."""
    films: dict[str, list[str]] = defaultdict(list)
    for out in left_out:
        films[out.reason].append(out.what)
    return "; ".join(
        reason if len(names) > 1 else f"{names[0]}: {reason}" for reason, names in films.items()
    )


def told_apart(releases: Iterable[Release]) -> list[Release]:
    """The same releases, with their engines in the titles where one of them has several."""
    found = list(releases)
    engines: dict[str, set[int]] = defaultdict(set)
    for one in found:
        engines[one.sha256].add(one.engine)
    return [dataclasses.replace(one, one_of_several=len(engines[one.sha256]) > 1) for one in found]


def results_by_subject(sessions: Sequence[RecordingSession]) -> dict[UUID, list[Result]]:
    """Every result of these sessions, that of the newest job first."""
    found: dict[UUID, list[Result]] = defaultdict(list)
    results = Result.objects.filter(group__in=[s.id for s in sessions])
    for result in results.order_by("-job__created").defer("capture", "likelihood"):
        found[result.subject].append(result)
    return found


def releases(
    sessions: Sequence[RecordingSession], by_subject: dict[UUID, list[Result]]
) -> list[Release]:
    """The releases that made the results: first the one that counts, then the last used first.

    It is that of the newest session that is an attempt, or else of the newest; of several that
    measured this one, the one that did so last. `sessions` are oldest first.
    """
    results = [result for found in by_subject.values() for result in found]
    if not results:
        return []
    groups = {result.group for result in results}
    analysed = [session for session in sessions if session.id in groups]
    counts = ([session for session in analysed if is_attempt(session)] or analysed)[-1]
    results.sort(key=lambda r: (r.group == counts.id, r.created), reverse=True)
    return told_apart(dict.fromkeys(Release.of(result) for result in results))


def choose(
    sessions: Sequence[RecordingSession],
    recordings: RecordingQuerySet,
    by_subject: dict[UUID, list[Result]],
    release: Release,
) -> tuple[list[Kept], list[LeftOut]]:
    """The newest result of `release` for each session and kept film; what only others measured."""
    by_id = {session.id: session for session in sessions}
    films = list(recordings.kept().select_related("task"))
    apart = _films_apart(films, by_id)
    subjects: list[tuple[RecordingSession, ProtocolTask | None, UUID]] = [
        (by_id[r.session_id], r.task, r.id) for r in films
    ] + [(session, None, session.id) for session in sessions]
    kept, missing = [], []
    for session, task, subject in subjects:
        results = by_subject.get(subject, [])
        result = next((r for r in results if Release.of(r) == release), None)
        if result is not None:
            beside = labels.PRACTICE if session.practice else apart.get(subject, "")
            kept.append(Kept(session, task, result, beside))
        elif results and task is not None:
            _, other = told_apart((release, Release.of(results[0])))
            out = _left_out(session, task, ELSEWHERE.format(release=other.title))
            missing.append(dataclasses.replace(out, elsewhere=True))
    return kept, missing


def _films_apart(
    films: Iterable[Recording], by_id: dict[UUID, RecordingSession]
) -> dict[UUID, str]:
    """Why what these films show is not compared with other sessions, by the film and, for
    expressions, by the session that sums them up; those that are compared are not in it."""
    apart: dict[UUID, str] = {}
    for film in films:
        is_expression = film.task.kind == TaskKind.EXPRESSION
        is_late = _began_late(film, by_id[film.session_id])
        if reason := labels.LATER if is_late else _film_apart(film, is_expression):
            apart[film.id] = reason
            if is_expression:
                apart.setdefault(film.session_id, reason)
    return apart


def _began_late(film: Recording, session: RecordingSession) -> bool:
    """When the person may have been in another state than the one that they told, as far as it is
    known when it was filmed."""
    if session.told is None or film.filmed is None:
        return False
    return film.filmed > session.told + session.TOLD_HOLDS


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


def comparable(kept: Sequence[Kept]) -> tuple[list[Kept], list[LeftOut]]:
    """What may stand on one line: usable, against a rest film, the task as it is filmed now, in
    the newest session that is an attempt.

    A session's own result may not, if a film that it sums up may not.
    """
    films = [item for item in in_order(kept) if item.task]
    films.sort(key=lambda item: is_attempt(item.session))
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
    what, expression = (task.title, task.expression) if task else (WHOLE, "")
    return LeftOut(session.id, session.recorded, what, reason, expression)


def in_order(kept: Iterable[Kept]) -> list[Kept]:
    return sorted(kept, key=lambda item: item.session.recorded)


def _obstacle(item: Kept, shapes: dict[str, tuple[float, int, float, float]]) -> str | None:
    if not item.result.usable:
        found = [f["staff"] for f in item.result.findings if f["severity"] == "blocks"]
        return "; ".join(found) or "not usable"
    if item.result.neutral_source == LEAD_IN:
        return "no usable rest film: measured against its own lead-in"
    if item.task is not None and _shape(item.task) != shapes[item.task.code]:
        return "filmed with other cue times than now"
    return None
