"""Requests to the tus server, as a browser makes them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from clinic.recordings.models import RecordingSession
from clinic.uploads import problems
from clinic.uploads.models import Upload

PART = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def create(
    browser: Client,
    session: RecordingSession,
    *,
    task: str = "smile",
    mime: str = "video/webm",
    **headers: str,
) -> HttpResponse:
    told = metadata(session=str(session.id), task=task, mime=mime)
    size = {} if "Upload-Length" in headers else {"Upload-Defer-Length": "1"}
    return browser.post("/uploads/", headers={**TUS, **size, "Upload-Metadata": told, **headers})


def patch(
    browser: Client,
    address: str,
    data: bytes,
    offset: int,
    content_type: str = PART,
    **headers: str,
) -> HttpResponse:
    told = {**TUS, "Upload-Offset": str(offset), "Content-Type": content_type, **headers}
    return browser.patch(address, data, content_type, headers=told)


def upload_at(address: str) -> Upload:
    return Upload.objects.get(id=address.rsplit("/", 1)[1])


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all started together in threads of their own."""
    barrier = Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(index: int) -> None:
        barrier.wait()
        try:
            outcomes[index] = works[index]()
        except problems.UploadProblem as problem:
            outcomes[index] = problem
        finally:
            connection.close()

    threads = [Thread(target=run, args=[index]) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
