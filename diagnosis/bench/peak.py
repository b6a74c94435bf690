"""The peak memory of this process; without the engine's libraries, which take most of it."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """The largest resident memory that this process has had so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage counts the memory of the parent process as well
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
