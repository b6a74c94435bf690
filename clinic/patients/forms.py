"""Forms about patients."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from clinic.accounts.forms import choose_clinic
from clinic.accounts.models import Clinic
from clinic.patients.consents import PurposeState
from clinic.patients.models import Patient, Purpose


class PatientForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A patient of one of `clinics`, who stays there once saved."""

    class Meta:
        model = Patient
        fields: ClassVar = [
            "clinic",
            "first_name",
            "last_name",
            "birth_date",
            "sex",
            "mrn",
            "diagnosis_status",
            "notes",
        ]
        help_texts: ClassVar = {
            "mrn": "Medical record number. Once per clinic.",
            "notes": "For staff of the clinic. Researchers never see notes.",
        }
        widgets: ClassVar = {
            "birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_clinic(self, clinics)
        if not self.instance._state.adding:
            self.fields["clinic"].disabled = True


class SignedFormForm(forms.Form):
    """Consent taken on paper: which purposes the patient signed for."""

    purposes = forms.TypedMultipleChoiceField(
        label="The patient agrees to",
        coerce=Purpose,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one purpose that the patient signed for."},
    )
    signed = forms.BooleanField(
        label="I have the form that the patient signed, with the texts shown on this page",
        error_messages={"required": "Confirm that you have the signed form."},
    )

    def __init__(self, *args: Any, states: list[PurposeState], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_purposes = [s.purpose for s in states if s.text and not s.standing]
        field = self.fields["purposes"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(p.value, p.label) for p in open_purposes]
