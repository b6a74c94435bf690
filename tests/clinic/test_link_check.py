"""A link opens for who knows the patient's first name and year of birth, and serves to its end."""

from __future__ import annotations

import datetime
import re
import time
from http.cookies import SimpleCookie

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings import access, capture_services, links
from clinic.recordings.models import CaptureLink, RecordingSession
from clinic.uploads.models import Upload
from tests.clinic.takes import page, send, submit
from tests.conftest import RIGHT_ANSWERS, Login

pytestmark = pytest.mark.django_db

WRONG = RIGHT_ANSWERS | {"first_name": "Saul"}
HOURS_2 = CaptureLink.GRACE
SECOND = datetime.timedelta(seconds=1)


DAY = datetime.timedelta(days=1)


def cookies(answer: HttpResponse) -> list[str]:
    return [name for name in answer.cookies if name.startswith(access.COOKIES)]


def end_of_cookie(answer: HttpResponse, link: CaptureLink) -> datetime.datetime:
    expires = answer.cookies[access.cookie_name(link.session_id)]["expires"]
    told = datetime.datetime.strptime(expires, "%a, %d %b %Y %H:%M:%S GMT")
    return told.replace(tzinfo=datetime.UTC)


def ended(ago: datetime.timedelta) -> None:
    CaptureLink.objects.update(expires=timezone.now() - ago)


class TestOpening:
    def test_a_look_at_it_asks_who_it_is_and_changes_nothing(
        self, client: Client, address: str, link: CaptureLink, patient: Patient
    ) -> None:
        before = CaptureLink.objects.filter(id=link.id).values().get()
        answer = client.get(address)
        assert answer.status_code == 200
        assert not cookies(answer)
        shown = answer.content.decode()
        assert "Your first name" in shown
        assert patient.first_name not in shown
        assert patient.last_name not in shown
        assert CaptureLink.objects.filter(id=link.id).values().get() == before
        assert not Event.objects.filter(link=link.id).exists()

    def test_the_right_answers_give_the_cookie_and_lead_on(
        self, client: Client, address: str, session: RecordingSession, link: CaptureLink
    ) -> None:
        answer = client.post(address, RIGHT_ANSWERS)
        assert answer["Location"] == page(session)
        cookie = answer.cookies[access.cookie_name(session.id)]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert Event.objects.get(action=Action.OPEN_LINK).link == link.id
        assert client.get(page(session)).status_code == 302

    def test_the_cookie_does_not_hold_the_token(
        self, client: Client, address: str, session: RecordingSession
    ) -> None:
        token = address.split("/")[2]
        name = access.cookie_name(session.id)
        assert token not in client.post(address, RIGHT_ANSWERS).cookies[name].value

    def test_on_the_same_device_nothing_is_asked_again(
        self, paul: Client, address: str, session: RecordingSession
    ) -> None:
        assert paul.get(address)["Location"] == page(session)

    def test_another_link_asks_for_itself(
        self, paul: Client, session: RecordingSession, carl_clinician: User
    ) -> None:
        _, address = links.make(session, actor=carl_clinician, days=7)
        assert paul.get(address).status_code == 200

    def test_a_finished_session_leads_to_its_receipt(
        self, client: Client, address: str, described: RecordingSession
    ) -> None:
        described.submitted = timezone.now()
        described.save()
        answer = client.post(address, RIGHT_ANSWERS, follow=True)
        assert answer.redirect_chain[-1][0] == page(described, "done/")

    def test_of_a_finished_session_it_asks_for_no_films(
        self, client: Client, address: str, described: RecordingSession
    ) -> None:
        assert "asks you to film your face" in client.get(address).content.decode()
        described.submitted = timezone.now()
        described.save()
        shown = client.get(address).content.decode()
        assert "You have made your films." in shown
        assert "asks you to film your face" not in shown
        assert "Start now" not in shown

    def test_it_speaks_the_patients_language(
        self, client: Client, address: str, session: RecordingSession
    ) -> None:
        Patient.objects.update(language="zh-hans")
        assert 'lang="zh-hans"' in client.get(address).content.decode()
        client.post(address, RIGHT_ANSWERS)
        shown = client.get(page(session, "context/")).content.decode()
        assert '<html lang="zh-hans"' in shown


