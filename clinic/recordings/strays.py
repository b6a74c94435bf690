"""Files that a process left behind when it was killed between writing them and their row."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from clinic.recordings.models import Recording
from diagnosis.models import Result


def remove() -> int:
    """Delete what no row names and nothing has touched for UPLOAD_KEEP_HOURS; how many."""
    found = [*_folders_without_recording(), *_files_without_result()]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(found)


def _folders_without_recording() -> Iterator[Path]:
    known = {str(pk) for pk in Recording.objects.values_list("id", flat=True)}
    return (path for path in _old("recordings") if path.name not in known)


def _files_without_result() -> Iterator[Path]:
    known = {
        Path(name).name
        for names in Result.objects.values_list("landmarks", "neutral")
        for name in names
    }
    return (path for path in _old("landmarks") if path.name not in known)


def _old(folder: str) -> list[Path]:
    limit = timezone.now() - datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    place = settings.MEDIA_ROOT / folder
    entries = list(place.iterdir()) if place.exists() else []
    return [path for path in entries if path.stat().st_mtime < limit.timestamp()]
