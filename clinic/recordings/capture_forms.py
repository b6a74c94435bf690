"""What a person fills in before recording."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.template.defaultfilters import linebreaksbr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.patients.models import Patient, Purpose
from clinic.patients.services import current_text
from clinic.recordings.models import RecordingSession

if TYPE_CHECKING:
    SessionForm = forms.ModelForm[RecordingSession]
else:
    SessionForm = forms.ModelForm


NO, YES = _("No"), _("Yes")


class CheckForm(forms.Form):
    """What whoever opens a link tells of the patient."""

    first_name = forms.CharField(
        label=_("Your first name"),
        help_text=_("As your clinic knows it. It does not matter how you write it."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "given-name", "spellcheck": "false"}),
        error_messages={"required": _("Write your first name.")},
    )
    birth_year = forms.CharField(
        label=_("The year in which you were born"),
        help_text=_("Four digits, such as 1950."),
        widget=forms.TextInput(attrs={"autocomplete": "bday-year", "inputmode": "numeric"}),
        error_messages={"required": _("Write the year in which you were born.")},
    )

    def clean_birth_year(self) -> int:
        year = unicodedata.normalize("NFKC", self.cleaned_data["birth_year"])
        if not re.fullmatch("[0-9]{4}", year):
            raise forms.ValidationError(_("Write the year with four digits, such as 1950."))
        return int(year)


class ConsentForm(forms.Form):
    """One box per purpose, with its text; care must be agreed to, the others need not."""

    def __init__(self, *args: Any, patient: Patient, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Purpose:
            self.fields[purpose.value] = forms.BooleanField(
                label=purpose.label,
                help_text=linebreaksbr(current_text(patient, purpose, language).body),
                required=purpose == Purpose.CARE,
                error_messages={
                    "required": _(
                        "We can film you only if you agree to the first part. "
                        "If you do not agree, close this page. Your care stays the same."
                    )
                },
            )

    def purposes(self) -> list[Purpose]:
        """The purposes that were agreed to."""
        return [purpose for purpose in Purpose if self.cleaned_data[purpose.value]]


class YesOrNo(forms.TypedChoiceField):
    """Two radio buttons for True and False."""

    def __init__(self, *, no: Promise = NO, yes: Promise = YES, **options: Any) -> None:
        super().__init__(
            choices=[("False", no), ("True", yes)],
            coerce=lambda answer: answer == "True",
            widget=forms.RadioSelect,
            **options,
        )


class ContextForm(SessionForm):
    """How the person is now: what makes two sessions comparable.

    `anew` asks again for what changes within hours, with nothing chosen.
    """

    CHANGES: ClassVar = ("medication", "minutes_since_dose", "dyskinesia", "ill")

    # Half-hours and hours are what people remember; the middle of each span is stored.
    SINCE_DOSE: ClassVar = [
        ("15", _("Less than half an hour ago")),
        ("45", _("Half an hour to 1 hour ago")),
        ("90", _("1 to 2 hours ago")),
        ("150", _("2 to 3 hours ago")),
        ("210", _("3 to 4 hours ago")),
        ("300", _("More than 4 hours ago")),
        ("unknown", _("I am not sure, or I take none")),
    ]

    medication = forms.ChoiceField(
        label=_("How well is your Parkinson's medicine working now?"),
        choices=[
            ("on", _("It is working well (ON)")),
            ("off", _("It has worn off, or I have not taken it (OFF)")),
            ("between", _("Something in between")),
            ("unsure", _("I am not sure, or I take none")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how well your medicine is working now.")},
    )
    minutes_since_dose = forms.TypedChoiceField(
        label=_("When did you last take your Parkinson's medicine?"),
        choices=SINCE_DOSE,
        coerce=lambda answer: None if answer == "unknown" else int(answer),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose when you last took your medicine.")},
    )
    dyskinesia = forms.ChoiceField(
        label=_("Do you have movements now that you cannot stop?"),
        help_text=_("For example writhing or swaying of the face, head or body."),
        choices=[
            ("none", _("No")),
            ("mild", _("A little, but they do not bother me")),
            ("troublesome", _("Yes, and they bother me")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether you have such movements now.")},
    )
    ill = YesOrNo(
        label=_("Are you ill or very tired today?"),
        help_text=_("For example with a cold, with a fever, or after a bad night."),
        error_messages={"required": _("Choose whether you are ill or very tired today.")},
    )
    facial_procedure = YesOrNo(
        label=_("Has anything been done to your face or teeth in the last 3 months?"),
        help_text=_("For example by a dentist, with injections, or in an operation."),
        error_messages={
            "required": _("Choose whether anything has been done to your face or teeth.")
        },
    )
    helped = YesOrNo(
        label=_("Does somebody help you with the films?"),
        no=_("No, I do it alone"),
        yes=_("Yes, somebody presses the buttons for me"),
        error_messages={"required": _("Choose whether somebody helps you.")},
    )

    def __init__(self, data: QueryDict | None, *, instance: RecordingSession, anew: bool) -> None:
        initial: dict[str, Any] = dict.fromkeys(self.CHANGES) if anew else {}
        super().__init__(data, instance=instance, initial=initial)

    class Meta:
        model = RecordingSession
        fields: ClassVar = [
            "medication",
            "minutes_since_dose",
            "dyskinesia",
            "ill",
            "facial_procedure",
            "helped",
        ]
