"""Films handed in, and their jobs ended as a worker would."""

from __future__ import annotations

from pathlib import Path

from clinic.accounts import releases
from clinic.patients.models import Purpose
from clinic.patients.services import withdraw
from clinic.recordings import services
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import queue
from diagnosis.config import Cue
from diagnosis.models import Job, Result

BYTES = b"not decoded here: the site stores films, the engine reads them"


def new_film(folder: Path, content: bytes = BYTES) -> Path:
    path = folder / f"upload-{len(list(folder.iterdir()))}"
    path.write_bytes(content)
    return path


def submit(session: RecordingSession, code: str, film: Path, **options: object) -> Recording:
    task = session.protocol.tasks.get(code=code)
    options = {"mime": "video/webm;codecs=vp9", "cues": [Cue(2, 4)], "capture": {}} | options
    return services.submit(session, task, film, **options)


def job_of(recording: Recording) -> Job:
    return Job.objects.filter(subject=recording.id).latest("created")


def claim(recording: Recording) -> Job:
    first = {"priority": Job.Priority.PATIENT_WAITS, "not_before": None}
    Job.objects.filter(pk=job_of(recording).pk).update(**first)
    job = queue.claim("worker")
    assert job.subject == recording.id
    return job


def fail(recording: Recording) -> None:
    """End the recording's job as a worker would whose analysis breaks each time."""
    for _ in range(queue.MAX_CRASHES):
        queue.crashed(claim(recording), "it broke")


def decide(
    recording: Recording, *, neutral: str = "", usable: bool = True, sha256: str = ""
) -> Result:
    """End the recording's job as a worker would, with a neutral file when it is a rest take;
    `sha256` is the identity of its release, that of the one installed unless told."""
    job = claim(recording)
    result = Result.objects.create(
        job=job, kind="take", group=job.group, subject=job.subject, usable=usable, neutral=neutral,
        release_sha256=sha256 or releases.identity(job.payload["release"]),
    )  # fmt: skip
    queue.finish(job, Job.State.DONE)
    return result


def withdraw_consent(session: RecordingSession, purpose: Purpose) -> None:
    withdraw(session.patient.consents.get(text__purpose=purpose), actor=None)
