"""A whole Mimia of a test's own: its data folder, its database, and its real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Site:
    """`manage.py` with an environment of its own."""

    def __init__(self, folder: Path, database: str | None = None, **env: str) -> None:
        self.folder = folder
        url = database or f"sqlite:///{folder}/mimia.sqlite3"
        self.env = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": url, **env}
        self.manage("migrate", "--no-input", "--verbosity", "0")

    def manage(self, *arguments: str) -> str:
        """Run to its end; its standard output. Raises AssertionError with its messages."""
        run = subprocess.run(
            self.command(*arguments), env=self.env, cwd=ROOT, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def ask(self, code: str) -> Any:
        """What Python `code` in this site's shell assigns to `answer`."""
        program = f"import json\n{code}\nprint('answer:' + json.dumps(answer, default=str))"
        output = self.manage("shell", "--no-imports", "-c", program)
        return json.loads(output.rpartition("answer:")[2])

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of this site, with its children in one group; killed with the block."""
        process = subprocess.Popen(
            self.command(*arguments), env=self.env, cwd=ROOT, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]


def wait_until(condition: Callable[[], Any], *, seconds: float, every: float = 0.2) -> Any:
    """The first true answer of `condition`; AssertionError when none comes in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {condition.__name__}")
