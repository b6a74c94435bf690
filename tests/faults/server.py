"""A real `manage.py serve` that can be killed without warning and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.site import ROOT, Site, wait_until


class Server:
    """`address` is how browsers reach it, which may lead over a Wire."""

    def __init__(self, folder: Path, address: str, port: int, workers: int = 1) -> None:
        self.site = Site(folder, SITE_URL=address)
        self._port = port
        self._workers = workers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ("serve", "--host", "127.0.0.1", "--port", str(self._port))
        self._process = subprocess.Popen(
            self.site.command(*command, "--workers", str(self._workers)),
            env=self.site.env,
            cwd=ROOT,
            start_new_session=True,
        )
        wait_until(self.answers, seconds=90)

    def answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "manage.py serve ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/accounts/login/") as page:
                return page.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def kill(self) -> None:
        """SIGKILL for the web process, the workers and what keeps them."""
        assert self._process is not None
        for pid in [self._process.pid, *children(self._process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()

    def kill_worker(self) -> None:
        """SIGKILL for the workers alone."""
        assert self._process is not None
        for pid in children(self._process.pid):
            if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Every descendant of a process."""
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [one for child in map(int, direct) for one in (child, *children(child))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
