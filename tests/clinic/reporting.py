"""Reports for tests that do not need a real PDF."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.reports.models import Report

PDF = b"%PDF-1.7 of a test"


def signed(patient: Patient, author: User) -> Report:
    """As if `author` had just signed it."""
    report = Report(
        patient=patient,
        author=author,
        content={"label": "made by a test"},
        digest="0" * 64,
        sha256=hashlib.sha256(PDF).hexdigest(),
        signed_at=timezone.now(),
    )
    report.pdf = f"reports/{report.id}.pdf"
    file = Path(settings.MEDIA_ROOT) / report.pdf
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(PDF)
    report.save()
    return report
