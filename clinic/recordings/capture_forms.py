"""What a person fills in before recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from clinic.patients.models import Purpose
from clinic.patients.services import current_text
from clinic.recordings.models import RecordingSession

if TYPE_CHECKING:
    SessionForm = forms.ModelForm[RecordingSession]
else:
    SessionForm = forms.ModelForm


class ConsentForm(forms.Form):
    """One box per purpose, with its text; care must be agreed to, the others need not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Purpose:
            self.fields[purpose.value] = forms.BooleanField(
                label=purpose.label,
                help_text=current_text(purpose).body,
                required=purpose == Purpose.CARE,
                error_messages={
                    "required": "We can film you only if you agree to this. "
                    "If you do not agree, close this page. Your care stays the same."
                },
            )

    def purposes(self) -> list[Purpose]:
        """The purposes that were agreed to."""
        return [purpose for purpose in Purpose if self.cleaned_data[purpose.value]]


class ContextForm(SessionForm):
    """How the person is now: what makes two sessions comparable."""

    # Half-hours and hours are what people remember; the middle of each span is stored.
    SINCE_DOSE: ClassVar = [
        ("15", "Less than half an hour ago"),
        ("45", "Half an hour to 1 hour ago"),
        ("90", "1 to 2 hours ago"),
        ("150", "2 to 3 hours ago"),
        ("210", "3 to 4 hours ago"),
        ("300", "More than 4 hours ago"),
        ("unknown", "I am not sure, or I take none"),
    ]

    medication = forms.ChoiceField(
        label="How well is your Parkinson's medicine working now?",
        choices=[
            ("on", "It is working well (ON)"),
            ("off", "It has worn off, or I have not taken it (OFF)"),
            ("between", "Something in between"),
            ("unsure", "I am not sure, or I take none"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how well your medicine is working now."},
    )
    minutes_since_dose = forms.TypedChoiceField(
        label="When did you last take your Parkinson's medicine?",
        choices=SINCE_DOSE,
        coerce=lambda answer: None if answer == "unknown" else int(answer),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when you last took your medicine."},
    )
    dyskinesia = forms.ChoiceField(
        label="Do you have movements now that you cannot stop?",
        help_text="For example writhing or swaying of the face, head or body.",
        choices=RecordingSession.Dyskinesia.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you have such movements now."},
    )

    class Meta:
        model = RecordingSession
        fields: ClassVar = ["medication", "minutes_since_dose", "dyskinesia"]
