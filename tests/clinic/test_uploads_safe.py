"""Bytes that arrived stay as they were sent, through full disks, kills and two tabs at once."""

from __future__ import annotations

import datetime
import errno
import os
import sqlite3
import uuid
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import problems, services
from clinic.uploads.models import Upload
from tests.clinic.tus import TUS, at_once, create, patch, upload_at
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@pytest.fixture
def address(anna: Client, session: RecordingSession) -> str:
    """A new upload of anna's."""
    return str(create(anna, session)["Location"])


def test_an_upload_that_another_tab_ended_meanwhile_is_gone(address: str) -> None:
    upload = upload_at(address)
    Upload.objects.all().delete()
    with pytest.raises(problems.Gone):
        services.append(upload, offset=0, data=b"abc", length=None)
    with pytest.raises(problems.Gone):
        services.remove(upload)


def test_an_expired_upload_is_gone(anna: Client, address: str) -> None:
    Upload.objects.update(expires=timezone.now())
    assert anna.head(address, headers=TUS).status_code == 410


def test_each_part_puts_off_the_end(anna: Client, address: str) -> None:
    Upload.objects.update(expires=timezone.now() + datetime.timedelta(minutes=1))
    before = timezone.now().replace(microsecond=0)
    answer = patch(anna, address, b"abc", 0)
    kept = datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    assert upload_at(address).expires >= before + kept
    assert parsedate_to_datetime(answer["Upload-Expires"]) >= before + kept


def test_a_salvaged_upload_is_gone(anna: Client, address: str, recording: Recording) -> None:
    patch(anna, address, b"abc", 0)
    recording.capture = {"salvaged": {}}
    recording.save()
    Upload.objects.update(recording=recording)
    assert anna.head(address, headers=TUS).status_code == 410
    assert patch(anna, address, b"de", 3).status_code == 410
    with pytest.raises(problems.Gone):  # salvaged while the part was on its way
        services.append(upload_at(address), offset=3, data=b"de", length=None)


def test_an_upload_whose_bytes_have_vanished_is_gone(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    upload_at(address).path.write_bytes(b"ab")
    assert anna.head(address, headers=TUS).status_code == 410
    with pytest.raises(problems.Gone):  # lost while the part was on its way
        services.append(upload_at(address), offset=3, data=b"de", length=None)
    assert upload_at(address).path.read_bytes() == b"ab"
    upload_at(address).path.unlink()
    assert anna.head(address, headers=TUS).status_code == 410
    assert patch(anna, address, b"de", 3).status_code == 410
    assert anna.delete(address, headers=TUS).status_code == 204


def test_bytes_of_a_part_that_was_killed_before_it_counted_are_replaced(
    anna: Client, address: str
) -> None:
    patch(anna, address, b"abc", 0)
    with upload_at(address).path.open("ab") as file:
        file.write(b"Dxyz")  # on disk, but the row was not told
    assert anna.head(address, headers=TUS)["Upload-Offset"] == "3"
    assert patch(anna, address, b"d", 3).status_code == 204
    assert upload_at(address).path.read_bytes() == b"abcd"


def test_bytes_that_never_counted_are_not_part_of_a_complete_film(
    anna: Client, address: str
) -> None:
    patch(anna, address, b"abc", 0)
    with upload_at(address).path.open("ab") as file:
        file.write(b"xyz")
    assert patch(anna, address, b"", 3, **{"Upload-Length": "3"}).status_code == 204
    assert upload_at(address).path.read_bytes() == b"abc"


def test_the_reaper_deletes_what_has_expired_and_nothing_else(
    anna: Client, session: RecordingSession, address: str
) -> None:
    expired, fresh = upload_at(address), upload_at(create(anna, session)["Location"])
    Upload.objects.filter(id=expired.id).update(expires=timezone.now())
    call_command("reap")
    assert not expired.path.exists()
    assert fresh.path.exists()
    assert list(Upload.objects.all()) == [fresh]


def test_the_reaper_deletes_old_files_that_no_row_knows(address: str) -> None:
    stray = upload_at(address).path.with_name(str(uuid.uuid4()))
    stray.touch()
    assert services.reap() == 0
    long_ago = timezone.now() - datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS + 1)
    _set_mtime(stray, long_ago)
    assert services.reap() == 1
    assert not stray.exists()


def _set_mtime(path: Path, when: datetime.datetime) -> None:
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_little_room_on_the_disk_is_told_before_it_is_full(
    anna: Client, session: RecordingSession, address: str, settings: Settings
) -> None:
    settings.DISK_RESERVE_BYTES = 10**18
    answers = [create(anna, session), patch(anna, address, b"abc", 0)]
    assert [answer.status_code for answer in answers] == [507, 507]
    assert "computer is full. We keep trying" in answers[0].content.decode()
    assert Upload.objects.get().offset == 0
    settings.DISK_RESERVE_BYTES = 0
    assert patch(anna, address, b"abc", 0).status_code == 204


def test_a_disk_that_takes_half_a_part_leaves_nothing_of_it(
    anna: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch(anna, address, b"abc", 0)

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(services.os, "fsync", refuse)
        assert patch(anna, address, b"de", 3).status_code == 507
    assert upload_at(address).path.read_bytes() == b"abc"
    assert patch(anna, address, b"de", 3).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_told_as_busy_and_the_part_counts_later(
    anna: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(QuerySet, "update", locked)
        answer = patch(anna, address, b"abc", 0)
    assert answer.status_code == 503
    assert "busy" in answer.content.decode()
    assert upload_at(address).offset == 0
    assert patch(anna, address, b"abc", 0).status_code == 204
    assert upload_at(address).path.read_bytes() == b"abc"


def test_a_database_without_room_is_told_as_full() -> None:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(problems.ServerFull), problems.server_trouble():
        raise OperationalError from cause


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_the_same_part_do_not_mix(address: str) -> None:
    upload = upload_at(address)
    outcomes = at_once(
        lambda: services.append(
            Upload.objects.get(id=upload.id), offset=0, data=b"aaaa", length=None
        ),
        lambda: services.append(
            Upload.objects.get(id=upload.id), offset=0, data=b"bbbb", length=None
        ),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["WrongOffset", "int"]
    winner = b"aaaa" if outcomes[0] == 4 else b"bbbb"
    assert upload.path.read_bytes() == winner


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_a_film_each_to_one_upload_do_not_mix(address: str) -> None:
    upload = upload_at(address)
    films = [bytes([byte]) * 40 for byte in b"ab"]

    def send_all(film: bytes) -> list[int]:
        """Offsets at which this tab's parts were taken; it goes on wherever the server stands."""
        taken, offset = [], 0
        while offset < len(film):
            mine = Upload.objects.get(id=upload.id)
            part = film[offset : offset + 10]
            try:
                services.append(mine, offset=offset, data=part, length=None)
                taken.append(offset)
                offset += len(part)
            except problems.WrongOffset as problem:
                offset = problem.offset
        return taken

    taken = at_once(lambda: send_all(films[0]), lambda: send_all(films[1]))
    assert sorted(taken[0] + taken[1]) == [0, 10, 20, 30]  # each part once, from one tab
    content = upload.path.read_bytes()
    for film, offsets in zip(films, taken, strict=True):
        for offset in offsets:
            assert content[offset : offset + 10] == film[:10]
    assert len(content) == Upload.objects.get(id=upload.id).offset == 40
