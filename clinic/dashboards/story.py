"""What moved in a session and when, in words, against the patient's own baseline.

What is usual, and whether the session is compared with it at all, is told by
clinic.dashboards.usual.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from clinic.dashboards import labels
from clinic.dashboards.series import MeasureKey, Release
from clinic.dashboards.takes import Take
from clinic.dashboards.usual import NOT_COMPARED, Usual, usual
from clinic.recordings.models import ProtocolTask, RecordingSession
from diagnosis import change
from diagnosis.config import Side, TaskKind
from diagnosis.models import Measure

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


@dataclasses.dataclass(frozen=True)
class Compared:
    """A measure and what is usual of it for this person; no band where it is not compared."""

    measure: Measure
    band: change.Band | None

    @property
    def word(self) -> str:
        """LESS, MORE or USUAL; empty without a value or a band."""
        if self.measure.value is None or self.band is None:
            return ""
        side = self.band.side(self.measure.value)
        return {change.Direction.LESS: LESS, change.Direction.MORE: MORE, None: USUAL}[side]


@dataclasses.dataclass(frozen=True)
class Row:
    """One measure of a region: both sides together, and each side where it was measured."""

    part: str
    name: str
    both: Compared
    left: Compared | None
    right: Compared | None

    @property
    def sides(self) -> Mapping[str, Compared]:
        """Those that have a value."""
        found = {"left": self.left, "right": self.right}
        return {name: one for name, one in found.items() if one and one.measure.value is not None}

    @property
    def compared(self) -> bool:
        return any(one.word for one in (self.both, *self.sides.values()))

    def unusual(self, title: str) -> str:
        """For example "mouth corner in “Smile” less than usual (left as usual)"; empty when all is
        as usual."""
        words = {side: one.word for side, one in self.sides.items() if one.word}
        if not any(word in (LESS, MORE) for word in (self.both.word, *words.values())):
            return ""
        apart = [f"{side} {word}" for side, word in words.items() if word != self.both.word]
        beside = f" ({', '.join(apart)})" if apart else ""
        return f"{self.name.lower()} in “{title}” {self.both.word}".rstrip() + beside


@dataclasses.dataclass(frozen=True)
class TaskStory:
    """A task's rows, the main movement first, and `said`: the same in sentences. `apart` is why the
    film is not compared though its session is, if so."""

    recording: UUID
    title: str
    rows: tuple[Row, ...]
    said: str
    apart: str


@dataclasses.dataclass(frozen=True)
class Story:
    """`baseline` is how many sessions the comparison rests on; without one it is 0, and `why` says
    why nothing is compared."""

    release: Release
    baseline: int
    why: str
    tasks: tuple[TaskStory, ...]

    @property
    def said(self) -> str:
        """Which movements were unusual, in one sentence."""
        if self.why:
            return self.why
        found = [row.unusual(task.title) for task in self.tasks for row in task.rows
                 if row.compared]  # fmt: skip
        unusual = [words for words in found if words]
        compared = f"Compared with {self.baseline} baseline sessions"
        apart = [f"“{task.title}” ({task.apart})" for task in self.tasks if task.apart]
        beside = " " + NOT_COMPARED.format(reason="; ".join(apart)) if apart else ""
        if not found:
            return f"{compared}, but none has a baseline of these movements.{beside}"
        if not unusual:
            return f"{compared}, every movement was as usual.{beside}"
        listed = f"({len(unusual)} of {len(found)}): {'; '.join(unusual)}"
        return f"{compared}, not as usual {listed}.{beside}"


def story(session: RecordingSession, takes: Sequence[Take]) -> Story | None:
    """The story of the takes that a session page shows; None until one is measured.

    A constant number of queries.
    """
    told = [take for take in takes if take.result is not None and take.result.usable]
    if not told:
        return None
    release = told[-1].release
    assert release is not None
    names = {name for told_of in TOLD.values() for name in told_of}
    against = usual(session, release, names)
    tasks = [_task(take, against) for take in told if take.release == release]
    shown = tuple(task for task in tasks if task.rows)
    return Story(release, against.sessions, against.why, shown)


def _task(take: Take, against: Usual) -> TaskStory:
    task = take.recording.task
    measures = _all(take)
    names = TOLD[TaskKind(task.kind)]
    rows = [_row(task, m, measures, against) for m in measures if m.name in names and
            m.side == Side.BOTH]  # fmt: skip
    when = [m for m in measures if m.name in WHEN and m.side == Side.BOTH]
    keys = [_key(task, m) for m in measures]
    apart = next((against.apart[key] for key in keys if key in against.apart), "")
    said = _said(task, rows, when, apart)
    return TaskStory(take.recording.id, task.title, tuple(rows), said, apart)


def _all(take: Take) -> list[Measure]:
    """The take's measures in the engine's order, the main movement's first."""
    groups = (*take.measures.groups, *take.measures.further)
    found = [row.measure for group in groups for row in group.rows]
    return sorted(found, key=lambda measure: measure.pk)


