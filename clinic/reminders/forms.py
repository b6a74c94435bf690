"""The form with which staff plan a patient's recording at home."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from clinic.reminders.models import Plan


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    email = forms.EmailField(
        label="The patient's e-mail address",
        help_text="One e-mail for each planned session. Nobody is reminded twice.",
        max_length=254,
    )

    class Meta:
        model = Plan
        fields: ClassVar = ["started", "dose_time", "minutes_after_dose"]
        help_texts: ClassVar = {
            "dose_time": "When the patient usually takes a dose whose effect shows well. "
            "Nobody is asked to move a dose.",
            "minutes_after_dose": "How long after it they film: always the same, so that sessions "
            "can be compared.",
        }
        widgets: ClassVar = {
            "started": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "dose_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = self.instance.patient.email

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        started: datetime.date | None = cleaned.get("started")
        changed = "started" in self.changed_data or self.instance._state.adding
        if started and changed and started < timezone.localdate():
            self.add_error("started", "Choose today or a later day.")
        return cleaned
