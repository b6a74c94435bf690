"""What moved in a session and when, in words, against the patient's own baseline.

The baseline is that of the verdict: the patient's first comparable sessions in the same medication
state, measured by the same release.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from clinic.dashboards import labels
from clinic.dashboards.series import Release, trends
from clinic.dashboards.takes import Take
from clinic.recordings.models import ProtocolTask, Recording, RecordingSession
from clinic.verdicts import judging
from diagnosis import change
from diagnosis.config import Side, TaskKind
from diagnosis.models import Job, Measure, Result

# The parts of the face, and the regions that the engine measures in each.
PARTS: Mapping[str, tuple[str, ...]] = {
    "Brows": ("brow", "inner brow", "between the brows", "forehead"),
    "Eyes": ("eyelids", "eyes"),
    "Nose and cheeks": ("nose", "nose root", "cheek"),
    "Mouth": ("mouth corner", "mouth", "mouth width", "upper lip"),
}
OTHER = "Face"
# What the story tells of each kind of task: how far or how often, and when.
TOLD: Mapping[TaskKind, tuple[str, ...]] = {
    TaskKind.REST: ("blink_rate", "eye_opening", "lips_apart"),
    TaskKind.TALK: ("movement_sd",),
    TaskKind.EXPRESSION: ("amplitude",),
}
WHEN = ("onset_latency", "time_to_peak")
LESS, MORE, USUAL = "less than usual", "more than usual", "as usual"

Key = tuple[str, str, str, str]  # task's code, measure's name, region, side
Baseline = Mapping[Key, change.Band]


@dataclasses.dataclass(frozen=True)
class Row:
    """One measure of a region: both sides together, and each side where it was measured.

    `band` is what is usual for this person; None while there is no baseline of it.
    """

    part: str
    name: str
    both: Measure
    left: Measure | None
    right: Measure | None
    band: change.Band | None

    @property
    def word(self) -> str:
        """LESS, MORE or USUAL; empty without a value or a band."""
        if self.both.value is None or self.band is None:
            return ""
        if self.both.value < self.band.low:
            return LESS
        return MORE if self.both.value > self.band.high else USUAL


@dataclasses.dataclass(frozen=True)
class TaskStory:
    """A task's rows, the main movement first, and `said`: the same in sentences."""

    recording: UUID
    title: str
    rows: tuple[Row, ...]
    said: str


@dataclasses.dataclass(frozen=True)
class Story:
    """`baseline` is how many sessions the comparison rests on; 0 while there is none."""

    release: Release
    baseline: int
    tasks: tuple[TaskStory, ...]

    @property
    def said(self) -> str:
        """Which movements were unusual, in one sentence."""
        if not self.baseline:
            return "There is no baseline yet to compare with."
        found = [(task.title, row) for task in self.tasks for row in task.rows if row.word]
        unusual = [f"{row.name.lower()} in “{title}” {row.word}" for title, row in found
                   if row.word != USUAL]  # fmt: skip
        compared = f"Compared with {self.baseline} baseline sessions"
        if not unusual:
            return f"{compared}, every movement was as usual."
        return f"{compared}, not as usual ({len(unusual)} of {len(found)}): {'; '.join(unusual)}."


def story(session: RecordingSession, takes: Sequence[Take]) -> Story | None:
    """The story of the takes that a session page shows; None until one is measured.

    A constant number of queries.
    """
    told = [take for take in takes if take.result is not None and take.result.usable]
    if not told:
        return None
    release = told[-1].release
    assert release is not None
    usual, sessions = _usual(session, release)
    tasks = [_task(take, usual) for take in told if take.release == release]
    return Story(release, sessions, tuple(task for task in tasks if task.rows))


def _usual(session: RecordingSession, release: Release) -> tuple[Baseline, int]:
    """The bands of all measures over the baseline's sessions, and how many sessions those are."""
    judgement = judging.judge(session.patient, trends(session.patient, release.sha256))
    bands = [
        state.verdict.band
        for state in (judgement.states if judgement and judgement.release == release else ())
        if state.medication == session.medication
    ]
    ids = [pk for band in bands if band for pk in band.baseline]
    if not ids or session.id in ids:
        return {}, 0
    return dict(_bands(ids, release)), len(ids)


