"""Sessions, the films that were made in them, and the links by which patients record them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import django_filters as filters
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django_filters.fields import IsoDateTimeField, RangeField
from django_filters.widgets import DateRangeWidget
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from clinic.accounts.models import Clinic, Permission
from clinic.api.problems import Refused
from clinic.api.records import (
    Changes,
    CodedSerializer,
    Creates,
    Input,
    LabelledSerializer,
    Mine,
    Records,
)
from clinic.patients.models import Patient
from clinic.recordings import capture_services, links, services
from clinic.recordings.access import Access
from clinic.recordings.models import CaptureLink, Protocol, Recording, RecordingSession

CONTEXT = (
    "medication",
    "minutes_since_dose",
    "dyskinesia",
    "ill",
    "facial_procedure",
    "helped",
)

MOMENTS = [
    MinValueValidator(datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC), "Enter 1900 or later."),
    MaxValueValidator(datetime.datetime(3000, 1, 1, tzinfo=datetime.UTC), "Enter 2999 or before."),
]


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    class Meta:
        model = Protocol
        fields: ClassVar = ["code", "version", "name"]


class SessionSerializer(CodedSerializer[RecordingSession]):
    """`practice` is the first session that a patient records, and stays out of trends; `imported`
    is made of old clips; `too_ill` is when the person said so instead of filming, and `helped`
    whether somebody else pressed the buttons. For researchers `recorded` is shifted as in the
    research export, and device and other times are absent."""

    study_code = serializers.CharField(source="patient.study_code")
    protocol = ProtocolSerializer()
    hidden = ("too_ill", "device", "submitted")
    shifted = ("recorded",)

    class Meta:
        model = RecordingSession
        fields: ClassVar = [
            "notice",
            "id",
            "patient",
            "study_code",
            "protocol",
            "place",
            *CONTEXT,
            "too_ill",
            "practice",
            "imported",
            "device",
            "recorded",
            "submitted",
        ]
        extra_kwargs: ClassVar = {
            name: {"required": False} for name in ("too_ill", "device", "submitted")
        }

    def patient_of(self, session: RecordingSession) -> Patient:
        return session.patient


class SessionInput(Input[RecordingSession]):
    """A session to be recorded; `protocol` is the code of one in use, such as "core"."""

    patient: Mine[Patient] = Mine(
        queryset=Patient.objects.filter(archived__isnull=True), clinic="clinic"
    )
    protocol = serializers.SlugField(max_length=20)

    class Meta:
        model = RecordingSession
        fields: ClassVar = ["patient", "protocol", "place"]

    def validate_protocol(self, code: str) -> Protocol:
        found = Protocol.objects.filter(code=code, retired=False).order_by("-version").first()
        if found is None:
            raise serializers.ValidationError("No protocol in use has this code.")
        return found

    def save(self, **_: Any) -> RecordingSession:
        row = self.row
        return services.start_session(row.patient, row.protocol, place=row.place, actor=self.actor)


class SessionContext(Input[RecordingSession]):
    """How the person was: what makes two sessions comparable. Once it is told of a finished
    session, it stays."""

    class Meta:
        model = RecordingSession
        fields: ClassVar = CONTEXT

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        session = self.instance
        assert isinstance(session, RecordingSession)
        if session.submitted and not capture_services.may_describe(session):
            raise Refused("The session is finished: its results stand for the state told then.")
        return super().validate(sent)

    def save(self, **_: Any) -> RecordingSession:
        capture_services.describe(Access(self.row, self.actor, None), self.row)
        return self.row


class MomentRangeField(RangeField):
    widget = DateRangeWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = (IsoDateTimeField(validators=MOMENTS), IsoDateTimeField(validators=MOMENTS))
        super().__init__(fields, *args, **kwargs)


class MomentRange(filters.IsoDateTimeFromToRangeFilter):
    """Of moments that a database can compare, where the person may know true dates."""

    field_class = MomentRangeField

    def filter(self, sessions: QuerySet[RecordingSession], value: Any) -> Any:
        if value:
            named = Clinic.objects.where(self.parent.request.user, Permission.SEE_NAMES)
            sessions = sessions.filter(patient__clinic__in=named)
        return super().filter(sessions, value)


class SessionFilter(filters.FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    recorded = MomentRange()

    class Meta:
        model = RecordingSession
        fields: ClassVar = ["patient", "recorded", "place", "medication"]


class Sessions(Creates[RecordingSession], Changes[RecordingSession]):
    """Sittings in which a protocol was recorded, with the patient's state on that day."""

    queryset = RecordingSession.objects.none()
    serializer_class = SessionSerializer
    filterset_class = SessionFilter
    writes = Permission.RECORD
    inputs: ClassVar = {"create": SessionInput, "partial_update": SessionContext}
    things = "session"

    def get_queryset(self) -> QuerySet[RecordingSession]:
        sessions = self.sessions().select_related("patient", "protocol")
        if not self.reads_by_code():
            return sessions
        return sessions.order_by("patient__study_code", "patient", "-recorded")


