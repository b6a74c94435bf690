"""A PostgreSQL server of the tests' own, in a temporary folder, on a free port of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.requirements import require


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of its empty database; the server ends with the block."""
    initdb, pg_ctl = _programs()
    with tempfile.TemporaryDirectory(prefix="mimia-postgresql-") as folder:
        yield from _serve(Path(folder), initdb, pg_ctl)


def _serve(data: Path, initdb: str, pg_ctl: str) -> Iterator[str]:
    user = _ordinary_user()
    if user is not None:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=data)

    run(initdb, "-D", str(data), "-U", "mimia", "--auth=trust", "--no-sync", "--encoding=UTF8")
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    run(pg_ctl, "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield f"postgresql://mimia@127.0.0.1:{port}/postgres"
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop")


def _programs() -> tuple[str, str]:
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    initdb, pg_ctl = shutil.which("initdb", path=path), shutil.which("pg_ctl", path=path)
    if initdb is None or pg_ctl is None:
        require("PostgreSQL (initdb and pg_ctl)")
    return initdb, pg_ctl


def _ordinary_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
