"""What releases made of the films: measures with their units, and curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import django_filters as filters
from django.db.models import Case, Exists, F, Model, OuterRef, QuerySet, Subquery, When
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from clinic.accounts.models import Permission
from clinic.api.records import CodedSerializer, LabelledSerializer, Records
from clinic.audit.models import Action
from clinic.audit.services import RESULTS, record_many
from diagnosis.models import Job, Measure, Result, Trace


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


class ResultSerializer(CodedSerializer[Result]):
    """What one release made of a recording, or of a whole session (`recording` is then null). For
    researchers `capture` and `created` are absent."""

    recording = serializers.SerializerMethodField()
    session = serializers.UUIDField(source="group")
    likelihood = serializers.JSONField(
        source="demo_likelihood",
        allow_null=True,
        help_text="Only in a demo clinic, for its evidence is simulated; else null.",
    )
    measures = MeasureSerializer(many=True)
    created = serializers.DateTimeField(required=False)
    hidden = ("capture", "created")

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
            "engine",
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
        extra_kwargs: ClassVar = {"capture": {"required": False}}

    def clinic_of(self, result: Result) -> UUID:
        clinic: UUID = result.clinic  # type: ignore[attr-defined]  # annotated by Results
        return clinic

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_recording(self, result: Result) -> str | None:
        return str(result.subject) if result.kind == "take" else None


class TraceSerializer(LabelledSerializer[Trace]):
    """A curve without its values; ask for the single trace to get them. `id` is that of its result
    with its `name`: no count over all people, whose order would tell when they were filmed.

    One with a `caution` is not shown on pages, for the reason that it gives.
    """

    id = serializers.SerializerMethodField()
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

    def get_id(self, trace: Trace) -> str:
        return f"{trace.result_id}:{trace.name}"


class TraceValuesSerializer(TraceSerializer):
    """`values[i]` is at `t0 + i * step` seconds of the recording, or since the cue for a mean or
    standard deviation over the repeats ("mean:...", "sd:..."); null where no face was seen."""

    values = serializers.SerializerMethodField()

    class Meta(TraceSerializer.Meta):
        fields: ClassVar = [*TraceSerializer.Meta.fields, "values"]

    @extend_schema_field({"type": "array", "items": {"type": "number", "nullable": True}})
    def get_values(self, trace: Trace) -> list[float | None]:
        return [None if math.isnan(v) else round(v, 6) for v in trace.array().tolist()]


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


class Results(Records[Result]):
    """What releases made of recordings and sessions; older results stay beside newer ones."""

    queryset = Result.objects.none()
    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    reads = (Permission.SEE_MEASURES, Permission.SEE_CODED)
    things = "result"
    detail_of_reading = RESULTS

    def get_queryset(self) -> QuerySet[Result]:
        session = self.sessions().filter(id=OuterRef("group")).order_by()
        demo = session.filter(patient__clinic__is_demo=True)
        results = (
            Result.objects.filter(group__in=self.sessions().values("id"))
            .annotate(
                demo_likelihood=Case(When(Exists(demo), then=F("likelihood"))),
                clinic=Subquery(session.values("patient__clinic")[:1]),
            )
            .prefetch_related("measures")
        )
        if not self.reads_by_code():
            return results
        return results.order_by(Subquery(session.values("patient")[:1]), "-created")

    def record_listing(self, page: Sequence[Result]) -> None:
        """Whoever has read a session's results here does not rate it blind."""
        seen = self.sessions().filter(id__in={result.group for result in page})
        record_many(Action.READ, seen, actor=self.person, detail=RESULTS)
        super().record_listing(page)

    def audited(self, found: Result) -> Model:
        return self.sessions().get(id=found.group)


class Traces(Records[Trace]):
    """Curves over a recording's time; the single trace holds the values."""

    queryset = Trace.objects.none()
    filterset_class = TraceFilter
    reads = (Permission.SEE_MEASURES, Permission.SEE_CODED)
    things = "trace"

    @property
    def detail_of_reading(self) -> str:  # type: ignore[override]
        """A list of curves shows no results: their values are not in it."""
        return RESULTS if self.action == "retrieve" else ""

    def get_queryset(self) -> QuerySet[Trace]:
        traces = Trace.objects.filter(result__group__in=self.sessions().values("id"))
        if self.action == "list":
            traces = traces.defer("values")
        if self.reads_by_code():
            session = self.sessions().filter(id=OuterRef("result__group")).order_by()
            traces = traces.order_by(Subquery(session.values("patient")[:1]), "id")
        return traces.select_related("result")

    def get_object(self) -> Trace:
        result, _, name = self.kwargs["pk"].partition(":")
        try:
            return self.get_queryset().get(result=UUID(result), name=name)
        except (ValueError, Trace.DoesNotExist) as error:
            raise NotFound from error

    @extend_schema(parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    def get_serializer_class(self) -> type[BaseSerializer[Trace]]:
        return TraceSerializer if self.action == "list" else TraceValuesSerializer

    def audited(self, found: Trace) -> Model:
        return self.sessions().get(id=found.result.group)
