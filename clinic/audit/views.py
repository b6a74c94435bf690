"""The audit trail as a clinic's admin reads it: people by study code, never by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.accounts.models import Clinic, Permission, User
from clinic.audit.filters import EventFilter
from clinic.audit.models import Action, Event, Verification
from clinic.patients.models import Patient

EVENTS_PER_PAGE = 50


@dataclasses.dataclass(frozen=True)
class Row:
    """An event with the patient and the member whom it is about, where they are known."""

    event: Event
    patient: Patient | None
    member: User | None


@login_required
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Of the admin's clinics, and failures to sign in with an address that nobody has."""
    clinics = Clinic.objects.where(request.user, Permission.MANAGE)
    if not clinics:
        raise Http404
    nowhere = Q(clinic__isnull=True, action=Action.NO_LOGIN)
    trail = EventFilter(
        request.GET,
        Event.objects.filter(Q(clinic__in=clinics) | nowhere).select_related("actor", "clinic"),
        clinics=clinics,
    )
    page = Paginator(trail.qs, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": trail,
        "page": page,
        "rows": _rows(list(page)),
        "last": Verification.last(),
        "last_whole": Verification.last_whole(),
        "several_clinics": len(clinics) > 1,
    }
    return render(request, "audit/events.html", context)


def _rows(shown: Iterable[Event]) -> list[Row]:
    patients = Patient.objects.in_bulk({event.patient for event in shown if event.patient})
    about = {event: event.target for event in shown if event.target_type == "member"}
    members = User.objects.in_bulk({*about.values()})
    return [
        Row(event, patients.get(event.patient), members.get(about.get(event))) for event in shown
    ]
