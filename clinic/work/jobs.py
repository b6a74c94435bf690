"""The queue one can see: the work under way on sessions that a person may see, and who is before.

Of other clinics there are only counts.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, When
from django.utils import timezone

from clinic.accounts.models import User
from clinic.recordings.analysis import ACTIVE
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import queue
from diagnosis.models import Job

SHOWN = 100
SUMMARY = "Summary of the session"
STAGES = {
    "landmarks": "following the face",
    "intensity": "comparing with the asked expression",
    "measures": "measuring",
}
SAID = (
    (Job.State.RUNNING, "being analysed"),
    (Job.State.QUEUED, "in the queue"),
    (Job.State.WAITING, "waiting for the rest film"),
)
STOPPED = "its worker has stopped; another takes it over"


@dataclasses.dataclass(frozen=True)
class Row:
    """`place` is 1 for what is claimed next, None for what is not in the queue itself."""

    job: Job
    session: RecordingSession
    title: str
    place: int | None
    alive: bool

    @property
    def words(self) -> str:
        if self.job.state == Job.State.RUNNING:
            return self._running()
        if self.place is not None:
            return f"number {self.place} in the queue"
        return self.job.get_state_display()

    def _running(self) -> str:
        if not self.alive:
            return STOPPED
        return f"{STAGES.get(self.job.stage, 'starting')}, {self.job.percent} %"


@dataclasses.dataclass(frozen=True)
class Queue:
    """`rows` are the first SHOWN of all; `counts` are all by their state; `before` are
    jobs of other clinics that come before the first queued one of these; `running` are all jobs of
    the site that a worker has in hand."""

    rows: Sequence[Row]
    counts: Mapping[str, int]
    before: int
    running: int
    stands_still: bool

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    @property
    def running_elsewhere(self) -> int:
        mine = sum(row.job.state == Job.State.RUNNING and row.alive for row in self.rows)
        return max(0, self.running - mine)

    @property
    def said(self) -> str:
        """In one line, for a screen reader too."""
        if not self.count:
            return "No analysis is under way or waits."
        told = (f"{self.counts[state]} {words}" for state, words in SAID if self.counts.get(state))
        return ", ".join(told) + "."


def visible(user: User) -> Queue:
    """Six queries, however many jobs there are."""
    now = timezone.now()
    mine = _active(user)
    shown = list(mine[:SHOWN])
    places = queue.places()
    rows = _rows(shown, places, now)
    running = Job.objects.filter(state=Job.State.RUNNING, lease_until__gt=now).count()
    first = min((row.place for row in rows if row.place is not None), default=1)
    return Queue(
        rows=rows,
        counts=dict(mine.order_by().values_list("state").annotate(Count("pk"))),
        before=first - 1,
        running=running,
        stands_still=bool(places) and not running,
    )


def titles(jobs: Iterable[Job]) -> dict[UUID, str]:
    """What each job is about, by its subject: the film's task, or SUMMARY. One query."""
    subjects = {job.subject for job in jobs}
    films = Recording.objects.filter(pk__in=subjects).values_list("pk", "task__title")
    return dict.fromkeys(subjects, SUMMARY) | dict(films)


def _active(user: User) -> QuerySet[Job]:
    """Running, then queued in order, then waiting."""
    sessions = RecordingSession.objects.visible_to(user).filter(pk=OuterRef("group"))
    order = Case(
        When(state=Job.State.RUNNING, then=0), When(state=Job.State.QUEUED, then=1), default=2
    )
    found = Job.objects.filter(state__in=ACTIVE).filter(Exists(sessions))
    return found.order_by(order, "priority", "created")


def _rows(jobs: Sequence[Job], places: dict[UUID, int], now: datetime.datetime) -> list[Row]:
    sessions = RecordingSession.objects.select_related("patient__clinic").in_bulk(
        {job.group for job in jobs}
    )
    named = titles(jobs)
    return [
        Row(
            job,
            sessions[job.group],
            title=named[job.subject],
            place=places.get(job.pk),
            alive=job.lease_until is not None and job.lease_until > now,
        )
        for job in jobs
    ]
