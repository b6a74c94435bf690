"""`manage.py serve` keeps a web server and its workers alive, and ends all that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.site import Site, wait_until


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "data")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/") as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def children_of(pid: int) -> dict[int, str]:
    """The command line of each process that `pid` started, by its number."""
    children = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(status.rpartition(")")[2].split()[1]) == pid:
            children[int(entry.name)] = command
    return children


def workers_of(pid: int) -> set[int]:
    commands = children_of(pid)
    return {child for child, command in commands.items() if command.rstrip().endswith(" work")}


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_worker_is_started_again_and_ctrl_c_ends_every_process(site: Site):
    port = free_port()
    with site.process("serve", "--port", str(port), "--workers", "2") as serve:
        wait_until(lambda: answers(port), seconds=60)
        before = set(children_of(serve.pid))
        workers = workers_of(serve.pid)
        assert len(workers) == 2
        os.kill(min(workers), signal.SIGKILL)
        wait_until(lambda: workers_of(serve.pid) - workers, seconds=15)
        started = before | set(children_of(serve.pid))
        serve.send_signal(signal.SIGINT)
        assert serve.wait(20) == 0
    assert not [pid for pid in started if alive(pid)]


def test_a_port_in_use_is_named_and_nothing_stays_behind(site: Site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = site._command("serve", "--port", str(taken.getsockname()[1]))
        run = subprocess.run(command, env=site.env, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert "choose another with --port" in run.stderr


def test_the_demo_clinic_is_not_served_to_other_machines(site: Site):
    site.manage("demo")
    with pytest.raises(AssertionError, match="for this machine only"):
        site.manage("serve", "--host", "0.0.0.0")


def test_no_workers_is_refused(site: Site):
    with pytest.raises(AssertionError, match="nothing is analysed"):
        site.manage("serve", "--workers", "0")
