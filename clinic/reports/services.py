"""Signing a report: exactly the draft that was shown becomes a file that is never changed."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient
from clinic.reports import pdf
from clinic.reports.content import Content
from clinic.reports.models import Report


class Changed(Exception):
    """The data, or the last report, are not those of the draft that was shown."""


class NothingToSign(Exception):
    """No session was analysed and none was rated."""

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to sign yet: no session has been analysed, and nobody has rated one. "
            "Record a session, then open this page again once it is analysed."
        )


class Tampered(Exception):
    """The file on disk is gone, or is not the one that was signed."""


def last(patient: Patient) -> Report | None:
    return patient.reports.first()


def sign(content: Content, comment: str, *, replaces: bool, author: User) -> Report:
    """Makes, keeps and records the report; `replaces` amends the patient's last one.

    Raises NothingToSign, Changed when another report was signed meanwhile, and pdf.PdfError.
    """
    if content.is_empty:
        raise NothingToSign
    report = Report(
        id=uuid.uuid4(),
        patient_id=content.patient,
        author=author,
        comment=comment,
        content=content.as_json(),
        digest=content.digest,
        replaces_id=content.previous if replaces else None,
        signed_at=timezone.now(),
    )
    made = pdf.one_page(document(content, report))
    report.pdf = f"reports/{report.id}.pdf"
    report.sha256 = hashlib.sha256(made).hexdigest()
    file = Path(settings.MEDIA_ROOT) / report.pdf
    _write_once(file, made)
    try:
        _keep(report, content)
    except BaseException:
        file.unlink()
        raise
    return report


@transaction.atomic
def _keep(report: Report, content: Content) -> None:
    patient = Patient.objects.select_for_update().get(pk=report.patient_id)
    newest = last(patient)
    if (newest.id if newest else None) != content.previous:
        raise Changed
    report.save()
    # The hash in the trail: who exchanges file and row together is still found out.
    record(Action.SIGN, report, actor=report.author, detail=f"sha256 {report.sha256}")


def document(content: Content, report: Report) -> str:
    """The whole HTML document of which the PDF is made."""
    found = finders.find("css/report.css")
    css = Path(str(found)).read_text(encoding="utf-8")
    return render_to_string(
        "reports/document.html", {"content": content, "report": report, "css": css}
    )


def _write_once(file: Path, content: bytes) -> None:
    """Whole and on disk before anything names it; nobody may write it again."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as new:
        new.write(content)
        new.flush()
        os.fsync(new.fileno())


def signed_file(report: Report) -> Path:
    """The PDF, once it is found to be the one that was signed. Raises Tampered."""
    file = Path(settings.MEDIA_ROOT) / report.pdf
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise Tampered("The file of this report cannot be read.") from error
    if found != report.sha256:
        raise Tampered("The file of this report is not the one that was signed.")
    return file
