"""The draft of a patient's report, its signature, and the signed PDF."""

from __future__ import annotations

from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Permission
from clinic.audit.models import Action
from clinic.audit.services import RESULTS, record
from clinic.dashboards import media
from clinic.patients.models import Patient
from clinic.reports import pdf, services
from clinic.reports.content import Content
from clinic.reports.forms import SignForm, proofs, prove
from clinic.reports.gather import gather
from clinic.reports.models import Report

CHANGED = "Something has changed since you opened this draft. Read the new one below, then sign."


@login_required
@require_safe
def draft(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    content = gather(patient)
    return _page(request, patient, content, _form(content), proofs(request.user))


@login_required
@require_POST
def sign(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    content = gather(patient)
    form = SignForm(request.POST, can_replace=content.previous is not None)
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return render(request, "429.html", status=429)
    if form.is_valid() and form.cleaned_data["digest"] != content.digest:
        form.add_error(None, CHANGED)
    if not form.is_valid():
        return _page(request, patient, content, form, proofs(request.user))
    proven, given = prove(request.user, request.POST)
    if proven and _sign(request, content, form):
        messages.success(request, "The report is signed.")
        return redirect("reports:draft", patient.id)
    return _page(request, patient, content, form, given)


def _sign(request: StaffRequest, content: Content, form: SignForm) -> bool:
    told = form.cleaned_data
    try:
        services.sign(
            content, told["comment"], replaces=told.get("replaces", False), author=request.user
        )
    except services.Changed:
        form.add_error(None, CHANGED)
    except (services.NothingToSign, pdf.PdfError) as error:
        form.add_error(None, str(error))
    return not form.errors


@login_required
@require_safe
def signed(request: StaffRequest, report_id: UUID) -> HttpResponseBase:
    mine = Report.objects.visible_to(request.user)
    report = get_object_or_404(mine.select_related("patient"), pk=report_id)
    try:
        file = services.signed_file(report)
    except services.Tampered as error:
        context = {"report": report, "patient": report.patient, "problem": error}
        return render(request, "reports/tampered.html", context, status=409)
    record(Action.READ, report, actor=request.user)
    record(Action.READ, report.patient, actor=request.user, detail=RESULTS)
    return media.response(request, file, "application/pdf")


def _patient(request: StaffRequest, patient_id: UUID) -> Patient:
    mine = Patient.objects.visible_to(request.user, Permission.JUDGE)
    return get_object_or_404(mine.select_related("clinic"), pk=patient_id)


def _form(content: Content) -> SignForm:
    told = {"digest": content.digest}
    return SignForm(initial=told, can_replace=content.previous is not None)


def _page(
    request: StaffRequest,
    patient: Patient,
    content: Content,
    form: SignForm,
    given: list[forms.Form],
) -> HttpResponse:
    """The draft with its form, which from now on is about the content that is shown."""
    record(Action.READ, patient, actor=request.user, detail=RESULTS)
    context = {
        "patient": patient,
        "clinic": patient.clinic,
        "content": content,
        "digest": content.digest,
        "form": form,
        "proofs": given,
        "nothing": services.NothingToSign() if content.is_empty else None,
        "reports": patient.reports.select_related("author", "replaced_by"),
        "missing": pdf.missing_libraries(),
        "packages": pdf.PACKAGES,
    }
    return render(request, "reports/draft.html", context)
