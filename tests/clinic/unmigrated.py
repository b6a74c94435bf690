"""A site before `manage.py migrate`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def unmigrated(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `manage.py` with these arguments does in an empty data folder."""
    database = f"sqlite:///{folder}/mimia.sqlite3"
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=60,
    )
