"""The recording flow from the link to the films, for patients and for staff on site."""

from __future__ import annotations

import datetime
from typing import ClassVar
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, ConsentText, Patient, Purpose
from clinic.recordings import capture_setup
from clinic.recordings.capture_forms import ContextForm
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from clinic.uploads.models import Upload
from diagnosis.findings import rules, threshold
from tests.clinic.takes import page, send, submit
from tests.conftest import Login

pytestmark = pytest.mark.django_db


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

    def test_shows_a_text_as_it_was_written(
        self, login: Login, anna_assistant: User, new_session: RecordingSession
    ) -> None:
        """Clinics write texts of their own: a text is words, never a part of the page."""
        ConsentText.objects.filter(purpose=Purpose.CARE).update(body="First.\n<b>Second</b>")
        shown = login(anna_assistant).get(page(new_session, "consent/")).content.decode()
        assert "First.<br>&lt;b&gt;Second&lt;/b&gt;" in shown

    def test_is_given_to_the_text_that_was_read(
        self, login: Login, anna_assistant: User, new_session: RecordingSession
    ) -> None:
        Patient.objects.update(language="zh-hans")
        read = ConsentText.objects.update_or_create(
            clinic=None, purpose=Purpose.CARE, version=1, language="zh-hans",
            defaults={"body": "我同意拍摄。"},
        )[0]  # fmt: skip
        browser = login(anna_assistant)
        assert read.body in browser.get(page(new_session, "consent/")).content.decode()
        browser.post(page(new_session, "consent/"), {"care": "on"})
        assert Consent.objects.get().text == read

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
    ANSWERS: ClassVar = {
        "medication": "off",
        "minutes_since_dose": "210",
        "dyskinesia": "mild",
        "ill": "True",
        "facial_procedure": "False",
        "helped": "True",
    }

    def test_the_answers_are_kept(self, paul: Client, session: RecordingSession) -> None:
        assert paul.post(page(session, "context/"), self.ANSWERS).status_code == 302
        session.refresh_from_db()
        kept = (session.medication, session.minutes_since_dose, session.dyskinesia)
        assert kept == ("off", 210, "mild")
        assert (session.ill, session.facial_procedure, session.helped) == (True, False, True)
        assert Event.objects.filter(action=Action.CHANGE, target=session.id).count() == 1

    def test_not_knowing_when_is_an_answer(self, paul: Client, session: RecordingSession) -> None:
        paul.post(page(session, "context/"), self.ANSWERS | {"minutes_since_dose": "unknown"})
        session.refresh_from_db()
        assert (session.minutes_since_dose, session.has_context) == (None, True)

    @pytest.mark.parametrize("missing", ANSWERS)
    def test_a_missing_answer_is_asked_for(
        self, paul: Client, session: RecordingSession, missing: str
    ) -> None:
        answer = paul.post(page(session, "context/"), self.ANSWERS | {missing: ""})
        assert "There is a problem" in answer.content.decode()
        session.refresh_from_db()
        assert not session.has_context

    def test_what_is_missing_is_summed_up_without_repeating_the_questions(
        self, paul: Client, session: RecordingSession
    ) -> None:
        shown = paul.post(page(session, "context/"), {"helped": ""}).content.decode()
        summary = shown[shown.index("error-summary") : shown.index("<h1>")]
        assert ">Choose whether somebody helps you.</a>" in summary
        assert "Does somebody help you" not in summary

    def test_every_state_can_be_chosen(self) -> None:
        for name, states in (
            ("medication", RecordingSession.Medication),
            ("dyskinesia", RecordingSession.Dyskinesia),
        ):
            offered = dict(ContextForm.base_fields[name].choices)  # type: ignore[attr-defined]
            assert set(offered) == set(states.values)

    def test_the_answers_can_be_changed_before_the_films(
        self, paul: Client, session: RecordingSession
    ) -> None:
        paul.post(page(session, "context/"), self.ANSWERS)
        form = paul.get(page(session, "context/")).context["form"]
        assert {name: str(form[name].value()) for name in self.ANSWERS} == self.ANSWERS


