"""`manage.py serve`: the web server and its workers, as supervised processes of their own.

A worker that dies is started again; `reap` tidies up every hour, every five minutes `remind` sends
what is due, and once a day `verify_audit` verifies the audit trail and `judge` reaches all verdicts
anew, first JUDGE_AFTER_S after the start. Ctrl-C or SIGTERM ends every process that was started
here; workers give their jobs back first.
"""

from __future__ import annotations

import ctypes
import math
import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic import schema
from clinic.accounts.models import Clinic

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
GRACE_S = 10
RESTART_PAUSE_S = 1.0
REAP_EVERY_S = 3600
REMIND_EVERY_S = 300
VERIFY_EVERY_S = 24 * 3600
JUDGE_EVERY_S = 24 * 3600
JUDGE_AFTER_S = 60  # what else starts is through by then
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass
class Child:
    """A process that is kept running (`forever`), or that may end by itself.

    With `every_s` it is started again so many seconds after its last start, once that has ended.
    """

    name: str
    command: list[str]
    forever: bool = True
    every_s: float = math.inf
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = -math.inf

    def start(self) -> None:
        self.started = time.monotonic()
        # A session of its own: Ctrl-C in the terminal reaches this process alone, which then
        # stops the others in order.
        self.process = subprocess.Popen(  # noqa: S603
            self.command, start_new_session=True, preexec_fn=_end_with_parent
        )

    @property
    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    @property
    def is_due(self) -> bool:
        rests = self.process is None or self.ended is not None
        return rests and time.monotonic() - self.started >= self.every_s


class Command(BaseCommand):
    help = "Serve the site and analyse recordings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=settings.WORKERS)

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("--workers must be at least 1: without one nothing is analysed.")
        if problem := schema.hindrance():
            raise CommandError(problem)
        has_demo = Clinic.objects.filter(is_demo=True).exists()
        if has_demo:
            _require_local("--host", host)
            _require_local("SITE_URL's host", settings.SITE_HOST)
        stop = threading.Event()

        def told_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, told_to_stop)
        web = Child("web", _uvicorn(host, port))
        children = [web, *(Child(f"worker {i + 1}", [*MANAGE, "work"]) for i in range(workers))]
        if has_demo:
            children.append(Child("demo", [*MANAGE, "demo", "--fill"], forever=False))
        try:
            for child in children:
                child.start()
            self.stdout.write(f"Mimia: {settings.SITE_URL} ({workers} workers; Ctrl-C stops)")
            self._supervise(children, web, stop)
        finally:
            _end(children)

    def _supervise(self, children: list[Child], web: Child, stop: threading.Event) -> None:
        due = chores()
        children += due
        while not stop.wait(RESTART_PAUSE_S):
            for chore in due:
                if chore.is_due:
                    chore.start()
            if web.ended is not None:
                raise CommandError(
                    f"The web server ended with {web.ended}; its message stands above. "
                    "If the port is in use, choose another with --port."
                )
            for child in children:
                if child.forever and child.ended is not None:
                    self.stderr.write(f"{child.name} ended with {child.ended}; starting it again")
                    child.start()


def chores() -> list[Child]:
    """All due at once but `judge`, which has much to do: that waits for JUDGE_AFTER_S."""

    def chore(command: str, every_s: float, after_s: float = -math.inf) -> Child:
        started = time.monotonic() - every_s + after_s
        return Child(command, [*MANAGE, command], forever=False, every_s=every_s, started=started)

    return [
        chore("reap", REAP_EVERY_S),
        chore("remind", REMIND_EVERY_S),
        chore("verify_audit", VERIFY_EVERY_S),
        chore("judge", JUDGE_EVERY_S, JUDGE_AFTER_S),
    ]


def _require_local(name: str, host: str) -> None:
    if host not in settings.LOCAL_HOSTS:
        raise CommandError(
            f"The demo clinic's accounts are for this machine only, and {name} is {host}. "
            "Serve on 127.0.0.1 as localhost, or start a real site with a new DATA_DIR."
        )


def _end_with_parent() -> None:
    """On Linux a child gets SIGTERM when this process dies, even by SIGKILL: it would hold the
    port that the next start needs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _uvicorn(host: str, port: int) -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", "clinic.asgi:application",
        "--app-dir", str(settings.BASE_DIR), "--host", host, "--port", str(port),
        "--no-server-header", "--no-access-log", "--log-level", "warning",
        "--lifespan", "off", "--timeout-graceful-shutdown", "5",
    ]  # fmt: skip


def _end(children: list[Child]) -> None:
    """SIGTERM to all, then SIGKILL to those that have not ended within GRACE_S."""
    running = [c.process for c in children if c.process and c.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
