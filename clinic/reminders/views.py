"""Pages with which staff plan recording at home and see what patients answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.models import Action
from clinic.audit.services import record, record_list
from clinic.patients.models import Patient
from clinic.reminders import adherence, services
from clinic.reminders.forms import PlanForm
from clinic.reminders.models import Plan, PlannedSession

TO_COME = 3
PLANS_PER_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    mine = Patient.objects.visible_to(request.user, Permission.RECORD)
    patient = get_object_or_404(mine.select_related("clinic", "plan"), id=patient_id)
    found = getattr(patient, "plan", None)
    instance = found or services.new_plan(patient, request.user)
    form = PlanForm(request.POST or None, instance=instance)
    if form.is_valid():
        services.save_plan(form.instance, form.cleaned_data["email"], actor=request.user)
        messages.success(request, "The plan is saved.")
        return redirect("reminders:plan", patient.id)
    record(Action.READ, found or patient, actor=request.user)
    context = {
        "patient": patient,
        "form": form,
        "plan": found,
        "hindrance": services.hindrance(patient),
        "mail_is_printed": settings.EMAIL_BACKEND == settings.CONSOLE_MAIL,
    }
    return render(request, "reminders/plan.html", context | _answers(found))


def _answers(found: Plan | None) -> dict[str, Any]:
    if found is None:
        return {}
    # Read anew: a form that was filled in wrongly has changed the plan at hand.
    saved = Plan.objects.get(pk=found.pk)
    answers = adherence.of(saved.planned.with_answers())
    return {"adherence": answers, "coming": _coming(saved, TO_COME)}


def _coming(plan: Plan, count: int) -> list[Any]:
    """The next slots that have no e-mail yet; none while the plan is paused."""
    if plan.paused:
        return []
    return plan.schedule.coming(max(timezone.now(), plan.rows_until), count)


@login_required
@require_POST
def pause(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Pauses the plan, or goes on with it when the form says `resume`."""
    mine = Plan.objects.visible_to(request.user, Permission.RECORD)
    found = get_object_or_404(mine.select_related("patient"), patient=patient_id)
    if "resume" in request.POST:
        services.resume(found, actor=request.user)
        messages.success(request, "Reminders go out again.")
    else:
        services.pause(found, actor=request.user)
        messages.success(request, "The plan is paused. No reminders go out.")
    return redirect("reminders:plan", patient_id)


@login_required
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """Everybody with a plan."""
    clinics = Clinic.objects.where(request.user, Permission.RECORD)
    if not clinics:
        raise Http404
    plans = (
        Plan.objects.visible_to(request.user, Permission.RECORD)
        .filter(patient__archived__isnull=True)
        .select_related("patient__clinic")
        .prefetch_related(Prefetch("planned", PlannedSession.objects.with_answers()))
        .order_by("patient__last_name", "patient__first_name", "pk")
    )
    page = Paginator(plans, PLANS_PER_PAGE).get_page(request.GET.get("page"))
    record_list("plan", clinics, actor=request.user)
    rows = [(one, adherence.of(one.planned.all()), _coming(one, 1)) for one in page]
    context = {"page": page, "rows": rows, "several_clinics": len(clinics) > 1}
    return render(request, "reminders/home.html", context)
