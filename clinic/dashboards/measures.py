"""A result's measures as pages list them: in groups, with the reasons for low reliability below."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from clinic.dashboards import labels
from diagnosis.config import Side
from diagnosis.models import Measure


@dataclasses.dataclass(frozen=True)
class Row:
    """`note` is the number of the reason for its low reliability, from 1; None without one."""

    measure: Measure
    note: int | None


@dataclasses.dataclass(frozen=True)
class Note:
    """A reason for low reliability, and the measures that point to it."""

    reason: str
    measures: tuple[Measure, ...]


@dataclasses.dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]


@dataclasses.dataclass(frozen=True)
class MeasureTable:
    """`further` are the measures of one side, and the course of movements beside the main one.
    `notes` are the reasons to which the rows point, each once."""

    groups: tuple[Group, ...]
    further: tuple[Group, ...]
    notes: tuple[Note, ...]

    def __bool__(self) -> bool:
        return bool(self.groups or self.further)


def table(measures: Sequence[Measure]) -> MeasureTable:
    cautions: dict[str, list[Measure]] = {}
    for measure in measures:
        if measure.caution:
            cautions.setdefault(measure.caution, []).append(measure)
    numbers = {caution: number for number, caution in enumerate(cautions, 1)}
    main: dict[str, str] = {}  # of each measure the region of the main movement, listed first
    for measure in measures:
        main.setdefault(measure.name, measure.region)
    groups: list[Row] = []
    further: list[Row] = []
    for measure in measures:
        beside = measure.name in labels.COURSE and measure.region != main[measure.name]
        rows = further if beside or measure.side != Side.BOTH else groups
        rows.append(Row(measure, numbers.get(measure.caution)))
    notes = tuple(Note(caution, tuple(found)) for caution, found in cautions.items())
    return MeasureTable(_grouped(groups), _grouped(further), notes)


def _grouped(rows: Iterable[Row]) -> tuple[Group, ...]:
    found: dict[str, list[Row]] = {title: [] for title in labels.GROUPS}
    for row in rows:
        found[labels.group(row.measure.name)].append(row)
    return tuple(Group(title, tuple(group)) for title, group in found.items() if group)
