"""Files that a process left behind when it was killed between writing them and their row.

A film's folder carries the mark UNSETTLED until its row is safe. A film without row and without
that mark is no leftover of a crash: then the database is not the one that these files belong to,
as after a restored backup or a mistyped DATABASE_URL, and nothing at all is deleted.
"""

from __future__ import annotations

import datetime
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from clinic.recordings.models import Recording
from diagnosis.models import Result

logger = logging.getLogger(__name__)

UNSETTLED = "unsettled"  # an empty file beside the film


def remove() -> int:
    """Delete what no row names and nothing has touched for UPLOAD_KEEP_HOURS; how many."""
    folders = list(_folders_without_recording())
    foreign = [folder for folder in folders if not (folder / UNSETTLED).exists()]
    if foreign:
        logger.error(
            "%d films in %s are not in the database, for example %s. If this database was "
            "restored or is another site's, stop Mimia and bring back the one that belongs to "
            "these files. No stray file is deleted as long as they lie there.",
            len(foreign), settings.MEDIA_ROOT / "recordings", foreign[0].name,
        )  # fmt: skip
        return 0
    found = [*folders, *_files_without_result()]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(found)


def leave(folders: Iterable[Path]) -> None:
    """Marks folders of films whose rows go: if this process dies, the reaper deletes them."""
    for folder in folders:
        (folder / UNSETTLED).touch()


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
