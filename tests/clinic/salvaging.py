"""A part of a film, the time that passes after its last byte, and the reaper."""

from __future__ import annotations

import datetime
import io

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from clinic.uploads.models import Upload
from tests.clinic.takes import live_film

PART = live_film(6)  # the first cue of the smile lies within it, the second does not


def silent_for(upload: Upload, **time: float) -> None:
    """As if the last byte had come so long ago."""
    kept = datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    upload.expires = timezone.now() + kept - datetime.timedelta(**time)
    upload.save()


def reap() -> str:
    said = io.StringIO()
    call_command("reap", stdout=said)
    return said.getvalue()
