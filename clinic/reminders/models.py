"""A patient's plan of recording at home, and what became of each planned session."""

from __future__ import annotations

import uuid
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from clinic.accounts.models import Clinic, Permission, User
from clinic.patients.models import Patient
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from clinic.reminders.schedule import Schedule


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(
        self, user: User | AnonymousUser, permission: Permission = Permission.SEE_NAMES
    ) -> PlanQuerySet:
        return self.filter(patient__clinic__in=Clinic.objects.where(user, permission))


class Plan(models.Model):
    """When a patient is reminded to record at home. Times are the clinic's (TIME_ZONE).

    Slots up to `rows_until` have their PlannedSession, or fell into a pause.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="plan")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT)
    started = models.DateField("First day")
    dose_time = models.TimeField("Time of a usual dose")
    minutes_after_dose = models.PositiveSmallIntegerField(
        "Minutes after the dose", default=60, validators=[MaxValueValidator(600)]
    )
    paused = models.DateTimeField(null=True, blank=True)
    rows_until = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT)
    created = models.DateTimeField(auto_now_add=True)

    objects = PlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan of {self.patient_id}"

    @property
    def schedule(self) -> Schedule:
        zone = ZoneInfo(settings.TIME_ZONE)
        return Schedule(self.started, self.dose_time, self.minutes_after_dose, zone)


class PlannedQuerySet(models.QuerySet["PlannedSession"]):
    def with_answers(self) -> PlannedQuerySet:
        """In order, with what `clinic.reminders.adherence` reads, whatever the number of rows."""
        open_links = CaptureLink.objects.filter(
            session=OuterRef("session"), revoked__isnull=True, expires__gt=timezone.now()
        )
        whole = Q(session__recordings__partial=False)
        return (
            self.select_related("session")
            .annotate(
                films=Count("session__recordings", distinct=True),
                whole=Count("session__recordings__task", distinct=True, filter=whole),
                asked=Count("session__protocol__tasks", distinct=True),
                link_is_open=Exists(open_links),
            )
            .order_by("day")
        )


class PlannedSession(models.Model):
    """One slot of a plan whose time has come, and its one e-mail.

    waiting -> sending -> sent; a mail that failed leads back to waiting; dropped when none went
    out in time. `session` is the one that this slot asks for: a session that nobody began moves
    on to the next slot.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        DROPPED = "dropped", "dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="planned")
    day = models.DateField()
    due = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    session = models.OneToOneField(
        RecordingSession, null=True, on_delete=models.SET_NULL, related_name="planned"
    )
    sent = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tried = models.DateTimeField(null=True)  # the last time
    problem = models.CharField(max_length=300, blank=True)  # why no e-mail has gone out, for staff

    objects = PlannedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "day"], name="planned_once_a_day")
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due"])]

    def __str__(self) -> str:
        return f"planned session of {self.day}"
