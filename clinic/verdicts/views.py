"""The page of reliability."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit.services import record_list
from clinic.dashboards import labels
from clinic.verdicts.reliability import Repeats, tables
from diagnosis import agreement, change


@login_required
@require_safe
def reliability(request: StaffRequest) -> HttpResponse:
    """Numbers of all patients together: nobody who reads them knows results of a session."""
    clinics = Clinic.objects.where(request.user, Permission.SEE_MEASURES)
    if not clinics:
        raise Http404
    record_list("reliability", clinics, actor=request.user)
    found = tables(clinics)
    context: dict[str, Any] = {
        "tables": found,
        "several_clinics": len(clinics) > 1,
        "fewest": agreement.FEWEST,
        "needed": change.NEEDED,
        "days": change.WINDOW_DAYS,
    }
    if found:
        table = next((one for one in found if one.id == request.GET.get("table")), found[0])
        asked = request.GET.get("measure", "")
        measure = asked if asked in table.measures else next(iter(table.measures))
        shown = [row for row in table.rows if row.measure == measure]
        context |= {
            "table": table,
            "measure": measure,
            "shown": shown,
            "plots": [_plot(row) for row in shown if row.limits],
        }
    return render(request, "verdicts/reliability.html", context)


def _plot(row: Repeats) -> dict[str, Any]:
    """What static/ts/reliability.ts draws; of logarithms means and ratios, on a scale of ratios."""
    found = row.limits
    assert found is not None
    lines = [found.low, found.bias, found.high]
    return {
        "state": row.medication,
        "words": labels.MEDICATION[row.medication],
        "unit": row.unit,
        "log": row.log,
        "points": row.points,
        "lines": [math.exp(line) if row.log else line for line in lines],
    }
