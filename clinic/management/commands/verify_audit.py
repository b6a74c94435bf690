"""`manage.py verify_audit`: is the audit trail as it was written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.audit import chain


class Command(BaseCommand):
    help = (
        "Recompute the audit trail's chain of hashes, keep the outcome for the Audit page, and "
        "print the chain's length and head. Each run looks for the head of the last one that found "
        "the chain whole. Whoever writes to the whole database can change that as well: keep the "
        "head in a place that this site cannot write to, and a later run with --expect proves that "
        "all events up to it are still as they were."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect", default="", metavar="HASH", help="a head that an earlier run printed"
        )

    def handle(self, *args: Any, expect: str, **options: Any) -> None:
        report = chain.verify(expect.strip().lower())
        self.stdout.write(f"{report.count} events in the chain, head {report.head or 'none'}")
        self.stdout.write(f"{report.unsealed} events wait for their place in it")
        if (oldest := chain.oldest_unsealed()) is not None:
            self.stdout.write(f"the oldest of them since {oldest:%Y-%m-%d %H:%M} UTC")
        if report.broken is not None:
            raise CommandError(
                f"The chain is broken at position {report.broken}: {report.why}. "
                f"At least {report.wrong} events are not as they were and {report.missing} "
                "are missing."
            )
        if report.expected is False:
            raise CommandError(
                "The expected head is not in the chain: the trail is not the one it was taken from."
            )
        if report.expected:
            self.stdout.write("The expected head is in the chain.")
        self.stdout.write("Every event is as it was sealed.")
