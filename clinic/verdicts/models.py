"""The verdicts that were reached, and what each patient's baselines add to the clinic's SD."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def current(self) -> VerdictQuerySet:
        """The newest of each patient and medication state."""
        later = Verdict.objects.filter(
            patient=models.OuterRef("patient"),
            medication=models.OuterRef("medication"),
            id__gt=models.OuterRef("id"),
        )
        return self.filter(~models.Exists(later))

    def unread(self) -> VerdictQuerySet:
        """Of each patient and state the newest, if nobody has read it: its page tells of the
        change that an older one called."""
        return self.current().filter(read_at__isnull=True)

    def saying(self, word: str) -> VerdictQuerySet:
        """Those of this word; of CHANGE also those beside whose word a change stands."""
        said = models.Q(word=word)
        if word == Verdict.Word.CHANGE:
            said |= models.Q(change_since__isnull=False, change_ended__isnull=True)
        return self.filter(said)


class Verdict(models.Model):
    """The answer to "did it change?" in one medication state, with what it was reached from.

    A row is added whenever the answer is another; while it stays the same, its newest row keeps up
    with the newest session. A verdict is unread until a clinician has opened the patient's page.
    The `change_` fields are of the newest change that was called, whatever the word:
    `diagnosis.change.Change`.
    """

    class Word(models.TextChoices):
        COLLECTING = "collecting", "Collecting"
        USUAL = "usual", "Within usual variation"
        OUTSIDE = "outside", "Outside once"
        CHANGE = "change", "Reliable change"
        CANNOT = "cannot", "Cannot compare"

    class Direction(models.TextChoices):
        LESS = "less", "less"
        MORE = "more", "more"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="verdicts")
    medication = models.CharField(
        max_length=8, choices=RecordingSession.Medication, blank=True
    )  # other than ON and OFF only with CANNOT
    word = models.CharField(max_length=10, choices=Word)
    direction = models.CharField(max_length=4, choices=Direction, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    change_direction = models.CharField(max_length=4, choices=Direction, blank=True)
    change_since = models.DateTimeField(null=True, blank=True)
    change_called = models.DateTimeField(null=True, blank=True)
    change_ended = models.DateTimeField(null=True, blank=True)  # null while it stands
    # The newest sessions in a row that are outside under OUTSIDE, inside again under CHANGE.
    unsettled = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)  # of CANNOT
    collected = models.PositiveSmallIntegerField()
    needed = models.PositiveSmallIntegerField()
    measure = models.CharField(max_length=130)  # MeasureKey.id
    title = models.CharField(max_length=120)
    unit = models.CharField(max_length=20)
    latest = models.FloatField(null=True, blank=True)
    mean = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    release = models.CharField(max_length=80)
    release_sha256 = models.CharField(max_length=64)
    engine = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=20)
    session = models.UUIDField(null=True, blank=True)  # the newest of this state
    created = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["patient", "medication", "-id"])]

    def __str__(self) -> str:
        return f"{self.medication or 'state not told'}: {self.get_word_display()}"

    @property
    def short(self) -> str:
        """The word, for lists, and the change that stands beside it."""
        outside = f"in {self.unsettled} sessions" if self.unsettled > 1 else "once"
        back = "; newest inside" if self.unsettled else ""
        stands = self.change_since is not None and self.change_ended is None
        changed = f"; changed, {self.change_direction}" if stands else ""
        words = {
            self.Word.COLLECTING: f"{self.collected} of {self.needed} collected",
            self.Word.USUAL: "usual",
            self.Word.OUTSIDE: f"outside {outside}, {self.direction}",
            self.Word.CHANGE: f"changed, {self.direction}{back}",
            self.Word.CANNOT: f"cannot compare{changed}",
        }
        return words[self.Word(self.word)]

    @property
    def answer(self) -> tuple[object, ...]:
        """What makes one verdict another than the one before."""
        return (
            self.word,
            self.direction,
            self.since,
            self.change_direction,
            self.change_since,
            self.change_ended,
            self.unsettled,
            self.reason,
            self.collected,
            self.measure,
            self.release_sha256,
            self.engine,
        )


class Spread(models.Model):
    """How much one patient's baseline of a measure varies: what it adds to the clinic's pooled SD.

    A small row per measure and state, made anew with the verdicts, so that the pooled SD of a
    clinic and the reliability of its measures are one query, however many patients and sessions
    it has. Of logarithms, where `log` is set.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="spreads")
    medication = models.CharField(max_length=8)
    measure = models.CharField(max_length=130)  # MeasureKey.id
    title = models.CharField(max_length=120)
    unit = models.CharField(max_length=20)
    place = models.PositiveSmallIntegerField()  # among the measures; 0 is the headline
    log = models.BooleanField()
    release = models.CharField(max_length=80)
    release_sha256 = models.CharField(max_length=64)
    engine = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=20)
    squares = models.FloatField()  # about the baseline's mean
    df = models.PositiveSmallIntegerField()
    first = models.FloatField()  # the baseline's first two sessions
    second = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "medication", "measure", "release_sha256", "engine"],
                name="spread_once_per_baseline",
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure}, {self.medication}"
