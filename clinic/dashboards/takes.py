"""A session's films as its page shows them: each kept take with its newest analysis."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from clinic.dashboards import curves, labels, repeats
from clinic.dashboards.curves import CurveRow
from clinic.dashboards.measures import MeasureTable, table
from clinic.dashboards.repeats import Repeats
from clinic.dashboards.series import LEAD_IN, Release
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Job, Measure, Result, Trace
from diagnosis.video import NotAVideo

UNREADABLE = NotAVideo.code


@dataclasses.dataclass(frozen=True)
class Take:
    """`state` is the take's part of `live.snapshot`; `result` is None until there is one.

    `movement_only` says why the expression network's curves are not among the `curves`.
    """

    recording: Recording
    state: dict[str, Any]
    result: Result | None
    measures: MeasureTable
    curves: tuple[CurveRow, ...]
    repeats: Repeats | None
    movement_only: str

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
        return self.recording.has_pictures and UNREADABLE not in codes

    @property
    def seconds(self) -> float | None:
        """How long the film is; None before there is an analysis."""
        return self.result.capture.get("duration_s") if self.result else None

    @property
    def started(self) -> str:
        """How the film began where the camera check still asked for something; else empty."""
        told = self.recording.capture.get("start")
        start = told if isinstance(told, dict) else {}
        how = labels.STARTED.get(str(start.get("by")), "")
        advice = labels.words(str(start.get("advice") or ""))
        return f"{how} ({advice})" if how and advice else how

    @property
    def origin(self) -> str:
        """How the film came, where it came by another way than the recorder's; else empty."""
        capture = self.recording.capture
        if capture.get("by_hand"):
            return "It was filmed with the camera app, without beeps"
        if "salvaged" not in capture:
            return ""
        alone = "This film was never handed in by the device"
        return f"{alone}: the beep times are the planned ones" if self.recording.cues else alone

    @property
    def said(self) -> str:
        return curves.said(self.recording, self.curves)


@dataclasses.dataclass(frozen=True)
class Summary:
    """A measure of the whole session, and the `parts` that it sums up."""

    measure: Measure
    is_headline: bool
    parts: MeasureTable

    @property
    def name(self) -> str:
        return labels.named(self.measure.name)

    @property
    def meaning(self) -> str:
        return labels.MEANINGS.get(self.name, "")


@dataclasses.dataclass(frozen=True)
class Assessment:
    """What the newest analysis of the whole session says, the protocol's headline first."""

    result: Result
    release: Release
    summaries: tuple[Summary, ...]
    others: MeasureTable


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
    shown = curves.shown(traces[key])
    return Take(
        recording,
        state,
        result,
        measures=table(measures[key]),
        curves=curves.rows(recording, shown),
        repeats=repeats.of(recording, shown),
        movement_only=curves.movement_only(traces[key]),
    )


def drawn(recording: Recording) -> dict[str, Any] | None:
    """What static/ts/film.ts draws beside the film; None without a usable result.

    {"cues": [{"start", "end"}], "charts", "repeats"}: the charts of `curves.charts` over the
    film's own time, and the payload of `repeats` or None.
    """
    result = Result.objects.filter(subject=recording.id).order_by("-job__created").first()
    if result is None or not result.usable:
        return None
    shown = curves.shown(result.traces.all())
    over_the_film = [trace for trace in shown if curves.over_the_film(trace)]

    def drawn_trace(trace: Trace) -> dict[str, Any]:
        return curves.drawn(trace, curves.caution(trace, recording.task.expression))

    mean = repeats.of(recording, shown)
    return {
        "cues": recording.cues,
        "charts": curves.charts(over_the_film, drawn_trace),
        "repeats": repeats.payload(mean) if mean else None,
    }


def assessment(session: RecordingSession) -> Assessment | None:
    result = _newest(session, Job.Kind.SESSION).get(session.id)
    if result is None:
        return None
    found = list(result.measures.all())
    summaries = [
        Summary(
            measure,
            is_headline=measure.name == session.protocol.headline,
            parts=table([m for m in found if m.name in labels.PARTS[measure.name]]),
        )
        for measure in found
        if measure.name in labels.PARTS
    ]
    shown = {n for s in summaries for n in (s.measure.name, *labels.PARTS[s.measure.name])}
    return Assessment(
        result,
        Release.of(result),
        summaries=tuple(sorted(summaries, key=lambda summary: not summary.is_headline)),
        others=table([m for m in found if m.name not in shown]),
    )


def _newest(session: RecordingSession, kind: Job.Kind) -> dict[UUID, Result]:
    results = Result.objects.filter(group=session.id, kind=kind).order_by("job__created")
    return {result.subject: result for result in results}


def _by_result(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.result_id].append(row)
    return found