class TestGoingOnLater:
    """After two hours people may be in another state than the one that they told."""

    ANSWERS = TestHowAreYouToday.ANSWERS

    @pytest.fixture
    def told(self, paul: Client, session: RecordingSession) -> RecordingSession:
        paul.post(page(session, "context/"), self.ANSWERS)
        return session

    def wait(self, **time: float) -> None:
        RecordingSession.objects.update(told=timezone.now() - datetime.timedelta(**time))

    def test_asks_anew_how_they_are_and_only_once(
        self, paul: Client, told: RecordingSession
    ) -> None:
        self.wait(hours=1, minutes=59)
        assert paul.get(page(told))["Location"] == page(told, "record/")
        self.wait(hours=2, minutes=1)
        assert paul.get(page(told))["Location"] == page(told, "context/")
        assert paul.get(page(told, "record/"))["Location"] == page(told)
        asked = paul.get(page(told, "context/"))
        assert "please tell us how you are now" in asked.content.decode()
        paul.post(page(told, "context/"), self.ANSWERS | {"medication": "on"})
        assert paul.get(page(told))["Location"] == page(told, "record/")
        told.refresh_from_db()
        assert told.medication == "on"
        assert Event.objects.filter(action=Action.CHANGE, target=told.id).count() == 2

    def test_what_may_have_changed_is_not_answered_for_them(
        self, paul: Client, told: RecordingSession
    ) -> None:
        self.wait(hours=3)
        form = paul.get(page(told, "context/")).context["form"]
        chosen = [name for name in self.ANSWERS if form[name].value() is not None]
        assert chosen == ["facial_procedure", "helped"]
        missing = paul.post(page(told, "context/"), {"facial_procedure": "False"})
        assert "There is a problem" in missing.content.decode()

    def test_to_have_been_too_ill_meanwhile_answers_nothing_for_them(
        self, paul: Client, told: RecordingSession
    ) -> None:
        self.wait(hours=3)
        paul.post(page(told, "too-ill/"))
        form = paul.get(page(told, "context/")).context["form"]
        assert form["medication"].value() is None

    @pytest.mark.parametrize("begun", ["arrived", "received"])
    def test_films_that_are_begun_keep_the_state_that_they_were_made_in(
        self, paul: Client, told: RecordingSession, begun: str
    ) -> None:
        upload = send(told)
        if begun == "received":
            submit(paul, upload)
            Upload.objects.all().delete()
        self.wait(days=3)
        assert paul.get(page(told))["Location"] == page(told, "record/")
        answers = self.ANSWERS | {"medication": "on"}
        assert paul.post(page(told, "context/"), answers)["Location"] == page(told)
        assert paul.post(page(told, "too-ill/"))["Location"] == page(told)
        told.refresh_from_db()
        assert (told.medication, told.too_ill) == ("off", None)

    def test_who_goes_on_with_begun_films_much_later_is_told_what_that_means(
        self, paul: Client, told: RecordingSession
    ) -> None:
        words = "You began these films on "
        submit(paul, send(told))
        assert words not in paul.get(page(told, "record/")).content.decode()
        self.wait(days=1)
        told.refresh_from_db()
        day = date_format(timezone.localtime(told.told), "j F Y")
        assert f"{words}{day}." in paul.get(page(told, "record/")).content.decode()

    def test_a_state_that_was_never_told_is_asked_for_all_the_same(
        self, paul: Client, session: RecordingSession
    ) -> None:
        send(session)
        assert paul.get(page(session))["Location"] == page(session, "context/")
        paul.post(page(session, "context/"), self.ANSWERS)
        assert paul.get(page(session))["Location"] == page(session, "record/")


class TestTooIllToday:
    def test_is_kept_and_thanked_for_with_the_day_until_which_the_link_works(
        self, paul: Client, session: RecordingSession, link: CaptureLink
    ) -> None:
        answer = paul.post(page(session, "too-ill/"), follow=True)
        shown = answer.content.decode()
        assert "Thank you for telling us" in shown
        assert date_format(timezone.localtime(link.expires), "j F Y, H:i") in shown
        session.refresh_from_db()
        assert session.too_ill is not None
        event = Event.objects.get(action=Action.CHANGE, target=session.id)
        assert (event.actor, event.link) == (None, link.id)

    def test_names_no_time_that_has_passed_once_the_link_has_ended(
        self, paul: Client, session: RecordingSession, link: CaptureLink
    ) -> None:
        CaptureLink.objects.update(expires=timezone.now() - datetime.timedelta(minutes=1))
        shown = paul.post(page(session, "too-ill/"), follow=True).content.decode()
        assert "The same link works until" not in shown
        assert "ask your clinic for a new link" in shown

    def test_coming_back_asks_how_they_are_and_the_answer_clears_it(
        self, paul: Client, described: RecordingSession
    ) -> None:
        paul.post(page(described, "too-ill/"))
        assert paul.get(page(described))["Location"] == page(described, "context/")
        paul.post(page(described, "context/"), TestHowAreYouToday.ANSWERS)
        described.refresh_from_db()
        assert described.too_ill is None
        assert paul.get(page(described))["Location"] == page(described, "record/")

    def test_nobody_who_did_not_say_so_meets_the_page(
        self, paul: Client, session: RecordingSession
    ) -> None:
        assert paul.get(page(session, "too-ill/"))["Location"] == page(session)

    def test_after_the_end_it_is_no_answer_any_more(
        self, paul: Client, described: RecordingSession
    ) -> None:
        described.submitted = timezone.now()
        described.save()
        assert paul.post(page(described, "too-ill/"))["Location"] == page(described)
        described.refresh_from_db()
        assert described.too_ill is None


