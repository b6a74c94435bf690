"""A disk that is really full: a clear message, nothing half done, and a later success."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from tests.clinic.takes import WEBM, send, submit
from tests.clinic.tus import create, patch
from tests.conftest import Login
from tests.requirements import require

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        require("the right to mount a file system (root, mount -t tmpfs)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("foreseen", [True, False])
def test_a_film_goes_on_once_there_is_room_again(
    anna: Client,
    session: RecordingSession,
    small_disk: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    foreseen: bool,
) -> None:
    if not foreseen:  # others fill the disk between the look at it and the write
        monkeypatch.setattr(uploads, "_require_space", lambda place, size: None)
    settings.DISK_RESERVE_BYTES = 0
    settings.MEDIA_ROOT = small_disk
    address = create(anna, session)["Location"]
    upload = Upload.objects.get()
    filler = small_disk / "filler"
    filler.write_bytes(bytes(6 * 1024**2))
    film = os.urandom(3 * 1024**2)
    part = 700_000  # does not fit in the room that is left a whole number of times
    sent = 0
    while (answer := patch(anna, address, film[sent : sent + part], sent)).status_code == 204:
        sent += part
    assert answer.status_code == 507
    assert "computer is full" in answer.content.decode()
    assert Upload.objects.get().offset == sent == upload.path.stat().st_size
    filler.unlink()
    for start in range(sent, len(film), part):
        assert patch(anna, address, film[start : start + part], start).status_code == 204
    assert upload.path.read_bytes() == film


def test_a_film_that_has_arrived_is_handed_in_once_there_is_room_again(
    anna: Client, session: RecordingSession, small_disk: Path, settings: Settings
) -> None:
    upload = send(session)
    (settings.MEDIA_ROOT / "recordings").symlink_to(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(8 * 1024**2))
    answer = submit(anna, upload)
    assert answer.status_code == 507
    assert "We keep trying" in answer.json()["error"]
    assert not Recording.objects.exists()
    assert upload.path.read_bytes() == WEBM
    assert list(small_disk.iterdir()) == [filler]
    filler.unlink()
    assert submit(anna, upload).status_code == 201
    assert (settings.MEDIA_ROOT / Recording.objects.get().file).read_bytes() == WEBM
