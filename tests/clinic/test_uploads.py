"""The tus server: what a sender may do, and what is refused with which answer."""

from __future__ import annotations

import base64
import datetime
import errno
import hashlib
import os
import sqlite3
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinic import languages
from clinic.accounts.models import User
from clinic.patients.models import Consent, Patient
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import problems, services
from clinic.uploads.models import Upload
from tests.conftest import Login

pytestmark = pytest.mark.django_db
PART = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}
CountQueries = Callable[[Callable[[], object]], int]


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def create(
    browser: Client,
    session: RecordingSession,
    *,
    task: str = "smile",
    mime: str = "video/webm",
    **headers: str,
) -> HttpResponse:
    told = metadata(session=str(session.id), task=task, mime=mime)
    size = {} if "Upload-Length" in headers else {"Upload-Defer-Length": "1"}
    return browser.post("/uploads/", headers={**TUS, **size, "Upload-Metadata": told, **headers})


def patch(
    browser: Client,
    address: str,
    data: bytes,
    offset: int,
    content_type: str = PART,
    **headers: str,
) -> HttpResponse:
    told = {**TUS, "Upload-Offset": str(offset), "Content-Type": content_type, **headers}
    return browser.patch(address, data, content_type, headers=told)


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@pytest.fixture
def address(anna: Client, session: RecordingSession) -> str:
    """A new upload of anna's."""
    return str(create(anna, session)["Location"])


def upload_at(address: str) -> Upload:
    return Upload.objects.get(id=address.rsplit("/", 1)[1])


def test_options_tell_what_the_server_can(client: Client) -> None:
    answer = client.options("/uploads/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"].split(",") == [
        "creation",
        "creation-defer-length",
        "expiration",
        "checksum",
        "termination",
    ]
    assert answer["Tus-Max-Size"] == str(settings.UPLOAD_MAX_BYTES)


def test_a_film_arrives_in_parts_with_its_length_told_at_the_end(
    anna: Client, address: str
) -> None:
    assert patch(anna, address, b"abc", 0)["Upload-Offset"] == "3"
    last = patch(anna, address, b"de", 3, **{"Upload-Length": "5"})
    assert (last.status_code, last["Upload-Offset"]) == (204, "5")
    upload = upload_at(address)
    assert upload.is_complete
    assert upload.path.read_bytes() == b"abcde"


