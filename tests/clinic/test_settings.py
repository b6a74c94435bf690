"""What the settings make of an environment, in a process of its own: they are read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json
from clinic import settings
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()},
                 default=str))
"""


def settings_of(folder: Path, **env: str) -> dict[str, Any]:
    """The settings as a process started in `folder` reads them."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), **env},
        check=True,
        capture_output=True,
        text=True,
    )
    settings: dict[str, Any] = json.loads(answer.stdout)
    return settings


def test_a_mail_server_is_used_once_it_is_named(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    found = settings_of(
        tmp_path,
        EMAIL_HOST="mail.example",
        EMAIL_HOST_USER="mimia",
        EMAIL_HOST_PASSWORD_FILE=str(password),
        DEFAULT_FROM_EMAIL="clinic@example.org",
    )
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("mimia", "s3cret")
    assert found["EMAIL_USE_TLS"] is True
    assert found["DEFAULT_FROM_EMAIL"] == "clinic@example.org"


def test_without_a_mail_server_mail_goes_to_the_console(tmp_path: Path) -> None:
    found = settings_of(tmp_path)
    assert found["EMAIL_BACKEND"] == found["CONSOLE_MAIL"]


def test_a_backend_that_is_named_wins(tmp_path: Path) -> None:
    dummy = "django.core.mail.backends.dummy.EmailBackend"
    found = settings_of(tmp_path, EMAIL_HOST="mail.example", EMAIL_BACKEND=dummy)
    assert found["EMAIL_BACKEND"] == dummy


def test_the_data_lie_in_one_absolute_folder_that_others_cannot_read(tmp_path: Path) -> None:
    found = settings_of(tmp_path, DATA_DIR="my data?")
    folder = tmp_path / "my data?"
    assert found["DATA_DIR"] == str(folder)
    assert found["DATABASES"]["default"]["NAME"] == str(folder / "mimia.sqlite3")
    assert folder.stat().st_mode & 0o777 == 0o700
