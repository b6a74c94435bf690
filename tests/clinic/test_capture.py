"""The recording flow from the link to the films, for patients and for staff on site."""

from __future__ import annotations

import datetime
from typing import ClassVar
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, ConsentText, Patient, Purpose
from clinic.recordings import access
from clinic.recordings.capture_forms import ContextForm
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from tests.clinic.takes import page, send, submit
from tests.conftest import Login

pytestmark = pytest.mark.django_db


class TestTheLink:
    def test_opening_it_shows_a_button_and_changes_nothing(
        self, client: Client, address: str, link: CaptureLink, patient: Patient
    ) -> None:
        answer = client.get(address)
        assert answer.status_code == 200
        assert access.COOKIE not in answer.cookies
        assert patient.last_name not in answer.content.decode()
        link.refresh_from_db()
        assert link.opened is None

    def test_pressing_the_button_gives_the_cookie_and_leads_on(
        self, client: Client, address: str, session: RecordingSession, link: CaptureLink
    ) -> None:
        answer = client.post(address)
        assert answer["Location"] == page(session)
        cookie = answer.cookies[access.COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert Event.objects.get(action=Action.OPEN_LINK).link == link.id
        assert client.get(page(session)).status_code == 302

    def test_the_cookie_does_not_hold_the_token(self, client: Client, address: str) -> None:
        token = address.split("/")[2]
        assert token not in client.post(address).cookies[access.COOKIE].value

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_an_expired_link_says_so_and_opens_nothing(
        self, client: Client, address: str, method: str
    ) -> None:
        CaptureLink.objects.update(expires=timezone.now())
        answer = getattr(client, method)(address)
        assert answer.status_code == 410
        assert "This link has ended" in answer.content.decode()
        assert access.COOKIE not in answer.cookies

    def test_a_revoked_link_says_so(self, client: Client, address: str) -> None:
        CaptureLink.objects.update(revoked=timezone.now())
        assert "has closed this link" in client.post(address).content.decode()

    def test_a_mistyped_link_says_so(self, client: Client, address: str) -> None:
        answer = client.post(address[:-4] + "/")
        assert (answer.status_code, access.COOKIE in answer.cookies) == (410, False)

    def test_revoking_ends_access_at_once(self, paul: Client, session: RecordingSession) -> None:
        CaptureLink.objects.update(revoked=timezone.now())
        assert paul.get(page(session)).status_code == 404

    def test_a_cookie_that_was_changed_opens_nothing(
        self, paul: Client, session: RecordingSession
    ) -> None:
        paul.cookies[access.COOKIE] = paul.cookies[access.COOKIE].value[:-1] + "~"
        assert paul.get(page(session)).status_code == 404

    def test_a_cookie_opens_its_own_session_only(
        self, paul: Client, session: RecordingSession
    ) -> None:
        other = RecordingSession.objects.create(
            patient=session.patient, protocol=session.protocol, created_by=session.created_by
        )
        assert paul.get(page(other)).status_code == 404


class TestWhoMayUseTheFlow:
    @pytest.mark.parametrize("person", ["anna_assistant", "carl_clinician"])
    def test_staff_who_record(
        self,
        request: pytest.FixtureRequest,
        login: Login,
        described: RecordingSession,
        person: str,
    ) -> None:
        browser = login(request.getfixturevalue(person))
        assert browser.get(page(described, "record/")).status_code == 200

    @pytest.mark.parametrize("person", ["olga_outsider", "rita_researcher", "ada_admin", None])
    @pytest.mark.parametrize("step", ["", "consent/", "context/", "record/", "done/"])
    def test_nobody_else(
        self,
        request: pytest.FixtureRequest,
        login: Login,
        session: RecordingSession,
        person: str | None,
        step: str,
    ) -> None:
        browser = login(request.getfixturevalue(person) if person else None)
        assert browser.get(page(session, step)).status_code == 404

    @pytest.mark.parametrize("step", ["submit/", "finish/"])
    def test_nobody_else_sends_or_finishes(
        self, login: Login, olga_outsider: User, session: RecordingSession, step: str
    ) -> None:
        assert login(olga_outsider).post(page(session, step)).status_code == 404

    def test_an_unknown_session_is_not_found(self, paul: Client) -> None:
        assert paul.get(f"/capture/{uuid4()}/").status_code == 404


class TestTheOrderOfSteps:
    def test_consent_comes_first(
        self, login: Login, anna_assistant: User, patient: Patient, protocol: Protocol
    ) -> None:
        session = RecordingSession.objects.create(patient=patient, protocol=protocol)
        browser = login(anna_assistant)
        for step in ("", "context/", "record/"):
            answer = browser.get(page(session, step), follow=True)
            assert answer.redirect_chain[-1][0] == page(session, "consent/")

    def test_consent_in_force_is_not_asked_again(
        self, paul: Client, session: RecordingSession
    ) -> None:
        assert paul.get(page(session))["Location"] == page(session, "context/")
        assert paul.get(page(session, "consent/")).status_code == 302

    def test_how_are_you_comes_before_the_films(
        self, paul: Client, session: RecordingSession
    ) -> None:
        answer = paul.get(page(session, "record/"), follow=True)
        assert answer.redirect_chain[-1][0] == page(session, "context/")

    def test_then_the_films(self, paul: Client, described: RecordingSession) -> None:
        assert paul.get(page(described))["Location"] == page(described, "record/")

    def test_a_finished_session_leads_to_its_receipt(
        self, paul: Client, described: RecordingSession
    ) -> None:
        described.submitted = timezone.now()
        described.save()
        assert paul.get(page(described))["Location"] == page(described, "done/")


class TestConsent:
    @pytest.fixture
    def new_session(
        self, patient: Patient, protocol: Protocol, consent_texts: dict[Purpose, ConsentText]
    ) -> RecordingSession:
        return RecordingSession.objects.create(patient=patient, protocol=protocol)

    def test_shows_each_purpose_with_its_text(
        self,
        login: Login,
        anna_assistant: User,
        new_session: RecordingSession,
        consent_texts: dict[Purpose, ConsentText],
    ) -> None:
        shown = login(anna_assistant).get(page(new_session, "consent/")).content.decode()
        for text in consent_texts.values():
            assert text.body in shown

    def test_care_is_required(
        self, login: Login, anna_assistant: User, new_session: RecordingSession
    ) -> None:
        answer = login(anna_assistant).post(page(new_session, "consent/"), {"teaching": "on"})
        assert "We can film you only if you agree" in answer.content.decode()
        assert not Consent.objects.exists()

    def test_the_other_purposes_are_a_choice(
        self, login: Login, anna_assistant: User, new_session: RecordingSession
    ) -> None:
        login(anna_assistant).post(page(new_session, "consent/"), {"care": "on", "analysis": "on"})
        given = Consent.objects.filter(patient=new_session.patient)
        assert {consent.text.purpose for consent in given} == {"care", "analysis"}
        assert all(consent.given_by == Consent.By.PATIENT for consent in given)
        assert all(consent.recorded_by == anna_assistant for consent in given)


class TestHowAreYouToday:
    ANSWERS: ClassVar = {"medication": "off", "minutes_since_dose": "210", "dyskinesia": "mild"}

    def test_the_answers_are_kept(self, paul: Client, session: RecordingSession) -> None:
        assert paul.post(page(session, "context/"), self.ANSWERS).status_code == 302
        session.refresh_from_db()
        kept = (session.medication, session.minutes_since_dose, session.dyskinesia)
        assert kept == ("off", 210, "mild")

    def test_not_knowing_when_is_an_answer(self, paul: Client, session: RecordingSession) -> None:
        paul.post(page(session, "context/"), self.ANSWERS | {"minutes_since_dose": "unknown"})
        session.refresh_from_db()
        assert (session.minutes_since_dose, session.has_context) == (None, True)

    @pytest.mark.parametrize("missing", ["medication", "minutes_since_dose", "dyskinesia"])
    def test_a_missing_answer_is_asked_for(
        self, paul: Client, session: RecordingSession, missing: str
    ) -> None:
        answer = paul.post(page(session, "context/"), self.ANSWERS | {missing: ""})
        assert "There is a problem" in answer.content.decode()
        session.refresh_from_db()
        assert not session.has_context

    def test_every_medication_state_can_be_chosen(self) -> None:
        offered = dict(ContextForm.base_fields["medication"].choices)  # type: ignore[attr-defined]
        assert set(offered) == set(RecordingSession.Medication.values)


class TestTheCapturePage:
    def test_tells_the_recorder_its_tasks_and_cues(
        self, paul: Client, described: RecordingSession
    ) -> None:
        setup = paul.get(page(described, "record/")).context["setup"]
        smile = setup["tasks"][1]
        assert (smile["code"], smile["leadIn"], smile["repeats"]) == ("smile", 2, 2)
        assert setup["tasks"][0]["kind"] == "rest"

    def test_knows_which_films_have_arrived(
        self, paul: Client, described: RecordingSession
    ) -> None:
        submit(paul, send(described))
        tasks = paul.get(page(described, "record/")).context["setup"]["tasks"]
        assert [task["received"] for task in tasks] == [False, True, False]

    def test_names_whom_to_call(self, paul: Client, described: RecordingSession) -> None:
        shown = paul.get(page(described, "record/")).content.decode()
        assert "Nobody watches this live" in shown
        assert described.patient.clinic.phone in shown


def test_a_link_s_cookie_ends_with_the_link(
    client: Client, address: str, link: CaptureLink
) -> None:
    expires = client.post(address).cookies[access.COOKIE]["expires"]
    told = datetime.datetime.strptime(expires, "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(told.replace(tzinfo=datetime.UTC) - link.expires) < datetime.timedelta(seconds=2)