class TestTheCapturePage:
    def test_tells_the_recorder_its_tasks_and_cues(
        self, paul: Client, described: RecordingSession
    ) -> None:
        setup = paul.get(page(described, "record/")).context["setup"]
        smile = setup["tasks"][1]
        assert (smile["code"], smile["leadIn"], smile["repeats"]) == ("smile", 2, 2)
        assert setup["tasks"][0]["kind"] == "rest"

    def test_tells_it_when_the_link_ends_and_who_presses_the_buttons(
        self, paul: Client, described: RecordingSession, link: CaptureLink
    ) -> None:
        RecordingSession.objects.update(helped=True)
        setup = paul.get(page(described, "record/")).context["setup"]
        assert datetime.datetime.fromisoformat(setup["expires"]) == link.expires
        assert setup["helped"] is True

    def test_tells_it_how_large_a_film_may_be_and_which_cookie_has_the_token(
        self, paul: Client, described: RecordingSession, settings: Settings
    ) -> None:
        settings.UPLOAD_MAX_BYTES = 12345
        answer = paul.get(page(described, "record/"))
        assert answer.context["setup"]["maxBytes"] == 12345
        cookie = answer.cookies[answer.context["setup"]["csrfCookie"]]
        assert not cookie["httponly"]  # the program reads it

    def test_staff_have_no_link_that_ends(
        self, login: Login, carl_clinician: User, described: RecordingSession
    ) -> None:
        answer = login(carl_clinician).get(page(described, "record/"))
        assert answer.context["setup"]["expires"] is None

    def test_the_guide_has_the_thresholds_of_the_server(
        self, paul: Client, described: RecordingSession
    ) -> None:
        guide = paul.get(page(described, "record/")).context["setup"]["guide"]
        assert guide["assets"] == "/static/dist/vision/"
        assert guide["thresholds"]["fps_for_speed"] == threshold("fps_for_speed")
        assert guide["live"] == rules()["live"]

    def test_only_findings_with_words_for_it_are_reasons_to_film_again(
        self, paul: Client, described: RecordingSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = {"one": "One film was too dark.", "many": "{n} films were too dark."}
        known = {"findings": {"too_dark": {"retake": words}, "face_small": {}}}
        monkeypatch.setattr(capture_setup, "rules", lambda: {**rules(), **known})
        setup = paul.get(page(described, "record/")).context["setup"]
        assert setup["retakes"] == {"too_dark": words}

    def test_the_first_session_is_for_practice(
        self, paul: Client, described: RecordingSession
    ) -> None:
        def is_practice() -> bool:
            return paul.get(page(described, "record/")).context["setup"]["practice"]

        other = RecordingSession.objects.create(
            patient=described.patient, protocol=described.protocol, imported=True
        )
        other.recordings.create(
            task=other.protocol.tasks.get(code="smile"), attempt=1, size=1, file="old"
        )
        submit(paul, send(described))
        assert is_practice()
        RecordingSession.objects.filter(id=other.id).update(imported=False)
        assert not is_practice()

    def test_it_alone_may_run_the_face_finder(
        self, paul: Client, described: RecordingSession
    ) -> None:
        policy = paul.get(page(described, "record/"))["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert {"'self'", "'wasm-unsafe-eval'"} <= set(rules["script-src"].split())
        assert rules["worker-src"] == "'self'"
        assert "'unsafe-eval'" not in policy
        other = paul.get(page(described, "context/"))["Content-Security-Policy"]
        assert "wasm" not in other
        assert "worker-src" not in other

    def test_knows_which_films_have_arrived(
        self, paul: Client, described: RecordingSession
    ) -> None:
        submit(paul, send(described))
        tasks = paul.get(page(described, "record/")).context["setup"]["tasks"]
        assert [task["received"] for task in tasks] == [False, True, False]

    def test_films_that_can_still_be_sent_are_spared_when_old_ones_are_purged(
        self, paul: Client, described: RecordingSession
    ) -> None:
        mark = f'<meta name="open-session" content="{described.id}">'
        assert mark in paul.get(page(described, "record/")).content.decode()
        submit(paul, send(described))
        for days, spared in ((6, True), (8, False)):
            finished = timezone.now() - datetime.timedelta(days=days)
            RecordingSession.objects.update(submitted=finished)
            shown = paul.get(page(described, "done/")).content.decode()
            assert (mark in shown) == spared

    def test_names_whom_to_call(self, paul: Client, described: RecordingSession) -> None:
        shown = paul.get(page(described, "record/")).content.decode()
        assert "Nobody watches this live" in shown
        assert described.patient.clinic.phone in shown
