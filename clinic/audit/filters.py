"""How an admin narrows down the audit trail."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters as filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone

from clinic.accounts.models import Clinic, Membership, User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient

DAYS = [
    MinValueValidator(datetime.date(2000, 1, 1), "Enter a day from the year 2000 on."),
    MaxValueValidator(datetime.date(2999, 12, 31), "Enter a day before the year 3000."),
]


class DayFilter(filters.DateFilter):
    def __init__(self, **options: Any) -> None:
        picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=picker, validators=DAYS, **options)


class EventFilter(filters.FilterSet):
    """Events of `clinics` by member, action, study code and day, the site's local date."""

    actor = filters.ModelChoiceFilter(
        label="Member", queryset=User.objects.none(), empty_label="Everyone", method="of_member"
    )
    action = filters.ChoiceFilter(choices=Action.choices, empty_label="Everything")
    study_code = filters.CharFilter(label="Study code", method="of_study_code")
    since = DayFilter(label="From", method="from_day")
    until = DayFilter(label="Until", method="until_day")

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinics = clinics
        members = Membership.objects.filter(clinic__in=clinics).values("user")
        self.filters["actor"].queryset = User.objects.filter(id__in=members).order_by("name")

    def of_member(self, events: QuerySet[Event], name: str, value: User) -> QuerySet[Event]:
        """What they did, and who failed to sign in as them."""
        tried = Q(action=Action.NO_LOGIN, target=value.id)
        return events.filter(Q(actor=value) | tried)

    def of_study_code(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        patients = Patient.objects.filter(clinic__in=self.clinics, study_code__iexact=value.strip())
        return events.filter(patient__in=patients.values("id"))

    def from_day(self, events: QuerySet[Event], name: str, value: datetime.date) -> QuerySet[Event]:
        return events.filter(at__gte=_midnight(value))

    def until_day(
        self, events: QuerySet[Event], name: str, value: datetime.date
    ) -> QuerySet[Event]:
        return events.filter(at__lt=_midnight(value + datetime.timedelta(days=1)))


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
