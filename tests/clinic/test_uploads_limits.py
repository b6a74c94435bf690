"""Which films are taken, of whom, how many and how long; others are refused with their reason."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clinic import languages
from clinic.accounts.models import User
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import ask_anew
from clinic.recordings.access import Access
from clinic.recordings.models import Recording, RecordingSession
from clinic.uploads import problems, services
from clinic.uploads.models import Upload
from tests.clinic.takes import send, submit
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


def test_an_upload_that_a_browser_calls_salvaged_counts(
    anna: Client, session: RecordingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_UPLOADS_PER_SESSION", 1)
    assert submit(anna, send(session), capture={"salvaged": {}}).status_code == 201
    assert create(anna, session).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_uploads_that_begin_at_once_keep_to_the_limit_together(
    session: RecordingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_UPLOADS_PER_SESSION", 3)

    def begin() -> Upload:
        return services.create(
            Access(session, None, None), task_code="smile", mime="video/webm", length=None
        )

    outcomes = at_once(*[begin] * 8)
    assert sum(isinstance(outcome, Upload) for outcome in outcomes) == 3
    assert session.uploads.count() == 3


def test_only_films_are_taken(anna: Client, session: RecordingSession) -> None:
    assert create(anna, session, mime="text/plain").status_code == 415
    assert create(anna, session, mime="image/gif").status_code == 415


@pytest.mark.parametrize("mime", ["video/mp4", "video/quicktime", "video/3gpp"])
def test_films_of_a_phones_own_camera_are_taken(
    anna: Client, session: RecordingSession, mime: str
) -> None:
    assert create(anna, session, mime=mime).status_code == 201


@pytest.mark.parametrize("mime", ["video/x-msvideo", "image/gif", "application/octet-stream"])
def test_an_imported_session_takes_old_kinds_of_film_too(
    anna: Client, session: RecordingSession, mime: str
) -> None:
    RecordingSession.objects.update(imported=True)
    assert create(anna, session, mime=mime).status_code == 201
    assert create(anna, session, mime="text/plain").status_code == 415


def test_a_task_of_another_protocol_is_refused(anna: Client, session: RecordingSession) -> None:
    assert create(anna, session, task="talk").status_code == 400


def test_nothing_is_taken_without_consent(anna: Client, session: RecordingSession) -> None:
    Consent.objects.update(withdrawn=timezone.now())
    answer = create(anna, session)
    assert answer.status_code == 403
    assert "consent" in answer.content.decode()


def finish(session: RecordingSession, ago: datetime.timedelta = datetime.timedelta()) -> None:
    session.submitted = timezone.now() - ago
    session.save()


def test_a_finished_session_takes_late_films_of_tasks_that_have_none(
    anna: Client, session: RecordingSession, recording: Recording, address: str
) -> None:
    finish(session)
    rest = create(anna, session, task="rest")
    assert rest.status_code == 201
    assert patch(anna, rest["Location"], b"abc", 0).status_code == 204
    for answer in (create(anna, session), patch(anna, address, b"abc", 0)):
        assert answer.status_code == 406
        assert "This one is not needed" in answer.content.decode()


def test_a_part_leaves_room_for_a_late_film(
    anna: Client, session: RecordingSession, recording: Recording
) -> None:
    Recording.objects.update(partial=True)
    finish(session)
    assert create(anna, session).status_code == 201


def test_a_session_that_was_finished_long_ago_takes_no_more_films(
    anna: Client, session: RecordingSession, address: str
) -> None:
    patch(anna, address, b"abc", 0)
    finish(session, ago=RecordingSession.LATE)
    for answer in (create(anna, session), patch(anna, address, b"de", 3)):
        assert answer.status_code == 422
        assert "finished too long ago" in answer.content.decode()
    assert upload_at(address).path.read_bytes() == b"abc"


def test_a_new_consent_text_stops_the_films_of_a_session_that_has_none(
    anna: Client, session: RecordingSession, carl_clinician: User
) -> None:
    ask_anew(session.patient.clinic, Purpose.CARE, {"en": "new"}, actor=carl_clinician)
    answer = create(anna, session)
    assert answer.status_code == 403
    assert "consent" in answer.content.decode()


@pytest.mark.parametrize("begun", ["on its way", "received", "finished"])
def test_a_new_consent_text_stops_no_film_that_may_have_been_made_under_the_old(
    anna: Client,
    session: RecordingSession,
    carl_clinician: User,
    request: pytest.FixtureRequest,
    begun: str,
) -> None:
    match begun:
        case "on its way":
            create(anna, session)
        case "received":
            request.getfixturevalue("recording")
        case "finished":
            finish(session)
    ask_anew(session.patient.clinic, Purpose.CARE, {"en": "new"}, actor=carl_clinician)
    again = create(anna, session, task="rest")  # of a film whose upload was lost
    assert again.status_code == 201
    assert patch(anna, again["Location"], b"abc", 0).status_code == 204
    Consent.objects.update(withdrawn=timezone.now())
    assert create(anna, session, task="rest").status_code == 403


def test_a_film_on_its_way_stops_once_consent_is_withdrawn(anna: Client, address: str) -> None:
    patch(anna, address, b"abc", 0)
    Consent.objects.update(withdrawn=timezone.now())
    answer = patch(anna, address, b"de", 3)
    assert answer.status_code == 403
    assert "consent" in answer.content.decode()
    assert upload_at(address).path.read_bytes() == b"abc"


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
