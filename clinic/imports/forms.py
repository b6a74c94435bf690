"""What the import page asks the server, checked."""

from __future__ import annotations

import datetime
import math
import re
from itertools import pairwise

from django import forms
from django.utils import timezone

from clinic.recordings.models import RecordingSession
from diagnosis.config import Cue


class KnownForm(forms.Form):
    """Whether the clinic has a film of this SHA-256."""

    sha256 = forms.RegexField(re.compile(r"[0-9a-f]{64}\Z"))


class SittingForm(forms.Form):
    """The session that a clip belongs to, by its day, medication state and task."""

    task = forms.SlugField(max_length=20)
    date = forms.DateField()
    medication = forms.ChoiceField(choices=RecordingSession.Medication)

    def clean_date(self) -> datetime.date:
        date: datetime.date = self.cleaned_data["date"]
        if not datetime.date(1950, 1, 1) <= date <= timezone.localdate():
            raise forms.ValidationError("Enter the day of the film: from 1950 to today.")
        return date


class FilmForm(KnownForm):
    """A clip that has been uploaded; `cues` are [{"start": s, "end": s}], none where not known."""

    session = forms.UUIDField()
    upload = forms.UUIDField()
    cues = forms.JSONField(required=False)

    def clean_cues(self) -> list[Cue]:
        try:
            told = self.cleaned_data["cues"] or []
            cues = [Cue(float(cue["start"]), float(cue["end"])) for cue in told]
        except (TypeError, KeyError, ValueError, OverflowError):
            raise forms.ValidationError("Each has a start and an end, in seconds.") from None
        times = [0.0, *(time for cue in cues for time in (cue.start, cue.end))]
        if not all(map(math.isfinite, times)) or min(times) < 0:
            raise forms.ValidationError("Seconds are numbers from 0 on.")
        if not all(a < b for a, b in pairwise(times[1:])):
            raise forms.ValidationError("Times go forwards, and cues do not overlap.")
        return cues


class FinishForm(forms.Form):
    session = forms.UUIDField()
