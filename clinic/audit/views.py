"""The audit trail as a clinic's admin reads it: people by study code, never by name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.accounts.models import Clinic, Permission
from clinic.audit.filters import EventFilter
from clinic.audit.models import Event
from clinic.patients.models import Patient

EVENTS_PER_PAGE = 50


@login_required
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    clinics = Clinic.objects.where(request.user, Permission.MANAGE)
    if not clinics:
        raise Http404
    trail = EventFilter(
        request.GET,
        Event.objects.filter(clinic__in=clinics).select_related("actor", "clinic"),
        clinics=clinics,
    )
    page = Paginator(trail.qs, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    codes = Patient.objects.in_bulk([event.patient for event in page if event.patient])
    rows = [(event, codes.get(event.patient)) for event in page]
    return render(
        request,
        "audit/events.html",
        {"filter": trail, "page": page, "rows": rows, "several_clinics": len(clinics) > 1},
    )