class TestWrongAnswers:
    def test_use_up_a_try_and_say_how_many_are_left(
        self, client: Client, address: str, link: CaptureLink
    ) -> None:
        answer = client.post(address, WRONG)
        assert answer.status_code == 200
        assert not cookies(answer)
        assert "You can try 4 more times." in answer.content.decode()
        link.refresh_from_db()
        assert (link.wrong_answers, link.opened) == (1, None)
        event = Event.objects.get(action=Action.WRONG)
        assert (event.target, event.link, event.actor) == (link.id, link.id, None)

    @pytest.mark.parametrize("wrong", [{"first_name": "Saul"}, {"birth_year": "1957"}])
    def test_do_not_tell_which_of_them_was_wrong(
        self, client: Client, address: str, wrong: dict[str, str]
    ) -> None:
        form = client.post(address, RIGHT_ANSWERS | wrong).context["form"]
        assert form.errors.keys() == {"__all__"}

    @pytest.mark.parametrize(
        "incomplete", [{"first_name": ""}, {"birth_year": ""}, {"birth_year": "56"}]
    )
    def test_an_answer_that_is_not_complete_uses_up_nothing(
        self, client: Client, address: str, link: CaptureLink, incomplete: dict[str, str]
    ) -> None:
        answer = client.post(address, RIGHT_ANSWERS | incomplete)
        assert "There is a problem" in answer.content.decode()
        link.refresh_from_db()
        assert link.wrong_answers == 0

    @pytest.mark.parametrize("year", [" 1956 ", "１９５６"])  # noqa: RUF001
    def test_the_year_may_be_typed_on_any_keyboard(
        self, client: Client, address: str, year: str
    ) -> None:
        assert client.post(address, RIGHT_ANSWERS | {"birth_year": year}).status_code == 302

    def test_the_right_answer_gives_all_tries_back(
        self, client: Client, address: str, link: CaptureLink
    ) -> None:
        for _ in range(CaptureLink.MAX_TRIES - 1):
            client.post(address, WRONG)
        assert client.post(address, RIGHT_ANSWERS).status_code == 302
        link.refresh_from_db()
        assert link.wrong_answers == 0

    def test_the_fifth_locks_the_link_even_for_the_right_answer(
        self, client: Client, address: str, link: CaptureLink
    ) -> None:
        shown = [client.post(address, WRONG) for _ in range(CaptureLink.MAX_TRIES)]
        assert "You can try once more." in shown[-2].content.decode()
        assert shown[-1].status_code == 410
        for answer in (shown[-1], client.post(address, RIGHT_ANSWERS), client.get(address)):
            assert "this link is locked. Please call your clinic." in answer.content.decode()
            assert link.session.patient.clinic.phone in answer.content.decode()
            assert not cookies(answer)
        assert Event.objects.filter(action=Action.WRONG).count() == CaptureLink.MAX_TRIES

    def test_two_at_the_same_moment_are_two_tries(self, link: CaptureLink) -> None:
        """Both have read the row before either has written to it."""
        CaptureLink.objects.update(wrong_answers=CaptureLink.MAX_TRIES - 1)
        one, other = (CaptureLink.objects.get(id=link.id) for _ in range(2))
        assert not capture_services.open_link(one, "Saul", 1956)
        with pytest.raises(links.LinkLocked):
            capture_services.open_link(other, "Paul", 1956)

    def test_who_is_recording_goes_on_while_a_stranger_guesses(
        self, paul: Client, address: str, session: RecordingSession
    ) -> None:
        for _ in range(CaptureLink.MAX_TRIES):
            Client().post(address, WRONG)
        assert paul.get(page(session)).status_code == 302

    def test_staff_see_a_locked_link_and_make_a_new_one(
        self, login: Login, anna_assistant: User, address: str, session: RecordingSession
    ) -> None:
        CaptureLink.objects.update(wrong_answers=CaptureLink.MAX_TRIES)
        browser = login(anna_assistant)
        shown = browser.get(reverse("dashboards:session", args=[session.id])).content.decode()
        assert "locked after 5 wrong answers: make a new link" in shown
        made = browser.post(reverse("recordings:make_link", args=[session.id]), {"days": 3})
        assert "first name (Paul) and year of birth (1956)" in made.content.decode()
        assert Client().post(made.context["address"], RIGHT_ANSWERS).status_code == 302


class TestLinksThatDoNotOpen:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_an_expired_one_says_so_and_whom_to_call(
        self, client: Client, address: str, link: CaptureLink, method: str
    ) -> None:
        ended(SECOND)
        answer = getattr(client, method)(address, RIGHT_ANSWERS)
        assert answer.status_code == 410
        assert "This link has ended" in answer.content.decode()
        assert link.session.patient.clinic.phone in answer.content.decode()
        assert not cookies(answer)

    def test_a_revoked_one_says_so(self, client: Client, address: str) -> None:
        CaptureLink.objects.update(revoked=timezone.now())
        assert "has closed this link" in client.post(address, RIGHT_ANSWERS).content.decode()

    def test_a_mistyped_one_says_so(self, client: Client, address: str) -> None:
        answer = client.post(address[:-4] + "/", RIGHT_ANSWERS)
        assert (answer.status_code, cookies(answer)) == (410, [])


