"""The form with which staff plan a patient's recording at home."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from clinic.reminders.models import Plan, PlannedSession


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
        self.fields["dose_time"].help_text += f" Times are those of {settings.TIME_ZONE}."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        started: datetime.date | None = cleaned.get("started")
        changed = "started" in self.changed_data or self.instance._state.adding
        if started and changed and started < timezone.localdate():
            self.add_error("started", "Choose today or a later day.")
        elif not self.errors and set(self.Meta.fields) & set(self.changed_data):
            self._require_first_slot(cleaned)
        return cleaned

    def _require_first_slot(self, told: dict[str, Any]) -> None:
        """The first session of a plan is not lost without a word."""
        plan = Plan(**{name: told[name] for name in self.Meta.fields})
        first = next(plan.schedule.slots())
        is_past = first.due <= timezone.now() and first.day >= timezone.localdate()
        if is_past and not self._was_asked(first.day):
            time = date_format(timezone.localtime(first.due), "H:i")
            self.add_error(
                "started",
                f"On this day the time of the first session, {time}, is past. "
                "Choose a later day, or a later time of the dose.",
            )

    def _was_asked(self, day: datetime.date) -> bool:
        """Whether an e-mail of that day has gone out or cannot any more."""
        if self.instance._state.adding:
            return False
        rows = self.instance.planned.filter(day=day)
        return bool(rows.exclude(state=PlannedSession.State.WAITING).exists())
