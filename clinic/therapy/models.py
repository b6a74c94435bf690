"""What a patient is treated with and what has happened to them, as the clinician dates it.

Nothing here is computed: a levodopa equivalent daily dose is the clinician's own number.
"""

from __future__ import annotations

import datetime
import uuid
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from clinic.accounts.models import User
from clinic.patients.models import Patient

MAX_LEDD_MG = 5000
FIRST_DAY = datetime.date(1900, 1, 1)
YEARS_AHEAD = 10


def check_days(row: models.Model, *names: str) -> None:
    """Raises ValidationError for those of the fields that hold no day that can be meant."""
    last = datetime.date(timezone.localdate().year + YEARS_AHEAD, 12, 31)
    words = f"Enter a day from {FIRST_DAY.year} to {last.year}."
    days = {name: getattr(row, name) for name in names}
    wrong = [name for name, day in days.items() if day and not FIRST_DAY <= day <= last]
    if wrong:
        raise ValidationError(dict.fromkeys(wrong, words))


class Entry(models.Model):
    """A dated row that a clinician keeps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Regimen(Entry):
    """The medicines of a span of days. `end` is the last of them, None while it goes on."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="regimens")
    start = models.DateField("First day")
    end = models.DateField("Last day", null=True, blank=True)
    text = models.CharField("Medicines and doses", max_length=300)
    ledd_mg = models.FloatField(
        "LEDD in mg a day",
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_LEDD_MG)],
    )

    class Meta:
        ordering: ClassVar = ["start", "created"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(end__isnull=True) | models.Q(end__gte=models.F("start")),
                name="regimen_ends_after_its_start",
            )
        ]

    def __str__(self) -> str:
        return self.text

    def runs_on(self, day: datetime.date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)

    def clean(self) -> None:
        check_days(self, "start", "end")
        if self.start and self.end and self.end < self.start:
            raise ValidationError({"end": "The last day cannot be before the first day."})


class ClinicalEvent(Entry):
    """What happened on a day. Stimulation is on or off as the last of its events has it."""

    class Kind(models.TextChoices):
        DOSE = "dose", "Dose change"
        SURGERY = "dbs_surgery", "DBS surgery"
        PROGRAMMING = "dbs_programming", "DBS programming"
        DBS_ON = "dbs_on", "DBS switched on"
        DBS_OFF = "dbs_off", "DBS switched off"
        ILLNESS = "illness", "Illness"
        FACE = "face", "Facial procedure"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="clinical_events")
    date = models.DateField("Day")
    kind = models.CharField("What happened", max_length=16, choices=Kind)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["date", "created"]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        check_days(self, "date")
        if self.kind == self.Kind.OTHER and not self.note:
            raise ValidationError({"note": "Say in a few words what happened."})


class Stage(Entry):
    """Hoehn and Yahr's stage, as the clinician found it on a day."""

    STAGES: ClassVar = [(number, str(number)) for number in range(6)]

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="stages")
    date = models.DateField("Day")
    stage = models.PositiveSmallIntegerField("Stage, 0 to 5", choices=STAGES)

    class Meta:
        ordering: ClassVar = ["date", "created"]

    def __str__(self) -> str:
        return f"Hoehn and Yahr {self.stage}"

    def clean(self) -> None:
        check_days(self, "date")
