"""A browser's upload spoken by hand, with what a confused or hostile one might say."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from playwright.sync_api import APIResponse, BrowserContext

from tests.e2e.people import Invitation

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Caller:
    """Speaks with the cookies of a browser that has opened the link."""

    def __init__(self, context: BrowserContext, invitation: Invitation) -> None:
        self._context = context
        self._invitation = invitation
        self._root = invitation.capture.partition("/capture/")[0]

    def create(self, task: str, length: int | None = None) -> APIResponse:
        told = {"session": self._invitation.session, "task": task, "mime": "video/webm"}
        pairs = (
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items()
        )
        size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        headers = {**TUS, **size, "Upload-Metadata": ",".join(pairs)}
        return self._call("POST", f"{self._root}/uploads/", headers)

    def patch(
        self, created: APIResponse, offset: int, data: bytes, length: int | None = None
    ) -> APIResponse:
        headers = {**PART, "Upload-Offset": str(offset)}
        if length is not None:
            headers["Upload-Length"] = str(length)
        return self._call("PATCH", self._root + created.headers["location"], headers, data)

    def hand_in(self, created: APIResponse, task: str, film: bytes) -> APIResponse:
        take = {
            "upload": created.headers["location"].rpartition("/")[2],
            "task": task,
            "cues": [],
            "capture": {},
            "sha256": hashlib.sha256(film).hexdigest(),
            "partial": False,
        }
        return self._call("POST", f"{self._invitation.capture}submit/", {}, take)

    def _call(self, method: str, address: str, headers: dict[str, str], data: Any = None) -> Any:
        token = next(c["value"] for c in self._context.cookies() if c["name"] == "csrftoken")
        return self._context.request.fetch(
            address, method=method, headers={**headers, "X-CSRFToken": token}, data=data
        )
