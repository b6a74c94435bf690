"""Files that a process left behind when it was killed between writing them and their row.

A film's folder carries the mark UNSETTLED until its row is safe. A film without row and without
that mark is no leftover of a crash: then the database is not the one that these files belong to,
as after a restored backup or a mistyped DATABASE_URL: it is told, and stays, and so do all
landmarks.
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
    foreign = [folder for folder in folders if _holds_a_film(folder)]
    left = [*(folder for folder in folders if folder not in foreign), *_unfinished_copies()]
    if foreign:
        logger.error(
            "%d films in %s are not in the database, for example %s. If this database was "
            "restored or is another site's, stop Mimia and bring back the one that belongs to "
            "these files; else move them to another place. As long as they lie there, landmarks "
            "without a result are not deleted.",
            len(foreign), settings.MEDIA_ROOT / "recordings", foreign[0].name,
        )  # fmt: skip
    else:
        left += _files_without_result()
    for path in left:
        _delete(path)
    return len(left)


def _holds_a_film(folder: Path) -> bool:
    names = [path.name for path in folder.iterdir()]
    return bool(names) and UNSETTLED not in names


def _delete(path: Path) -> None:
    """The mark last: half a folder must not look like a film."""
    if path.is_dir():
        for inner in path.iterdir():
            if inner.name != UNSETTLED:
                inner.unlink()
        shutil.rmtree(path)
    else:
        path.unlink()


def _unfinished_copies() -> Iterator[Path]:
    """Of films that were being made fit to play when the process died."""
    return (part for part in (settings.MEDIA_ROOT / "recordings").glob("*/*.part") if _is_old(part))


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
    place = settings.MEDIA_ROOT / folder
    return [path for path in place.iterdir() if _is_old(path)] if place.exists() else []


def _is_old(path: Path) -> bool:
    limit = timezone.now() - datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    return path.stat().st_mtime < limit.timestamp()
