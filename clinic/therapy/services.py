"""Entries are added, corrected and removed; each change is in the audit trail."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient
from clinic.therapy.models import ClinicalEvent, Entry, Regimen

REMOVED = "removed"


@transaction.atomic
def save(entry: Entry, *, actor: User) -> None:
    """Adds a new entry, or keeps the correction of one."""
    new = entry._state.adding
    entry.save()
    record(Action.CREATE if new else Action.CHANGE, entry, actor=actor)


@transaction.atomic
def replace(regimen: Regimen, *, actor: User) -> None:
    """Adds a regimen; those that run on its first day end on the day before."""
    goes_on = Q(end__isnull=True) | Q(end__gte=regimen.start)
    running = Regimen.objects.filter(goes_on, patient=regimen.patient, start__lt=regimen.start)
    for earlier in running.select_related("patient"):
        earlier.end = regimen.start - datetime.timedelta(days=1)
        save(earlier, actor=actor)
    save(regimen, actor=actor)


@transaction.atomic
def remove(entry: Entry, *, actor: User) -> None:
    """Takes away what was entered by mistake."""
    record(Action.CHANGE, entry, actor=actor, detail=REMOVED)
    entry.delete()


def stimulation(patient: Patient, day: datetime.date) -> bool | None:
    """Whether deep brain stimulation is on at the end of `day`; None if no entry says so."""
    switches = (ClinicalEvent.Kind.DBS_ON, ClinicalEvent.Kind.DBS_OFF)
    last = patient.clinical_events.filter(kind__in=switches, date__lte=day).last()
    return last.kind == ClinicalEvent.Kind.DBS_ON if last else None
