"""The tus server: one address to create uploads, one per upload to send its parts.

tus-js-client sends Django's CSRF token in the header X-CSRFToken of each request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic.languages import speak
from clinic.recordings.access import NoAccess, capture_session, may_capture
from clinic.uploads import services, tus
from clinic.uploads.models import Upload
from clinic.uploads.problems import UploadProblem, WrongOffset, server_trouble

TusView = Callable[..., HttpResponse]


def speaks_tus(view: TusView) -> TusView:
    """Answers OPTIONS, requires the protocol's version, and turns problems into answers."""

    @wraps(view)
    def wrapped(request: HttpRequest, **captured: Any) -> HttpResponse:
        response = _answer(view, request, **captured)
        response["Tus-Resumable"] = tus.VERSION
        return response

    return wrapped


def _answer(view: TusView, request: HttpRequest, **captured: Any) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=tus.abilities(settings.UPLOAD_MAX_BYTES))
    try:
        tus.require_version(request)
        with server_trouble():
            return view(request, **captured)
    except UploadProblem as problem:
        return _refusal(problem)
    except NoAccess as problem:
        return HttpResponse(str(problem), status=404, content_type="text/plain")


def _refusal(problem: UploadProblem) -> HttpResponse:
    response = HttpResponse(str(problem), status=problem.status, content_type="text/plain")
    if isinstance(problem, WrongOffset):
        response["Upload-Offset"] = str(problem.offset)
    if isinstance(problem, tus.OtherVersion):
        response["Tus-Version"] = tus.VERSION
    return response


@require_http_methods(["OPTIONS", "POST"])
@speaks_tus
def create(request: HttpRequest) -> HttpResponse:
    told = tus.metadata(request)
    try:
        session_id = UUID(told.get("session", ""))
    except ValueError:
        raise tus.BadRequest("Upload-Metadata must name the session.") from None
    upload = services.create(
        capture_session(request, session_id),
        task_code=told.get("task", ""),
        mime=told.get("mime", ""),
        length=tus.new_length(request),
    )
    # A path: behind a proxy the server does not know the address that the browser uses.
    location = reverse("uploads:detail", args=[upload.id])
    return HttpResponse(status=201, headers={"Location": location, **tus.expiry(upload)})


@require_http_methods(["OPTIONS", "HEAD", "PATCH", "DELETE"])
@speaks_tus
def detail(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    upload = _own_upload(request, upload_id)
    if request.method == "DELETE":
        services.remove(upload)
        return HttpResponse(status=204)
    services.require_there(upload)
    if request.method == "PATCH":
        return _patch(request, upload)
    return HttpResponse(headers={**tus.state(upload), "Cache-Control": "no-store"})


def _patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    offset = tus.whole(request, "Upload-Offset")
    if offset is None:
        raise tus.BadRequest("Upload-Offset is missing.")
    services.append(
        upload,
        offset=offset,
        data=tus.part(request, settings.UPLOAD_MAX_PATCH),
        length=tus.whole(request, "Upload-Length"),
    )
    headers = {"Upload-Offset": str(upload.offset), **tus.expiry(upload)}
    return HttpResponse(status=204, headers=headers)


def _own_upload(request: HttpRequest, upload_id: UUID) -> Upload:
    """The upload, for one who may record its session; 404 for all others."""
    upload = Upload.objects.select_related("recording").filter(id=upload_id).first()
    access = upload and may_capture(request.user, request.COOKIES, upload.session_id)
    if upload is None or access is None:
        raise Http404("no such upload")
    speak(request, access.session.patient)
    return upload
