"""What clinicians read first and what they signed: change verdicts and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import django_filters as filters
from django.db.models import Model, QuerySet
from django.urls import reverse
from rest_framework import serializers

from clinic.accounts.models import Permission
from clinic.api.records import CodedSerializer, LabelledSerializer, Records
from clinic.audit.models import Action
from clinic.audit.services import RESULTS, record_many
from clinic.patients.models import Patient
from clinic.reports.models import Report
from clinic.verdicts.models import Verdict


class VerdictSerializer(CodedSerializer[Verdict]):
    """The answer to "did it change?" in one medication state: the headline `measure` of the newest
    comparable session (`latest`, in `unit`) against the band from `low` to `high`.

    The `change_` fields tell of the newest change that was called, whatever the word: it stands
    until `change_ended`. `unsettled` counts the newest sessions in a row that ask for one more:
    outside under "outside", inside again under "change".

    For researchers these dates are shifted as in the research export; other times are absent, and
    so are `id`, for it counts over all people (they read verdicts in the list), and `collected`,
    which counts back from the true today."""

    id = serializers.IntegerField(required=False)
    created = serializers.DateTimeField(required=False)
    collected = serializers.IntegerField(required=False)
    hidden = ("id", "created", "read_at", "collected")
    shifted = ("since", "change_since", "change_called", "change_ended")

    class Meta:
        model = Verdict
        fields: ClassVar = [
            "notice",
            "id",
            "patient",
            "medication",
            "word",
            "direction",
            "since",
            "change_direction",
            "change_since",
            "change_called",
            "change_ended",
            "unsettled",
            "reason",
            "collected",
            "needed",
            "measure",
            "title",
            "unit",
            "latest",
            "mean",
            "low",
            "high",
            "release",
            "release_sha256",
            "engine",
            "evidence",
            "session",
            "created",
            "read_at",
        ]
        extra_kwargs: ClassVar = {"read_at": {"required": False}}

    def patient_of(self, verdict: Verdict) -> Patient:
        return verdict.patient


class VerdictFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    current = filters.BooleanFilter(
        method="only_current", help_text="the newest of each patient and medication state"
    )

    class Meta:
        model = Verdict
        fields: ClassVar = ["patient", "current", "medication", "word"]

    def only_current(
        self, verdicts: QuerySet[Verdict], name: str, value: bool
    ) -> QuerySet[Verdict]:
        newest = Verdict.objects.current().values("id")
        return verdicts.filter(id__in=newest) if value else verdicts.exclude(id__in=newest)


class Verdicts(Records[Verdict]):
    """Change verdicts as they were reached, newest first; for researchers person by person."""

    queryset = Verdict.objects.none()
    serializer_class = VerdictSerializer
    filterset_class = VerdictFilter
    reads = (Permission.SEE_MEASURES, Permission.SEE_CODED)
    things = "verdict"
    detail_of_reading = RESULTS

    def get_queryset(self) -> QuerySet[Verdict]:
        verdicts = Verdict.objects.filter(patient__in=self.patients()).select_related("patient")
        if self.action == "retrieve":
            return verdicts.filter(patient__clinic__in=self.named_clinics())
        if not self.reads_by_code():
            return verdicts
        return verdicts.order_by("patient__study_code", "patient", "-id")

    def record_listing(self, page: Sequence[Verdict]) -> None:
        seen = Patient.objects.filter(id__in={verdict.patient_id for verdict in page})
        record_many(Action.READ, seen, actor=self.person, detail=RESULTS)
        super().record_listing(page)

    def audited(self, found: Verdict) -> Model:
        return found.patient


class ReportSerializer(LabelledSerializer[Report]):
    """`sha256` is that of the PDF, which is at `address` on this site; one that was amended is
    named in `replaces` of the newer one."""

    author = serializers.CharField(source="author.name")
    address = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields: ClassVar = [
            "notice",
            "id",
            "patient",
            "author",
            "comment",
            "signed_at",
            "replaces",
            "sha256",
            "address",
        ]

    def get_address(self, report: Report) -> str:
        return reverse("reports:pdf", args=[report.id])


class ReportFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")

    class Meta:
        model = Report
        fields: ClassVar = ["patient"]


class Reports(Records[Report]):
    """Reports that clinicians signed. They are signed on their page, with a password again."""

    queryset = Report.objects.none()
    serializer_class = ReportSerializer
    filterset_class = ReportFilter
    reads = (Permission.SEE_MEASURES,)
    things = "report"
    detail_of_reading = RESULTS

    def get_queryset(self) -> QuerySet[Report]:
        mine = Report.objects.filter(patient__in=self.patients())
        return mine.select_related("patient", "author")

    def record_listing(self, page: Sequence[Report]) -> None:
        seen = Patient.objects.filter(id__in={report.patient_id for report in page})
        record_many(Action.READ, seen, actor=self.person, detail=RESULTS)
        super().record_listing(page)
