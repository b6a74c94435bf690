"""The form of members, and the choice of a clinic that other forms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.accounts.models import Clinic, Role


def choose_clinic(form: forms.BaseForm, clinics: QuerySet[Clinic]) -> None:
    """Limits the field `clinic` to `clinics`; with a single one there is nothing to choose."""
    field = form.fields["clinic"]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = clinics
    field.empty_label = "Choose a clinic"
    if len(clinics) == 1:
        field.initial = clinics[0]
        field.widget = forms.HiddenInput()


class MemberForm(forms.Form):
    """Somebody to join one of `clinics`, whether or not they have an account yet."""

    clinic = forms.ModelChoiceField(queryset=Clinic.objects.none())
    email = forms.EmailField(label="Email address", max_length=254)
    name = forms.CharField(
        max_length=120,
        help_text="As colleagues know them. Not used if they already have an account.",
    )
    role = forms.ChoiceField(choices=Role, widget=forms.RadioSelect)

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_clinic(self, clinics)
