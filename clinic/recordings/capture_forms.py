"""What a person fills in before recording, and what the recorder tells of a take."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms

from clinic.patients.models import Purpose
from clinic.patients.services import current_text
from clinic.recordings.models import ProtocolTask, RecordingSession
from diagnosis.config import Cue

MAX_TAKE_JSON = 64 * 1024
# Legal in JSON, but no text that PostgreSQL can hold: NUL and halves of surrogate pairs.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")

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


class BadTake(Exception):
    """What the recorder sent about a take cannot be used; the message says what to do."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The film came without usable {what}. Please film this task again.")


@dataclasses.dataclass(frozen=True)
class Take:
    """A finished take as the browser describes it: `cues` in seconds of the film's stream time."""

    upload: UUID
    task: str
    cues: tuple[Cue, ...]
    capture: dict[str, Any]
    sha256: str

    @classmethod
    def from_json(cls, body: bytes) -> Take:
        """Raises BadTake, which names the part that is wrong."""
        data = _object(body)
        sha256 = str(data.get("sha256", ""))
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise BadTake("checksum")
        if not isinstance(data.get("capture"), dict):
            raise BadTake("facts about the camera")
        try:
            upload = UUID(str(data.get("upload")))
        except ValueError:
            raise BadTake("upload") from None
        return cls(
            upload, str(data.get("task", "")), _cues(data.get("cues")), data["capture"], sha256
        )

    def require_cues_of(self, task: ProtocolTask) -> None:
        """Raises BadTake unless every "now" that the task asks for was given."""
        if len(self.cues) != task.repeats:
            raise BadTake("times of the beeps")


def _object(body: bytes) -> dict[str, Any]:
    try:
        if len(body) <= MAX_TAKE_JSON:
            data = json.loads(body, parse_constant=_number, parse_float=_number)
            if isinstance(data, dict) and _is_storable(data):
                return data
    except (ValueError, RecursionError):
        pass
    raise BadTake("description")


def _number(text: str) -> float:
    """Raises ValueError for what is no finite number: NaN, Infinity, 1e999."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_storable(value: object) -> bool:
    match value:
        case str():
            return UNSTORABLE.search(value) is None
        case list():
            return all(map(_is_storable, value))
        case dict():
            return all(_is_storable(key) and _is_storable(item) for key, item in value.items())
    return True


def _cues(value: object) -> tuple[Cue, ...]:
    try:
        cues = tuple(Cue(float(cue["start"]), float(cue["end"])) for cue in value)  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError, OverflowError):
        raise BadTake("times of the beeps") from None
    times = [time for cue in cues for time in (cue.start, cue.end)]
    in_order = all(a < b for a, b in pairwise(times))
    if not in_order or not all(math.isfinite(time) and time >= 0 for time in times):
        raise BadTake("times of the beeps")
    return cues
