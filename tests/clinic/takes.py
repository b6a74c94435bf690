"""Takes as a browser sends them: an upload that has arrived, and its description."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from django.http import HttpResponse
from django.test import Client

from clinic.recordings import access
from clinic.recordings.models import RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from tests.diagnosis.films import write_live

CUES = [{"start": 2.0, "end": 4.0}, {"start": 6.01, "end": 8.0}]


def live_film(seconds: float) -> bytes:
    """A WebM as a browser records it, of `seconds` seconds at 10 pictures a second."""
    with tempfile.TemporaryDirectory() as folder:
        return write_live(Path(folder) / "film.webm", np.arange(0, seconds, 0.1)).read_bytes()


WEBM = live_film(9)


def page(session: RecordingSession, step: str = "") -> str:
    return f"/capture/{session.id}/{step}"


def send(
    session: RecordingSession, film: bytes = WEBM, task: str = "smile", *, whole: bool = True
) -> Upload:
    """An upload that has arrived in full; not `whole`: without its length, as of a broken take."""
    who = access.Access(session, None, None)
    length = len(film) if whole else None
    upload = uploads.create(who, task_code=task, mime="video/webm;codecs=vp8", length=length)
    if film:
        uploads.append(upload, offset=0, data=film, length=length)
    return upload


def submit(browser: Client, arrived: Upload, film: bytes = WEBM, **changes: Any) -> HttpResponse:
    take = {
        "upload": str(arrived.id),
        "task": arrived.task.code,
        "cues": CUES,
        "capture": {"device": {"camera": "Front"}, "frames": {"fps": 30}},
        "sha256": hashlib.sha256(film).hexdigest(),
    }
    body = json.dumps(take | changes)
    return browser.post(page(arrived.session, "submit/"), body, "application/json")
