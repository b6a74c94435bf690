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
from diagnosis.config import RELEASE_NEEDS, SHOWN_FROM, release_identity

EMBEDDED = Path(diagnosis.__file__).parent / "releases"


@dataclasses.dataclass(frozen=True)
class MetricsTable:
    """What was measured on people whom the training had not seen: one row per thing judged."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Any, ...]], ...]


@dataclasses.dataclass(frozen=True)
class Reliability:
    """How well the release tells an expression from a face at rest on real faces: the area under
    the ROC curve and its 95 % interval, on development data.

    `source` says which faces they are and what each is compared with; `n` counts the photographs
    or the people filmed.
    """

    expression: str
    auroc: float
    low: float
    high: float
    n: int
    source: str

    @property
    def shown(self) -> bool:
        """Whether pages may show its curves; the analysis decides so by the same limit."""
        return self.low >= SHOWN_FROM


@dataclasses.dataclass(frozen=True)
class InstalledRelease:
    """A release's folder; `info` is empty when it cannot be used, and `problem` says why.

    Its `name` is the folder's: what it calls itself is in `info`, and results carry that as
    `release`, beside `identity` as `release_sha256`.
    """

    name: str
    embedded: bool
    info: Mapping[str, Any]
    problem: str
    used_by: tuple[Clinic, ...]
    reliability: tuple[Reliability, ...] = ()
    identity: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({'part of Mimia' if self.embedded else 'of this site'})"

    @property
    def choice(self) -> str:
        """What `Clinic.release` holds for it."""
        return "" if self.embedded else self.name

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


def identity(choice: str) -> str:
    """The identity of the release that `Clinic.release` names; "" when it cannot be used."""
    return next((found.identity for found in installed(()) if found.choice == choice), "")


def _read(file: Path, embedded: bool, clinics: list[Clinic]) -> InstalledRelease:
    name = file.parent.name
    chosen = "" if embedded else name
    used_by = tuple(clinic for clinic in clinics if clinic.release == chosen)
    weights = file.with_name("weights.safetensors")
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
        datetime.date.fromisoformat(info["created"])
        reliability = tuple(_reliability(info.get("reliability", {})))
        if missing := RELEASE_NEEDS - set(info):
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        sha256 = release_identity(info)
        if weights.stat().st_size != info["weights"]["bytes"]:
            raise ValueError(f"{weights.name} is not whole")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"{file} cannot be used ({error}). Install this release again."
        return InstalledRelease(name, embedded, {}, problem, used_by)
    return InstalledRelease(name, embedded, info, "", used_by, reliability, sha256)


def _reliability(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Reliability]:
    for expression, row in rows.items():
        low, high = row["auroc_95"]
        yield Reliability(expression, row["auroc"], low, high, row["n"], row["source"])


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
