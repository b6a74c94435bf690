"""The start page of staff who see patients, and the queue of analyses."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.services import record_list
from clinic.ratings.services import awaiting
from clinic.recordings.models import RecordingSession
from clinic.recordings.services import retry_failed
from clinic.work import jobs, sections
from clinic.work.sections import KINDS, PER_PAGE, Kind, section

RATINGS_COUNTED = 100
WATCHED_S = 15 * 60  # one event for a queue page that refreshes itself so long


@login_required
@require_safe
def work_list(request: StaffRequest) -> HttpResponse:
    """All sections, or all of the one that `show` names."""
    clinics = _clinics(request)
    mine = [kind for kind in KINDS if Clinic.objects.where(request.user, kind.permission)]
    record_list("work", clinics, actor=request.user)
    if "show" in request.GET:
        return _whole(request, mine)
    judges = Clinic.objects.where(request.user, Permission.JUDGE).exists()
    context = {
        "sections": [section(kind, request.user) for kind in mine],
        "shown": sections.SHOWN,
        "judges": judges,
        "to_rate": awaiting(request.user).order_by()[:RATINGS_COUNTED].count() if judges else 0,
        "ratings_counted": RATINGS_COUNTED,
    }
    return render(request, "work/list.html", context)


def _whole(request: StaffRequest, mine: list[Kind]) -> HttpResponse:
    kind = next((kind for kind in mine if kind.key == request.GET["show"]), None)
    if kind is None:
        raise Http404
    number = request.GET.get("page")
    found = section(kind, request.user, per_page=PER_PAGE, number=number)
    return render(request, "work/whole.html", {"section": found})


@login_required
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    clinics = _clinics(request)
    if cache.add(f"queue-watched-by:{request.user.pk}", True, WATCHED_S):
        record_list("queue", clinics, actor=request.user)
    context = {
        "queue": jobs.visible(request.user),
        "failed": section(sections.FAILED, request.user, per_page=PER_PAGE),
        "several_clinics": len(clinics) > 1,
    }
    return render(request, "work/queue.html", context)


@login_required
@require_POST
def retry(request: StaffRequest, session_id: UUID) -> HttpResponse:
    mine = RecordingSession.objects.visible_to(request.user, Permission.RECORD)
    session = get_object_or_404(mine.select_related("patient__clinic"), id=session_id)
    if retry_failed(session, actor=request.user):
        messages.success(request, f"The failed analyses of {session.patient} are queued again.")
    else:
        messages.info(request, "Nothing of this session has failed any more.")
    return redirect("work:queue")


def _clinics(request: StaffRequest) -> QuerySet[Clinic]:
    """Where the person may see patients; Http404 when nowhere."""
    clinics = Clinic.objects.where(request.user, Permission.SEE_NAMES)
    if not clinics:
        raise Http404
    return clinics
