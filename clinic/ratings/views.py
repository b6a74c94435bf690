"""Pages on which clinicians score faces without seeing results, and how far they agree."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.services import record_list
from clinic.ratings import services
from clinic.ratings.forms import RatingForm
from clinic.ratings.models import Rating
from clinic.recordings.models import RecordingSession
from diagnosis import agreement

WAITING_SHOWN = 50
OWN_SHOWN = 25


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The rest and talk films, without name, date, state or results. Plays are in the trail."""
    found = get_object_or_404(
        services.rateable(request.user).select_related("patient__clinic"), id=session_id
    )
    form = RatingForm(request.POST or None)
    if form.is_valid():
        rating = services.rate(found, request.user, **form.answer)
        how = "blind" if rating.blind else "not blind: you had seen results"
        messages.success(request, f"Rating kept ({how}).")
        return redirect("ratings:page")
    context = {
        "session": found,
        "films": _films(found),
        "form": form,
        "blind": not services.has_seen_results(request.user, found),
    }
    return render(request, "ratings/rate.html", context)


def _films(session: RecordingSession) -> list[object]:
    kept = session.recordings.kept().filter(task__kind__in=services.RATED, partial=False)
    return list(kept.select_related("task"))


@login_required
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    clinics = Clinic.objects.where(request.user, Permission.JUDGE)
    if not clinics:
        raise Http404
    record_list("rating", clinics, actor=request.user)
    waiting = services.awaiting(request.user).select_related("patient__clinic")
    own = Rating.objects.visible_to(request.user).filter(rater=request.user)
    context = {
        "waiting": waiting[:WAITING_SHOWN],
        "waiting_count": waiting.count(),
        "own": own.select_related("session__patient")[:OWN_SHOWN],
        "agreements": services.agreements(clinics),
        "fewest": agreement.FEWEST,
        "several_clinics": len(clinics) > 1,
    }
    return render(request, "ratings/page.html", context)
