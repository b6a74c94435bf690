"""What a patient is treated with, what happened to them, and Hoehn and Yahr's stage."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, TypeVar

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from clinic.accounts.models import Permission
from clinic.api.records import Changes, Creates, Input, LabelledSerializer, Mine, Removes
from clinic.patients.models import Patient
from clinic.therapy import services
from clinic.therapy.models import ClinicalEvent, Entry, Regimen, Stage

E = TypeVar("E", bound=Entry)
OfPatient = serializers.PrimaryKeyRelatedField[Patient]


class EntryInput(Input[E]):
    patient: OfPatient = Mine(queryset=Patient.objects.all(), clinic="clinic")

    def save(self, **_: Any) -> E:
        if self.row._state.adding:
            self.row.created_by = self.actor
        self.keep()
        return self.row

    def keep(self) -> None:
        services.save(self.row, actor=self.actor)


class DatedInput(EntryInput[E]):
    def validate_date(self, day: datetime.date) -> datetime.date:
        if day > timezone.localdate():
            raise serializers.ValidationError("Enter today or an earlier day.")
        return day


class Entries(Creates[E], Changes[E], Removes[E]):
    """Entries are corrected, or removed when they were made by mistake."""

    reads = (Permission.SEE_MEASURES,)
    writes = Permission.JUDGE
    model: type[E]

    def get_queryset(self) -> QuerySet[E]:
        mine = self.model._default_manager.filter(patient__in=self.patients())
        return mine.select_related("patient")

    def perform_destroy(self, entry: E) -> None:
        services.remove(entry, actor=self.person)


class RegimenSerializer(LabelledSerializer[Regimen]):
    """`end` is the last day, null while it goes on. `ledd_mg` is the clinician's own number."""

    class Meta:
        model = Regimen
        fields: ClassVar = ["notice", "id", "patient", "start", "end", "text", "ledd_mg", "created"]


class RegimenInput(EntryInput[Regimen]):
    replaces = serializers.BooleanField(
        default=False, help_text="the medicines that run now end on the day before"
    )

    class Meta:
        model = Regimen
        fields: ClassVar = ["patient", "start", "end", "text", "ledd_mg", "replaces"]

    def keep(self) -> None:
        save = services.replace if self.validated_data["replaces"] else services.save
        save(self.row, actor=self.actor)


class RegimenChange(EntryInput[Regimen]):
    patient: OfPatient = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Regimen
        fields: ClassVar = ["patient", "start", "end", "text", "ledd_mg"]


class RegimenFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")

    class Meta:
        model = Regimen
        fields: ClassVar = ["patient"]


class Regimens(Entries[Regimen]):
    """The medicines of a span of days."""

    queryset = Regimen.objects.none()
    model = Regimen
    serializer_class = RegimenSerializer
    filterset_class = RegimenFilter
    inputs: ClassVar = {"create": RegimenInput, "partial_update": RegimenChange}
    things = "regimen"


class ClinicalEventSerializer(LabelledSerializer[ClinicalEvent]):
    class Meta:
        model = ClinicalEvent
        fields: ClassVar = ["notice", "id", "patient", "date", "kind", "note", "created"]


class ClinicalEventInput(DatedInput[ClinicalEvent]):
    class Meta:
        model = ClinicalEvent
        fields: ClassVar = ["patient", "date", "kind", "note"]


class ClinicalEventChange(ClinicalEventInput):
    patient: OfPatient = serializers.PrimaryKeyRelatedField(read_only=True)


class ClinicalEventFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")

    class Meta:
        model = ClinicalEvent
        fields: ClassVar = ["patient", "kind"]


class ClinicalEvents(Entries[ClinicalEvent]):
    """What happened on a day: a dose change, surgery, stimulation switched, illness."""

    queryset = ClinicalEvent.objects.none()
    model = ClinicalEvent
    serializer_class = ClinicalEventSerializer
    filterset_class = ClinicalEventFilter
    inputs: ClassVar = {"create": ClinicalEventInput, "partial_update": ClinicalEventChange}
    things = "event"


class StageSerializer(LabelledSerializer[Stage]):
    class Meta:
        model = Stage
        fields: ClassVar = ["notice", "id", "patient", "date", "stage", "created"]


class StageInput(DatedInput[Stage]):
    class Meta:
        model = Stage
        fields: ClassVar = ["patient", "date", "stage"]


class StageChange(StageInput):
    patient: OfPatient = serializers.PrimaryKeyRelatedField(read_only=True)


class StageFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")

    class Meta:
        model = Stage
        fields: ClassVar = ["patient"]


class Stages(Entries[Stage]):
    """Hoehn and Yahr's stage, as the clinician found it on a day."""

    queryset = Stage.objects.none()
    model = Stage
    serializer_class = StageSerializer
    filterset_class = StageFilter
    inputs: ClassVar = {"create": StageInput, "partial_update": StageChange}
    things = "stage"
