"""The import of a clinic's old clips: its page, and what that asks while it sends them.

The clips themselves go to the same tus server as takes do (`clinic.uploads`).
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Permission
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.imports import services, words
from clinic.imports.forms import FilmForm, FinishForm, KnownForm, SittingForm
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings import receiving
from clinic.recordings.checking import FilmRefused
from clinic.recordings.models import ProtocolTask, Recording, RecordingSession
from clinic.recordings.services import SubmitRefused
from clinic.uploads.problems import UploadProblem
from diagnosis.config import AnalysisConfig


@login_required
@require_safe
def page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    record(Action.READ, patient, actor=request.user)
    tasks = list(services.protocol().tasks.all())
    context = {
        "patient": patient,
        "tasks": tasks,
        "states": RecordingSession.Medication.choices,
        "unsure": RecordingSession.Medication.UNSURE,
        "today": timezone.localdate(),
        "recordable": consented(patient, Purpose.CARE),
        "analysable": consented(patient, Purpose.ANALYSIS),
        "max_minutes": AnalysisConfig().max_duration_s / 60,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "setup": _setup(patient, tasks),
    }
    return render(request, "imports/page.html", context)


@login_required
@require_POST
def known(request: StaffRequest, patient_id: UUID) -> JsonResponse:
    """Whether the clinic has a film with the SHA-256 that is told; asked before it is sent."""
    patient = _patient(request, patient_id)
    form = KnownForm(_asked(request))
    if not form.is_valid():
        return _refused(form)
    found = services.known(patient, form.cleaned_data["sha256"], actor=request.user)
    return JsonResponse({"known": _told(found, patient) if found else None})


@login_required
@require_POST
def sitting(request: StaffRequest, patient_id: UUID) -> JsonResponse:
    """The session that a clip of this day, medication state and task joins."""
    patient = _patient(request, patient_id)
    form = SittingForm(_asked(request))
    if not form.is_valid():
        return _refused(form)
    session = services.sitting(patient, **form.cleaned_data, actor=request.user)
    return JsonResponse(
        {
            "id": str(session.id),
            "href": reverse("dashboards:session", args=[session.id]),
            "title": f"{_day(session)}, {session.get_medication_display()}",
        }
    )


@login_required
@require_POST
def film(request: StaffRequest, patient_id: UUID) -> JsonResponse:
    """A clip that is fully uploaded becomes a Recording, unless the clinic has the same film."""
    patient = _patient(request, patient_id)
    form = FilmForm(_asked(request))
    if not form.is_valid():
        return _refused(form)
    told = form.cleaned_data
    session = _session(patient, told["session"])
    try:
        receiving.receive_import(
            session,
            get_object_or_404(session.uploads, id=told["upload"]),
            cues=told["cues"],
            actor=request.user,
            sha256=told["sha256"],
        )
    except receiving.Duplicate as duplicate:
        return JsonResponse({"known": _told(duplicate.recording, patient)})
    except FilmRefused as refusal:
        return JsonResponse({"error": refusal.staff}, status=422)
    except SubmitRefused as refusal:
        return JsonResponse({"error": words.for_staff(refusal)}, status=422)
    except UploadProblem as problem:
        return JsonResponse({"error": words.for_staff(problem)}, status=problem.status)
    return JsonResponse({"known": None}, status=201)


@login_required
@require_POST
def finish(request: StaffRequest, patient_id: UUID) -> JsonResponse:
    patient = _patient(request, patient_id)
    form = FinishForm(_asked(request))
    if not form.is_valid():
        return _refused(form)
    try:
        services.finish(_session(patient, form.cleaned_data["session"]), actor=request.user)
    except services.NothingArrived as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    return JsonResponse({})


def _patient(request: StaffRequest, patient_id: UUID) -> Patient:
    mine = Patient.objects.visible_to(request.user, Permission.RECORD)
    return get_object_or_404(mine.select_related("clinic"), id=patient_id, archived__isnull=True)


def _session(patient: Patient, session_id: UUID) -> RecordingSession:
    """The patient's imported session of this id, or Http404."""
    found = patient.sessions.select_related("patient__clinic", "protocol")
    return get_object_or_404(found, id=session_id, imported=True)


def _asked(request: StaffRequest) -> dict[str, Any]:
    """The JSON object of the request's body; empty for anything else."""
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}


def _refused(form: forms.Form) -> JsonResponse:
    problems = [str(error) for errors in form.errors.values() for error in errors]
    return JsonResponse({"error": " ".join(problems)}, status=422)


def _told(recording: Recording, patient: Patient) -> dict[str, str]:
    session = recording.session
    whose = "" if session.patient_id == patient.id else f", of {session.patient}"
    return {
        "words": f"Already here: {recording.task.title}, {_day(session)}{whose}",
        "href": reverse("dashboards:session", args=[session.id]),
    }


def _day(session: RecordingSession) -> str:
    return date_format(timezone.localtime(session.recorded), "j F Y")


def _setup(patient: Patient, tasks: list[ProtocolTask]) -> dict[str, Any]:
    """All that the page's program needs to know; see static/ts/import/setup.ts."""
    addresses = {
        name: reverse(f"imports:{name}", args=[patient.id])
        for name in ("known", "sitting", "film", "finish")
    }
    return {
        **addresses,
        "uploads": reverse("uploads:create"),
        "csrfCookie": settings.CSRF_COOKIE_NAME,
        "tasks": [{"code": t.code, "title": t.title, "kind": t.kind} for t in tasks],
        "maxPatch": settings.UPLOAD_MAX_PATCH,
        "maxBytes": settings.UPLOAD_MAX_BYTES,
        "maxSeconds": AnalysisConfig().max_duration_s,
    }
