"""What stands for a person's dates, and for a rater's name, wherever people have study codes only.

Both come from HMAC-SHA256 under the site's SECRET_KEY of the person's UUID: they are stored
nowhere, are the same in each export, and another SECRET_KEY gives others.
"""

from __future__ import annotations

import datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

from clinic.accounts.models import User
from clinic.patients.models import Patient

MOST_DAYS = 365


def shift(patient: Patient) -> datetime.timedelta:
    """1 to 365 whole days back, one number for all dates of a person: the days between
    them stay true."""
    digest = _digest("shift", patient.id)
    return -datetime.timedelta(days=1 + int.from_bytes(digest[:8]) % MOST_DAYS)


def coded(patient: Patient) -> Patient:
    """The same object: all that is read by it from now on has shifted dates."""
    patient.shift = shift(patient)
    return patient


def rater(user: User) -> str:
    """For example "R-9F02C51B"."""
    return f"R-{_digest('rater', user.id)[:4].hex().upper()}"


def _digest(of: str, key: UUID) -> bytes:
    digest: bytes = salted_hmac(f"{__name__}.{of}", str(key), algorithm="sha256").digest()
    return digest
