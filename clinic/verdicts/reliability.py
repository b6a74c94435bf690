"""How repeatable a clinic's measures are: from the baselines of all its patients.

Of a measure that is compared as a logarithm everything here is of logarithms, and is told as
ratios: a standard deviation of 0.1 as 11 %, a difference of 0.1 as the factor 1.11.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from clinic.accounts.models import Clinic
from clinic.dashboards import labels
from clinic.dashboards.kept import Release, told_apart
from clinic.verdicts.comparable import STATES
from clinic.verdicts.models import Spread
from diagnosis import agreement, change
from diagnosis.agreement import Coefficient, Limits


@dataclasses.dataclass(frozen=True)
class Repeats:
    """A measure in one medication state: the baselines of `pairs` people.

    `sw` is the standard deviation within a person, `pairs` the first two sessions of each baseline.
    """

    measure: str
    title: str
    unit: str
    medication: str
    log: bool
    sw: float
    pairs: tuple[tuple[float, float], ...]

    @property
    def people(self) -> int:
        return len(self.pairs)

    @property
    def mdc95(self) -> float:
        return change.mdc95(self.sw)

    @property
    def icc(self) -> Coefficient | None:
        return agreement.icc(self.pairs)

    @property
    def limits(self) -> Limits | None:
        return agreement.bland_altman(self.pairs)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Mean and difference of each pair, by the mean; as mean and ratio for logarithms."""
        found = sorted(((a + b) / 2, b - a) for a, b in self.pairs)
        return [(math.exp(m), math.exp(d)) if self.log else (m, d) for m, d in found]

    def spread(self, sd: float) -> str:
        """A standard deviation, or an MDC95, with its unit."""
        if self.log:
            return f"{100 * math.expm1(sd):.0f} %"
        return f"{labels.significant(sd)} {self.unit}"

    def difference(self, value: float) -> str:
        """A difference of two sessions with its unit, or their ratio."""
        if self.log:
            return f"\N{MULTIPLICATION SIGN} {math.exp(value):.2f}"
        return f"{labels.significant(value)} {self.unit}"

    @property
    def sw_words(self) -> str:
        return self.spread(self.sw)

    @property
    def mdc95_words(self) -> str:
        return self.spread(self.mdc95)

    @property
    def said(self) -> str:
        """The plot in words."""
        found = self.limits
        if found is None:
            return ""
        return (
            f"From the first to the second session of the baseline the value changed by "
            f"{self.difference(found.bias)} on average; 95 % of such differences are expected "
            f"from {self.difference(found.low)} to {self.difference(found.high)} "
            f"({self.people} people)."
        )


@dataclasses.dataclass(frozen=True)
class Table:
    """What one release measured in one clinic: the headline first, ON before OFF."""

    clinic: Clinic
    release: Release
    rows: tuple[Repeats, ...]

    @property
    def id(self) -> str:
        return f"{self.clinic.id}.{self.release.id}"

    @property
    def people(self) -> int:
        return max(row.people for row in self.rows)

    @property
    def measures(self) -> dict[str, str]:
        """Title by MeasureKey.id."""
        return {row.measure: row.title for row in self.rows}


def tables(clinics: QuerySet[Clinic]) -> list[Table]:
    """Of each clinic, release and engine, that of most people first. One query."""
    found = Spread.objects.filter(patient__clinic__in=clinics)
    groups: dict[tuple[UUID, str, int], list[Spread]] = defaultdict(list)
    for row in found.select_related("patient__clinic"):
        groups[row.patient.clinic_id, row.release_sha256, row.engine].append(row)
    made = [_table(rows) for rows in groups.values()]
    titled = told_apart(table.release for table in made)
    made = [
        dataclasses.replace(table, release=one) for table, one in zip(made, titled, strict=True)
    ]
    return sorted(made, key=lambda one: (-one.people, one.clinic.name, one.release))


def _table(rows: Sequence[Spread]) -> Table:
    one = rows[0]
    groups: dict[tuple[str, str], list[Spread]] = defaultdict(list)
    places: dict[str, int] = {}
    for row in rows:
        groups[row.measure, row.medication].append(row)
        places[row.measure] = min(row.place, places.get(row.measure, row.place))
    order = sorted(groups, key=lambda key: (places[key[0]], key[0], STATES.index(key[1])))
    release = Release(one.release, one.release_sha256, one.evidence, one.engine)
    return Table(one.patient.clinic, release, tuple(_repeats(groups[key]) for key in order))


def _repeats(rows: Sequence[Spread]) -> Repeats:
    one = rows[0]
    return Repeats(
        measure=one.measure,
        title=one.title,
        unit=one.unit,
        medication=one.medication,
        log=one.log,
        sw=math.sqrt(sum(row.squares for row in rows) / sum(row.df for row in rows)),
        pairs=tuple((row.first, row.second) for row in rows),
    )
