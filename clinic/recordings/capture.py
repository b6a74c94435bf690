"""The recording flow: landing, consent, how are you today, record.

Patients come by capture link, staff sign in and sit beside the patient; both see the same pages.
What follows once a session is finished is in `own_films`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from csp.constants import SELF, WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import languages
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.patients.models import Purpose
from clinic.patients.services import consented
from clinic.recordings import capture_services, links, receiving
from clinic.recordings.access import (
    Access,
    NoAccess,
    capture_session,
    drop_cookie,
    opened_before,
    set_cookie,
)
from clinic.recordings.capture_forms import CheckForm, ConsentForm, ContextForm
from clinic.recordings.capture_setup import setup
from clinic.recordings.checking import FilmRefused
from clinic.recordings.models import CaptureLink, Recording
from clinic.recordings.services import NotAsSent, SubmitRefused
from clinic.recordings.takes import BadTake, Take
from clinic.uploads.problems import (
    Gone,
    Incomplete,
    NoConsent,
    NotNeeded,
    TryLater,
    UploadProblem,
)

REFUSALS = (BadTake, FilmRefused, SubmitRefused, UploadProblem)
# The face finder is WebAssembly, in a worker where the browser can.
GUIDE_POLICY = {"script-src": [WASM_UNSAFE_EVAL], "worker-src": [SELF]}


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks who it is. GET changes nothing: mail scanners follow links.

    The token leaves the address by POST.
    """
    known = opened_before(request.COOKIES, token)
    if known and request.method != "POST":
        return redirect("capture:start", known.session_id)
    try:
        return _check(request, links.resolve(token))
    except links.LinkProblem as problem:
        return _link_problem(request, problem)


@require_GET
def start(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Leads to the step that comes next."""
    return redirect(_next_step(capture_session(request, session_id)), session_id)


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if _next_step(access) != "capture:consent":
        return redirect("capture:start", session_id)
    language = languages.spoken()
    patient = access.session.patient
    form = ConsentForm(request.POST or None, patient=patient, language=language)
    if form.is_valid():
        capture_services.agree(access, form.purposes(), language)
        return redirect("capture:start", session_id)
    return page(request, "consent", access, form=form)


@require_http_methods(["GET", "POST"])
def context(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if not _may_describe(access):
        return redirect("capture:start", session_id)
    anew = capture_services.is_told_long_ago(access.session)
    form = ContextForm(request.POST or None, instance=access.session, anew=anew)
    if request.method == "POST" and form.is_valid():
        capture_services.describe(access, form.save(commit=False))
        return redirect("capture:start", session_id)
    return page(request, "context", access, form=form, anew=anew)


@require_http_methods(["GET", "POST"])
def too_ill(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """To be too ill to film today is an answer as well; the link goes on working."""
    access = capture_session(request, session_id)
    if not _may_describe(access):
        return redirect("capture:start", session_id)
    if request.method == "POST":
        capture_services.note_too_ill(access)
        return redirect("capture:too_ill", session_id)
    if access.session.too_ill is None:
        return redirect("capture:start", session_id)
    return page(request, "too_ill", access)


@require_GET
@ensure_csrf_cookie
@csp_update(GUIDE_POLICY)  # type: ignore[untyped-decorator]  # django-csp carries no types
def record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    if _next_step(access) != "capture:record":
        return redirect("capture:start", session_id)
    tasks = list(access.session.protocol.tasks.all())
    return page(
        request,
        "record",
        access,
        tasks=tasks,
        setup=setup(access, tasks),
        is_late=capture_services.is_past_its_state(access.session),
    )


@require_POST
def submit(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """A fully uploaded take becomes a Recording; the answer is its receipt.

    422 says that this film will not do, 406 that it is not needed; 409 and 410, that it must be
    sent again from its start; 503 and 507, that the same can be asked again in a while; 403 and
    404, that no more is taken.
    """
    try:
        access = capture_session(request, session_id)
        recording = receiving.receive(access, Take.from_json(request.body))
    except (Gone, Incomplete, NoConsent, NotNeeded, TryLater) as problem:
        return _refusal(problem, problem.status)
    except NoAccess as refusal:
        return _refusal(refusal, 404)
    except NotAsSent as refusal:
        return _refusal(refusal, 409)
    except REFUSALS as refusal:
        return _refusal(refusal, 422)
    return JsonResponse(_receipt(recording), status=201)


@require_POST
def finish(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The record page's program asks, and is told in JSON why to ask again."""
    try:
        access = capture_session(request, session_id)
        capture_services.finish(access)
    except NoAccess as problem:
        return _refusal(problem, 404)
    except capture_services.FinishLater as problem:
        return _refusal(problem, problem.status)
    except capture_services.NothingRecorded as problem:
        messages.error(request, str(problem))
        return redirect("capture:start", session_id)
    answer = redirect("capture:start", session_id)
    if access.link:
        set_cookie(request, answer, access.link)  # from now on it ends sooner
    return answer


@require_POST
def close(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Forgets on this device that the link was opened: others may use the device too."""
    answer = page(request, "closed", capture_session(request, session_id))
    drop_cookie(answer, session_id)
    return answer


def page(request: HttpRequest, name: str, access: Access, **context: Any) -> HttpResponse:
    """The page `name` of the flow; that staff read it is on record."""
    session = access.session
    if access.user:
        audit.record(Action.READ, session, actor=access.user)
    context |= {"session": session, "clinic": session.patient.clinic, "access": access}
    return render(request, f"capture/{name}.html", context)


def _check(request: HttpRequest, link: CaptureLink) -> HttpResponse:
    """Raises LinkLocked."""
    languages.speak(request, link.session.patient)
    form = CheckForm(request.POST or None)
    if form.is_valid():
        if capture_services.open_link(link, **form.cleaned_data):
            response = redirect("capture:start", link.session_id)
            set_cookie(request, response, link)
            return response
        if link.is_locked:
            raise links.LinkLocked(link)
        form.add_error(None, _no_match(link.MAX_TRIES - link.wrong_answers))
    session = link.session
    context = {"clinic": session.patient.clinic, "form": form, "session": session}
    return render(request, "capture/landing.html", context)


def _no_match(tries_left: int) -> str:
    return ngettext(
        "That is not what your clinic has noted. You can try once more.",
        "That is not what your clinic has noted. You can try %(count)d more times.",
        tries_left,
    ) % {"count": tries_left}


def _link_problem(request: HttpRequest, problem: links.LinkProblem) -> HttpResponse:
    patient = problem.link.session.patient if problem.link else None
    languages.speak(request, patient)
    context = {"problem": problem, "clinic": patient.clinic if patient else None}
    return render(request, "capture/link_problem.html", context, status=410)


def _next_step(access: Access) -> str:
    session = access.session
    if session.submitted is not None:
        return "capture:done"
    if not consented(session.patient, Purpose.CARE):
        return "capture:consent"
    if capture_services.must_describe(session):
        return "capture:context"
    return "capture:record"


def _may_describe(access: Access) -> bool:
    is_due = _next_step(access) in ("capture:context", "capture:record")
    return is_due and capture_services.may_describe(access.session)


def _refusal(words: Exception, status: int) -> JsonResponse:
    return JsonResponse({"error": str(words)}, status=status)


def _receipt(recording: Recording) -> dict[str, Any]:
    return {
        "recording": str(recording.id),
        "task": recording.task.code,
        "attempt": recording.attempt,
        "sha256": recording.sent_sha256,
        "received": recording.created.isoformat(),
    }
