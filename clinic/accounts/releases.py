"""The installed releases as an admin reads them, from release.json alone: no weights are loaded."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

import diagnosis
from clinic.accounts.models import Clinic

EMBEDDED = Path(diagnosis.__file__).parent / "releases"


@dataclasses.dataclass(frozen=True)
class MetricsTable:
    """What was measured on people whom the training had not seen: one row per thing judged."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Any, ...]], ...]


@dataclasses.dataclass(frozen=True)
class InstalledRelease:
    """A release's folder; `info` is empty when release.json cannot be read, `problem` says why."""

    name: str
    embedded: bool
    info: Mapping[str, Any]
    problem: str
    used_by: tuple[Clinic, ...]

    @property
    def created(self) -> datetime.date:
        return datetime.date.fromisoformat(self.info["created"])

    @property
    def tables(self) -> list[MetricsTable]:
        return [_table(title, rows) for title, rows in self.info.get("metrics", {}).items()]


def installed(clinics: Iterable[Clinic]) -> list[InstalledRelease]:
    """The embedded releases and those in MEDIA_ROOT/releases; which of `clinics` use them."""
    clinics = list(clinics)
    places = [(EMBEDDED, True), (Path(settings.MEDIA_ROOT) / "releases", False)]
    return [
        _read(file, embedded, clinics)
        for place, embedded in places
        for file in sorted(place.glob("*/release.json"))
    ]


def _read(file: Path, embedded: bool, clinics: list[Clinic]) -> InstalledRelease:
    name = file.parent.name
    chosen = "" if embedded else name
    used_by = tuple(clinic for clinic in clinics if clinic.release == chosen)
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
        datetime.date.fromisoformat(info["created"])
    except (OSError, ValueError, KeyError) as error:
        problem = f"{file} cannot be read ({error}). Install this release again."
        return InstalledRelease(name, embedded, {}, problem, used_by)
    return InstalledRelease(name, embedded, info, "", used_by)


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> MetricsTable:
    flat = {name: dict(_flat(row)) for name, row in rows.items()}
    columns = tuple(dict.fromkeys(column for row in flat.values() for column in row))
    cells = tuple((name, tuple(row.get(c) for c in columns)) for name, row in flat.items())
    return MetricsTable(title, columns, cells)


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name} ")
        elif isinstance(value, list):
            yield name, " to ".join(map(str, value))
        else:
            yield name, round(value, 3) if isinstance(value, float) else value
