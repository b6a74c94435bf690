"""Signed reports. A draft is no row: it is made anew whenever its page is opened."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db import models

from clinic.accounts.models import Clinic, Permission, User
from clinic.patients.models import Patient
from diagnosis.models import AppendOnly


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(
        self, user: User | AnonymousUser, permission: Permission = Permission.SEE_MEASURES
    ) -> ReportQuerySet:
        return self.filter(patient__clinic__in=Clinic.objects.where(user, permission))


class Report(AppendOnly):
    """What a clinician signed: the content, their comment, and the file that was made of both.

    An amended report is another row that names the one it `replaces`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reports")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    comment = models.TextField(blank=True)
    content = models.JSONField()  # content.Content.as_json
    digest = models.CharField(max_length=64)  # of the content: the draft that was signed
    pdf = models.CharField(max_length=120)  # relative to MEDIA_ROOT; written once
    sha256 = models.CharField(max_length=64)  # of the PDF
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="replaced_by"
    )
    signed_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-signed_at"]

    def __str__(self) -> str:
        return f"report of {self.signed_at:%-d %B %Y}"
