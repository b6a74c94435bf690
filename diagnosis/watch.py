"""Ends this process when an analysis hangs: JOB_STALL_S after the last sign of life.

No analysis can stop the watch, not even by holding the interpreter's lock. It tells on stderr where
the analysis hangs; the job's lease runs out, and its crash counter does the rest.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

STDERR = 2


@contextmanager
def ended_when_it_stalls() -> Iterator[None]:
    still_alive()
    try:
        yield
    finally:
        off()


def still_alive() -> None:
    faulthandler.dump_traceback_later(settings.JOB_STALL_S, exit=True, file=STDERR)


def off() -> None:
    """The result is stored: what others make of it, such as a copy that plays, may take long."""
    faulthandler.cancel_dump_traceback_later()
