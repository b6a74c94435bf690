"""What rests on the database's own behaviour holds on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import postgres

SUITES = (
    "tests/diagnosis/test_queue.py",
    "tests/clinic/test_submit.py",
    "tests/clinic/test_live.py",
    "tests/clinic/test_uploads.py",
    "tests/clinic/test_uploads_limits.py",
    "tests/clinic/test_uploads_safe.py",
    "tests/clinic/test_receipt.py",
    "tests/clinic/test_receiving.py",
    "tests/clinic/test_salvage.py",
    "tests/clinic/test_salvage_when.py",
    "tests/clinic/test_link_check.py",
    "tests/clinic/test_own_films.py",
    "tests/clinic/test_reminders.py",
    "tests/clinic/test_audit_chain.py",
    "tests/clinic/test_audit_verified.py",
    "tests/clinic/test_reminders_changes.py",
    "tests/clinic/test_reminders_trouble.py",
    "tests/clinic/test_erasure.py",
    "tests/clinic/test_ratings.py",
)


def test_queue_submission_and_live_progress_hold_on_postgresql(tmp_path: Path):
    with postgres.cluster() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SUITES],
            env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
        )
    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
    assert "skipped" not in run.stdout
