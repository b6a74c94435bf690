"""Exports of one patient with their name: measures, and all that the site holds of them."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from clinic.accounts.models import User
from clinic.audit.models import Event
from clinic.exports import archive, fhir
from clinic.exports.archive import NOTICE, Archive
from clinic.exports.columns import ACCESS, CONSENTS, MEASURES, Row, rows
from clinic.exports.holdings import Holdings
from clinic.exports.sittings import Sitting, sittings
from clinic.patients.models import Patient
from clinic.recordings.models import CaptureLink
from clinic.reports.models import Report
from diagnosis.models import Measure, Trace

ABOUT_MEASURES = f"""{NOTICE}

Every measure of every session of one person, with their name: keep it as you keep a health record.
measures.csv and measures.json hold the same rows. dictionary.csv and dictionary.json say what each
column means. "release", "engine" and "evidence" say what made a number: compare numbers of one
release and engine only.
In CSV files a cell that begins like a formula has a ' before it.
"""
ABOUT_COMPLETE = f"""{NOTICE}

All that this site holds of one person, but for pieces of films that were still being received:
keep it as you keep a health record. Clinicians' ratings and signed reports are in this export only.

films/        the films as they were received, without sound
landmarks/    478 points of the face per frame, made of each film (NumPy .npz)
traces/       curves over the time of each film (NumPy .npz; t0 and step in seconds, and the unit)
reports/      the reports that a clinician signed, as PDF
measures.csv, measures.json     every measure, with the circumstances of its session
consents.csv  what was agreed to, and what was withdrawn
access.csv    who read, played, changed or exported what, and when, until this export
fhir.json     the same data as a FHIR R4 bundle, for other systems
records/      every row of every table about this person, one JSON object per line
dictionary.csv, dictionary.json     what the columns of the tables mean

Files of films are named by session, task and attempt: 003-smile-1 is the first smile of the third
session. "release", "engine" and "evidence" say what made a number: compare numbers of one release
and engine only.
In CSV files a cell that begins like a formula has a ' before it.
"""
# Told elsewhere in the archive, or of use to nobody but who would break in.
_NOT_IN_RECORDS: tuple[type[Model], ...] = (Measure, Trace)
_SECRET = {(CaptureLink, "token_sha256")}


def measures(patient: Patient) -> IO[bytes]:
    """A zip file: the measures as CSV and JSON, and what the columns mean."""

    def fill(zipped: Archive) -> None:
        with zipped.text("README.txt") as out:
            out.write(ABOUT_MEASURES)
        _measures(zipped, patient)
        zipped.dictionary()

    return archive.zipped(fill)


def bundle(patient: Patient) -> IO[bytes]:
    """The FHIR bundle as JSON."""
    return archive.made(lambda file: fhir.write(patient, file))


def complete(patient: Patient) -> IO[bytes]:
    """A zip file of all that there is. Raises NoRoom."""
    holdings = Holdings(patient)
    archive.require_room(sum(_size(path) for path in holdings.files()))

    def fill(zipped: Archive) -> None:
        with zipped.text("README.txt") as out:
            out.write(ABOUT_COMPLETE)
        _measures(zipped, patient)
        consents = patient.consents.select_related("text", "recorded_by").order_by("given")
        zipped.table("consents.csv", CONSENTS, consents)
        events = Event.objects.filter(patient=patient.id).select_related("actor").order_by("id")
        zipped.table("access.csv", ACCESS, events.iterator())
        zipped.dictionary()
        with zipped.entry("fhir.json") as file:
            fhir.write(patient, file)
        for sitting in sittings(patient):
            _files(zipped, sitting)
        for report in holdings.rows(Report) if holdings.count(Report) else ():
            zipped.file(f"reports/{report.signed_at:%Y-%m-%d}-{report.id}.pdf", _media(report.pdf))
        _records(zipped, holdings)

    return archive.zipped(fill)


def _measures(zipped: Archive, patient: Patient) -> None:
    zipped.table("measures.csv", MEASURES, _rows(patient))
    with zipped.text("measures.json") as out:
        archive.write_json(out, MEASURES, _rows(patient))


def _rows(patient: Patient) -> Iterator[Row]:
    return chain.from_iterable(map(rows, sittings(patient)))


def _files(zipped: Archive, sitting: Sitting) -> None:
    for film in sitting.films:
        path = _media(film.file)
        zipped.file(f"films/{sitting.name(film)}{path.suffix}", path)
    for analysis in sitting.analyses:
        result = analysis.result
        name = f"{sitting.name(analysis.film)}-{result.id}"
        if result.landmarks:
            zipped.file(f"landmarks/{name}.npz", _media(result.landmarks))
        if result.neutral:
            zipped.file(f"landmarks/{name}-neutral.npz", _media(result.neutral))
        curves = list(result.traces.all())
        if curves:
            with zipped.entry(f"traces/{name}.npz", packed=False) as out:
                np.savez_compressed(out, **_arrays(curves))


def _arrays(curves: Iterable[Trace]) -> dict[str, Any]:
    """By the trace's name its values, and beside them t0, step, unit and caution."""
    found: dict[str, Any] = {}
    for curve in curves:
        found[curve.name] = curve.array()
        for fact in ("t0", "step", "unit", "caution"):
            found[f"{curve.name}|{fact}"] = np.array(getattr(curve, fact))
    return found


def _records(zipped: Archive, holdings: Holdings) -> None:
    for model in holdings.tables:
        if model not in _NOT_IN_RECORDS:
            with zipped.text(f"records/{model._meta.label_lower}.jsonl") as out:
                for row in holdings.rows(model):
                    words = json.dumps(_record(row), cls=DjangoJSONEncoder, ensure_ascii=False)
                    out.write(words + "\n")


def _record(row: Model) -> dict[str, Any]:
    fields = [f for f in row._meta.concrete_fields if (type(row), f.name) not in _SECRET]
    return {field.name: _told(row, field) for field in fields}


def _told(row: Model, field: Any) -> Any:
    """People of the staff by name, other rows by key, bytes in base64."""
    if field.related_model is User:
        person = getattr(row, field.name)
        return person.name if person else None
    value = getattr(row, field.attname)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return value


def _media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(inner.stat().st_size for inner in path.iterdir() if inner.is_file())
    return path.stat().st_size
