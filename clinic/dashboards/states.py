"""Where each session of a patient stands, for lists and for the line that counts them."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count

from clinic.dashboards.charts import written
from clinic.recordings.analysis import ACTIVE, newest_jobs
from clinic.recordings.models import Recording, RecordingSession, SessionQuerySet
from diagnosis.models import Job


class State(enum.StrEnum):
    OPEN = "open"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    FAILED = "failed"
    UNANALYSED = "unanalysed"


@dataclasses.dataclass(frozen=True)
class SessionRow:
    """A session with its state, also in words; `percent` of its analysis is done."""

    session: RecordingSession
    state: State
    words: str
    films: int
    percent: int


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far these sessions have come. `mark` differs whenever the page would."""

    sessions: int
    analysed: int
    analysing: int
    unfilmed: int
    percent: int
    mark: str

    @property
    def moving(self) -> bool:
        return self.analysing > 0


def rows(sessions: SessionQuerySet) -> list[SessionRow]:
    """Three queries, however many sessions there are."""
    found = list(
        sessions.select_related("protocol")
        .annotate(tasks=Count("protocol__tasks"))
        .order_by("-recorded")
    )
    ids = [session.id for session in found]
    jobs = newest_jobs(ids)
    films: dict[UUID, list[UUID]] = defaultdict(list)
    kept = Recording.objects.filter(session__in=ids).kept()
    for session_id, pk in kept.values_list("session_id", "id"):
        films[session_id].append(pk)
    return [
        _row(session, [jobs.get(pk) for pk in films[session.id]], jobs.get(session.id))
        for session in found
    ]


def _row(session: RecordingSession, jobs: Sequence[Job | None], summary: Job | None) -> SessionRow:
    films = len(jobs)
    analyses = [job for job in jobs if job is not None]
    state = _state(session, [*analyses, *([summary] if summary else [])])
    done = sum(job.state == Job.State.DONE for job in analyses)
    percent = round(sum(_percent(job) for job in analyses) / len(analyses)) if analyses else 0
    tasks: int = session.tasks  # type: ignore[attr-defined]
    begun = f"{films} of {tasks} films" if films else "nothing filmed yet"
    words = {
        State.OPEN: f"Too ill to record on {written(session.too_ill)}, {begun}"
        if session.too_ill
        else f"Open, {begun}",
        State.ANALYSING: f"Being analysed, {done} of {films} films done",
        State.ANALYSED: "Analysed",
        State.FAILED: f"Analysis failed for {films - done} of {films} films"
        if done < films
        else "The summary of the session failed",
        State.UNANALYSED: "Not analysed: no consent to it",
    }[state]
    return SessionRow(session, state, words, films, percent)


def _state(session: RecordingSession, jobs: Sequence[Job]) -> State:
    if session.submitted is None:
        return State.OPEN
    if any(job.state in ACTIVE for job in jobs):
        return State.ANALYSING
    if any(job.state == Job.State.FAILED for job in jobs):
        return State.FAILED
    return State.ANALYSED if jobs else State.UNANALYSED


def _percent(job: Job) -> int:
    return job.percent if job.state == Job.State.RUNNING else 0 if job.state in ACTIVE else 100


def _mark(listed: Sequence[SessionRow]) -> str:
    shown = "\n".join(f"{row.session.id} {row.words}" for row in listed)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def progress(found: Iterable[SessionRow]) -> Progress:
    listed = list(found)
    states = [row.state for row in listed]
    return Progress(
        sessions=len(listed),
        analysed=states.count(State.ANALYSED),
        analysing=states.count(State.ANALYSING),
        unfilmed=sum(row.state == State.OPEN and not row.films for row in listed),
        percent=round(sum(row.percent for row in listed) / len(listed)) if listed else 0,
        mark=_mark(listed),
    )
