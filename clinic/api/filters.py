"""By what a list of the API can be narrowed. Ids of other clinics match nothing."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import django_filters as filters
from django.db.models import QuerySet

from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Job, Result, Trace


class PatientFilter(filters.FilterSet):
    class Meta:
        model = Patient
        fields: ClassVar = ["study_code", "diagnosis_status", "sex"]


class SessionFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    recorded = filters.IsoDateTimeFromToRangeFilter()

    class Meta:
        model = RecordingSession
        fields: ClassVar = ["patient", "recorded", "place", "medication"]


class RecordingFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="session_id")
    task = filters.CharFilter(field_name="task__code")

    class Meta:
        model = Recording
        fields: ClassVar = ["session", "task"]


class ResultFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="group")
    recording = filters.UUIDFilter(method="of_recording")

    class Meta:
        model = Result
        fields: ClassVar = ["session", "recording", "kind", "release", "usable"]

    def of_recording(self, results: QuerySet[Result], name: str, value: UUID) -> QuerySet[Result]:
        return results.filter(kind=Job.Kind.TAKE, subject=value)


class TraceFilter(filters.FilterSet):
    result = filters.UUIDFilter(field_name="result_id")
    recording = filters.UUIDFilter(field_name="result__subject")

    class Meta:
        model = Trace
        fields: ClassVar = ["result", "recording", "name"]
