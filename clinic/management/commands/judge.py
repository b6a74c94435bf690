"""`manage.py judge`: all change verdicts anew. `manage.py serve` runs it once a day: verdicts age
by themselves, and the baselines of a clinic's other patients come in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.verdicts.services import refresh_all


class Command(BaseCommand):
    help = "Reach the change verdicts of all patients anew."

    def handle(self, *args: Any, **options: Any) -> None:
        found = refresh_all()
        self.stdout.write(f"{found.judged} patients judged")
        if found.failed:
            raise CommandError(
                f"{len(found.failed)} patients keep the verdicts they had; why stands above. "
                "Run `manage.py judge` again once that is put right: "
                + ", ".join(map(str, found.failed))
            )
