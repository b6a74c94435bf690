"""Clinicians' scores of the face, MDS-UPDRS 3.2, as numbers: the item's wording is copyrighted."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db import models

from clinic.accounts.models import Clinic, Permission, User
from clinic.recordings.models import RecordingSession


class RatingQuerySet(models.QuerySet["Rating"]):
    def visible_to(
        self, user: User | AnonymousUser, permission: Permission = Permission.SEE_MEASURES
    ) -> RatingQuerySet:
        return self.filter(session__patient__clinic__in=Clinic.objects.where(user, permission))

    def first_blind(self) -> RatingQuerySet:
        """Of each rater and session the first blind score: what agreement is made of."""
        earlier = Rating.objects.filter(
            session=models.OuterRef("session"),
            rater=models.OuterRef("rater"),
            blind=True,
            score__isnull=False,
            created__lt=models.OuterRef("created"),
        )
        return self.filter(~models.Exists(earlier), blind=True, score__isnull=False)


class Rating(models.Model):
    """One clinician's MDS-UPDRS 3.2 score of a session's rest and talk films, 0 to 4.

    `blind` is what the server knows: the rater had not seen the session's results before.
    Append-only: who rates again adds a row.
    """

    class Score(models.IntegerChoices):
        NORMAL = 0, "Nothing to notice"
        SLIGHT = 1, "Slight: one has to look for it"
        MILD = 2, "Mild: plain to see"
        MODERATE = 3, "Moderate: marked"
        SEVERE = 4, "Severe: the face hardly moves"

    class Obstacle(models.TextChoices):
        NOT_SEEN = "not_seen", "The face is not seen well enough"
        NOT_AS_ASKED = "not_as_asked", "The person did not do what was asked"
        DYSKINESIA = "dyskinesia", "Involuntary movements hide it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(RecordingSession, on_delete=models.CASCADE, related_name="ratings")
    rater = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ratings")
    score = models.PositiveSmallIntegerField(null=True, blank=True, choices=Score)
    obstacle = models.CharField(max_length=12, blank=True, choices=Obstacle)  # to any score
    blind = models.BooleanField()
    created = models.DateTimeField(auto_now_add=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(score__isnull=True, obstacle__gt="")
                | models.Q(score__range=(0, 4), obstacle=""),
                name="score_or_obstacle",
            )
        ]

    def __str__(self) -> str:
        return self.get_obstacle_display() if self.score is None else f"{self.score} of 4"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("ratings are append-only")
        super().save(*args, **kwargs)
