"""The work list: what waits for somebody, section by section."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from clinic.accounts.models import Permission, User
from clinic.dashboards import states
from clinic.recordings.models import RecordingSession
from clinic.reminders.models import Plan
from clinic.verdicts.models import Verdict
from clinic.work import found, jobs
from diagnosis.config import Severity
from diagnosis.models import Result

SHOWN = 5
PER_PAGE = 50
CALL_AFTER = 2  # reminders left out one after the other, as Adherence.needs_call


@dataclasses.dataclass(frozen=True)
class Kind:
    """`empty` says what there is to do when nothing waits; `rows` makes of a page of what `find`
    finds what the template named by `key` shows."""

    key: str
    title: str
    empty: str
    permission: Permission
    find: Callable[[User], QuerySet[Any, Any]]
    rows: Callable[[Sequence[Any]], Sequence[Any]]


@dataclasses.dataclass(frozen=True)
class Section:
    kind: Kind
    page: Page[Any]
    rows: Sequence[Any]

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def template(self) -> str:
        return f"work/{self.kind.key}.html"


def section(kind: Kind, user: User, *, per_page: int = SHOWN, number: str | None = None) -> Section:
    """A constant number of queries."""
    page = Paginator(kind.find(user), per_page).get_page(number)
    return Section(kind, page, kind.rows(list(page)))


@dataclasses.dataclass(frozen=True)
class Film:
    """Why it cannot be used, and what to ask of the patient."""

    title: str
    reason: str
    retake: str


@dataclasses.dataclass(frozen=True)
class Unscored:
    session: RecordingSession
    films: Sequence[Film]


@dataclasses.dataclass(frozen=True)
class Failed:
    """A session with (title, error) of each job that failed."""

    session: RecordingSession
    errors: Sequence[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Overdue:
    plan: Plan
    missed: int
    last: Any

    @property
    def needs_call(self) -> bool:
        return self.missed >= CALL_AFTER


def _verdicts(page: Sequence[Verdict]) -> Sequence[Verdict]:
    return page


def _with_states(page: Sequence[RecordingSession]) -> Sequence[states.SessionRow]:
    chosen = RecordingSession.objects.filter(pk__in=[session.pk for session in page])
    return states.rows(chosen.select_related("patient"))


def _unscored(page: Sequence[RecordingSession]) -> Sequence[Unscored]:
    films = found.useless_films().filter(session__in=[session.pk for session in page])
    recordings = list(films.select_related("task"))
    results = Result.objects.filter(subject__in=[recording.pk for recording in recordings])
    newest = {result.subject: result for result in results.order_by("created")}
    of_session: dict[UUID, list[Film]] = defaultdict(list)
    for recording in recordings:
        film = _film(recording.task.title, newest[recording.pk])
        of_session[recording.session_id].append(film)
    return [Unscored(session, of_session[session.pk]) for session in page]


def _film(title: str, result: Result) -> Film:
    blocking = [f for f in result.findings if f["severity"] == Severity.BLOCKS]
    reason = " ".join(finding["staff"] for finding in blocking)
    retake = " ".join(dict.fromkeys(finding["patient"] for finding in blocking))
    return Film(title, reason, retake)


def _overdue(page: Sequence[dict[str, Any]]) -> Sequence[Overdue]:
    plans = Plan.objects.select_related("patient").in_bulk([row["plan"] for row in page])
    return [Overdue(plans[row["plan"]], row["missed"], row["last"]) for row in page]


def _failed(page: Sequence[RecordingSession]) -> Sequence[Failed]:
    failed = list(found.failed_jobs().filter(group__in=[session.pk for session in page]))
    titles = jobs.titles(failed)
    errors: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for job in failed:
        errors[job.group].append((titles[job.subject], job.error))
    return [Failed(session, errors[session.pk]) for session in page]


VERDICTS = Kind(
    "verdicts",
    "Unread verdicts",
    "Every verdict was read. A new one appears here when a session changes the answer.",
    Permission.SEE_MEASURES,
    found.unread_verdicts,
    _verdicts,
)
NEW = Kind(
    "new",
    "New sessions",
    "Every session of the last four weeks was opened. Start one from a patient's page.",
    Permission.SEE_NAMES,
    found.new_sessions,
    _with_states,
)
UNSCORED = Kind(
    "unscored",
    "Cannot score",
    "The films of the last four weeks can be used, or were recorded again.",
    Permission.SEE_NAMES,
    found.cannot_score,
    _unscored,
)
OVERDUE = Kind(
    "overdue",
    "Overdue at home",
    "Nobody with a plan has left a reminder unanswered. Plans are made on a patient's page.",
    Permission.RECORD,
    found.overdue,
    _overdue,
)
FAILED = Kind(
    "failed",
    "Failed analyses",
    "No analysis has failed. The queue shows those that are under way.",
    Permission.SEE_NAMES,
    found.failed_sessions,
    _failed,
)
KINDS = (VERDICTS, NEW, UNSCORED, OVERDUE, FAILED)
