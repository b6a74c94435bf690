"""A patient with one of everything, for tests of what exports hold and what erasure leaves."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.ratings.services import rate
from clinic.recordings import links
from clinic.recordings.models import Protocol, RecordingSession
from clinic.reminders import services as reminders
from clinic.reports.models import Report
from clinic.therapy.models import Regimen
from clinic.uploads.models import Upload
from clinic.verdicts import services as verdicts
from diagnosis.config import Finding, Severity
from diagnosis.landmarks import TrackBuilder
from diagnosis.models import Result

from . import analysed as made

DARK = Finding("dark", Severity.BLOCKS, "Put the light on.", "too dark: luma 20")


def media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def with_landmarks(result: Result, *, neutral: bool = False) -> Result:
    """As `result`, which is append-only, with the files that an analysis leaves."""
    track = TrackBuilder()
    for frame in range(3):
        track.add(frame / 30, np.full((478, 3), 100, np.float32))
    names = {"landmarks": f"landmarks/{result.id}.npz"}
    if neutral:
        names["neutral"] = f"landmarks/{result.id}-neutral.npz"
    for name in names.values():
        media(name).parent.mkdir(parents=True, exist_ok=True)
        track.build(640, 480, "mediapipe").save(media(name))
    Result.objects.filter(pk=result.pk).update(**names)
    return Result.objects.get(pk=result.pk)


def furnish(patient: Patient, protocol: Protocol, clinician: User) -> RecordingSession:
    """A measured session and one that is too dark, consents, link, plan, upload and report."""
    give_consent(patient, list(Purpose), by=Consent.By.STAFF, actor=clinician)
    first = made.sitting(patient, protocol, days_ago=30)
    rest = made.film(first, "rest", b"the rest film")
    with_landmarks(made.analysed(rest, [made.amplitude(1.5)]), neutral=True)
    smile = made.film(first, "smile", b"the smile film")
    measures = [made.amplitude(7.03125, caution="little is reported"), made.expressivity(3.5)]
    traces = {"movement:mouth_corners": [0.0, 1.25, float("nan")]}
    with_landmarks(made.analysed(smile, measures, traces=traces))
    made.analysed(first, [made.expressivity(4.25)])
    second = made.sitting(patient, protocol, days_ago=2, medication="off")
    device = {"name": "Pauls Telefon"}
    RecordingSession.objects.filter(pk=second.pk).update(device=device, place="home")
    dark = made.film(second, "smile", b"a dark film")
    made.analysed(dark, findings=[DARK], usable=False)
    links.make(second, actor=clinician, days=3)
    plan = reminders.new_plan(patient, clinician)
    plan.dose_time = datetime.time(8)
    reminders.save_plan(plan, "paul@example.org", actor=clinician)
    upload = Upload.objects.create(
        session=second, task=protocol.tasks.get(code="surprise"), expires=timezone.now()
    )
    upload.path.parent.mkdir(parents=True, exist_ok=True)
    upload.path.write_bytes(b"half a film")
    report = Report(
        patient=patient, author=clinician, content={}, digest="0" * 64, sha256="0" * 64,
        comment="Usual variation.", signed_at=timezone.now(),
    )  # fmt: skip
    report.pdf = f"reports/{report.id}.pdf"
    media(report.pdf).parent.mkdir(parents=True, exist_ok=True)
    media(report.pdf).write_bytes(b"%PDF")
    report.save()
    Regimen.objects.create(
        patient=patient, created_by=clinician, start=datetime.date(2026, 1, 5),
        text="Levodopa 100 mg three times a day", ledd_mg=300,
    )  # fmt: skip
    rate(first, clinician, score=2)
    verdicts.refresh(patient)
    record(Action.READ, patient, actor=clinician)
    return first


def body(answer: HttpResponseBase) -> bytes:
    assert answer.status_code == 200, answer
    return b"".join(answer)


def opened(answer: HttpResponseBase) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body(answer)))


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).decode().splitlines()]
