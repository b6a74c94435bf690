"""What a clinician fills in before a patient is erased, beside the proof that it is they."""

from __future__ import annotations

from typing import Any

from django import forms


class EraseForm(forms.Form):
    study_code = forms.CharField(
        label="Study code of the patient",
        help_text="Type it as it stands on this page: it cannot be undone.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, study_code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = study_code

    def clean_study_code(self) -> str:
        typed = str(self.cleaned_data["study_code"]).strip().upper()
        if typed != self.expected:
            raise forms.ValidationError("That is not the study code of this patient.")
        return typed
