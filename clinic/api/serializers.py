"""What the API tells about each record. Who may see which record is decided in views.py."""

from __future__ import annotations

import math
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.api.pagination import NOTICE
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from diagnosis.models import Measure, Result, Trace

M = TypeVar("M", bound=Model)

# Left out where the person asking may see study codes only.
IDENTIFYING = ("first_name", "last_name", "birth_date", "mrn", "notes")


class LabelledSerializer(serializers.ModelSerializer[M]):
    """Every object says what it must not be used for, wherever it ends up."""

    notice = serializers.SerializerMethodField()

    def get_notice(self, record: object) -> str:
        return NOTICE


class PatientSerializer(LabelledSerializer[Patient]):
    """Name, birth date, MRN and notes are absent for researchers: age and study code remain."""

    age = serializers.IntegerField(help_text="in years, today")

    class Meta:
        model = Patient
        fields: ClassVar = [
            "notice",
            "id",
            "clinic",
            "study_code",
            "age",
            "sex",
            "diagnosis_status",
            "archived",
            *IDENTIFYING,
        ]
        extra_kwargs: ClassVar = {name: {"required": False} for name in IDENTIFYING}

    def to_representation(self, patient: Patient) -> dict[str, Any]:
        data = super().to_representation(patient)
        if patient.clinic_id not in self.context["named_clinics"]:
            for name in IDENTIFYING:
                del data[name]
        return data


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    class Meta:
        model = Protocol
        fields: ClassVar = ["code", "version", "name"]


class SessionSerializer(LabelledSerializer[RecordingSession]):
    """`practice` is the first session that a patient records, and stays out of trends; `imported`
    is made of old clips; `too_ill` is when the person said so instead of filming, and `helped`
    whether somebody else pressed the buttons."""

    study_code = serializers.CharField(source="patient.study_code")
    protocol = ProtocolSerializer()

    class Meta:
        model = RecordingSession
        fields: ClassVar = [
            "notice",
            "id",
            "patient",
            "study_code",
            "protocol",
            "place",
            "medication",
            "minutes_since_dose",
            "dyskinesia",
            "ill",
            "facial_procedure",
            "too_ill",
            "helped",
            "practice",
            "imported",
            "device",
            "recorded",
            "submitted",
        ]


class RecordingSerializer(LabelledSerializer[Recording]):
    """`partial` is what arrived of a take that broke off."""

    task = serializers.CharField(source="task.code")

    class Meta:
        model = Recording
        fields: ClassVar = [
            "notice",
            "id",
            "session",
            "task",
            "attempt",
            "size",
            "sha256",
            "partial",
            "mime",
            "cues",
            "capture",
            "caption",
            "created",
        ]


class MeasureSerializer(serializers.ModelSerializer[Measure]):
    """`value` in `unit` over `n` cue windows with their `sd`; or `absent`, the reason for none.

    `caution` says why the value is of low reliability; empty where nothing is known against it.
    """

    class Meta:
        model = Measure
        fields: ClassVar = [
            "name",
            "region",
            "side",
            "unit",
            "value",
            "n",
            "sd",
            "absent",
            "caution",
        ]


class ResultSerializer(LabelledSerializer[Result]):
    """What one release made of a recording, or of a whole session (`recording` is then null)."""

    recording = serializers.SerializerMethodField()
    session = serializers.UUIDField(source="group")
    likelihood = serializers.JSONField(
        source="demo_likelihood",
        allow_null=True,
        help_text="Only in a demo clinic, for its evidence is simulated; else null.",
    )
    measures = MeasureSerializer(many=True)

    class Meta:
        model = Result
        fields: ClassVar = [
            "notice",
            "id",
            "kind",
            "session",
            "recording",
            "release",
            "release_sha256",
            "evidence",
            "config_hash",
            "neutral_source",
            "usable",
            "findings",
            "capture",
            "likelihood",
            "measures",
            "created",
        ]

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_recording(self, result: Result) -> str | None:
        return str(result.subject) if result.kind == "take" else None


class TraceSerializer(LabelledSerializer[Trace]):
    """A curve without its values; ask for the single trace to get them.

    One with a `caution` is not shown on pages, for the reason that it gives.
    """

    recording = serializers.UUIDField(source="result.subject")
    release = serializers.CharField(source="result.release")
    release_sha256 = serializers.CharField(source="result.release_sha256")
    evidence = serializers.CharField(source="result.evidence")

    class Meta:
        model = Trace
        fields: ClassVar = [
            "notice",
            "id",
            "result",
            "recording",
            "release",
            "release_sha256",
            "evidence",
            "name",
            "unit",
            "t0",
            "step",
            "caution",
        ]


class TraceValuesSerializer(TraceSerializer):
    """`values[i]` is at `t0 + i * step` seconds of the recording, or since the cue for a mean or
    standard deviation over the repeats ("mean:...", "sd:..."); null where no face was seen."""

    values = serializers.SerializerMethodField()

    class Meta(TraceSerializer.Meta):
        fields: ClassVar = [*TraceSerializer.Meta.fields, "values"]

    @extend_schema_field({"type": "array", "items": {"type": "number", "nullable": True}})
    def get_values(self, trace: Trace) -> list[float | None]:
        return [None if math.isnan(v) else round(v, 6) for v in trace.array().tolist()]
