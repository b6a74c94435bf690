"""`manage.py remind`: the e-mails that are due. `manage.py serve` runs it every five minutes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.reminders.services import remind


class Command(BaseCommand):
    help = "Send the reminders to record at home that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        if count := remind():
            self.stdout.write(f"{count} reminders sent")
