"""Protocols, the sessions in which they are recorded, capture links, and the recordings."""

from __future__ import annotations

import datetime
import uuid
from typing import ClassVar

from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from clinic.accounts.models import Permission, User
from clinic.patients.models import Patient
from diagnosis.config import EXPRESSIONS, Cue, Task, TaskKind


class Protocol(models.Model):
    """A versioned list of guided tasks. A version in use is never edited: a new one is added."""

    code = models.SlugField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200)
    headline = models.CharField(max_length=80, help_text="session measure that answers first")
    retired = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="protocol_version")
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class ProtocolTask(models.Model):
    """One guided task: a lead-in, then `repeats` times "now" and "relax"; or one span, at rest or
    talking.

    `trend` marks the Core tasks: only they enter a patient's trend.
    """

    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=20)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in TaskKind])
    expression = models.CharField(max_length=12, blank=True, choices=[(e, e) for e in EXPRESSIONS])
    title = models.CharField(max_length=60)
    instruction = models.CharField(max_length=300)
    lead_in_s = models.FloatField()
    repeats = models.PositiveSmallIntegerField(default=0)
    now_s = models.FloatField(default=0)
    relax_s = models.FloatField(default=0)
    trend = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "code"], name="task_once_per_protocol"),
            models.UniqueConstraint(fields=["protocol", "position"], name="task_position"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def seconds(self) -> float:
        return self.lead_in_s + self.repeats * (self.now_s + self.relax_s)

    def as_task(self, cues: tuple[Cue, ...]) -> Task:
        """The engine's task, with cues where they fell in the recording."""
        kind = TaskKind(self.kind)
        return Task(self.code, kind, self.expression or None, cues, self.seconds)

    def planned_cues(self) -> tuple[Cue, ...]:
        starts = [self.lead_in_s + i * (self.now_s + self.relax_s) for i in range(self.repeats)]
        return tuple(Cue(start, start + self.now_s) for start in starts)


class SessionQuerySet(models.QuerySet["RecordingSession"]):
    def visible_to(self, user: User | AnonymousUser, *permissions: Permission) -> SessionQuerySet:
        """As of patients."""
        return self.filter(patient__in=Patient.objects.visible_to(user, *permissions))

    def dated(self) -> list[RecordingSession]:
        """Of `patient.sessions`, as `Patient.dated` has them: to be shown, never saved."""
        found = list(self)
        for session in found:
            session.recorded = session.patient.dated(session.recorded)
        return found


class RecordingSession(models.Model):
    """One sitting in which a protocol is recorded.

    open -> submitted (the person has finished); either may be followed by more analysis. For LATE
    after that, films of tasks that have no whole one are still taken.
    """

    LATE = datetime.timedelta(days=7)
    # So long what the person told of themselves holds for films that are yet to be begun.
    TOLD_HOLDS = datetime.timedelta(hours=2)

    class Place(models.TextChoices):
        SITE = "site", "In the clinic"
        HOME = "home", "At home"

    class Medication(models.TextChoices):
        ON = "on", "ON: medicine is working"
        OFF = "off", "OFF: medicine has worn off"
        BETWEEN = "between", "In between"
        UNSURE = "unsure", "Not sure"

    class Dyskinesia(models.TextChoices):
        NONE = "none", "No"
        MILD = "mild", "A little, not troublesome"
        TROUBLESOME = "troublesome", "Yes, troublesome"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="sessions")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT)
    place = models.CharField(max_length=4, choices=Place, default=Place.SITE)
    medication = models.CharField(max_length=8, choices=Medication, blank=True)
    minutes_since_dose = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(24 * 60)]
    )
    dyskinesia = models.CharField(max_length=12, choices=Dyskinesia, blank=True)
    ill = models.BooleanField(null=True, blank=True)  # or very tired
    facial_procedure = models.BooleanField(null=True, blank=True)  # in the last three months
    told = models.DateTimeField(null=True, blank=True)  # when they said how they are
    too_ill = models.DateTimeField(null=True, blank=True)  # when they said "too ill today"
    helped = models.BooleanField(default=False)  # somebody else presses the buttons
    practice = models.BooleanField(default=False)  # the first that a patient records
    imported = models.BooleanField(default=False)  # made of old clips
    device = models.JSONField(default=dict, blank=True)  # what the browser tells of itself
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    created = models.DateTimeField(auto_now_add=True)
    recorded = models.DateTimeField(default=timezone.now)  # when the sitting took place
    submitted = models.DateTimeField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-recorded"]
        indexes: ClassVar = [models.Index(fields=["patient", "-recorded"])]

    def __str__(self) -> str:
        return f"session of {self.recorded:%-d %B %Y}"

    @property
    def has_context(self) -> bool:
        return bool(self.medication and self.dyskinesia)

    @property
    def takes_late_films(self) -> bool:
        """It is finished, and not too long ago for films of tasks that lack one."""
        return self.submitted is not None and timezone.now() < self.submitted + self.LATE

    @property
    def is_over(self) -> bool:
        """It is finished, and takes no film any more."""
        return self.submitted is not None and not self.takes_late_films

    @property
    def is_begun(self) -> bool:
        """A film of it was begun."""
        begun = self.submitted is not None or self.recordings.exists()
        return begun or self.uploads.exists()


