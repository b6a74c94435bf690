"""Patients of a clinic, and what each has consented to."""

from __future__ import annotations

import datetime
import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.accounts.models import Clinic, Permission, User


def new_study_code() -> str:
    """A code without meaning: what researchers see in place of a name."""
    return "S-" + secrets.token_hex(4).upper()


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User | AnonymousUser, *permissions: Permission) -> PatientQuerySet:
        """Of the clinics where `user` holds one of `permissions`, by default SEE_NAMES.

        SEE_CODED shows only people whose agreement to sharing stands.
        """
        by_name = [one for one in permissions if one != Permission.SEE_CODED]
        if not permissions:
            by_name = [Permission.SEE_NAMES]
        seen = models.Q(clinic__in=Clinic.objects.where(user, *by_name))
        if Permission.SEE_CODED in permissions:
            coded = Clinic.objects.where(user, Permission.SEE_CODED)
            seen |= models.Q(_agreed_to(Purpose.SHARING), clinic__in=coded)
        return self.filter(seen)

    def agreed_to(self, purpose: Purpose) -> PatientQuerySet:
        """Whose agreement to `purpose` stands."""
        return self.filter(_agreed_to(purpose))

    def for_list(self) -> PatientQuerySet:
        """With `session_count`, `last_session` and `care_consent`, whatever the number of rows."""
        return (
            self.select_related("clinic")
            .annotate(
                session_count=models.Count("sessions"),
                last_session=models.Max("sessions__recorded"),
                care_consent=_agreed_to(Purpose.CARE),
            )
            .order_by("last_name", "first_name", "id")  # grouping drops the model's own order
        )


class Patient(models.Model):
    """A person followed by a clinic. UUID in URLs; name and MRN only on screen."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Not known"

    class Diagnosis(models.TextChoices):
        PD = "pd", "Parkinson's disease"
        SUSPECTED = "suspected", "Suspected parkinsonism"
        ATYPICAL = "atypical", "Atypical parkinsonism"
        CONTROL = "control", "No parkinsonism"
        UNKNOWN = "unknown", "Not known"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    birth_date = models.DateField()
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    mrn = models.CharField("MRN", max_length=40, blank=True, help_text="medical record number")
    study_code = models.CharField(max_length=12, default=new_study_code, editable=False)
    diagnosis_status = models.CharField(max_length=10, choices=Diagnosis, default=Diagnosis.UNKNOWN)
    language = models.CharField(
        max_length=8, choices=settings.LANGUAGES, default="en", help_text="of pages and messages"
    )
    email = models.EmailField(blank=True, help_text="for reminders to record at home")
    notes = models.TextField(blank=True)
    archived = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    # What moves all dates that are told of this person; kept nowhere. Whoever may not know true
    # dates is shown the person as `exports.pseudonyms.coded` gives them.
    shift = datetime.timedelta(0)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["last_name", "first_name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "mrn"],
                condition=~models.Q(mrn=""),
                name="mrn_unique_in_clinic",
                violation_error_message="Another patient of this clinic has this MRN.",
            ),
            models.UniqueConstraint(fields=["clinic", "study_code"], name="study_code_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"

    def clean(self) -> None:
        if self.birth_date and not (
            datetime.date(1900, 1, 1) <= self.birth_date <= timezone.localdate()
        ):
            raise ValidationError({"birth_date": "Enter a birth date between 1900 and today."})

    def dated(self, moment: datetime.datetime) -> datetime.datetime:
        """`moment` moved by `shift`, a whole number of days.

        By the clinic's clock: 9:00 stays 9:00 in summer and winter, or the days on which clocks
        change would tell the shift. To the minute: the seconds could be found again in another
        system's log.
        """
        if not self.shift:
            return moment
        wall = timezone.localtime(moment).replace(tzinfo=None, second=0, microsecond=0)
        return timezone.make_aware(wall + self.shift)

    @property
    def age(self) -> int:
        today = timezone.localdate()
        before_birthday = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - before_birthday


class Purpose(models.TextChoices):
    CARE = "care", _("My care: recording and keeping my films")
    ANALYSIS = "analysis", _("Measuring my films by computer")
    TRAINING = "training", _("Improving the measuring program")
    TEACHING = "teaching", _("Teaching health staff")
    SHARING = "sharing", _("Sharing coded measures with researchers")


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    def asked_by(self, clinic: Clinic | uuid.UUID) -> ConsentTextQuerySet:
        """The clinic's own texts and the common ones, in the order in which they count.

        Where a clinic has texts of its own for a purpose, the common ones no longer count.
        """
        mine = models.Q(clinic=clinic) | models.Q(clinic__isnull=True)
        own_first = models.F("clinic").desc(nulls_last=True)
        return self.filter(mine).order_by("purpose", own_first, "-version", "language")


class ConsentText(models.Model):
    """What a person is asked to agree to: a version of a purpose's text, in one language.

    A clinic has texts of its own, or asks the common ones (`clinic` None). All languages of a
    version mean the same: to agree to one is to agree to the version.
    """

    clinic = models.ForeignKey(
        Clinic, null=True, blank=True, on_delete=models.CASCADE, related_name="consent_texts"
    )
    purpose = models.CharField(max_length=10, choices=Purpose)
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    body = models.TextField()

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["purpose", "-version", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["purpose", "version", "language"],
                condition=models.Q(clinic__isnull=True),
                name="common_consent_text",
            ),
            models.UniqueConstraint(
                fields=["clinic", "purpose", "version", "language"],
                condition=models.Q(clinic__isnull=False),
                name="own_consent_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} (version {self.version})"

    def same_version(self, other: ConsentText) -> bool:
        """Whether both ask the same, be it in two languages."""
        mine = (self.clinic_id, self.purpose, self.version)
        return mine == (other.clinic_id, other.purpose, other.version)


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> ConsentQuerySet:
        return self.filter(withdrawn__isnull=True)

    def standing(self, purpose: Purpose) -> ConsentQuerySet:
        """In force and to the version of `purpose` that the patient's clinic asks now.

        In any language; an agreement to an older version must be asked again, and so must one to
        a common text once the clinic has a text of its own.
        """
        texts = ConsentText.objects.filter(purpose=purpose)
        own = texts.filter(clinic=models.OuterRef("patient__clinic"))
        common = texts.filter(clinic__isnull=True)
        newer = models.Q(version__gt=models.OuterRef("text__version"))
        newest_own = models.Q(text__clinic__isnull=False) & ~models.Exists(own.filter(newer))
        newest_common = (
            models.Q(text__clinic__isnull=True)
            & ~models.Exists(own)
            & ~models.Exists(common.filter(newer))
        )
        return self.in_force().filter(text__purpose=purpose).filter(newest_own | newest_common)


def _agreed_to(purpose: Purpose) -> models.Exists:
    return models.Exists(Consent.objects.standing(purpose).filter(patient=models.OuterRef("pk")))


class Consent(models.Model):
    """A patient's agreement to one purpose, with the text they read. Withdrawn, never deleted."""

    class By(models.TextChoices):
        PATIENT = "patient", "the patient, on screen"
        STAFF = "staff", "staff, from a signed form"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    given = models.DateTimeField(auto_now_add=True)
    given_by = models.CharField(max_length=8, choices=By)
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    withdrawn = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-given"]

    def __str__(self) -> str:
        return f"{self.text} by {self.patient_id}"
