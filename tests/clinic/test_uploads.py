"""The tus server: how a film is sent in parts, and which requests make no sense."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from clinic.accounts.models import User
from clinic.recordings.models import RecordingSession
from tests.clinic.tus import PART, TUS, create, patch, upload_at
from tests.conftest import Login

pytestmark = pytest.mark.django_db
CountQueries = Callable[[Callable[[], object]], int]


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


@pytest.fixture
def address(anna: Client, session: RecordingSession) -> str:
    """A new upload of anna's."""
    return str(create(anna, session)["Location"])


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


def test_a_part_costs_the_same_few_queries_whatever_else_the_session_holds(
    anna: Client, session: RecordingSession, address: str, count_queries: CountQueries
) -> None:
    first = count_queries(lambda: patch(anna, address, b"abc", 0))
    for _ in range(3):
        patch(anna, create(anna, session)["Location"], b"abc", 0)
    assert count_queries(lambda: patch(anna, address, b"de", 3)) == first
    assert first == 7  # login (2), upload, access, all that decides, consent, the new offset


@pytest.mark.parametrize("told", [{"task": "sm\0ile"}, {"mime": "video/webm;\0"}, {"mime": "a\nb"}])
def test_metadata_hold_no_control_characters(
    anna: Client, session: RecordingSession, told: dict[str, str]
) -> None:
    answer = create(anna, session, **told)
    assert answer.status_code == 400
    assert "control characters" in answer.content.decode()


@pytest.mark.parametrize("header", ["", "session", "session !!!", "session bm8="])
def test_metadata_must_name_the_session(anna: Client, header: str) -> None:
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": header}
    assert anna.post("/uploads/", headers=headers).status_code == 400


def test_a_length_is_told_or_deferred(anna: Client, session: RecordingSession) -> None:
    both = {"Upload-Length": "5", "Upload-Defer-Length": "1"}
    assert create(anna, session, **both).status_code == 400


def test_the_address_of_an_upload_is_a_path(address: str) -> None:
    assert address.startswith("/uploads/")


def test_an_upload_can_be_given_up(anna: Client, address: str) -> None:
    upload = upload_at(address)
    assert anna.delete(address, headers=TUS).status_code == 204
    assert not upload.path.exists()
    assert anna.head(address, headers=TUS).status_code == 404