class CaptureLinkQuerySet(models.QuerySet["CaptureLink"]):
    def serving(self) -> CaptureLinkQuerySet:
        """Those that open, or by which whoever has opened them may go on."""
        now = timezone.now()
        goes_on = models.Q(opened__isnull=False, expires__gt=now - CaptureLink.GRACE)
        return self.filter(models.Q(expires__gt=now) | goes_on, revoked__isnull=True)


class CaptureLink(models.Model):
    """A signed, expiring, revocable link with which one patient records one session.

    The link carries a signed token; only its SHA-256 is kept here. Who opens it tells first name
    and year of birth; after MAX_TRIES wrong answers it stays shut. Whoever has opened it may go on
    for GRACE after its end, so that what they are filming then is not lost.
    """

    MAX_TRIES = 5
    GRACE = datetime.timedelta(hours=2)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(RecordingSession, on_delete=models.CASCADE, related_name="links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT)
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True, blank=True)
    opened = models.DateTimeField(null=True, blank=True)
    wrong_answers = models.PositiveSmallIntegerField(default=0)

    objects = CaptureLinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created"]

    def __str__(self) -> str:
        return f"link to {self.session_id}"

    @property
    def is_open(self) -> bool:
        return self.revoked is None and self.expires > timezone.now()

    @property
    def serves(self) -> bool:
        """As `CaptureLinkQuerySet.serving`, of a row that is here already."""
        end = self.expires + self.GRACE if self.opened else self.expires
        return self.revoked is None and end > timezone.now()

    @property
    def is_locked(self) -> bool:
        return self.wrong_answers >= self.MAX_TRIES


class RecordingQuerySet(models.QuerySet["Recording"]):
    def visible_to(self, user: User | AnonymousUser, *permissions: Permission) -> RecordingQuerySet:
        """As of patients."""
        return self.filter(session__patient__in=Patient.objects.visible_to(user, *permissions))

    def kept(self) -> RecordingQuerySet:
        """The last whole film of each task, else its last part: what results are made of."""
        same_task = Recording.objects.filter(
            session=models.OuterRef("session"), task=models.OuterRef("task")
        )
        whole = models.Q(partial__lt=models.OuterRef("partial"))
        later = models.Q(partial=models.OuterRef("partial"), attempt__gt=models.OuterRef("attempt"))
        return self.filter(~models.Exists(same_task.filter(whole | later)))


class Recording(models.Model):
    """The kept take of a task: an immutable video file, its SHA-256, and how it was captured.

    `mime` is LANDMARKS where the file holds landmarks and there never were pictures.
    """

    LANDMARKS = "application/x-mimia-landmarks"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        RecordingSession, on_delete=models.CASCADE, related_name="recordings"
    )
    task = models.ForeignKey(ProtocolTask, on_delete=models.PROTECT)
    attempt = models.PositiveSmallIntegerField()
    file = models.CharField(max_length=120)  # relative to MEDIA_ROOT; never a user's file name
    playback = models.CharField(max_length=120, blank=True)  # remuxed for seeking, made when ready
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    partial = models.BooleanField(default=False)  # what arrived of a take that broke off
    mime = models.CharField(max_length=80)
    cues = models.JSONField(default=list)  # [{"start": s, "end": s}] in stream time
    capture = models.JSONField(
        default=dict
    )  # what the recorder told: settings, clock, interruptions
    caption = models.CharField(max_length=120, blank=True)  # shown on the video wherever it plays
    created = models.DateTimeField(auto_now_add=True)

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["task__position", "-attempt"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "task", "attempt"], name="attempt_once")
        ]

    def __str__(self) -> str:
        return f"{self.task} (attempt {self.attempt})"

    @property
    def has_pictures(self) -> bool:
        return self.mime != self.LANDMARKS

    @property
    def filmed(self) -> datetime.datetime | None:
        """When it was begun; None where nobody told."""
        told = self.capture.get("filmed")
        return datetime.datetime.fromisoformat(told["at"]) if told else None

    @property
    def sent_sha256(self) -> str:
        """Of what the device sent: the sound of that film, if it had any, was taken out."""
        return str(self.capture.get("sent_sha256", self.sha256))

    def as_task(self) -> Task:
        return self.task.as_task(tuple(Cue(c["start"], c["end"]) for c in self.cues))
