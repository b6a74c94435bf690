"""What the record page and the receipt page tell their program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext

from clinic.recordings.access import Access
from clinic.recordings.models import ProtocolTask, RecordingSession
from clinic.recordings.services import is_practice
from diagnosis.findings import rules


def setup(access: Access, tasks: Sequence[ProtocolTask]) -> dict[str, Any]:
    """Addresses, tasks and limits; `expires` is when the link ends, None for staff."""
    session = access.session
    return {
        **delivery(session, tasks),
        "practice": not session.imported and is_practice(session),
        "helped": session.helped,
        "expires": access.link.expires.isoformat() if access.link else None,
        "retakes": _retakes(),
        "guide": {
            "assets": static("dist/vision/"),
            "thresholds": rules()["thresholds"],
            "live": rules()["live"],
        },
        **addresses(session),
    }


def delivery(session: RecordingSession, tasks: Sequence[ProtocolTask]) -> dict[str, Any]:
    """Where films go, and which are missing; a task is `received` once a whole film of it is."""
    recorded = set(session.recordings.filter(partial=False).values_list("task_id", flat=True))
    return {
        "session": str(session.id),
        "uploads": reverse("uploads:create"),
        "submit": reverse("capture:submit", args=[session.id]),
        "maxPatch": settings.UPLOAD_MAX_PATCH,
        "maxBytes": settings.UPLOAD_MAX_BYTES,
        "csrfCookie": settings.CSRF_COOKIE_NAME,
        "tasks": [{**_task(task), "received": task.id in recorded} for task in tasks],
    }


def addresses(session: RecordingSession) -> dict[str, str]:
    """Where live progress comes from; the page reads them from its data."""
    return {
        "progress": reverse("live:progress", args=[session.id]),
        "socket": f"/ws/sessions/{session.id}/",
    }


def _task(task: ProtocolTask) -> dict[str, Any]:
    return {
        "code": task.code,
        "kind": task.kind,
        "title": gettext(task.title),
        "leadIn": task.lead_in_s,
        "repeats": task.repeats,
        "now": task.now_s,
        "relax": task.relax_s,
    }


def _retakes() -> dict[str, Any]:
    """The findings after which a film is offered again, with what is then said, by code."""
    findings = rules()["findings"].items()
    return {code: words["retake"] for code, words in findings if words.get("retake")}