def _row(task: ProtocolTask, both: Measure, measures: Iterable[Measure], against: Usual) -> Row:
    sides = {
        m.side: _compared(task, m, against)
        for m in measures
        if (m.name, m.region) == (both.name, both.region)
    }
    return Row(
        part=_part(both.region),
        name=labels.measure(both.name, both.region, "") if both.name != "amplitude"
        else labels.first_upper(labels.words(both.region)),
        both=sides[Side.BOTH],
        left=sides.get(Side.LEFT),
        right=sides.get(Side.RIGHT),
    )  # fmt: skip


def _compared(task: ProtocolTask, measure: Measure, against: Usual) -> Compared:
    """What is of low reliability stands in no band, and is compared with none."""
    return Compared(measure, None if measure.caution else against.bands.get(_key(task, measure)))


def _key(task: ProtocolTask, measure: Measure) -> str:
    return MeasureKey(task.code, measure.name, measure.region, measure.side).id


def _part(region: str) -> str:
    return next((part for part, regions in PARTS.items() if region in regions), OTHER)


def _said(task: ProtocolTask, rows: Sequence[Row], when: Sequence[Measure], apart: str) -> str:
    if not rows:
        return ""
    sentences = [_of_row(row) for row in rows[: 1 if task.expression else len(rows)]]
    if task.expression:
        sentences += _of_time(when)
        beside = [f"{row.name.lower()} {row.both.word}" for row in rows[1:]
                  if row.both.word in (LESS, MORE)]  # fmt: skip
        sentences += [f"Beside it: {', '.join(beside)}."] if beside else []
    sentences += [NOT_COMPARED.format(reason=apart)] if apart else []
    return " ".join(sentences)


def _of_row(row: Row) -> str:
    both = row.both.measure
    if both.value is None:
        return f"{row.name}: no value, {both.absent}."
    words = f"{row.name}: {labels.significant(both.value)} {both.unit}"
    if band := row.both.band:
        low, high = labels.significant(band.low), labels.significant(band.high)
        words += f", {row.both.word} ({low} to {high})"
    sides = [_of_side(side, one) for side, one in row.sides.items()]
    words += f"; {' and '.join(sides)}" if sides else ""
    return f"{words}; of low reliability." if both.caution else f"{words}."


def _of_side(side: str, one: Compared) -> str:
    word = f" ({one.word})" if one.word else ""
    return f"{side} {labels.significant(one.measure.value)}{word}"


def _of_time(when: Sequence[Measure]) -> list[str]:
    times = {m.name: m.value for m in when[::-1] if m.value is not None}
    onset, rise = (times.get(name) for name in WHEN)
    if onset is None:
        return []
    words = f"It began {labels.significant(onset, 2)} s after the beep"
    return [f"{words} and rose in {labels.significant(rise, 2)} s." if rise else f"{words}."]
