"""After the films: the receipt, one's own films, who watched them, and what one agreed to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.audit.services import COMPLETE, record
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import consented
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.recordings.playback import MESH, record_play
from diagnosis.models import Job
from tests.clinic.analysed import film
from tests.clinic.takes import page
from tests.conftest import RIGHT_ANSWERS, Login

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]
BYTES = bytes(range(256)) * 4


@pytest.fixture
def finished(described: RecordingSession) -> RecordingSession:
    described.submitted = timezone.now()
    described.save()
    return described


@pytest.fixture
def smile(described: RecordingSession) -> Recording:
    """Its playback copy is BYTES: what is sent can be told byte by byte."""
    made = film(described, "smile")
    made.playback = made.file.replace("video.webm", "playback.webm")
    (Path(settings.MEDIA_ROOT) / made.playback).write_bytes(BYTES)
    made.save()
    return made


def film_address(recording: Recording) -> str:
    return reverse("capture:film", args=[recording.session_id, recording.id])


def body(response: Any) -> bytes:
    return b"".join(response) if isinstance(response, StreamingHttpResponse) else response.content


def csrf(html: str) -> str:
    found = re.search('name="csrfmiddlewaretoken" value="(.*?)"', html)
    assert found is not None
    return found[1]


def shown(browser: Client, session: RecordingSession) -> str:
    return browser.get(page(session, "done/")).content.decode()


class TestTheReceipt:
    def test_tells_when_each_film_arrived(
        self, paul: Client, smile: Recording, finished: RecordingSession
    ) -> None:
        words = " ".join(re.sub("<.*?>", "", shown(paul, finished)).split())
        arrived = timezone.localtime(smile.created)
        time, day = date_format(arrived, "H:i"), date_format(arrived, "j F Y")
        clinic = finished.patient.clinic
        assert f"Received by {clinic.name} at {time} on {day}: 1 film." in words
        assert f"{smile.task.title} Received at {time}" in words
        assert f"Call {clinic.name}: {clinic.phone}" in words

    def test_says_that_only_a_part_arrived(
        self, paul: Client, smile: Recording, finished: RecordingSession
    ) -> None:
        assert "part of the film" not in shown(paul, finished)
        Recording.objects.update(partial=True)
        assert "part of the film" in shown(paul, finished)

    def test_tells_the_program_where_films_go_that_are_still_on_the_device(
        self, paul: Client, smile: Recording, finished: RecordingSession
    ) -> None:
        found = re.search(
            r'<script id="late" type="application/json">(.*?)</script>', shown(paul, finished)
        )
        assert found is not None
        late = json.loads(found[1])
        assert (late["session"], late["submit"]) == (str(finished.id), page(finished, "submit/"))
        assert {task["code"]: task["received"] for task in late["tasks"]} == {
            "rest": False,
            "smile": True,
            "surprise": False,
        }
        Recording.objects.update(partial=True)
        late = paul.get(page(finished, "done/")).context["late"]
        assert not any(task["received"] for task in late["tasks"])

    def test_has_a_token_with_which_they_can_be_sent(
        self, smile: Recording, finished: RecordingSession, address: str
    ) -> None:
        browser = Client(enforce_csrf_checks=True)
        asked = browser.get(address).content.decode()
        token = {"csrfmiddlewaretoken": csrf(asked)}
        browser.post(address, RIGHT_ANSWERS | token)
        headers = {"X-CSRFToken": csrf(shown(browser, finished))}
        sent = {"data": "{}", "content_type": "application/json"}
        assert browser.post(page(finished, "submit/"), **sent).status_code == 403
        assert browser.post(page(finished, "submit/"), **sent, headers=headers).status_code == 422

    def test_costs_the_same_for_many_films_and_viewings(
        self,
        paul: Client,
        carl_clinician: User,
        smile: Recording,
        finished: RecordingSession,
        count_queries: Callable[[Callable[[], object]], int],
    ) -> None:
        def look() -> None:
            paul.get(page(finished, "done/"))

        look()
        few = count_queries(look)
        RecordingSession.objects.update(submitted=None)
        for code in ("rest", "surprise"):
            made = film(finished, code)
            Event.objects.create(
                action=Action.PLAY, actor=carl_clinician, target_type="recording", target=made.id
            )
        RecordingSession.objects.update(submitted=timezone.now())
        assert count_queries(look) == few


class TestOnesOwnFilms:
    def test_can_be_watched_whole_or_in_parts(
        self, paul: Client, smile: Recording, finished: RecordingSession
    ) -> None:
        assert film_address(smile) in shown(paul, finished)
        whole = paul.get(film_address(smile))
        assert (whole.status_code, body(whole)) == (200, BYTES)
        part = paul.get(film_address(smile), headers={"Range": "bytes=100-199"})
        assert (part.status_code, body(part)) == (206, BYTES[100:200])
        assert part["Content-Range"] == "bytes 100-199/1024"

    def test_each_viewing_is_on_record_once(
        self, paul: Client, smile: Recording, link: CaptureLink
    ) -> None:
        paul.head(film_address(smile))
        assert not Event.objects.filter(action=Action.PLAY).exists()
        for asked in ("bytes=0-", "bytes=500-", "bytes=900-"):
            body(paul.get(film_address(smile), headers={"Range": asked}))
        event = Event.objects.get(action=Action.PLAY)
        assert (event.target, event.actor, event.link) == (smile.id, None, link.id)

    def test_no_film_of_another_session(self, paul: Client, smile: Recording) -> None:
        other = RecordingSession.objects.create(
            patient=smile.session.patient, protocol=smile.session.protocol
        )
        theirs = film(other, "smile")
        assert paul.get(film_address(theirs)).status_code == 404
        mixed = reverse("capture:film", args=[smile.session_id, theirs.id])
        assert paul.get(mixed).status_code == 404

    def test_a_film_whose_file_is_gone_is_not_found(self, paul: Client, smile: Recording) -> None:
        (Path(settings.MEDIA_ROOT) / smile.playback).unlink()
        assert paul.get(film_address(smile)).status_code == 404


class TestWhoWatched:
    def test_is_told_by_name_and_day_and_not_the_patient(
        self,
        paul: Client,
        login: Login,
        carl_clinician: User,
        smile: Recording,
        finished: RecordingSession,
    ) -> None:
        body(paul.get(film_address(smile)))
        assert "Nobody at your clinic yet." in shown(paul, finished)
        watched = login(carl_clinician).get(reverse("dashboards:video", args=[smile.id]))
        body(watched)
        today = date_format(timezone.localdate(), "j F Y")
        page_now = shown(paul, finished)
        assert page_now.count(f"<li>Carl Clinician, {today}</li>") == 1
        assert "Nobody at your clinic yet." not in page_now

    def test_names_each_person_once_a_day(
        self, paul: Client, carl_clinician: User, smile: Recording, finished: RecordingSession
    ) -> None:
        for _ in range(3):
            Event.objects.create(
                action=Action.PLAY, actor=carl_clinician, target_type="recording", target=smile.id
            )
        assert shown(paul, finished).count("<li>Carl Clinician,") == 1

    def test_tells_replays_without_pictures_and_copies_as_what_they_are(
        self, paul: Client, carl_clinician: User, smile: Recording, finished: RecordingSession
    ) -> None:
        record_play(smile, actor=carl_clinician, detail=MESH)
        for what in (COMPLETE, "measures"):
            record(Action.EXPORT, finished.patient, actor=carl_clinician, detail=what)
        page_now = shown(paul, finished)
        assert page_now.count("<li>Carl Clinician,") == 3
        assert page_now.count("(took a copy of your measurements, without films)</li>") == 1
        assert page_now.count("(only how your face moved, without pictures)</li>") == 1
        assert page_now.count("(took a copy of all your films)</li>") == 1

    def test_tells_nothing_of_other_sessions(
        self, paul: Client, carl_clinician: User, smile: Recording, finished: RecordingSession
    ) -> None:
        other = RecordingSession.objects.create(
            patient=finished.patient, protocol=finished.protocol
        )
        Event.objects.create(
            action=Action.PLAY,
            actor=carl_clinician,
            target_type="recording",
            target=film(other, "smile").id,
        )
        assert "Nobody at your clinic yet." in shown(paul, finished)


class TestWithdrawing:
    def test_is_offered_for_what_was_agreed_to(
        self, paul: Client, smile: Recording, finished: RecordingSession
    ) -> None:
        offered = re.findall(r"/withdraw/(\w+)/", shown(paul, finished))
        assert offered == ["care", "analysis"]

    @pytest.mark.parametrize("purpose", [Purpose.CARE, Purpose.ANALYSIS])
    def test_asks_once_more_and_then_ends_that_purpose_alone(
        self,
        paul: Client,
        link: CaptureLink,
        smile: Recording,
        finished: RecordingSession,
        purpose: Purpose,
    ) -> None:
        asked = paul.get(page(finished, f"withdraw/{purpose}/"))
        assert "Do you no longer agree?" in asked.content.decode()
        assert consented(finished.patient, purpose)
        answer = paul.post(page(finished, f"withdraw/{purpose}/"), follow=True)
        assert answer.redirect_chain[-1][0] == page(finished, "done/")
        assert not consented(finished.patient, purpose)
        assert "record now says that you no longer agree" in answer.content.decode()
        assert Consent.objects.in_force().count() == 1
        event = Event.objects.get(action=Action.WITHDRAW)
        assert (event.actor, event.link) == (None, link.id)
        assert purpose.value not in re.findall(r"/withdraw/(\w+)/", answer.content.decode())

    def test_of_measuring_takes_the_films_out_of_the_queue(
        self, paul: Client, described: RecordingSession
    ) -> None:
        waiting = Job.objects.get(subject=film(described, "rest").id)
        paul.post(page(described, "withdraw/analysis/"))
        waiting.refresh_from_db()
        assert waiting.state == Job.State.CANCELLED

    def test_of_what_was_never_agreed_to_changes_nothing(
        self, paul: Client, finished: RecordingSession
    ) -> None:
        for send in (paul.get, paul.post):
            assert send(page(finished, "withdraw/teaching/"))["Location"] == page(finished)
        assert not Event.objects.filter(action=Action.WITHDRAW).exists()

    @pytest.mark.parametrize("purpose", ["nonsense", "%00"])
    def test_of_what_nobody_is_asked_for_is_not_found_and_not_looked_for(
        self,
        paul: Client,
        finished: RecordingSession,
        purpose: str,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_num_queries(0):
            for send in (paul.get, paul.post):
                assert send(page(finished, f"withdraw/{purpose}/")).status_code == 404

    def test_staff_beside_the_patient_are_on_record(
        self, login: Login, carl_clinician: User, finished: RecordingSession
    ) -> None:
        login(carl_clinician).post(page(finished, "withdraw/analysis/"))
        assert Event.objects.get(action=Action.WITHDRAW).actor == carl_clinician

    @pytest.mark.parametrize("step", ["done/", "withdraw/analysis/"])
    def test_what_staff_read_here_is_on_record(
        self, login: Login, carl_clinician: User, finished: RecordingSession, step: str
    ) -> None:
        assert login(carl_clinician).get(page(finished, step)).status_code == 200
        event = Event.objects.get(action=Action.READ)
        assert (event.actor, event.target) == (carl_clinician, finished.id)


class TestClosingOnThisDevice:
    def test_ends_access_until_the_link_is_opened_again(
        self, paul: Client, address: str, smile: Recording, finished: RecordingSession
    ) -> None:
        assert f'action="{page(finished, "close/")}"' in shown(paul, finished)
        answer = paul.post(page(finished, "close/"))
        assert "Closed on this device" in answer.content.decode()
        assert paul.get(page(finished, "done/")).status_code == 404
        assert paul.get(film_address(smile)).status_code == 404
        again = paul.post(address, RIGHT_ANSWERS, follow=True)
        assert again.redirect_chain[-1][0] == page(finished, "done/")

    def test_is_not_offered_to_staff_who_sign_out_instead(
        self, login: Login, carl_clinician: User, smile: Recording, finished: RecordingSession
    ) -> None:
        assert "Close on this device" not in shown(login(carl_clinician), finished)
