"""The researcher's pages: people by study code, their verdicts, trends, and films as meshes.

Only people are there who agreed that their clinic shares coded measures.
Nothing on them tells who somebody is: no name, no number, no birth date, no note, no face, no
true date. Therapy and events are not there either: people agreed to share measures.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.dashboards import drawing, meshes
from clinic.dashboards.series import trends
from clinic.exports import pseudonyms
from clinic.patients.models import Patient, PatientQuerySet
from clinic.recordings.models import Recording, RecordingSession
from clinic.verdicts import judging
from clinic.verdicts.comparable import comparison

PEOPLE_PER_PAGE = 50
SESSIONS_PER_PAGE = 20


@dataclasses.dataclass(frozen=True)
class Sitting:
    """A session with those of its films that can be replayed."""

    session: RecordingSession
    films: Sequence[Recording]


@login_required
@require_safe
def people(request: StaffRequest) -> HttpResponse:
    clinics = Clinic.objects.where(request.user, Permission.SEE_CODED)
    if not clinics:
        raise Http404
    # In no order of names: the place in the list would tell the first letter.
    found = _people(request).annotate(session_count=Count("sessions")).order_by("study_code")
    page = Paginator(found, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    audit.record_list("study code", clinics, actor=request.user)
    context = {"page": page, "several_clinics": len(clinics) > 1}
    return render(request, "dashboards/coded_list.html", context)


@login_required
@require_safe
def person(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    found = pseudonyms.coded(get_object_or_404(_people(request), pk=patient_id))
    audit.record(Action.READ, found, actor=request.user, detail=audit.RESULTS)
    sessions = found.sessions.select_related("protocol").order_by("-recorded").dated()
    page = Paginator(sessions, SESSIONS_PER_PAGE).get_page(request.GET.get("page"))
    asked = [one for one in sessions if str(one.id) == request.GET.get("session")]
    listed = sittings([*asked, *page])
    compared = comparison(found, trends(found, request.GET.get("release", "")))
    context = {
        "person": found,
        "coded": True,
        "judgement": judging.judge(compared),
        "page": page,
        "sittings": listed[len(asked) :],
        "shown": next((one for one in listed if one.films), None),
        **drawing.context(compared, coded=True),
    }
    return render(request, "dashboards/coded.html", context)


def sittings(sessions: Sequence[RecordingSession]) -> list[Sitting]:
    """Two queries, however many there are."""
    films: dict[UUID, list[Recording]] = defaultdict(list)
    for film in Recording.objects.filter(session__in=sessions).kept().select_related("task"):
        films[film.session_id].append(film)
    replayed = meshes.files(film.id for group in films.values() for film in group)
    return [Sitting(one, [f for f in films[one.id] if f.id in replayed]) for one in sessions]


def _people(request: StaffRequest) -> PatientQuerySet:
    return Patient.objects.visible_to(request.user, Permission.SEE_CODED).select_related("clinic")
