"""The queue of analyses as one can see it: what waits, at which place, and what failed and why."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import django_filters as filters
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.accounts.models import Permission
from clinic.api.problems import Refused
from clinic.api.records import LabelledSerializer, Records
from clinic.recordings import services
from diagnosis import queue
from diagnosis.models import Job


class JobSerializer(LabelledSerializer[Job]):
    """`place` in the queue: 1 is next; null for a job that is not in it. `error` tells staff why an
    analysis failed."""

    session = serializers.UUIDField(source="group")
    recording = serializers.SerializerMethodField()
    place = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields: ClassVar = [
            "notice",
            "id",
            "kind",
            "session",
            "recording",
            "state",
            "place",
            "priority",
            "attempts",
            "crashes",
            "stage",
            "percent",
            "error",
            "created",
            "finished",
        ]

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_recording(self, job: Job) -> str | None:
        return str(job.subject) if job.kind == Job.Kind.TAKE else None

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_place(self, job: Job) -> int | None:
        places: dict[UUID, int] = self.context["places"]
        return places.get(job.id)


class JobFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="group")
    recording = filters.UUIDFilter(method="of_recording")

    class Meta:
        model = Job
        fields: ClassVar = ["session", "recording", "state", "kind"]

    def of_recording(self, jobs: QuerySet[Job], name: str, value: UUID) -> QuerySet[Job]:
        return jobs.filter(kind=Job.Kind.TAKE, subject=value)


class Jobs(Records[Job]):
    """Analyses of films and of whole sessions: waiting, running, done or failed."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    reads = (Permission.SEE_NAMES,)
    writes = Permission.RECORD
    things = "job"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.filter(group__in=self.sessions().values("id"))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "places": queue.places()}

    def audited(self, found: Job) -> Model:
        return self.sessions().get(id=found.group)

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Queues another analysis of whatever failed last in the job's session."""
        job = self.get_object()
        if not services.retry_failed(self.sessions().get(id=job.group), actor=self.person):
            raise Refused("No analysis of this session has failed.")
        job.refresh_from_db()
        return Response(self.get_serializer(job).data)
