"""The page of a patient's therapy, and the forms that add and correct its entries."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import ModelForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient
from clinic.therapy import forms, services
from clinic.therapy.models import ClinicalEvent, Entry, Regimen, Stage


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of entry, as its addresses name it."""

    words: str
    model: type[Entry]
    form: type[ModelForm[Entry]]


KINDS = {
    "regimen": Kind("Medicines", Regimen, forms.RegimenForm),
    "event": Kind("Event", ClinicalEvent, forms.EventForm),
    "stage": Kind("Hoehn and Yahr stage", Stage, forms.StageForm),
}


@login_required
@require_safe
def page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    mine = Patient.objects.visible_to(request.user).select_related("clinic")
    patient = get_object_or_404(mine, pk=patient_id)
    record(Action.READ, patient, actor=request.user, detail="therapy")
    context = {
        "patient": patient,
        "regimens": patient.regimens.select_related("created_by").order_by("-start", "-created"),
        "events": patient.clinical_events.select_related("created_by").order_by(
            "-date", "-created"
        ),
        "stages": patient.stages.select_related("created_by").order_by("-date", "-created"),
        "stimulation": services.stimulation(patient, timezone.localdate()),
        "keeps": _keeps(request, patient),
    }
    return render(request, "therapy/page.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest, patient_id: UUID, kind: str) -> HttpResponse:
    mine = Patient.objects.visible_to(request.user, Permission.JUDGE)
    patient = get_object_or_404(mine, pk=patient_id)
    new = _kind(kind).model(patient=patient, created_by=request.user)
    return _form_page(request, kind, new)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: StaffRequest, patient_id: UUID, kind: str, entry_id: UUID) -> HttpResponse:
    return _form_page(request, kind, _entry(request, patient_id, kind, entry_id))


@login_required
@require_POST
def remove(request: StaffRequest, patient_id: UUID, kind: str, entry_id: UUID) -> HttpResponse:
    services.remove(_entry(request, patient_id, kind, entry_id), actor=request.user)
    messages.success(request, "The entry is removed.")
    return redirect("therapy:page", patient_id)


def _form_page(request: StaffRequest, kind: str, entry: Entry) -> HttpResponse:
    form = _kind(kind).form(request.POST or None, instance=entry)
    if form.is_valid():
        if isinstance(entry, Regimen) and form.cleaned_data.get("replaces"):
            services.replace(entry, actor=request.user)
        else:
            services.save(entry, actor=request.user)
        messages.success(request, "The entry is saved.")
        return redirect("therapy:page", entry.patient_id)
    record(Action.READ, entry.patient, actor=request.user, detail="therapy")
    context = {"patient": entry.patient, "form": form, "kind": kind, "words": _kind(kind).words}
    return render(request, "therapy/entry.html", context | {"is_new": entry._state.adding})


def _entry(request: StaffRequest, patient_id: UUID, kind: str, entry_id: UUID) -> Entry:
    mine = Patient.objects.visible_to(request.user, Permission.JUDGE)
    rows = _kind(kind).model._default_manager.select_related("patient")
    return get_object_or_404(rows, pk=entry_id, patient__in=mine.filter(pk=patient_id))


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404("no such kind of entry")
    return KINDS[name]


def _keeps(request: StaffRequest, patient: Patient) -> bool:
    clinics = Clinic.objects.where(request.user, Permission.JUDGE)
    return clinics.filter(pk=patient.clinic_id).exists()
