"""Forms about patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import format_html

from clinic.accounts.forms import choose_clinic
from clinic.accounts.models import Clinic
from clinic.patients.consents import PurposeState
from clinic.patients.models import ConsentText, Patient, Purpose
from clinic.translations import reviews_in_words


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
            "language",
            "email",
            "notes",
        ]
        help_texts: ClassVar = {
            "mrn": "Medical record number. Once per clinic.",
            "email": "Reminders to record at home go here, when you plan them. Nothing else does.",
            "notes": "For staff of the clinic. Researchers never see notes.",
        }
        widgets: ClassVar = {
            "birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_clinic(self, clinics)
        self.fields["language"].help_text = format_html(
            "Of the pages and messages that the patient reads. {}", reviews_in_words()
        )
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
    language = forms.ChoiceField(
        label="Language of the signed form", choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    signed = forms.BooleanField(
        label="I have the form that the patient signed, with the texts shown on this page",
        error_messages={"required": "Confirm that you have the signed form."},
    )

    def __init__(self, *args: Any, states: list[PurposeState], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_purposes = [s.purpose for s in states if s.texts and not s.standing]
        field = self.fields["purposes"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(p.value, p.label) for p in open_purposes]


class ConsentTextForm(forms.Form):
    """A clinic's own new words for a purpose, in each language; begins with what is asked now."""

    understood = forms.BooleanField(
        label="I understand that every patient of the clinic is asked again",
        error_messages={"required": "Confirm that every patient is to be asked again."},
    )

    def __init__(self, *args: Any, asked: Mapping[str, ConsentText], **kwargs: Any) -> None:
        """`asked`: the words that patients read now, by language."""
        super().__init__(*args, **kwargs)
        self.asked = {language: text.body for language, text in asked.items()}
        for language, name in settings.LANGUAGES:
            english = language == "en"
            self.fields[language] = forms.CharField(
                label=f"Text in {name}",
                initial=self.asked.get(language, ""),
                required=english,
                widget=forms.Textarea(attrs={"rows": 6, "lang": language}),
                help_text="" if english else "Left empty, these patients read the English text.",
            )
        self.order_fields([language for language, _ in settings.LANGUAGES])

    def clean(self) -> None:
        if not self.errors and self.bodies() == self.asked:
            raise forms.ValidationError("These words are asked already. Change them, then save.")

    def bodies(self) -> dict[str, str]:
        """The words by language; languages without any are left out."""
        written = {code: self.cleaned_data.get(code, "") for code, _ in settings.LANGUAGES}
        return {code: body.replace("\r\n", "\n") for code, body in written.items() if body}
