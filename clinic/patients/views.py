"""Pages for finding, adding and changing patients, and for their consents."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission, User
from clinic.audit.models import Action
from clinic.audit.services import RESULTS, record, record_list, record_many
from clinic.patients import services
from clinic.patients.consents import states
from clinic.patients.filters import PatientFilter
from clinic.patients.forms import PatientForm, SignedFormForm
from clinic.patients.models import Consent, Patient
from clinic.recordings import analysis
from clinic.verdicts import services as verdicts
from clinic.verdicts.models import Verdict

PATIENTS_PER_PAGE = 25
SEARCH = "patient search"


def _clinics(request: StaffRequest, permission: Permission) -> QuerySet[Clinic]:
    """Where the person may do this; Http404 when nowhere."""
    clinics = Clinic.objects.where(request.user, permission)
    if not clinics:
        raise Http404
    return clinics


def _patient(request: StaffRequest, patient_id: UUID) -> Patient:
    """A patient whose record the person may change, or Http404."""
    mine = Patient.objects.visible_to(request.user, Permission.RECORD)
    return get_object_or_404(mine.select_related("clinic"), id=patient_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def patients(request: StaffRequest) -> HttpResponse:
    """The search comes by POST and is kept with the login: names do not belong in addresses."""
    clinics = _clinics(request, Permission.SEE_NAMES)
    if request.method == "POST":
        request.session[SEARCH] = _search(request.POST)
        return redirect("patients:list")
    search = request.session.get(SEARCH, {})
    judged = Clinic.objects.where(request.user, Permission.SEE_MEASURES)
    found = PatientFilter(search, Patient.objects.visible_to(request.user).for_list(), judged)
    page = Paginator(found.qs, PATIENTS_PER_PAGE).get_page(request.GET.get("page"))
    record_list("patient", clinics, actor=request.user)
    context = {
        "filter": found,
        "search": search,
        "page": page,
        "rows": _with_verdicts(page, judged, request.user),
        "sees_verdicts": bool(judged),
        "several_clinics": len(clinics) > 1,
    }
    return render(request, "patients/list.html", context)


def _with_verdicts(
    patients: Iterable[Patient], judged: QuerySet[Clinic], viewer: User
) -> list[tuple[Patient, list[Verdict]]]:
    """Each with the verdicts that may be seen, which whoever rates later has then seen. Constant
    queries."""
    listed = list(patients)
    mine = {clinic.id for clinic in judged}
    found = verdicts.current(patient for patient in listed if patient.clinic_id in mine)
    seen = [patient for patient in listed if patient.id in found]
    record_many(Action.READ, seen, actor=viewer, detail=RESULTS)
    return [(patient, found.get(patient.id, [])) for patient in listed]


def _search(posted: QueryDict) -> dict[str, str]:
    """What was filled in; nothing when the search was cleared."""
    asked = {name: posted.get(name, "").strip() for name in PatientFilter.base_filters}
    return {} if "clear" in posted else {name: words for name, words in asked.items() if words}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    form = PatientForm(request.POST or None, clinics=_clinics(request, Permission.RECORD))
    if form.is_valid():
        patient = services.save_patient(form.instance, actor=request.user)
        messages.success(request, "Patient added. Next, record what they consent to.")
        return redirect("patients:consents", patient.id)
    return render(request, "patients/form.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    form = PatientForm(
        request.POST or None, instance=patient, clinics=_clinics(request, Permission.RECORD)
    )
    if form.is_valid():
        services.save_patient(patient, actor=request.user)
        messages.success(request, "Changes saved.")
        return redirect("dashboards:patient", patient.id)
    record(Action.READ, patient, actor=request.user)
    return render(request, "patients/form.html", {"form": form, "patient": patient})


@login_required
@require_POST
def archive(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Archives the patient, or restores them when the form says `restore`."""
    patient = _patient(request, patient_id)
    if "restore" in request.POST:
        services.restore(patient, actor=request.user)
        messages.success(request, "Patient restored.")
        return redirect("dashboards:patient", patient.id)
    services.archive(patient, actor=request.user)
    messages.success(request, "Patient archived. You find them again under “Archived patients”.")
    return redirect("patients:list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consents(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    purposes = states(patient)
    form = SignedFormForm(
        request.POST or None, states=purposes, initial={"language": patient.language}
    )
    if form.is_valid():
        with transaction.atomic():
            services.give_consent(
                patient,
                form.cleaned_data["purposes"],
                by=Consent.By.STAFF,
                actor=request.user,
                language=form.cleaned_data["language"],
            )
            analysis.reconsider(patient)
        messages.success(request, "Consent recorded.")
        return redirect("patients:consents", patient.id)
    record(Action.READ, patient, actor=request.user)
    return render(
        request, "patients/consents.html", {"patient": patient, "states": purposes, "form": form}
    )


@login_required
@require_POST
def withdraw(request: StaffRequest, patient_id: UUID, consent_id: int) -> HttpResponse:
    patient = _patient(request, patient_id)
    consent = get_object_or_404(patient.consents.select_related("text"), id=consent_id)
    with transaction.atomic():
        services.withdraw(consent, actor=request.user)
        analysis.reconsider(patient)
    messages.success(request, "Consent withdrawn.")
    return redirect("patients:consents", patient.id)
