"""A patient with a long course, made of the tests' own numbers in few statements."""

from __future__ import annotations

import datetime

from django.utils import timezone

from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from diagnosis import models
from diagnosis.config import TaskKind
from diagnosis.models import Job, Result

RELEASE = "made-up-2"
PHONE = {"browser": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari"}
# What an analysis of each kind of task writes, beside what trends show.
MEASURES = {
    TaskKind.REST: [("blink_rate", "face", "1/min", 14), ("lips_apart", "lips", "% IOD", 1.0)],
    TaskKind.TALK: [("movement_sd", "mouth corner", "% IOD", 0.9)],
    TaskKind.EXPRESSION: [
        ("amplitude", "mouth corner", "% IOD", 8),
        ("amplitude", "brow", "% IOD", 4),
        ("peak_velocity", "mouth corner", "% IOD/s", 40),
        ("onset_latency", "mouth corner", "s", 0.4),
        ("intensity", "face", "margin", 0.3),
    ],
}
SUMS = [("expressivity", "smile, surprise", "% IOD", 7), ("slowness", "smile, surprise", "s", 0.5)]


def course(patient: Patient, protocol: Protocol, sessions: int, days: int = 4) -> None:
    """`sessions` analysed sessions, the last of today, ON and OFF in turn."""
    now = timezone.now()
    sittings = [
        RecordingSession(
            patient=patient,
            protocol=protocol,
            medication=("on", "off")[i % 2],
            dyskinesia="none",
            recorded=now - datetime.timedelta(days=days * (sessions - 1 - i), hours=1),
            submitted=now,
            device=PHONE,
        )
        for i in range(sessions)
    ]
    RecordingSession.objects.bulk_create(sittings)
    films = [
        Recording(session=s, task=task, attempt=1, size=5, sha256="0" * 64, cues=[{"start": 2.0}])
        for s in sittings
        for task in protocol.tasks.all()
    ]
    Recording.objects.bulk_create(films)
    subjects = [(f.session_id, f.id, Job.Kind.TAKE) for f in films]
    subjects += [(s.id, s.id, Job.Kind.SESSION) for s in sittings]
    jobs = [
        Job(kind=kind, group=group, subject=subject, payload={}, state=Job.State.DONE)
        for group, subject, kind in subjects
    ]
    Job.objects.bulk_create(jobs)
    results = [_result(job) for job in jobs]
    Result.objects.bulk_create(results)
    kinds = {film.id: TaskKind(film.task.kind) for film in films}
    place = {sitting.id: i for i, sitting in enumerate(sittings)}
    models.Measure.objects.bulk_create(
        models.Measure(
            result=result, name=name, region=region, side=side, unit=unit, n=3, sd=0.1 * value,
            value=_value(place[result.group], value),
        )
        for result in results
        for name, region, unit, value in (
            MEASURES[kinds[result.subject]] if result.subject in kinds else SUMS
        )
        for side in ("both", "left", "right")
    )  # fmt: skip


def _result(job: Job) -> Result:
    return Result(
        job=job, kind=job.kind, group=job.group, subject=job.subject, release=RELEASE,
        release_sha256=f"sha of {RELEASE}", evidence="simulated", config_hash="0" * 16,
        usable=True, neutral_source="rest", capture={"fps": 30.0, "fps_mean": 29.9},
    )  # fmt: skip


def _value(place: int, value: float) -> float:
    """OFF is a third less than ON; both waver by up to 6 %."""
    return value * (1 - place % 2 / 3) * (1 + 0.02 * ((place * 7) % 7 - 3 + (place // 2) % 3))
