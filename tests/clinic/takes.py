"""Takes as a browser sends them: an upload that has arrived, and its description."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from clinic.recordings import access
from clinic.recordings.models import RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload

WEBM = uploads.WEBM_START + bytes(500)
CUES = [{"start": 2.0, "end": 4.0}, {"start": 6.01, "end": 8.0}]


def page(session: RecordingSession, step: str = "") -> str:
    return f"/capture/{session.id}/{step}"


def send(session: RecordingSession, film: bytes = WEBM, task: str = "smile") -> Upload:
    """An upload that has arrived in full."""
    who = access.Access(session, None, None)
    upload = uploads.create(who, task_code=task, mime="video/webm;codecs=vp8", length=len(film))
    if film:
        uploads.append(upload, offset=0, data=film, length=len(film))
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
