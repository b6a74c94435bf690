"""Live progress of a session's analysis.

The database is the bus. Each web process looks at the job rows of those sessions that its own
sockets watch, and fans what changed out to them; permission is checked again for every message.
Pages that get no socket ask for the same snapshot by HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404, HttpRequest, JsonResponse

from clinic.accounts.models import User
from clinic.recordings.access import may_capture
from clinic.recordings.analysis import newest_jobs
from clinic.recordings.models import RecordingSession
from diagnosis import queue
from diagnosis.models import Job, Result

log = logging.getLogger(__name__)
POLL_S = 0.5
FAILED = "This film could not be analysed. It is kept, and your clinic can try again."
ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


def snapshot(session: RecordingSession) -> dict[str, Any]:
    """Where each kept take of the session stands, and the session's own job."""
    jobs = newest_jobs([session.id])
    results = {r.job_id: r for r in Result.objects.filter(group=session.id)}
    places = queue.places()
    recordings = session.recordings.kept().select_related("task")
    takes = [
        {
            "recording": str(recording.id),
            "task": recording.task.code,
            "title": recording.task.title,
            "attempt": recording.attempt,
            **_job_state(jobs.get(recording.id), results, places),
        }
        for recording in recordings
    ]
    summary = {
        "session": str(session.id),
        "submitted": session.submitted is not None,
        "takes": takes,
        "session_job": _job_state(jobs[session.id], results, places)
        if session.id in jobs
        else None,
    }
    ended = all(part["state"] in {*ENDED, "none"} for part in parts(summary))
    return {**summary, "done": session.submitted is not None and ended}


def parts(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of the takes and, where there is one, of the session's own job."""
    job = snapshot["session_job"]
    return [*snapshot["takes"], *([job] if job else [])]


def for_patient(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The snapshot without what is meant for staff: measured defects and program errors."""

    def plain(part: dict[str, Any]) -> dict[str, Any]:
        findings = [{**f, "staff": ""} for f in part["findings"]]
        return {**part, "findings": findings, "error": FAILED if part["error"] else ""}

    job = snapshot["session_job"]
    takes = [plain(take) for take in snapshot["takes"]]
    return {**snapshot, "takes": takes, "session_job": plain(job) if job else None}


def _job_state(
    job: Job | None, results: dict[uuid.UUID, Result], places: dict[uuid.UUID, int]
) -> dict[str, Any]:
    """The state "none" is a recording that is kept but not analysed: there is no consent to it."""
    if job is None:
        return {"state": "none", "stage": "", "percent": 0, "place": None, "error": "",
                "usable": None, "findings": []}  # fmt: skip
    result = results.get(job.id)
    return {
        "state": job.state,
        "stage": job.stage,
        "percent": job.percent,
        "place": places.get(job.id),
        "error": job.error if job.state == Job.State.FAILED else "",
        "usable": result.usable if result else None,
        "findings": result.findings if result else [],
    }


def visible_snapshot(
    user: User | AnonymousUser, cookies: Mapping[str, str], session_id: uuid.UUID
) -> dict[str, Any] | None:
    """For the clinic's staff, or the holder of the session's capture link; None for others."""
    session = RecordingSession.objects.visible_to(user).filter(pk=session_id).first()
    if session is not None:
        return snapshot(session)
    access = may_capture(user, cookies, session_id)
    return for_patient(snapshot(access.session)) if access else None


def progress(request: HttpRequest, session_id: uuid.UUID) -> JsonResponse:
    visible = visible_snapshot(request.user, request.COOKIES, session_id)
    if visible is None:
        raise Http404
    return JsonResponse(visible)


class Watcher:
    """One per process: polls the watched sessions while there is any, and tells their group of the
    first look and of each change.
    """

    def __init__(self) -> None:
        self._watched: Counter[uuid.UUID] = Counter()
        self._task: asyncio.Task[None] | None = None

    def add(self, session_id: uuid.UUID) -> None:
        self._watched[session_id] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll())

    def remove(self, session_id: uuid.UUID) -> None:
        self._watched[session_id] -= 1
        if self._watched[session_id] <= 0:
            del self._watched[session_id]

    async def _poll(self) -> None:
        seen: dict[uuid.UUID, object] = {}
        while self._watched:
            try:
                seen = await self._tell_changes(seen)
            except Exception:
                # A database that is away for a moment must not still every open page.
                log.exception("progress could not be read")
            await asyncio.sleep(POLL_S)

    async def _tell_changes(self, seen: dict[uuid.UUID, object]) -> dict[uuid.UUID, object]:
        layer = get_channel_layer()
        now: dict[uuid.UUID, object] = await database_sync_to_async(_marks)(list(self._watched))
        for session_id, mark in now.items():
            if seen.get(session_id) != mark:
                await layer.group_send(_group(session_id), {"type": "session.changed"})
        return now


def _marks(session_ids: list[uuid.UUID]) -> dict[uuid.UUID, object]:
    """Something that differs whenever a session's snapshot may differ; two queries in all."""
    rows: dict[uuid.UUID, list[object]] = {pk: [] for pk in session_ids}
    fields = ("group", "id", "state", "stage", "percent", "attempts")
    jobs = Job.objects.filter(group__in=session_ids).order_by("id")
    for group, *row in jobs.values_list(*fields):
        rows[group].append(tuple(row))
    queued = Job.objects.filter(state=Job.State.QUEUED).count()
    submitted = dict(
        RecordingSession.objects.filter(id__in=session_ids).values_list("id", "submitted")
    )
    return {pk: (tuple(row), queued, submitted.get(pk)) for pk, row in rows.items()}


def _group(session_id: uuid.UUID) -> str:
    return f"session.{session_id}"


watcher = Watcher()


class SessionProgress(AsyncJsonWebsocketConsumer):
    """Sends the session's snapshot at connection and after each change."""

    async def connect(self) -> None:
        self.session_id: uuid.UUID = self.scope["url_route"]["kwargs"]["session_id"]
        if await self._snapshot() is None:
            await self.close(code=4404)
            return
        await self.channel_layer.group_add(_group(self.session_id), self.channel_name)
        await self.accept()
        self.watching = True
        watcher.add(self.session_id)
        await self.session_changed({})

    async def disconnect(self, code: int) -> None:
        if getattr(self, "watching", False):
            watcher.remove(self.session_id)
            await self.channel_layer.group_discard(_group(self.session_id), self.channel_name)

    async def session_changed(self, event: dict[str, Any]) -> None:
        current = await self._snapshot()
        if current is None:
            await self.close(code=4404)
        else:
            await self.send_json(current)

    async def _snapshot(self) -> dict[str, Any] | None:
        """As whoever is signed in now: an open socket outlives neither sign-out nor account."""
        login = SessionStore(self.scope["session"].session_key)
        user = await get_user({"session": login})
        look: dict[str, Any] | None = await database_sync_to_async(visible_snapshot)(
            user, self.scope["cookies"], self.session_id
        )
        return look
