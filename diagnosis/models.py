"""The job queue and what analyses produced. These rows carry no tenant: the site reaches them only
through a recording or session that its user may see, by that record's UUID.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import numpy as np
from django.db import models

from diagnosis.config import AnalysisConfig


class Job(models.Model):
    """Background work on one recording ("take") or on a whole session. The row is the queue.

    queued   -> running    a worker claims it (attempts + 1: the fencing token)
    running  -> running    its lease ran out and another worker claims it (crashes + 1)
    running  -> queued     its worker was told to stop, the analysis crashed or the machine was in
                           trouble; in the last two cases it waits until `not_before`
    running  -> done | failed
    running  -> cancelled     what it was to work with is of another release: `is_outdated`
    waiting | queued -> cancelled     another job replaces it (rest is decided, a retake), or
                                      consent to analysis was withdrawn
    """

    class Kind(models.TextChoices):
        TAKE = "take"
        SESSION = "session"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for the rest film"
        QUEUED = "queued", "in the queue"
        RUNNING = "running", "being analysed"
        DONE = "done", "analysed"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "replaced"

    class Priority(models.IntegerChoices):
        PATIENT_WAITS = 0
        NORMAL = 10
        HISTORY = 20

    OUTDATED = "Another release was installed after this was queued; it is analysed anew."

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    group = models.UUIDField(db_index=True)  # the session
    subject = models.UUIDField(db_index=True)  # the recording, or the session again
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    attempts = models.PositiveIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)  # while queued
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=80, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["priority", "created"]
        indexes: ClassVar = [models.Index(fields=["state", "priority", "created"])]

    def __str__(self) -> str:
        return f"{self.kind} job {self.id} ({self.state})"

    @property
    def is_outdated(self) -> bool:
        """A worker refused it, because another release made the neutral or the results in it."""
        return self.state == self.State.CANCELLED and self.error == self.OUTDATED


class AppendOnly(models.Model):
    """What was once computed stays as it was: a new analysis adds rows, it never changes any."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} rows are append-only")
        super().save(*args, **kwargs)


def this_engine() -> int:
    """The version of the constants and formulas that make results now."""
    return AnalysisConfig.engine


class Result(AppendOnly):
    """What one release under one configuration made of a recording or a session.

    Numbers of one release that two versions of the `engine` made are no more alike than those of
    two releases. `usable` is False when a finding blocks: then there are findings but no measures.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="result")
    kind = models.CharField(max_length=8, choices=Job.Kind)
    group = models.UUIDField(db_index=True)
    subject = models.UUIDField(db_index=True)
    release = models.CharField(max_length=80)
    release_sha256 = models.CharField(max_length=64)
    evidence = models.CharField(max_length=20)
    engine = models.PositiveSmallIntegerField(default=this_engine)  # AnalysisConfig.engine
    config_hash = models.CharField(max_length=16)
    usable = models.BooleanField()
    findings = models.JSONField(default=list)
    capture = models.JSONField(default=dict)  # what the decoder saw: size, codec, real frame rate
    landmarks = models.CharField(max_length=120, blank=True)  # file, relative to MEDIA_ROOT
    neutral = models.CharField(max_length=120, blank=True)  # file: only a rest take makes one
    neutral_source = models.CharField(max_length=10, blank=True)  # rest | lead-in | take (talk)
    likelihood = models.JSONField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created"]

    def __str__(self) -> str:
        return f"{self.kind} result {self.id}"


class Measure(AppendOnly):
    """A number with its unit, how many windows it rests on and their SD; or why there is none."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="measures")
    name = models.CharField(max_length=60)
    region = models.CharField(max_length=30)
    side = models.CharField(max_length=5)
    unit = models.CharField(max_length=20)
    value = models.FloatField(null=True)
    n = models.PositiveSmallIntegerField(default=0)
    sd = models.FloatField(null=True)
    absent = models.CharField(max_length=200, blank=True)
    caution = models.CharField(max_length=200, blank=True)  # why its reliability is low

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["result", "name", "region", "side"], name="measure_once_per_result"
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True, absent__gt="")
                | models.Q(value__isnull=False, absent=""),
                name="value_or_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.region} {self.side}"


class Trace(AppendOnly):
    """A curve over a recording's stream time: values at t0 + i * step seconds."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="traces")
    name = models.CharField(max_length=60)
    unit = models.CharField(max_length=20)
    t0 = models.FloatField()
    step = models.FloatField()
    caution = models.CharField(max_length=200, blank=True)  # why it is not shown, if it is not
    values = models.BinaryField()  # float32, little-endian; NaN where the face was not seen

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["result", "name"], name="trace_once_per_result")
        ]

    def __str__(self) -> str:
        return self.name

    def array(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.frombuffer(self.values, dtype="<f4")
