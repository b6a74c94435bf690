"""System checks: mistakes of an installation, told to its operator before a patient meets them."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.utils import timezone

import diagnosis
from clinic import disk, schema, translations
from clinic.audit import chain
from clinic.audit.models import Verification

# Looked up without importing the release code, which brings torch into every command.
RELEASES = Path(diagnosis.__file__).with_name("releases")
SEALED_WITHIN = datetime.timedelta(hours=1)
OTHER_OPENCVS = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


@register
def home_recording_needs_https(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if settings.SITE_IS_HTTPS or settings.SITE_HOST in settings.LOCAL_HOSTS:
        return []
    return [
        Warning(
            f"SITE_URL is {settings.SITE_URL}: browsers give no camera to pages without https.",
            hint="Put the site behind https and set SITE_URL; until then no capture link is made.",
            id="clinic.W001",
        )
    ]


@register
def mail_reaches_people(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if not settings.SITE_IS_HTTPS or settings.EMAIL_BACKEND != settings.CONSOLE_MAIL:
        return []
    return [
        Warning(
            "Mail goes to the console: nobody who has forgotten their password gets a link, "
            "and whoever reads the log can use it.",
            hint="Set EMAIL_HOST, and EMAIL_HOST_USER and EMAIL_HOST_PASSWORD where it asks.",
            id="clinic.W002",
        )
    ]


@register
def one_provider_of_cv2(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Two OpenCV packages overwrite each other's files; the full one needs a screen's libraries."""
    installed = {dist.name.lower() for dist in importlib.metadata.distributions() if dist.name}
    return [
        Error(
            f"{name} is installed and overwrites opencv-python-headless.",
            hint=f"pip uninstall {name}; pip install --force-reinstall --no-deps "
            "opencv-python-headless",
            id="clinic.E001",
        )
        for name in OTHER_OPENCVS
        if name in installed
    ]


@register
def embedded_release_is_there(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if any(RELEASES.glob("*/release.json")):
        return []
    return [
        Error(
            f"No release is in {RELEASES}: nothing can be analysed.",
            hint="Restore it from the repository, or train it: python -m diagnosis.training",
            id="clinic.E002",
        )
    ]


@register
def translations_are_compiled(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Patients who read another language would meet English, or the words of an older version."""
    return [
        Error(
            f"The translation into {name} is not compiled, or older than {written}.",
            hint="Run `make install`.",
            id="clinic.E003",
        )
        for code, name in translations.translated().items()
        if _is_stale(written := translations.file(code, translations.SERVER))
    ]


@register(Tags.database)
def audit_trail_is_sealed(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Events are sealed as they are written: one that waits long tells of a chain that is stuck."""
    try:
        oldest = chain.oldest_unsealed()
    except DatabaseError:  # before the first migration
        return []
    if oldest is None or oldest > timezone.now() - SEALED_WITHIN:
        return []
    return [
        Warning(
            f"An event of the audit trail has waited for its place in the chain since {oldest}.",
            hint="Run `manage.py verify_audit`: it says what is wrong.",
            id="clinic.W003",
        )
    ]


@register(Tags.database)
def audit_trail_is_whole(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """What the last verification found; none is made here, as a long trail takes minutes."""
    try:
        last = Verification.last()
    except DatabaseError:  # before the first migration
        return []
    if last is None or last.is_whole:
        return []
    return [
        Warning(
            f"The verification of {last} found the audit trail broken at event {last.broken}: "
            f"{last.why}.",
            hint="Keep every backup, compare the newest whole one with the database, and run "
            "`manage.py verify_audit` again once the events are back.",
            id="clinic.W004",
        )
    ]


@register
def the_clock_is_the_clinics(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if not settings.SITE_IS_HTTPS or settings.TIME_ZONE_IS_SET:
        return []
    return [
        Warning(
            "TIME_ZONE is not set: reminders go out, and times are shown, by the clock of UTC.",
            hint="Set TIME_ZONE to the clinic's, as in TIME_ZONE=Europe/Berlin (or to UTC).",
            id="clinic.W005",
        )
    ]


@register
def there_is_room_for_films(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if not disk.is_low():
        return []
    return [
        Warning(
            f"{disk.free() / disk.GIB:.1f} GiB are free for films; below DISK_RESERVE_BYTES "
            f"({settings.DISK_RESERVE_BYTES / disk.GIB:.1f} GiB) none is taken in.",
            hint=f"Make room in {settings.MEDIA_ROOT}, or move DATA_DIR to a larger disk.",
            id="clinic.W006",
        )
    ]


# Only with --deploy: `migrate` runs the other checks first, and this error would stop it.
@register(deploy=True)
def database_is_migrated(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    problem = schema.hindrance()
    return [Error(problem, id="clinic.E004")] if problem else []


def _is_stale(written: Path) -> bool:
    compiled = written.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < written.stat().st_mtime
