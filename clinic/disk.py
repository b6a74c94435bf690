"""Room for films: with less than DISK_RESERVE_BYTES none is taken in; staff hear of it before."""

from __future__ import annotations

import shutil

from django.conf import settings

LOW_FACTOR = 3
GIB = 1024**3


def free() -> int:
    """Bytes that are free where films are kept."""
    folder = settings.MEDIA_ROOT
    while not folder.exists():  # before the first film
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_full() -> bool:
    return free() < settings.DISK_RESERVE_BYTES


def is_low() -> bool:
    """So little is left that somebody should make room; one call to the file system."""
    return free() < LOW_FACTOR * settings.DISK_RESERVE_BYTES
