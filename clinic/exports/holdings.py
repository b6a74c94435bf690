"""Everything that the site holds of one patient: what an export must tell and an erasure remove.

Found by following the references between tables, so that what a later part of the site keeps of a
patient is exported and erased without being named here. Audit events refer to nothing: they hold
UUIDs only, and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from clinic.reports.models import Report
from clinic.uploads.models import Upload
from diagnosis.models import Job, Result

# The engine's rows name records of the site by UUID alone.
BY_UUID: dict[type[Model], tuple[tuple[type[Model], str], ...]] = {
    RecordingSession: ((Job, "group"), (Result, "group"))
}
# Where a row's files lie, relative to MEDIA_ROOT; a folder goes with all that is in it.
FILES: dict[type[Model], Callable[[Any], Iterable[str]]] = {
    Recording: lambda row: [f"recordings/{row.id}"],
    Upload: lambda row: [f"uploads/{row.id}"],
    Result: lambda row: [row.landmarks, row.neutral],
    Report: lambda row: [row.pdf],
}
_CHUNK = 500  # keys in one query


class Holdings:
    """The keys of a patient's rows by table; tables that refer to others come first."""

    def __init__(self, patient: Patient) -> None:
        self._keys: dict[type[Model], set[Any]] = {}
        self._collect(Patient, {patient.pk})
        self.tables: list[type[Model]] = _referring_first(self._keys)

    def _collect(self, model: type[Model], keys: set[Any]) -> None:
        new = keys - self._keys.get(model, set())
        if not new:
            return
        self._keys.setdefault(model, set()).update(new)
        for referring, field in (*_references(model), *BY_UUID.get(model, ())):
            found = (
                key
                for some in _chunks(sorted(new))
                for key in referring._base_manager.filter(**{f"{field}__in": some}).values_list(
                    "pk", flat=True
                )
            )
            self._collect(referring, set(found))

    def count(self, model: type[Model]) -> int:
        return len(self._keys.get(model, ()))

    def querysets(self, model: type[Model]) -> Iterator[QuerySet[Any]]:
        """All rows of a table, some at a time."""
        for some in _chunks(sorted(self._keys[model])):
            yield model._base_manager.filter(pk__in=some)

    def rows(self, model: type[Model]) -> Iterator[Any]:
        for some in self.querysets(model):
            yield from some.iterator(chunk_size=100)

    def files(self) -> Iterator[Path]:
        """The files and folders that rows name and that are there."""
        for model, names in FILES.items():
            if model in self._keys:
                paths = (_media(name) for row in self.rows(model) for name in names(row) if name)
                yield from (path for path in paths if path.exists())


def _media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _references(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """The tables with a column that refers to `model`, and that column's name."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and (relation.one_to_many or relation.one_to_one):
            yield relation.related_model, relation.field.name  # type: ignore[union-attr,misc]


def _referring_first(found: Iterable[type[Model]]) -> list[type[Model]]:
    left, ordered = list(found), []
    while left:
        for model in left:
            referring = {other for other, _ in (*_references(model), *BY_UUID.get(model, ()))}
            if not (referring & set(left)) - {model}:
                left.remove(model)
                ordered.append(model)
                break
        else:
            raise RuntimeError(f"these tables refer to each other in a circle: {left}")
    return ordered


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
