"""What the settings make of an environment, in a process of its own: they are read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


def test_mail_may_go_by_tls_from_the_first_byte(tmp_path: Path) -> None:
    found = settings_of(tmp_path, EMAIL_HOST="mail.example", EMAIL_USE_SSL="1")
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"], found["EMAIL_PORT"]) == (
        True,
        False,
        465,
    )


def test_two_kinds_of_tls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        settings_of(tmp_path, EMAIL_USE_SSL="1", EMAIL_USE_TLS="1")
    assert "EMAIL_USE_SSL and EMAIL_USE_TLS are both 1" in refused.value.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("JOB_LEASE_S", "0"), ("UPLOAD_KEEP_HOURS", "-1"), ("DISK_RESERVE_BYTES", "-1")],
)
def test_a_number_that_cannot_work_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        settings_of(tmp_path, **{name: value})
    assert f"{name} is '{value}'" in refused.value.stderr


@pytest.mark.parametrize(
    ("env", "zone", "is_set"),
    [({}, "UTC", False), ({"TIME_ZONE": "UTC"}, "UTC", True)],
)
def test_a_clock_that_was_chosen_is_told_from_one_that_was_not(
    tmp_path: Path, env: dict[str, str], zone: str, is_set: bool
) -> None:
    found = settings_of(tmp_path, **env)
    assert (found["TIME_ZONE"], found["TIME_ZONE_IS_SET"]) == (zone, is_set)


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
