"""The recording flow: landing, consent, how are you today, record, done.

Patients come by capture link, staff sign in and sit beside the patient; both see the same pages.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.patients.models import Purpose
from clinic.patients.services import consented
from clinic.recordings import capture_services, links, receiving
from clinic.recordings.access import Access, capture_session, set_cookie
from clinic.recordings.capture_forms import ConsentForm, ContextForm
from clinic.recordings.models import ProtocolTask, Recording
from clinic.recordings.services import SubmitRefused
from clinic.recordings.takes import BadTake, Take
from clinic.uploads.services import UploadProblem
from diagnosis.findings import threshold

REFUSALS = (BadTake, UploadProblem, SubmitRefused)


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows a button: mail scanners follow links. The token leaves the address by POST."""
    try:
        link = links.resolve(token)
    except links.LinkProblem as problem:
        return render(request, "capture/link_problem.html", {"problem": problem}, status=410)
    if request.method != "POST":
        return render(request, "capture/landing.html", {"clinic": link.session.patient.clinic})
    capture_services.open_link(link)
    response = redirect("capture:start", link.session_id)
    set_cookie(response, link)
    return response


@require_GET
def start(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Leads to the step that comes next."""
    return redirect(_next_step(capture_session(request, session_id)), session_id)


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if _next_step(access) != "capture:consent":
        return redirect("capture:start", session_id)
    form = ConsentForm(request.POST or None)
    if form.is_valid():
        capture_services.agree(access, form.purposes())
        return redirect("capture:start", session_id)
    return _page(request, "consent", access, form=form)


@require_http_methods(["GET", "POST"])
def context(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if _next_step(access) not in ("capture:context", "capture:record"):
        return redirect("capture:start", session_id)
    form = ContextForm(request.POST or None, instance=access.session)
    if request.method == "POST" and form.is_valid():
        capture_services.describe(access, form.save(commit=False))
        return redirect("capture:start", session_id)
    return _page(request, "context", access, form=form)


@require_GET
@ensure_csrf_cookie
def record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if _next_step(access) != "capture:record":
        return redirect("capture:start", session_id)
    tasks = list(access.session.protocol.tasks.all())
    return _page(request, "record", access, tasks=tasks, setup=_setup(access, tasks))


@require_POST
def submit(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """A fully uploaded take becomes a Recording; the answer is its receipt."""
    access = capture_session(request, session_id)
    try:
        recording = receiving.receive(access, Take.from_json(request.body))
    except REFUSALS as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    return JsonResponse(_receipt(recording), status=201)


@require_POST
def finish(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    try:
        capture_services.finish(access)
    except capture_services.NothingRecorded as problem:
        messages.error(request, str(problem))
    return redirect("capture:start", session_id)


@require_GET
def done(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if access.session.submitted is None:
        return redirect("capture:start", session_id)
    films = access.session.recordings.kept().select_related("task")
    return _page(request, "done", access, films=films, addresses=_addresses(access))


def _next_step(access: Access) -> str:
    session = access.session
    if session.submitted is not None:
        return "capture:done"
    if not consented(session.patient, Purpose.CARE):
        return "capture:consent"
    return "capture:record" if session.has_context else "capture:context"


def _page(request: HttpRequest, name: str, access: Access, **context: Any) -> HttpResponse:
    session = access.session
    context |= {"session": session, "clinic": session.patient.clinic, "access": access}
    return render(request, f"capture/{name}.html", context)


def _addresses(access: Access) -> dict[str, str]:
    """Where live progress comes from; the page reads them from its data."""
    session = access.session.id
    return {
        "progress": reverse("live:progress", args=[session]),
        "socket": f"/ws/sessions/{session}/",
    }


def _setup(access: Access, tasks: list[ProtocolTask]) -> dict[str, Any]:
    """All that the capture page's program needs to know."""
    recorded = set(access.session.recordings.values_list("task_id", flat=True))
    return {
        "session": str(access.session.id),
        "uploads": reverse("uploads:create"),
        "submit": reverse("capture:submit", args=[access.session.id]),
        "maxPatch": settings.UPLOAD_MAX_PATCH,
        "slowFps": threshold("fps_for_speed"),
        "tasks": [
            {
                "code": task.code,
                "kind": task.kind,
                "title": task.title,
                "leadIn": task.lead_in_s,
                "repeats": task.repeats,
                "now": task.now_s,
                "relax": task.relax_s,
                "received": task.id in recorded,
            }
            for task in tasks
        ],
        **_addresses(access),
    }


def _receipt(recording: Recording) -> dict[str, Any]:
    return {
        "recording": str(recording.id),
        "task": recording.task.code,
        "attempt": recording.attempt,
        "sha256": recording.sha256,
        "received": recording.created.isoformat(),
    }
