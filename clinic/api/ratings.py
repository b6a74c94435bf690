"""Clinicians' scores of the face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import django_filters as filters
from django.db.models import QuerySet
from rest_framework import serializers

from clinic.accounts.models import Permission
from clinic.api.records import Creates, LabelledSerializer
from clinic.audit.models import Action
from clinic.audit.services import RESULTS, record_many
from clinic.ratings import services
from clinic.ratings.models import Rating
from clinic.recordings.models import RecordingSession


class RatingSerializer(LabelledSerializer[Rating]):
    """MDS-UPDRS 3.2 as a number, or the `obstacle` to one. `blind`: the rater had not seen the
    session's results before, as far as the audit trail knows."""

    rater = serializers.CharField(source="rater.name")

    class Meta:
        model = Rating
        fields: ClassVar = [
            "notice",
            "id",
            "session",
            "rater",
            "score",
            "obstacle",
            "blind",
            "created",
        ]


class RateableSession(serializers.PrimaryKeyRelatedField[RecordingSession]):
    """A finished session with films that can be rated, of a clinic where the person may rate."""

    default_error_messages: ClassVar = {"does_not_exist": "There is no such session to rate."}

    def get_queryset(self) -> QuerySet[RecordingSession]:
        return services.rateable(self.context["view"].person).select_related("patient")


class RatingInput(serializers.Serializer[Rating]):
    session = RateableSession(queryset=RecordingSession.objects.all())
    score = serializers.ChoiceField(choices=Rating.Score.choices, required=False, allow_null=True)
    obstacle = serializers.ChoiceField(
        choices=Rating.Obstacle.choices, required=False, allow_blank=True
    )

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if (sent.get("score") is None) == (not sent.get("obstacle")):
            raise serializers.ValidationError("Send a score, or the obstacle to one, and not both.")
        return sent

    def save(self, **_: Any) -> Rating:
        sent = self.validated_data
        return services.rate(
            sent["session"],
            self.context["view"].person,
            score=sent.get("score"),
            obstacle=sent.get("obstacle", ""),
        )


class RatingFilter(filters.FilterSet):
    session = filters.UUIDFilter(field_name="session_id")
    patient = filters.UUIDFilter(field_name="session__patient_id")

    class Meta:
        model = Rating
        fields: ClassVar = ["session", "patient", "blind"]


class Ratings(Creates[Rating]):
    """Scores of sessions' rest and talk films. Nobody changes one: who rates again adds another.

    Whoever reads scores of a session here does not rate it blind afterwards.
    """

    queryset = Rating.objects.none()
    serializer_class = RatingSerializer
    filterset_class = RatingFilter
    reads = (Permission.SEE_MEASURES,)
    writes = Permission.JUDGE
    inputs: ClassVar = {"create": RatingInput}
    things = "rating"
    detail_of_reading = RESULTS

    def get_queryset(self) -> QuerySet[Rating]:
        mine = Rating.objects.filter(session__in=self.sessions())
        return mine.select_related("rater", "session__patient")

    def record_listing(self, page: Sequence[Rating]) -> None:
        seen = self.sessions().filter(id__in={rating.session_id for rating in page})
        record_many(Action.READ, seen, actor=self.person, detail=RESULTS)
        super().record_listing(page)

    def audited(self, found: Rating) -> RecordingSession:
        return found.session
