"""How an admin narrows down the audit trail."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from clinic.accounts.models import Clinic, Membership, User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient


class EventFilter(filters.FilterSet):
    """Events of `clinics` by member, action and study code."""

    actor = filters.ModelChoiceFilter(
        label="Member", queryset=User.objects.none(), empty_label="Everyone"
    )
    action = filters.ChoiceFilter(choices=Action.choices, empty_label="Everything")
    study_code = filters.CharFilter(label="Study code", method="of_study_code")

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinics = clinics
        members = Membership.objects.filter(clinic__in=clinics).values("user")
        self.filters["actor"].queryset = User.objects.filter(id__in=members).order_by("name")

    def of_study_code(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        patients = Patient.objects.filter(clinic__in=self.clinics, study_code__iexact=value.strip())
        return events.filter(patient__in=patients.values("id"))
