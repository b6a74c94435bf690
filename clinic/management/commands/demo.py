"""`manage.py demo`: the demo clinic, its accounts, and the films of its sessions.

Without an option it makes the rows at once and prints the passwords, which are written nowhere
else; `manage.py serve` then renders the films beside its workers, and so does --fill. --passwords
replaces lost passwords by new ones.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import demo, schema
from clinic.accounts.models import Clinic


class Command(BaseCommand):
    help = "Make the demo clinic; or render its missing films, or give its accounts new passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        option = parser.add_mutually_exclusive_group().add_argument
        option("--if-empty", action="store_true", help="only where no clinic exists")
        option("--fill", action="store_true", help="render and submit missing films")
        option("--passwords", action="store_true", help="new passwords for the demo accounts")

    def handle(
        self, *args: Any, if_empty: bool, fill: bool, passwords: bool, **options: Any
    ) -> None:
        if problem := schema.hindrance():
            raise CommandError(problem)
        if fill:
            self._fill()
        elif passwords:
            self._print(demo.new_passwords)
        elif not (if_empty and Clinic.objects.exists()):
            self._print(demo.create)

    def _print(self, make: Callable[[], list[demo.Account]]) -> None:
        try:
            accounts = make()
        except demo.DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            "The demo clinic is ready. Its accounts; the passwords are shown only now:"
        )
        for account in accounts:
            self.stdout.write(f"  {account.role.label:<11} {account.email:<24} {account.password}")

    def _fill(self) -> None:
        # `serve` ends this with SIGTERM: as an exception, so that half a film is cleared away.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        total = len(demo.missing())
        for done, session in enumerate(demo.fill(), start=1):
            self.stdout.write(f"demo: {done} of {total} sessions filmed ({session.patient})")