def _bands(ids: Sequence[Any], release: Release) -> Iterator[tuple[Key, change.Band]]:
    films = Recording.objects.filter(session__in=ids, partial=False).kept()
    by_film = {film.id: film for film in films.select_related("task", "session")}
    results = Result.objects.filter(
        subject__in=by_film, kind=Job.Kind.TAKE, usable=True, release_sha256=release.sha256
    ).order_by("job__created")
    newest = {result.subject: result.id for result in results}
    film_of = {result: by_film[subject] for subject, result in newest.items()}
    points: dict[Key, list[change.Point]] = defaultdict(list)
    for row in Measure.objects.filter(result__in=film_of, value__isnull=False, caution=""):
        film = film_of[row.result_id]
        key = (film.task.code, row.name, row.region, row.side)
        assert row.value is not None
        points[key].append(change.Point(film.session_id, film.session.recorded, row.value))
    for key, found in points.items():
        band = change.band(sorted(found, key=lambda point: point.at))
        if band is not None:
            yield key, band


def _task(take: Take, usual: Baseline) -> TaskStory:
    task = take.recording.task
    assert take.result is not None
    measures = _all(take)
    names = TOLD[TaskKind(task.kind)]
    rows = [_row(task, m, measures, usual) for m in measures if m.name in names and
            m.side == Side.BOTH]  # fmt: skip
    when = [m for m in measures if m.name in WHEN and m.side == Side.BOTH]
    return TaskStory(take.recording.id, task.title, tuple(rows), _said(task, rows, when))


def _all(take: Take) -> list[Measure]:
    """The take's measures in the engine's order, the main movement's first."""
    groups = (*take.measures.groups, *take.measures.further)
    found = [row.measure for group in groups for row in group.rows]
    return sorted(found, key=lambda measure: measure.pk)


def _row(task: ProtocolTask, both: Measure, measures: Iterable[Measure], usual: Baseline) -> Row:
    sides = {m.side: m for m in measures if (m.name, m.region) == (both.name, both.region)}
    return Row(
        part=_part(both.region),
        name=labels.measure(both.name, both.region, "") if both.name != "amplitude"
        else labels.first_upper(labels.words(both.region)),
        both=both,
        left=sides.get(Side.LEFT),
        right=sides.get(Side.RIGHT),
        band=usual.get((task.code, both.name, both.region, both.side)),
    )  # fmt: skip


def _part(region: str) -> str:
    return next((part for part, regions in PARTS.items() if region in regions), OTHER)


def _said(task: ProtocolTask, rows: Sequence[Row], when: Sequence[Measure]) -> str:
    if not rows:
        return ""
    sentences = [_of_row(row) for row in rows[: 1 if task.expression else len(rows)]]
    if task.expression:
        sentences += _of_time(when)
        beside = [f"{row.name.lower()} {row.word}" for row in rows[1:] if row.word in (LESS, MORE)]
        sentences += [f"Beside it: {', '.join(beside)}."] if beside else []
    return " ".join(sentences)


def _of_row(row: Row) -> str:
    if row.both.value is None:
        return f"{row.name}: no value, {row.both.absent}."
    words = f"{row.name}: {labels.significant(row.both.value)} {row.both.unit}"
    if row.band:
        low, high = labels.significant(row.band.low), labels.significant(row.band.high)
        words += f", {row.word} ({low} to {high})"
    sides = [
        f"{side} {labels.significant(one.value)}"
        for side, one in (("left", row.left), ("right", row.right))
        if one and one.value is not None
    ]
    words += f"; {' and '.join(sides)}" if sides else ""
    return f"{words}; of low reliability." if row.both.caution else f"{words}."


def _of_time(when: Sequence[Measure]) -> list[str]:
    times = {m.name: m.value for m in when[::-1] if m.value is not None}
    onset, rise = (times.get(name) for name in WHEN)
    if onset is None:
        return []
    words = f"It began {labels.significant(onset, 2)} s after the beep"
    return [f"{words} and rose in {labels.significant(rise, 2)} s." if rise else f"{words}."]
