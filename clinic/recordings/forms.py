"""Forms with which staff start a session and invite to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from clinic.recordings.links import MAX_DAYS
from clinic.recordings.models import Protocol, RecordingSession


class ProtocolField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, protocol: Protocol) -> str:
        return f"{protocol.name}. {protocol.description}"


class NewSessionForm(forms.Form):
    place = forms.ChoiceField(
        label="Where will it be recorded?",
        choices=RecordingSession.Place,
        widget=forms.RadioSelect,
        initial=RecordingSession.Place.SITE,
    )
    protocol = ProtocolField(
        label="Which tasks?",
        queryset=Protocol.objects.filter(retired=False).order_by("name"),
        widget=forms.RadioSelect,
        empty_label=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].initial = Protocol.objects.filter(
            code="core", retired=False
        ).first()


class LinkForm(forms.Form):
    """For how long a capture link stays open; the clinic's usual time when nothing is said."""

    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, required=False)

    def clean_days(self) -> int:
        return self.cleaned_data["days"] or settings.CAPTURE_LINK_DAYS
