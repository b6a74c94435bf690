"""The read-only API. Each list holds what the person may see somewhere; what they may not is 404.

Staff see names and recordings, clinicians measures as well, researchers everything by study code.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.db.models import Case, Exists, F, Model, OuterRef, QuerySet, When
from django.http import QueryDict
from django_filters import FilterSet
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from clinic.accounts.models import Clinic, Permission, User
from clinic.api import filters, serializers
from clinic.api.pagination import LabelledPages
from clinic.audit.models import Action
from clinic.audit.services import record, record_list
from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Result, Trace

M = TypeVar("M", bound=Model)


def _reader(request: Request) -> User:
    assert isinstance(request.user, User)  # IsAuthenticated has let them in
    return request.user


class Records(ReadOnlyModelViewSet[M]):
    """A list and its single records, for holders of one of `permissions`. Reading is recorded."""

    pagination_class = LabelledPages
    permissions = (Permission.SEE_NAMES, Permission.SEE_CODED)
    filterset_class: type[FilterSet]
    things: str

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        about = self.narrowed_to(request.query_params)
        if about is None:
            record_list(self.things, self.clinics(), actor=_reader(request))
        else:
            record(Action.READ, about, actor=_reader(request))
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = self.get_object()
        record(Action.READ, self.audited(found), actor=_reader(request))
        return Response(self.get_serializer(found).data)

    def audited(self, found: M) -> Model:
        """The record that the trail names when `found` is read."""
        return found

    def narrowed_to(self, asked: QueryDict) -> Model | None:
        """The recording, session or patient that the list is of; None when of no single one."""
        form = self.filterset_class(asked).form
        form.is_valid()
        within: list[tuple[str, QuerySet[Any]]] = [
            ("recording", Recording.objects.filter(session__in=self.sessions())),
            ("session", self.sessions()),
            ("patient", Patient.objects.filter(clinic__in=self.clinics())),
        ]
        for name, records in within:
            if id := form.cleaned_data.get(name):
                found: Model | None = records.filter(id=id).first()
                return found
        return None

    def clinics(self) -> QuerySet[Clinic]:
        """Where the person holds one of `permissions`."""
        return Clinic.objects.where(self.request.user, *self.permissions)

    def sessions(self) -> QuerySet[RecordingSession]:
        """The sessions that the person may see with one of `permissions`."""
        return RecordingSession.objects.filter(patient__clinic__in=self.clinics())


class Patients(Records[Patient]):
    """People followed by your clinics. Names only where your role may see them."""

    queryset = Patient.objects.none()
    serializer_class = serializers.PatientSerializer
    filterset_class = filters.PatientFilter
    things = "patient"

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.filter(clinic__in=self.clinics())

    def get_serializer_context(self) -> dict[str, Any]:
        named = Clinic.objects.where(self.request.user, Permission.SEE_NAMES)
        return {
            **super().get_serializer_context(),
            "named_clinics": set(named.values_list("id", flat=True)),
        }


class Sessions(Records[RecordingSession]):
    """Sittings in which a protocol was recorded, with the patient's state on that day."""

    queryset = RecordingSession.objects.none()
    serializer_class = serializers.SessionSerializer
    filterset_class = filters.SessionFilter
    things = "session"

    def get_queryset(self) -> QuerySet[RecordingSession]:
        return self.sessions().select_related("patient", "protocol")


class Recordings(Records[Recording]):
    """Films, as facts: what was asked, when the cues fell, how it was captured. No pictures."""

    queryset = Recording.objects.none()
    serializer_class = serializers.RecordingSerializer
    filterset_class = filters.RecordingFilter
    things = "recording"

    def get_queryset(self) -> QuerySet[Recording]:
        mine = Recording.objects.filter(session__in=self.sessions())
        return mine.select_related("task", "session__patient")


class Results(Records[Result]):
    """What releases made of recordings and sessions; older results stay beside newer ones."""

    queryset = Result.objects.none()
    serializer_class = serializers.ResultSerializer
    filterset_class = filters.ResultFilter
    permissions = (Permission.SEE_MEASURES, Permission.SEE_CODED)
    things = "result"

    def get_queryset(self) -> QuerySet[Result]:
        demo = self.sessions().filter(id=OuterRef("group"), patient__clinic__is_demo=True)
        return (
            Result.objects.filter(group__in=self.sessions().values("id"))
            .annotate(demo_likelihood=Case(When(Exists(demo), then=F("likelihood"))))
            .prefetch_related("measures")
        )

    def audited(self, found: Result) -> Model:
        return self.sessions().get(id=found.group)


class Traces(Records[Trace]):
    """Curves over a recording's time; the single trace holds the values."""

    queryset = Trace.objects.none()
    filterset_class = filters.TraceFilter
    permissions = (Permission.SEE_MEASURES, Permission.SEE_CODED)
    things = "trace"

    def get_queryset(self) -> QuerySet[Trace]:
        traces = Trace.objects.filter(result__group__in=self.sessions().values("id"))
        if self.action == "list":
            traces = traces.defer("values")
        return traces.select_related("result")

    def get_serializer_class(self) -> type[BaseSerializer[Trace]]:
        if self.action == "list":
            return serializers.TraceSerializer
        return serializers.TraceValuesSerializer

    def audited(self, found: Trace) -> Model:
        return self.sessions().get(id=found.result.group)


schema = SpectacularAPIView.as_view(permission_classes=[IsAuthenticated])
docs = login_required(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html")
)
