"""The forms with which clinicians keep therapy entries."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from clinic.therapy.models import ClinicalEvent, Regimen, Stage


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RegimenForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    replaces = forms.BooleanField(
        label="It replaces the medicines that run now: they end on the day before",
        required=False,
        initial=True,
    )

    class Meta:
        model = Regimen
        fields: ClassVar = ["start", "end", "text", "ledd_mg"]
        widgets: ClassVar = {"start": _day(), "end": _day()}
        help_texts: ClassVar = {
            "end": "Leave it empty while the patient goes on taking them.",
            "ledd_mg": "The levodopa equivalent daily dose, as you work it out.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            del self.fields["replaces"]


class _DatedForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    def clean_date(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["date"]
        if day > timezone.localdate():
            raise forms.ValidationError("Enter today or an earlier day.")
        return day


class EventForm(_DatedForm):
    class Meta:
        model = ClinicalEvent
        fields: ClassVar = ["date", "kind", "note"]
        widgets: ClassVar = {"date": _day()}


class StageForm(_DatedForm):
    class Meta:
        model = Stage
        fields: ClassVar = ["date", "stage"]
        widgets: ClassVar = {"date": _day()}
        labels: ClassVar = {"stage": "Hoehn and Yahr stage"}
