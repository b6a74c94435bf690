"""`manage.py judge`: all change verdicts anew, as after an update or a restored copy."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.verdicts.services import refresh_all


class Command(BaseCommand):
    help = "Reach the change verdicts of all patients anew."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{refresh_all()} patients judged")
