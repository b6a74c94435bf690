"""A session's films as its page shows them: each kept take with its newest analysis."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from clinic.dashboards import curves
from clinic.dashboards.curves import CurveRow
from clinic.dashboards.series import LEAD_IN, Release
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Job, Measure, Result, Trace
from diagnosis.video import NotAVideo

UNREADABLE = NotAVideo.code


@dataclasses.dataclass(frozen=True)
class Take:
    """`state` is the take's part of `live.snapshot`; `result` is None until there is one."""

    recording: Recording
    state: dict[str, Any]
    result: Result | None
    measures: tuple[Measure, ...]
    curves: tuple[CurveRow, ...]

    @property
    def release(self) -> Release | None:
        return Release.of(self.result) if self.result else None

    @property
    def from_lead_in(self) -> bool:
        return self.result is not None and self.result.neutral_source == LEAD_IN

    @property
    def playable(self) -> bool:
        """Whether the file is a film at all."""
        codes = {finding["code"] for finding in self.state["findings"]}
        return UNREADABLE not in codes

    @property
    def said(self) -> str:
        return curves.said(self.recording, self.curves)


@dataclasses.dataclass(frozen=True)
class Assessment:
    """What the newest analysis of the whole session says; `headline` is the protocol's measure."""

    result: Result
    release: Release
    headline: Measure | None
    others: tuple[Measure, ...]


def takes(session: RecordingSession, snapshot: dict[str, Any]) -> list[Take]:
    """The kept takes of `live.snapshot`, in the protocol's order; four queries."""
    states = {UUID(take["recording"]): take for take in snapshot["takes"]}
    kept = session.recordings.kept().select_related("task")
    results = _newest(session, Job.Kind.TAKE)
    measures = _by_result(Measure.objects.filter(result__in=list(results.values())))
    traces = _by_result(Trace.objects.filter(result__in=list(results.values())))
    return [
        _take(recording, states[recording.id], results.get(recording.id), measures, traces)
        for recording in kept
        if recording.id in states
    ]


def _take(
    recording: Recording,
    state: dict[str, Any],
    result: Result | None,
    measures: dict[UUID, list[Any]],
    traces: dict[UUID, list[Any]],
) -> Take:
    key = result.id if result else UUID(int=0)
    rows = curves.rows(recording, traces[key])
    return Take(recording, state, result, tuple(measures[key]), rows)


def assessment(session: RecordingSession) -> Assessment | None:
    result = _newest(session, Job.Kind.SESSION).get(session.id)
    if result is None:
        return None
    found = list(result.measures.all())
    headline = next((m for m in found if m.name == session.protocol.headline), None)
    others = tuple(m for m in found if m != headline)
    return Assessment(result, Release.of(result), headline, others)


def _newest(session: RecordingSession, kind: Job.Kind) -> dict[UUID, Result]:
    results = Result.objects.filter(group=session.id, kind=kind).order_by("job__created")
    return {result.subject: result for result in results}


def _by_result(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.result_id].append(row)
    return found
