"""`manage.py reap_uploads`: deletes parts of films whose upload has expired. Run it daily."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.uploads.services import reap


class Command(BaseCommand):
    help = "Delete uploads that were never finished and whose time is over (UPLOAD_KEEP_HOURS)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reap()} expired uploads deleted")