class TestTheCookie:
    def test_ends_when_the_link_serves_no_longer(
        self, client: Client, address: str, link: CaptureLink
    ) -> None:
        told = end_of_cookie(client.post(address, RIGHT_ANSWERS), link)
        assert abs(told - (link.expires + HOURS_2)) < 2 * SECOND

    def test_ends_a_day_after_the_films_were_finished(
        self, paul: Client, described: RecordingSession, link: CaptureLink, address: str
    ) -> None:
        submit(paul, send(described))
        finished = paul.post(page(described, "finish/"))
        for answer in (finished, Client().post(address, RIGHT_ANSWERS)):
            assert abs(end_of_cookie(answer, link) - timezone.now() - DAY) < 5 * SECOND

    def test_asks_again_a_day_after_the_films_were_finished_elsewhere(
        self,
        paul: Client,
        address: str,
        described: RecordingSession,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A browser may keep a cookie for longer than it was told."""
        described.submitted = timezone.now()
        described.save()
        later = time.time() + (DAY + SECOND).total_seconds()
        with monkeypatch.context() as clock:
            clock.setattr("time.time", lambda: later)
            assert paul.get(page(described, "done/")).status_code == 200  # not a day on the site
            described.submitted -= DAY + SECOND
            described.save()
            assert paul.get(page(described, "done/")).status_code == 404
            assert paul.get(address).status_code == 200
            assert paul.post(address, RIGHT_ANSWERS).status_code == 302
            assert paul.get(page(described, "done/")).status_code == 200

    def test_two_patients_who_share_a_tablet_do_not_disturb_each_other(
        self, paul: Client, session: RecordingSession, carl_clinician: User
    ) -> None:
        saul = Patient.objects.create(
            clinic=session.patient.clinic,
            first_name="Saul",
            last_name="Second",
            birth_date=datetime.date(1950, 1, 1),
            sex=Patient.Sex.MALE,
        )
        other = RecordingSession.objects.create(patient=saul, protocol=session.protocol)
        _, address = links.make(other, actor=carl_clinician, days=7)
        paul.post(address, {"first_name": "Saul", "birth_year": "1950"})
        assert paul.get(page(other)).status_code == 302
        assert paul.get(page(session)).status_code == 302
        paul.post(page(session, "close/"))
        assert paul.get(page(session)).status_code == 404
        assert paul.get(page(other)).status_code == 302

    def test_so_many_that_requests_grow_too_large_are_not_kept(
        self, client: Client, session: RecordingSession, carl_clinician: User
    ) -> None:
        sessions = [
            RecordingSession.objects.create(patient=session.patient, protocol=session.protocol)
            for _ in range(access.MOST_COOKIES + 2)
        ]
        for each in sessions:
            client.post(links.make(each, actor=carl_clinician, days=7)[1], RIGHT_ANSWERS)
            client.cookies = SimpleCookie(
                {name: held.value for name, held in client.cookies.items() if held["max-age"] != 0}
            )  # as a browser forgets them
        opened = [client.get(page(each)).status_code == 302 for each in sessions]
        assert opened.count(True) == access.MOST_COOKIES
        assert opened[-1]

    @pytest.mark.parametrize(
        ("ago", "status"),
        [(SECOND, 302), (HOURS_2 - 60 * SECOND, 302), (HOURS_2 + SECOND, 404)],
    )
    def test_serves_for_two_hours_after_the_links_end(
        self,
        paul: Client,
        address: str,
        session: RecordingSession,
        ago: datetime.timedelta,
        status: int,
    ) -> None:
        ended(ago)
        assert paul.get(page(session)).status_code == status
        assert paul.get(address).status_code == (302 if status == 302 else 410)
        assert Client().post(address, RIGHT_ANSWERS).status_code == 410

    def test_a_film_under_way_at_the_end_still_arrives(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        ended(SECOND)
        assert submit(paul, upload).status_code == 201
        assert Upload.objects.get().recording is not None
        assert paul.post(page(described, "finish/"))["Location"] == page(described)
        assert paul.get(page(described, "done/")).status_code == 200

    def test_revoking_ends_access_at_once_after_the_end_too(
        self,
        paul: Client,
        login: Login,
        anna_assistant: User,
        session: RecordingSession,
        link: CaptureLink,
    ) -> None:
        ended(SECOND)
        browser = login(anna_assistant)
        shown = browser.get(reverse("dashboards:session", args=[session.id])).content.decode()
        close = reverse("recordings:revoke_link", args=[link.id])
        assert re.search(rf'whoever had opened it can still finish.*action="{close}"', shown, re.S)
        browser.post(close)
        assert paul.get(page(session)).status_code == 404

    def test_archiving_the_patient_ends_access_after_the_links_end_too(
        self, paul: Client, login: Login, anna_assistant: User, session: RecordingSession
    ) -> None:
        ended(SECOND)
        login(anna_assistant).post(reverse("patients:archive", args=[session.patient_id]))
        assert paul.get(page(session)).status_code == 404

    def test_one_that_was_changed_opens_nothing(
        self, paul: Client, session: RecordingSession
    ) -> None:
        name = access.cookie_name(session.id)
        paul.cookies[name] = paul.cookies[name].value[:-1] + "~"
        assert paul.get(page(session)).status_code == 404

    def test_opens_its_own_session_only(self, paul: Client, session: RecordingSession) -> None:
        other = RecordingSession.objects.create(
            patient=session.patient, protocol=session.protocol, created_by=session.created_by
        )
        assert paul.get(page(other)).status_code == 404
        mine, theirs = (access.cookie_name(each.id) for each in (session, other))
        paul.cookies[theirs] = paul.cookies[mine].value
        assert paul.get(page(other)).status_code == 404
