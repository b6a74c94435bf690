"""How much more two workers get done than one: real worker processes on a queue of takes.

The site is a throwaway one, in a folder of its own with an SQLite database.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import django
from django.conf import settings
from django.core.management import call_command

from diagnosis.bench.films import TASK

ROOT: Final = Path(__file__).parents[2]
TAKES: Final = 8
GOAL: Final = 1.7
_POLL_S: Final = 0.02


def print_workers(take: Path, folder: Path) -> None:
    one, two = rates(take, folder, TAKES)
    print(
        f"\nA queue of {TAKES} takes: {60 * one:.1f} per minute by one worker, {60 * two:.1f} by "
        f"two; ratio {two / one:.2f}, goal at least {GOAL} ({os.cpu_count()} cores)"
    )


def rates(take: Path, folder: Path, takes: int) -> tuple[float, float]:
    """Takes per second by one worker and by two, on the clock. Sets up Django: once a process."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    os.environ["DATA_DIR"] = str(folder)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    os.environ["LOG_LEVEL"] = "INFO"
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    Path(settings.MEDIA_ROOT).mkdir(exist_ok=True)
    shutil.copy(take, Path(settings.MEDIA_ROOT) / "take")
    return _rate(1, folder, takes), _rate(2, folder, takes)


def _rate(workers: int, folder: Path, takes: int) -> float:
    with contextlib.ExitStack() as stack:
        for number in range(workers):
            stack.enter_context(_worker(folder / f"{workers}-{number}.log"))
        _work_off(workers)  # the first analysis of a process also loads libraries
        start = time.perf_counter()
        _work_off(takes)
        return takes / (time.perf_counter() - start)


@contextlib.contextmanager
def _worker(log: Path) -> Iterator[None]:
    """A worker process that is ready."""
    with log.open("w") as notes:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, str(ROOT / "manage.py"), "work"], stderr=notes
        )
    try:
        while "is ready" not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(f"the worker ended:\n{log.read_text()}")
            time.sleep(_POLL_S)
        yield
    finally:
        process.terminate()
        process.wait()


def _work_off(takes: int) -> None:
    """Put takes into the queue and wait until they are done."""
    from diagnosis import queue  # the models need Django set up
    from diagnosis.models import Job

    payload = {"release": "", "task": TASK.to_json(), "neutral": None, "video": "take"}
    jobs = [
        queue.enqueue(Job.Kind.TAKE, group=uuid.uuid4(), subject=uuid.uuid4(), payload=payload).pk
        for _ in range(takes)
    ]
    while (states := set(Job.objects.filter(pk__in=jobs).values_list("state", flat=True))) != {
        Job.State.DONE
    }:
        if Job.State.FAILED in states:
            raise RuntimeError("an analysis failed")
        time.sleep(_POLL_S)
