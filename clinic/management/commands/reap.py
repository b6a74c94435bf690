"""`manage.py reap`: what people and crashes left behind. `manage.py serve` runs it every hour."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.accounts.services import forget_logins
from clinic.audit import chain
from clinic.recordings import salvage, services, strays
from clinic.uploads.services import reap


class Command(BaseCommand):
    help = (
        "Keep what arrived of films that were never handed in, finish abandoned sessions, delete "
        "unfinished uploads, stray files and logins whose time is over, seal what the audit trail "
        "lacks."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {
            "films salvaged": len(salvage.salvage_left()),
            "abandoned sessions finished": services.finish_abandoned(),
            "unfinished uploads deleted": reap(),
            "stray files deleted": strays.remove(),
            "expired logins deleted": forget_logins(),
            "audit events sealed late": chain.seal_all(),
        }
        for what, count in counts.items():
            if count:
                self.stdout.write(f"{count} {what}")
