"""After the films: the receipt, one's own films and who watched them, and what one agreed to."""

from __future__ import annotations

import dataclasses
import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from clinic.audit.models import Action, Event
from clinic.audit.services import COMPLETE
from clinic.dashboards import media
from clinic.patients.models import Patient, Purpose
from clinic.recordings import capture_services, playback
from clinic.recordings.access import capture_session
from clinic.recordings.capture import page
from clinic.recordings.capture_setup import addresses, delivery
from clinic.recordings.models import RecordingSession


@dataclasses.dataclass(frozen=True)
class Viewing:
    """One of the clinic's people watched films of a session on `day`, the site's local date.

    `how` is MESH where they saw its movement without pictures, COPY where they took a copy, and
    NUMBERS where they took one of the measures, without films.
    """

    MESH: ClassVar = playback.MESH
    COPY: ClassVar = "copy"
    NUMBERS: ClassVar = "numbers"

    name: str
    day: datetime.date
    how: str


@require_GET
def done(request: HttpRequest, session_id: UUID) -> HttpResponse:
    access = capture_session(request, session_id)
    session = access.session
    if session.submitted is None:
        return redirect("capture:start", session_id)
    films = list(session.recordings.kept().select_related("task"))
    return page(
        request,
        "done",
        access,
        films=films,
        last_received=max((film.created for film in films), default=None),
        viewings=viewings(session),
        agreed=_agreed(session.patient),
        addresses=addresses(session),
        late=delivery(session, list(session.protocol.tasks.all())),
    )


@require_safe
def film(request: HttpRequest, session_id: UUID, recording_id: UUID) -> HttpResponseBase:
    """A film of the session, for whoever may record it."""
    access = capture_session(request, session_id)
    found = get_object_or_404(
        access.session.recordings.select_related("session__patient"), id=recording_id
    )
    try:
        path, content_type = playback.source(found)
    except playback.Unplayable as error:
        raise Http404(str(error)) from error
    if request.method == "GET":
        playback.record_play(found, actor=access.user, link=access.link_id)
    return media.response(request, path, content_type)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, session_id: UUID, purpose: str) -> HttpResponse:
    """Asks once more, then ends the agreement to `purpose`."""
    if purpose not in Purpose.values:
        raise Http404("no such purpose")
    access = capture_session(request, session_id)
    consent = (
        access.session.patient.consents.in_force()
        .select_related("text", "patient")
        .filter(text__purpose=purpose)
        .first()
    )
    if consent is None:
        return redirect("capture:start", session_id)
    if request.method == "POST":
        capture_services.take_back(access, consent)
        messages.success(request, _("Your clinic's record now says that you no longer agree."))
        return redirect("capture:start", session_id)
    return page(request, "withdraw", access, purpose=Purpose(purpose))


def viewings(session: RecordingSession) -> list[Viewing]:
    """Who of the clinic watched, or took a copy, and on which day; newest first."""
    films = session.recordings.values("id")
    played = Q(action=Action.PLAY, target__in=films)
    since = Q(at__gte=session.recorded)
    copied = since & Q(action=Action.EXPORT, target=session.patient_id)
    watched = Event.objects.filter(played | copied, actor__isnull=False)
    told = watched.annotate(
        name=F("actor__name"),
        day=TruncDate("at"),
        how=Case(
            When(action=Action.EXPORT, detail=COMPLETE, then=Value(Viewing.COPY)),
            When(action=Action.EXPORT, then=Value(Viewing.NUMBERS)),
            When(detail=playback.MESH, then=Value(Viewing.MESH)),
            default=Value(""),
        ),
    )
    rows = told.order_by("-day", "name", "how").values("name", "day", "how").distinct()
    return [Viewing(**row) for row in rows]


def _agreed(patient: Patient) -> list[Purpose]:
    """The purposes to which the patient agrees, whichever version of their texts."""
    agreed = set(patient.consents.in_force().values_list("text__purpose", flat=True))
    return [purpose for purpose in Purpose if purpose in agreed]