class RecordingSerializer(CodedSerializer[Recording]):
    """`partial` is what arrived of a take that broke off. For researchers digest, capture, caption
    and `created` are absent."""

    task = serializers.CharField(source="task.code")
    created = serializers.DateTimeField(required=False)
    hidden = ("sha256", "capture", "caption", "created")

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
        extra_kwargs: ClassVar = {
            name: {"required": False} for name in ("sha256", "capture", "caption")
        }

    def patient_of(self, recording: Recording) -> Patient:
        return recording.session.patient


class RecordingFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="session_id")
    task = filters.CharFilter(field_name="task__code")

    class Meta:
        model = Recording
        fields: ClassVar = ["session", "task"]


class Recordings(Records[Recording]):
    """Films, as facts: what was asked, when the cues fell, how it was captured. No pictures."""

    queryset = Recording.objects.none()
    serializer_class = RecordingSerializer
    filterset_class = RecordingFilter
    things = "recording"

    def get_queryset(self) -> QuerySet[Recording]:
        films = Recording.objects.filter(session__in=self.sessions())
        films = films.select_related("task", "session__patient")
        if not self.reads_by_code():
            return films
        person = ("session__patient__study_code", "session__patient")
        return films.order_by(*person, "-session__recorded", "task__position", "-attempt")


class LinkSerializer(LabelledSerializer[CaptureLink]):
    """A link is good until `expires`, unless it is `revoked` or `locked` by wrong answers."""

    locked = serializers.BooleanField(source="is_locked")

    class Meta:
        model = CaptureLink
        fields: ClassVar = [
            "notice",
            "id",
            "session",
            "created",
            "expires",
            "opened",
            "revoked",
            "locked",
        ]


class NewLinkSerializer(LinkSerializer):
    """With its `address`, which is told this once and kept nowhere."""

    address = serializers.URLField()

    class Meta(LinkSerializer.Meta):
        fields: ClassVar = [*LinkSerializer.Meta.fields, "address"]


class LinkInput(serializers.Serializer[CaptureLink]):
    session: Mine[RecordingSession] = Mine(
        queryset=RecordingSession.objects.select_related("patient"), clinic="patient__clinic"
    )
    days = serializers.IntegerField(
        min_value=1, max_value=links.MAX_DAYS, required=False, help_text="how long it is open"
    )

    def save(self, **_: Any) -> CaptureLink:
        days = self.validated_data.get("days", settings.CAPTURE_LINK_DAYS)
        session = self.validated_data["session"]
        try:
            link, address = links.make(session, actor=self.context["view"].person, days=days)
        except links.LinkRefused as refusal:
            raise Refused(str(refusal)) from refusal
        link.address = address  # type: ignore[attr-defined]  # for the answer alone
        return link


class LinkFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="session_id")

    class Meta:
        model = CaptureLink
        fields: ClassVar = ["session"]


class Links(Creates[CaptureLink]):
    """Capture links: each lets its patient record one session without an account."""

    queryset = CaptureLink.objects.none()
    serializer_class = LinkSerializer
    filterset_class = LinkFilter
    reads = (Permission.RECORD,)
    writes = Permission.RECORD
    inputs: ClassVar = {"create": LinkInput}
    things = "link"

    @property
    def made_serializer_class(self) -> type[BaseSerializer[CaptureLink]]:
        return NewLinkSerializer

    def get_queryset(self) -> QuerySet[CaptureLink]:
        mine = CaptureLink.objects.filter(session__in=self.sessions())
        return mine.select_related("session__patient")

    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Closes the link at once, for a person who is recording by it as well."""
        link = self.get_object()
        links.revoke(link, actor=self.person)
        return Response(self.get_serializer(link).data)
