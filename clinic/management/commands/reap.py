"""`manage.py reap`: what people and crashes left behind. `manage.py serve` runs it once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.recordings import services, strays
from clinic.uploads.services import reap


class Command(BaseCommand):
    help = (
        "Finish abandoned sessions; delete unfinished uploads and stray files whose time is over."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {
            "abandoned sessions finished": services.finish_abandoned(),
            "unfinished uploads deleted": reap(),
            "stray files deleted": strays.remove(),
        }
        for what, count in counts.items():
            if count:
                self.stdout.write(f"{count} {what}")
