"""What every resource of the API shares: who sees which rows, the trail, and how rows are written.

Each list holds what the person may see somewhere; what they may not is 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError as ModelProblem
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django_filters import FilterSet
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from clinic.accounts.models import Clinic, Permission, User
from clinic.api.pagination import NOTICE, LabelledPages
from clinic.api.schema import RecordsSchema
from clinic.audit.models import Action
from clinic.audit.services import record, record_list
from clinic.exports import pseudonyms
from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession

M = TypeVar("M", bound=Model)


class LabelledSerializer(serializers.ModelSerializer[M]):
    """Every object says what it must not be used for, wherever it ends up."""

    notice = serializers.SerializerMethodField()

    def get_notice(self, row: object) -> str:
        return NOTICE


class CodedSerializer(LabelledSerializer[M]):
    """Of a row whose patient one may know by study code only, the fields `hidden` are left out and
    the dates `shifted` are those of the research export, shifted by the same number of days."""

    hidden: ClassVar[Sequence[str]] = ()
    shifted: ClassVar[Sequence[str]] = ()

    def patient_of(self, row: M) -> Patient:
        raise NotImplementedError

    def clinic_of(self, row: M) -> UUID:
        return self.patient_of(row).clinic_id

    def to_representation(self, row: M) -> dict[str, Any]:
        data = super().to_representation(row)
        if self.clinic_of(row) in self.context["named_clinics"]:
            return data
        for name in self.hidden:
            del data[name]
        for name in self.shifted:
            if moment := getattr(row, name):
                told = pseudonyms.coded(self.patient_of(row)).dated(moment)
                data[name] = self.fields[name].to_representation(told)
        return data


class Records(ReadOnlyModelViewSet[M]):
    """A list and its single records, for holders of one of `reads`. Reading is recorded.

    Holders of `writes` may write, where there is something to write: see Creates and Changes.
    `inputs` are the serializers of what is sent, by action.
    """

    schema = RecordsSchema()
    pagination_class = LabelledPages
    reads: tuple[Permission, ...] = (Permission.SEE_NAMES, Permission.SEE_CODED)
    writes: Permission | None = None
    inputs: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {}
    filterset_class: type[FilterSet]
    things: str
    detail_of_reading = ""  # or audit's RESULTS

    @property
    def person(self) -> User:
        assert isinstance(self.request.user, User)  # IsAuthenticated has let them in
        return self.request.user

    @property
    def made_serializer_class(self) -> type[BaseSerializer[M]]:
        """What is told of a record that was just made."""
        return self.get_serializer_class()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.writes and request.method not in SAFE_METHODS and not self.clinics().exists():
            raise NotFound

    @property
    def asked(self) -> tuple[Permission, ...]:
        """What of the person's permissions counts for this request: to read, or to write."""
        if self.writes and self.request.method not in SAFE_METHODS:
            return (self.writes,)
        return self.reads

    def clinics(self) -> QuerySet[Clinic]:
        """Where the person may do what is asked."""
        return Clinic.objects.where(self.request.user, *self.asked)

    def named_clinics(self) -> QuerySet[Clinic]:
        """Where the person may know who somebody is."""
        return Clinic.objects.where(self.request.user, Permission.SEE_NAMES)

    def reads_by_code(self) -> bool:
        """Whether some of what they see is of people whose names and true dates are not for them:
        then rows stand person by person, for an order over people would tell the dates."""
        return self.clinics().exclude(id__in=self.named_clinics()).exists()

    def get_serializer_context(self) -> dict[str, Any]:
        named = set(self.named_clinics().values_list("id", flat=True))
        return {**super().get_serializer_context(), "named_clinics": named}

    def patients(self) -> QuerySet[Patient]:
        """Those of `clinics`; who sees study codes only, sees those who agreed to sharing."""
        return Patient.objects.visible_to(self.person, *self.asked)

    def sessions(self) -> QuerySet[RecordingSession]:
        """The sessions of `patients`."""
        mine = RecordingSession.objects.visible_to(self.person, *self.asked)
        return mine.select_related("patient")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        told = self.get_serializer(page, many=True).data
        about = self.narrowed_to(request.query_params)
        if about is None:
            self.record_listing(page)
        else:
            record(Action.READ, about, actor=self.person, detail=self.detail_of_reading)
        return self.get_paginated_response(told)

    def record_listing(self, page: Sequence[M]) -> None:
        """A list that is of no single record was read."""
        record_list(self.things, self.clinics(), actor=self.person)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = self.get_object()
        record(Action.READ, self.audited(found), actor=self.person, detail=self.detail_of_reading)
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
            ("patient", self.patients()),
        ]
        for name, records in within:
            if id := form.cleaned_data.get(name):
                found: Model | None = records.filter(id=id).first()
                return found
        return None

    def checked(self, found: M | None = None) -> BaseSerializer[Any]:
        """What was sent, for `found` or for a new record, once it is found to be right."""
        sent = self.inputs[self.action](
            found,
            data=self.request.data,
            partial=self.action == "partial_update",
            context=self.get_serializer_context(),
        )
        sent.is_valid(raise_exception=True)
        return sent


class Creates(Records[M]):
    """POST to the list makes a record."""

    def create(self, request: Request) -> Response:
        made = self.checked().save()
        told = self.made_serializer_class(made, context=self.get_serializer_context())
        return Response(told.data, status.HTTP_201_CREATED)


class Changes(Records[M]):
    """PATCH of a record changes what is sent of it."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        changed = self.checked(self.get_object()).save()
        return Response(self.get_serializer(changed).data)


class Removes(Records[M]):
    """DELETE of a record removes it."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.perform_destroy(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def perform_destroy(self, found: M) -> None:
        raise NotImplementedError


class Input(serializers.ModelSerializer[M]):
    """What is sent to make or change a row; it must pass as the row's form on the pages must.

    `row` is the row as it would then be.
    """

    row: M

    @property
    def actor(self) -> User:
        person: User = self.context["view"].person
        return person

    def get_validators(self) -> list[Any]:
        return []  # the row itself knows: see `validate`

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        model: type[M] = self.Meta.model
        self.row = self.instance if isinstance(self.instance, model) else model()
        for name, value in sent.items():
            setattr(self.row, name, value)
        try:
            self.row.full_clean(exclude=self._not_asked())
        except ModelProblem as problem:
            raise ValidationError(serializers.as_serializer_error(problem)) from problem
        return sent

    def _not_asked(self) -> set[str]:
        return {field.name for field in self.row._meta.fields} - {*self.fields}


class Mine(serializers.PrimaryKeyRelatedField[M]):
    """A record of a clinic where the person may write; any other is told not to exist."""

    default_error_messages: ClassVar = {"does_not_exist": "There is no such record."}

    def __init__(self, *, clinic: str, **options: Any) -> None:
        """`clinic`: the way from the record to its clinic, in Django's words."""
        super().__init__(**options)
        self.clinic = clinic

    def get_queryset(self) -> QuerySet[M]:
        records = super().get_queryset()
        assert records is not None  # it is asked for when the field is made
        return records.filter(**{f"{self.clinic}__in": self.context["view"].clinics()})
