"""What changed in how a patient was filmed: the kind of device, the frame rate, the light, the
release. A number that moves where one of them moves need not have changed in the face."""

from __future__ import annotations

import dataclasses
import datetime
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from clinic.verdicts.comparable import device_class
from diagnosis.models import Job, Result

DEVICE, FRAMES, LIGHT, RELEASE = "Device", "Frame rate", "Light", "Release"
KINDS = (DEVICE, FRAMES, LIGHT, RELEASE)
LOW_FPS = 20
FPS_CHANGE = 0.2
# What the analysis finds about the light of a film.
LIGHTS = {"too_dark": "too dark", "too_bright": "too bright", "uneven_light": "from one side"}


@dataclasses.dataclass(frozen=True)
class Flag:
    """One of KINDS at a session, in words."""

    session: UUID
    recorded: datetime.datetime
    kind: str
    words: str


@dataclasses.dataclass(frozen=True)
class _Filming:
    """How one session was filmed; empty or None where that is not known."""

    session: RecordingSession
    device: str
    fps: float | None
    light: tuple[str, ...]
    release: str


def flags(patient: Patient) -> tuple[Flag, ...]:
    """Each against the session before of which the same is known. Two queries.

    The frame rate of a session is the median over its films; its light what the newest analyses
    found in any of them.
    """
    found: list[Flag] = []
    last: dict[str, Any] = {}
    for filming in _filmings(patient):
        for kind, now, told in _facts(filming):
            words = _told(kind, last.get(kind), now, told)
            if words:
                session = filming.session
                found.append(Flag(session.id, session.recorded, kind, words))
            last[kind] = now
    return tuple(found)


def filmed_apart(
    first: RecordingSession, second: RecordingSession
) -> tuple[tuple[str, str, str], ...]:
    """FRAMES and LIGHT where two sessions of a patient differ in them, and how each was filmed.

    Nothing where one is not analysed. Two queries.
    """
    of = {filming.session.id: filming for filming in _filmings(first.patient)}
    if first.id not in of or second.id not in of:
        return ()
    before, after = (
        {kind: (value, told) for kind, value, told in _facts(of[session.id])}
        for session in (first, second)
    )
    return tuple(
        (kind, before[kind][1], after[kind][1])
        for kind in (FRAMES, LIGHT)
        if kind in before
        and kind in after
        and (
            _told(kind, before[kind][0], *after[kind]) or _told(kind, after[kind][0], *before[kind])
        )
    )


def _filmings(patient: Patient) -> Iterator[_Filming]:
    """Of the sessions with an analysed film, oldest first."""
    films = Recording.objects.filter(session__patient=patient).kept().values("id")
    results = Result.objects.filter(kind=Job.Kind.TAKE, subject__in=films).order_by("job__created")
    fields = ("group", "subject", "release", "capture", "findings")
    by_session: dict[UUID, dict[UUID, tuple[Any, ...]]] = defaultdict(dict)
    for group, subject, *told in results.values_list(*fields):
        by_session[group][subject] = tuple(told)  # the newest analysis is the last
    for session in patient.sessions.order_by("recorded").dated():
        if analysed := list(by_session[session.id].values()):
            yield _filming(session, analysed)


def _filming(session: RecordingSession, analysed: Sequence[tuple[Any, ...]]) -> _Filming:
    releases, captures, findings = zip(*analysed, strict=True)
    return _Filming(
        session=session,
        device=device_class(session),
        fps=_fps(captures),
        light=_light(findings),
        release=releases[-1],
    )


def _fps(captures: Iterable[Mapping[str, Any]]) -> float | None:
    """As `CaptureFacts.steady_fps`: gaps lower the mean rate, uneven timing the median."""
    rates = [min(c["fps"], c["fps_mean"]) for c in captures if c.get("fps") and c.get("fps_mean")]
    return statistics.median(rates) if rates else None


def _light(findings: Iterable[Sequence[Mapping[str, Any]]]) -> tuple[str, ...]:
    codes = {finding["code"] for group in findings for finding in group}
    return tuple(words for code, words in LIGHTS.items() if code in codes)


def _facts(filming: _Filming) -> Iterator[tuple[str, Any, str]]:
    """Kind, value and its words, of what is known."""
    if filming.device:
        yield DEVICE, filming.device, filming.device
    if filming.fps is not None:
        yield FRAMES, filming.fps, f"{filming.fps:.0f} frames per second"
    yield LIGHT, filming.light, " and ".join(filming.light) or "without a remark"
    yield RELEASE, filming.release, filming.release


def _told(kind: str, before: Any, now: Any, told: str) -> str:
    """Empty where there is nothing to flag."""
    if kind == FRAMES:
        change = before is not None and abs(now - before) > FPS_CHANGE * before
        if now < LOW_FPS:
            return f"{told}: fewer than {LOW_FPS}"
        return f"{told}, before {before:.0f}" if change else ""
    if kind == LIGHT and before is None:
        return told if now else ""
    if before is None or before == now:
        return ""
    return (
        f"{told}, before {' and '.join(before) or 'without a remark'}"
        if kind == LIGHT
        else (f"{told}, before {before}")
    )