def test_a_last_part_without_bytes_tells_the_length(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    assert patch(anna, address, b"", 3, **{"Upload-Length": "3"}).status_code == 204
    assert upload_at(address).is_complete


def test_head_tells_the_offset_and_is_never_cached(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    answer = anna.head(address, headers=TUS)
    assert answer["Upload-Offset"] == "3"
    assert answer["Upload-Defer-Length"] == "1"
    assert answer["Cache-Control"] == "no-store"
    assert "Upload-Expires" in answer


def test_head_tells_a_known_length(anna: Client, session: RecordingSession) -> None:
    made = create(anna, session, **{"Upload-Length": "10"})
    assert anna.head(made["Location"], headers=TUS)["Upload-Length"] == "10"


def test_a_wrong_offset_is_answered_with_the_right_one(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    answer = patch(anna, address, b"abc", 0)
    assert (answer.status_code, answer["Upload-Offset"]) == (409, "3")
    assert upload_at(address).path.read_bytes() == b"abc"


def test_a_part_beyond_the_limit_is_refused(anna: Client, address: str) -> None:
    assert patch(anna, address, bytes(settings.UPLOAD_MAX_PATCH), 0).status_code == 204
    too_large = bytes(settings.UPLOAD_MAX_PATCH + 1)
    assert patch(anna, address, too_large, settings.UPLOAD_MAX_PATCH).status_code == 413


def test_another_content_type_is_refused(anna: Client, address: str) -> None:
    assert patch(anna, address, b"abc", 0, "application/json").status_code == 415
    assert upload_at(address).offset == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_part_is_checked_against_its_checksum(anna: Client, address: str, algorithm: str) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, b"abc").digest()).decode()
    checksum = {"Upload-Checksum": f"{algorithm} {digest}"}
    assert patch(anna, address, b"abX", 0, **checksum).status_code == 460
    assert upload_at(address).offset == 0
    assert patch(anna, address, b"abc", 0, **checksum).status_code == 204


def test_an_unknown_checksum_is_refused(anna: Client, address: str) -> None:
    assert patch(anna, address, b"abc", 0, **{"Upload-Checksum": "md5 AAAA"}).status_code == 400


def test_another_version_of_tus_is_refused(anna: Client, address: str) -> None:
    answer = anna.head(address, headers={"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize("offset", ["", "-1", "two", "9" * 20])
def test_an_offset_that_is_no_number_is_refused(anna: Client, address: str, offset: str) -> None:
    answer = anna.patch(address, b"a", PART, headers={**TUS, "Upload-Offset": offset})
    assert answer.status_code == 400


def test_bytes_beyond_the_told_length_are_refused(anna: Client, session: RecordingSession) -> None:
    made = create(anna, session, **{"Upload-Length": "2"})
    assert patch(anna, made["Location"], b"abc", 0).status_code == 400


def test_a_length_once_told_stays(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0, **{"Upload-Length": "5"})
    assert patch(anna, address, b"d", 3, **{"Upload-Length": "4"}).status_code == 400


def test_a_film_that_is_too_large_is_refused_before_it_is_sent(
    anna: Client, session: RecordingSession
) -> None:
    too_large = str(settings.UPLOAD_MAX_BYTES + 1)
    assert create(anna, session, **{"Upload-Length": too_large}).status_code == 413


def test_a_session_holds_only_so_many_films(
    anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_UPLOADS_PER_SESSION", 1)
    assert create(anna, session).status_code == 201
    assert create(anna, session).status_code == 429


def test_a_session_holds_only_so_many_bytes(
    anna: Client, session: RecordingSession, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_SESSION_BYTES", 4)
    monkeypatch.setattr(services, "SUM_EVERY", 1)
    patch(anna, address, b"abc", 0)
    other = create(anna, session)["Location"]
    assert patch(anna, other, b"ab", 0).status_code == 429
    assert create(anna, session, **{"Upload-Length": "2"}).status_code == 429
    RecordingSession.objects.update(imported=True)
    assert patch(anna, other, b"ab", 0).status_code == 204


def test_empty_and_salvaged_uploads_do_not_count_for_ever(
    anna: Client,
    session: RecordingSession,
    recording: Recording,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "MAX_UPLOADS_PER_SESSION", 1)
    assert create(anna, session).status_code == 429
    Upload.objects.update(created=timezone.now() - services.EMPTY_COUNTS)
    second = create(anna, session)
    assert second.status_code == 201
    patch(anna, second["Location"], b"abc", 0)
    assert create(anna, session).status_code == 429
    recording.capture = {"salvaged": {}}
    recording.save()
    Upload.objects.filter(offset=3).update(recording=recording)
    assert create(anna, session).status_code == 201


def test_a_part_costs_the_same_few_queries_whatever_else_the_session_holds(
    anna: Client, session: RecordingSession, address: str, count_queries: CountQueries
) -> None:
    first = count_queries(lambda: patch(anna, address, b"abc", 0))
    for _ in range(3):
        patch(anna, create(anna, session)["Location"], b"abc", 0)
    assert count_queries(lambda: patch(anna, address, b"de", 3)) == first
    assert first == 7  # login (2), upload, access, all that decides, consent, the new offset


def test_only_films_are_taken(anna: Client, session: RecordingSession) -> None:
    assert create(anna, session, mime="text/plain").status_code == 415
    assert create(anna, session, mime="video/quicktime").status_code == 415


@pytest.mark.parametrize("mime", ["video/quicktime", "image/gif", "application/octet-stream"])
def test_an_imported_session_takes_old_kinds_of_film_too(
    anna: Client, session: RecordingSession, mime: str
) -> None:
    RecordingSession.objects.update(imported=True)
    assert create(anna, session, mime=mime).status_code == 201
    assert create(anna, session, mime="text/plain").status_code == 415


def test_a_task_of_another_protocol_is_refused(anna: Client, session: RecordingSession) -> None:
    assert create(anna, session, task="talk").status_code == 400


@pytest.mark.parametrize("header", ["", "session", "session !!!", "session bm8="])
def test_metadata_must_name_the_session(anna: Client, header: str) -> None:
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": header}
    assert anna.post("/uploads/", headers=headers).status_code == 400


def test_a_length_is_told_or_deferred(anna: Client, session: RecordingSession) -> None:
    both = {"Upload-Length": "5", "Upload-Defer-Length": "1"}
    assert create(anna, session, **both).status_code == 400


def test_nothing_is_taken_without_consent(anna: Client, session: RecordingSession) -> None:
    Consent.objects.update(withdrawn=timezone.now())
    answer = create(anna, session)
    assert answer.status_code == 403
    assert "consent" in answer.content.decode()


def test_a_finished_session_takes_no_more_films(anna: Client, session: RecordingSession) -> None:
    session.submitted = timezone.now()
    session.save()
    assert create(anna, session).status_code == 403


def test_a_film_on_its_way_stops_once_the_session_is_finished(
    anna: Client, session: RecordingSession, address: str
) -> None:
    patch(anna, address, b"abc", 0)
    session.submitted = timezone.now()
    session.save()
    assert patch(anna, address, b"de", 3).status_code == 403
    assert upload_at(address).path.read_bytes() == b"abc"


def test_a_film_on_its_way_stops_once_consent_is_withdrawn(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    Consent.objects.update(withdrawn=timezone.now())
    answer = patch(anna, address, b"de", 3)
    assert answer.status_code == 403
    assert "consent" in answer.content.decode()
    assert upload_at(address).path.read_bytes() == b"abc"


def test_an_upload_that_another_tab_ended_meanwhile_is_gone(address: str) -> None:
    upload = upload_at(address)
    Upload.objects.all().delete()
    with pytest.raises(problems.Gone):
        services.append(upload, offset=0, data=b"abc", length=None)
    with pytest.raises(problems.Gone):
        services.remove(upload)


def test_the_address_of_an_upload_is_a_path(address: str) -> None:
    assert address.startswith("/uploads/")


@pytest.mark.parametrize("person", ["olga_outsider", "rita_researcher", "ada_admin", None])
def test_others_find_no_upload(
    request: pytest.FixtureRequest,
    login: Login,
    session: RecordingSession,
    address: str,
    person: str | None,
) -> None:
    browser = login(request.getfixturevalue(person) if person else None)
    answers = [
        create(browser, session),
        browser.head(address, headers=TUS),
        patch(browser, address, b"abc", 0),
        browser.delete(address, headers=TUS),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert upload_at(address).offset == 0


def test_an_unknown_upload_is_not_found(anna: Client) -> None:
    assert anna.head(f"/uploads/{uuid.uuid4()}", headers=TUS).status_code == 404


def test_a_request_without_the_csrf_token_is_refused(
    anna_assistant: User, session: RecordingSession
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna_assistant)
    assert create(browser, session).status_code == 403
    browser.cookies["csrftoken"] = "a" * 32
    assert create(browser, session, **{"X-CSRFToken": "a" * 32}).status_code == 201


def test_an_upload_can_be_given_up(anna: Client, address: str) -> None:
    upload = upload_at(address)
    assert anna.delete(address, headers=TUS).status_code == 204
    assert not upload.path.exists()
    assert anna.head(address, headers=TUS).status_code == 404


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
    assert "computer is full. Your film is safe on this device" in answers[0].content.decode()
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


def test_refusals_are_in_the_patients_language(
    anna: Client, session: RecordingSession, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = []
    monkeypatch.setattr(problems, "gettext", lambda words: spoken.append(languages.spoken()) or "")
    Patient.objects.update(language="zh-hans")
    create(anna, session, mime="text/plain")
    Upload.objects.update(expires=timezone.now())
    patch(anna, address, b"abc", 0)
    assert spoken == ["zh-hans", "zh-hans"]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_the_same_part_do_not_mix(address: str) -> None:
    upload = upload_at(address)
    outcomes = _at_once(
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

    taken = _at_once(lambda: send_all(films[0]), lambda: send_all(films[1]))
    assert sorted(taken[0] + taken[1]) == [0, 10, 20, 30]  # each part once, from one tab
    content = upload.path.read_bytes()
    for film, offsets in zip(films, taken, strict=True):
        for offset in offsets:
            assert content[offset : offset + 10] == film[:10]
    assert len(content) == Upload.objects.get(id=upload.id).offset == 40


def _at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all started together in threads of their own."""
    barrier = Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(index: int) -> None:
        barrier.wait()
        try:
            outcomes[index] = works[index]()
        except problems.UploadProblem as problem:
            outcomes[index] = problem
        finally:
            connection.close()

    threads = [Thread(target=run, args=[index]) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
