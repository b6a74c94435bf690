"""What can be taken out of the site: of one patient with their name, of many by study code."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.models import Action
from clinic.audit.services import COMPLETE, record, record_many
from clinic.exports import named, research
from clinic.exports.archive import NoRoom, answer
from clinic.exports.columns import MEASURES, coded
from clinic.patients.models import Patient

ZIP, FHIR = "application/zip", "application/fhir+json"


def patient_of(request: StaffRequest, patient_id: UUID) -> Patient:
    """One whose data the person may take out and erase, or Http404."""
    mine = Patient.objects.visible_to(request.user, Permission.EXPORT)
    return get_object_or_404(mine.select_related("clinic"), pk=patient_id)


@login_required
@require_safe
def patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    found = patient_of(request, patient_id)
    record(Action.READ, found, actor=request.user)
    return render(request, "exports/patient.html", {"patient": found, "clinic": found.clinic})


@login_required
@require_POST
def measures(request: StaffRequest, patient_id: UUID) -> HttpResponseBase:
    found = patient_of(request, patient_id)
    file = named.measures(found)
    _taken(request, found, "measures")
    return answer(file, _name(found, "measures.zip"), ZIP)


@login_required
@require_POST
def fhir(request: StaffRequest, patient_id: UUID) -> HttpResponseBase:
    found = patient_of(request, patient_id)
    file = named.bundle(found)
    _taken(request, found, "FHIR")
    return answer(file, _name(found, "fhir.json"), FHIR)


@login_required
@require_POST
def complete(request: StaffRequest, patient_id: UUID) -> HttpResponseBase:
    found = patient_of(request, patient_id)
    try:
        file = named.complete(found)
    except NoRoom as problem:
        messages.error(request, str(problem))
        return redirect("exports:patient", found.id)
    _taken(request, found, COMPLETE)
    return answer(file, _name(found, "complete.zip"), ZIP)


def _taken(request: StaffRequest, found: Patient, what: str) -> None:
    """The trail tells of an export that was made: its maker rates no more blindly."""
    record(Action.EXPORT, found, actor=request.user, detail=what)


def _name(patient: Patient, ending: str) -> str:
    """Names of people do not belong in file names."""
    return f"mimia-{patient.study_code}-{timezone.localdate():%Y-%m-%d}-{ending}"


@login_required
@require_safe
def research_page(request: StaffRequest) -> HttpResponse:
    clinics = Clinic.objects.where(request.user, Permission.EXPORT_CODED).order_by("name")
    if not clinics:
        raise Http404
    numbers = [
        (clinic, research.sharing(clinic).count(), clinic.patients.count()) for clinic in clinics
    ]
    return render(
        request, "exports/research.html", {"numbers": numbers, "columns": coded(MEASURES)}
    )


@login_required
@require_POST
def coded_export(request: StaffRequest, clinic_id: UUID) -> HttpResponseBase:
    mine = Clinic.objects.where(request.user, Permission.EXPORT_CODED)
    clinic = get_object_or_404(mine, pk=clinic_id)
    try:
        file, people = research.export(clinic)
    except NoRoom as problem:
        messages.error(request, str(problem))
        return redirect("exports:research")
    record(Action.EXPORT, clinic, actor=request.user, detail=f"research, {len(people)} people")
    record_many(Action.EXPORT, people, actor=request.user, detail="research")
    return answer(file, f"mimia-research-{timezone.localdate():%Y-%m-%d}.zip", ZIP)
