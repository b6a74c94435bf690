"""Pages for a clinic's admin: what patients are asked to agree to, and new words for it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.patients import services
from clinic.patients.consents import asked_texts
from clinic.patients.forms import ConsentTextForm
from clinic.patients.models import Consent, Purpose


@login_required
@require_safe
def consent_texts(request: StaffRequest) -> HttpResponse:
    """The words of each purpose now, and the clinic's own words before."""
    clinics = Clinic.objects.where(request.user, Permission.MANAGE)
    if not clinics:
        raise Http404
    asked = [(clinic, asked_texts(clinic)) for clinic in clinics]
    return render(request, "patients/consent_texts.html", {"asked": asked})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_consent_text(request: StaffRequest, clinic_id: UUID, purpose: str) -> HttpResponse:
    clinics = Clinic.objects.where(request.user, Permission.MANAGE)
    clinic = get_object_or_404(clinics, id=clinic_id)
    if purpose not in Purpose.values:
        raise Http404
    wanted = Purpose(purpose)
    asked = next(texts for texts in asked_texts(clinic) if texts.purpose == wanted)
    form = ConsentTextForm(request.POST or None, asked=asked.texts)
    if form.is_valid():
        services.ask_anew(clinic, wanted, form.bodies(), actor=request.user)
        messages.success(request, f"{clinic} asks the new text from now on: {wanted.label}.")
        return redirect("patients:consent_texts")
    agreed = Consent.objects.standing(wanted).filter(patient__clinic=clinic).count()
    return render(
        request,
        "patients/new_consent_text.html",
        {"form": form, "clinic": clinic, "purpose": wanted, "agreed": agreed},
    )
