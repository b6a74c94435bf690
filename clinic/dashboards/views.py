"""The patient's page and the session's page, the films on them and the curves under those."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic import live
from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.dashboards import drawing, labels, media, states
from clinic.dashboards.series import trends
from clinic.dashboards.story import story
from clinic.dashboards.takes import assessment, drawn, takes
from clinic.patients import consents
from clinic.patients.models import Patient, PatientQuerySet
from clinic.ratings.models import Rating
from clinic.recordings import playback
from clinic.recordings.models import (
    Recording,
    RecordingQuerySet,
    RecordingSession,
    SessionQuerySet,
)
from clinic.verdicts import judging
from clinic.verdicts import services as verdicts
from clinic.verdicts.comparable import comparison

SESSIONS_PER_PAGE = 20


@login_required
@require_safe
def patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    found = get_object_or_404(_patients(request), pk=patient_id)
    sees_results = _may(request, found.clinic, Permission.SEE_MEASURES)
    _record_read(request, found, sees_results)
    rows = states.rows(found.sessions.all())
    context: dict[str, Any] = {
        "patient": found,
        "clinic": found.clinic,
        "consents": consents.states(found),
        "progress": states.progress(rows),
        "page": Paginator(rows, SESSIONS_PER_PAGE).get_page(request.GET.get("page")),
        "may_export": _may(request, found.clinic, Permission.EXPORT),
    }
    if sees_results:
        context |= _dashboard(found, request.GET.get("release", ""))
        if not request.GET.get("release") and _is_looked_at(request):
            verdicts.catch_up(found, context["judgement"])
            verdicts.mark_read(found, context["judgement"], request.user)
            context["overtaken"] = verdicts.overtaken(found, context["judgement"])
    return render(request, "dashboards/patient.html", context)


@login_required
@require_safe
def patient_progress(request: StaffRequest, patient_id: UUID) -> JsonResponse:
    found = get_object_or_404(_patients(request), pk=patient_id)
    progress = states.progress(states.rows(found.sessions.all()))
    return JsonResponse({**vars(progress), "moving": progress.moving})


@login_required
@require_safe
def session(request: StaffRequest, session_id: UUID) -> HttpResponse:
    found = get_object_or_404(_sessions(request), pk=session_id)
    context = _session_context(request, found)
    _record_read(request, found, context["sees_measures"])
    return render(request, "dashboards/session.html", context)


@login_required
@require_safe
def video(request: StaffRequest, recording_id: UUID) -> HttpResponseBase:
    found = get_object_or_404(_recordings(request, Permission.WATCH), pk=recording_id)
    try:
        path, content_type = playback.source(found)
    except playback.Unplayable as error:
        raise Http404(str(error)) from error
    if request.method == "GET":
        playback.record_play(found, actor=request.user)
    return media.response(request, path, content_type)


@login_required
@require_safe
def recording_curves(request: StaffRequest, recording_id: UUID) -> JsonResponse:
    mine = _recordings(request, Permission.SEE_MEASURES, Permission.SEE_CODED)
    found = get_object_or_404(mine, pk=recording_id)
    data = drawn(found)
    if data is None:
        raise Http404("this film has no usable analysis")
    _record_read(request, found, True)
    return JsonResponse(data)


def _is_looked_at(request: StaffRequest) -> bool:
    """Not where an open page keeps up to date, as `fresh` of static/ts/page.ts says: perhaps nobody
    looks. A HEAD shows nothing."""
    by_itself = request.headers.get("X-Requested-With") == "fetch"
    return request.method == "GET" and not by_itself


def _record_read(request: StaffRequest, found: Model, sees_results: bool) -> None:
    """Who has seen results does not rate blind."""
    detail = audit.RESULTS if sees_results else ""
    audit.record(Action.READ, found, actor=request.user, detail=detail)


def _patients(request: StaffRequest) -> PatientQuerySet:
    return Patient.objects.visible_to(request.user).select_related("clinic")


def _sessions(request: StaffRequest) -> SessionQuerySet:
    return RecordingSession.objects.visible_to(request.user).select_related(
        "patient__clinic", "protocol"
    )


def _recordings(request: StaffRequest, *permissions: Permission) -> RecordingQuerySet:
    return Recording.objects.visible_to(request.user, *permissions).select_related(
        "session__patient", "task"
    )


def _may(request: StaffRequest, clinic: Clinic, permission: Permission) -> bool:
    return Clinic.objects.where(request.user, permission).filter(pk=clinic.pk).exists()


def _dashboard(patient: Patient, release_sha256: str) -> dict[str, Any]:
    found = trends(patient, release_sha256)
    compared = comparison(patient, found)
    return {
        **drawing.context(compared),
        "judgement": judging.judge(compared),
        "unanswered": judging.unanswered(found) if found.headline is None else None,
        "ratings": _ratings(Rating.objects.filter(session__patient=patient)),
    }


def _ratings(found: QuerySet[Rating]) -> QuerySet[Rating]:
    return found.select_related("session", "rater").order_by("-session__recorded", "created")


def _session_context(request: StaffRequest, session: RecordingSession) -> dict[str, Any]:
    snapshot = live.snapshot(session)
    found = takes(session, snapshot)
    sees_measures = _may(request, session.patient.clinic, Permission.SEE_MEASURES)
    return {
        "session": session,
        "patient": session.patient,
        "clinic": session.patient.clinic,
        "takes": found,
        "has_failed": "failed" in {part["state"] for part in live.parts(snapshot)},
        "summary_error": (snapshot["session_job"] or {}).get("error", ""),
        "sees_measures": sees_measures,
        "assessment": assessment(session) if sees_measures else None,
        "story": story(session, found) if sees_measures else None,
        "ratings": _ratings(session.ratings.all()) if sees_measures else None,
        "links": session.links.select_related("created_by"),
        "tasks": session.protocol.tasks.all(),
        "done": snapshot["done"],
        "meanings": labels.MEANINGS,
    }
