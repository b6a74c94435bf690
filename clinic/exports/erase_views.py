"""Erasing a patient: what goes and what stays, the proof that it is meant, and the receipt."""

from __future__ import annotations

from uuid import UUID

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.models import Action, Event
from clinic.audit.services import record
from clinic.exports import erasure
from clinic.exports.forms import EraseForm
from clinic.exports.views import patient_of
from clinic.patients.models import Patient
from clinic.patients.views import SEARCH
from clinic.reports.forms import proofs, prove

RUNNING = (
    "A film of this patient is being analysed at this moment, and nothing was erased. "
    "Try again in a few minutes."
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_of(request, patient_id)
    form = EraseForm(request.POST or None, study_code=patient.study_code)
    given = proofs(request.user)
    if request.method == "POST":
        refusal: HttpResponse | None = ratelimit.consume_or_429(
            request, action="reauthenticate", user=request.user
        )
        if refusal is not None:
            return refusal
        if form.is_valid():
            proven, given = prove(request.user, request.POST)
            if proven and _erase(request, patient, form):
                return redirect("exports:receipt", patient_id)
    record(Action.READ, patient, actor=request.user)
    context = {
        "patient": patient,
        "clinic": patient.clinic,
        "form": form,
        "proofs": given,
        "counts": erasure.preview(patient),
    }
    return render(request, "exports/erase.html", context)


def _erase(request: StaffRequest, patient: Patient, form: EraseForm) -> bool:
    """Whether the patient is gone; the form says why not."""
    try:
        erasure.erase(patient, actor=request.user)
    except erasure.StillRunning:
        form.add_error(None, RUNNING)
        return False
    except Patient.DoesNotExist:  # asked for twice: the other one was faster
        pass
    request.session.pop(SEARCH, None)
    _forget_searches()
    return True


def _forget_searches() -> None:
    """Those of all logins: any of them may hold the name."""
    for login in Session.objects.all():
        kept = login.get_decoded()
        if kept.pop(SEARCH, None) is not None:
            login.session_data = SessionStore().encode(kept)
            login.save(update_fields=["session_data"])


@login_required
@require_safe
def receipt(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """From the audit trail, which is all that is left."""
    mine = Clinic.objects.where(request.user, Permission.EXPORT)
    erased = Event.objects.filter(action=Action.ERASE, patient=patient_id, clinic__in=mine)
    event = get_object_or_404(erased.select_related("actor", "clinic").order_by("-id")[:1])
    return render(request, "exports/receipt.html", {"event": event})
