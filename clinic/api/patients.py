"""Patients, and what each has agreed to."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters as filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.accounts.models import Clinic, Permission
from clinic.api.records import (
    Changes,
    CodedSerializer,
    Creates,
    Input,
    LabelledSerializer,
    Mine,
    Records,
)
from clinic.exports.columns import OLDEST, grouped_age
from clinic.patients import services
from clinic.patients.models import Consent, Patient, Purpose

# Left out where the person asking may see study codes only.
IDENTIFYING = ("first_name", "last_name", "birth_date", "mrn", "language", "email", "notes")


class PatientSerializer(CodedSerializer[Patient]):
    """Name, birth date, MRN, language, email, notes and when they were archived are absent for
    researchers: study code and age in years remain, "over 89" for whoever is older."""

    age = serializers.SerializerMethodField()

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
        extra_kwargs: ClassVar = {name: {"required": False} for name in (*IDENTIFYING, "archived")}

    hidden = (*IDENTIFYING, "archived")

    def patient_of(self, patient: Patient) -> Patient:
        return patient

    @extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
    def get_age(self, patient: Patient) -> int | str:
        if patient.clinic_id in self.context["named_clinics"] or patient.age <= OLDEST:
            return patient.age
        return grouped_age(patient.age)


class PatientInput(Input[Patient]):
    clinic: serializers.PrimaryKeyRelatedField[Clinic] = Mine(
        queryset=Clinic.objects.all(), clinic="id"
    )

    class Meta:
        model = Patient
        fields: ClassVar = ["clinic", "sex", "diagnosis_status", *IDENTIFYING]

    def save(self, **_: Any) -> Patient:
        return services.save_patient(self.row, actor=self.actor)


class PatientChange(PatientInput):
    """The clinic stays as it is."""

    clinic: serializers.PrimaryKeyRelatedField[Clinic] = serializers.PrimaryKeyRelatedField(
        read_only=True
    )


class PatientFilter(filters.FilterSet):
    class Meta:
        model = Patient
        fields: ClassVar = ["study_code", "diagnosis_status", "sex"]


class Patients(Creates[Patient], Changes[Patient]):
    """People followed by your clinics. Names only where your role may see them."""

    queryset = Patient.objects.none()
    serializer_class = PatientSerializer
    filterset_class = PatientFilter
    writes = Permission.RECORD
    inputs: ClassVar = {"create": PatientInput, "partial_update": PatientChange}
    things = "patient"

    def get_queryset(self) -> QuerySet[Patient]:
        return self.patients().order_by("study_code")  # one that tells no name


class ConsentSerializer(LabelledSerializer[Consent]):
    """Agreement to one version of a purpose's text; null in `withdrawn` while it is in force."""

    purpose = serializers.ChoiceField(source="text.purpose", choices=Purpose.choices)
    version = serializers.IntegerField(source="text.version")
    language = serializers.CharField(source="text.language")

    class Meta:
        model = Consent
        fields: ClassVar = [
            "notice",
            "id",
            "patient",
            "purpose",
            "version",
            "language",
            "given",
            "given_by",
            "withdrawn",
        ]


class ConsentFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    purpose = filters.ChoiceFilter(field_name="text__purpose", choices=Purpose.choices)

    class Meta:
        model = Consent
        fields: ClassVar = ["patient", "purpose"]


class Consents(Records[Consent]):
    """What patients agreed to, and took back. They do so on paper or on their own pages."""

    queryset = Consent.objects.none()
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    reads = (Permission.SEE_NAMES,)
    things = "consent"

    def get_queryset(self) -> QuerySet[Consent]:
        mine = Consent.objects.filter(patient__in=self.patients())
        return mine.select_related("text", "patient")
