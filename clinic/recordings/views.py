"""Pages with which staff start sessions, invite patients to them and repeat failed analyses."""

from __future__ import annotations

from uuid import UUID

import qrcode
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from qrcode.image.svg import SvgPathFillImage

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Permission
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import consented
from clinic.recordings import capture_services, links, services
from clinic.recordings.access import Access
from clinic.recordings.forms import LinkForm, NewSessionForm
from clinic.recordings.models import CaptureLink, RecordingSession


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_session(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    mine = Patient.objects.visible_to(request.user, Permission.RECORD)
    patient = get_object_or_404(mine, id=patient_id, archived__isnull=True)
    form = NewSessionForm(request.POST or None)
    if form.is_valid():
        session = services.start_session(patient, **form.cleaned_data, actor=request.user)
        return redirect("dashboards:session", session.id)
    record(Action.READ, patient, actor=request.user)
    return render(
        request,
        "recordings/new_session.html",
        {"patient": patient, "form": form, "consented": consented(patient, Purpose.CARE)},
    )


def _session(request: StaffRequest, session_id: UUID) -> RecordingSession:
    """A session that the person may invite to and record, or Http404."""
    mine = RecordingSession.objects.visible_to(request.user, Permission.RECORD)
    return get_object_or_404(mine.select_related("patient__clinic"), id=session_id)


@login_required
@require_POST
def make_link(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Shows the new link's address: this page is the only one that ever does."""
    session = _session(request, session_id)
    form = LinkForm(request.POST)
    if not form.is_valid():
        messages.warning(request, f"Enter a number of days from 1 to {links.MAX_DAYS}.")
        return redirect("dashboards:session", session.id)
    try:
        link, address = links.make(session, actor=request.user, **form.cleaned_data)
    except links.LinkRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("dashboards:session", session.id)
    context = {"session": session, "link": link, "address": address, "qr": _qr(address)}
    return render(request, "recordings/link.html", context)


def _qr(address: str) -> str:
    """The address as an SVG drawing, white background included, so that dark pages scan too."""
    drawing: str = qrcode.make(address, image_factory=SvgPathFillImage).to_string(
        encoding="unicode"
    )
    return drawing


@login_required
@require_POST
def revoke_link(request: StaffRequest, link_id: UUID) -> HttpResponse:
    mine = RecordingSession.objects.visible_to(request.user, Permission.RECORD)
    link = get_object_or_404(
        CaptureLink.objects.select_related("session__patient"), id=link_id, session__in=mine
    )
    links.revoke(link, actor=request.user)
    messages.success(request, "The link is closed. Nobody can record with it any more.")
    return redirect("dashboards:session", link.session_id)


@login_required
@require_POST
def finish(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """For a sitting that ended without its last button: the films that are there are enough."""
    session = _session(request, session_id)
    try:
        capture_services.finish(Access(session, request.user, None))
    except capture_services.FinishLater as problem:
        context = {"session": session, "problem": problem}
        return render(request, "recordings/finish_problem.html", context, status=problem.status)
    except capture_services.NothingRecorded:
        messages.warning(request, "Nothing has been filmed yet. Record at least one task first.")
    else:
        messages.success(request, "The session is finished.")
    return redirect("dashboards:session", session.id)


@login_required
@require_POST
def retry(request: StaffRequest, session_id: UUID) -> HttpResponse:
    session = _session(request, session_id)
    count = services.retry_failed(session, actor=request.user)
    if count:
        messages.success(request, "The failed analyses are in the queue again.")
    else:
        messages.info(request, "No analysis of this session has failed.")
    return redirect("dashboards:session", session.id)
