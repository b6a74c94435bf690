"""Patients read and hear from us in their own language; staff in English."""

from __future__ import annotations

import datetime
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from clinic import extraction
from clinic.audit.models import Action, Event
from clinic.recordings import capture_services, links
from clinic.reminders.mail import calendar, message
from clinic.reminders.models import Plan
from clinic.uploads.problems import ServerBusy, ServerFull
from tests.clinic.tus import create


class Page(HTMLParser):
    """The text that a page shows, and the names it gives to things."""

    NAMING = ("alt", "aria-label", "title", "placeholder")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.language = ""
        self.catalogue: dict[str, str] = {}
        self._open = ""
        self._id = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._open, told = tag, dict(attributes)
        self._id = told.get("id") or ""
        if tag == "html":
            self.language = told["lang"] or ""
        self.texts += [told[name] or "" for name in self.NAMING if name in told]

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            if self._id == "catalogue":
                self.catalogue = json.loads(data)
        elif self._open != "style":
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def english(self, *names: str) -> list[str]:
        """Texts with three or more words in Latin letters, once the names are taken out."""
        for name in names:
            self.texts = [text.replace(name, "") for text in self.texts]
        return [text for text in self.texts if len(re.findall(r"[A-Za-z]{2,}", text)) >= 3]


def page(response) -> Page:
    assert response.status_code in (200, 404, 410, 503, 507), response.status_code
    return Page(response.content.decode())


@pytest.fixture
def chinese(session):
    """A session of a patient who reads Chinese."""
    session.patient.language = "zh-hans"
    session.patient.save()
    return session


@pytest.fixture
def address(chinese, carl_clinician) -> str:
    _, address = links.make(chinese, actor=carl_clinician, days=1)
    return "/" + address.split("/", 3)[3]


@pytest.fixture
def browser(client, address, chinese):
    client.post(address, {"first_name": chinese.patient.first_name, "birth_year": "1956"})
    return client


def describe(session, **more) -> None:
    answers = {"medication": "on", "minutes_since_dose": 45, "dyskinesia": "none"} | more
    type(session).objects.filter(pk=session.pk).update(**answers)


def end_link(session) -> None:
    """Its cookie still serves for a while."""
    session.links.update(expires=timezone.now() - datetime.timedelta(minutes=1))


def bare_words(template: str) -> list[str]:
    """The words outside of the tags that translate, but for those marked as English for staff."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", template, flags=re.DOTALL)
    text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text)
    text = re.sub(r'<(\w+)[^>]* lang="en-GB".*?</\1>', "", text)
    shown = [words.replace("Mimia", "").strip() for words in Page(text).texts]
    return [words for words in shown if re.search("[A-Za-z]{2}", words)]


PATIENTS_TEMPLATES = [
    settings.BASE_DIR / "templates" / "patient_base.html",
    *sorted((settings.BASE_DIR / "templates" / "capture").glob("*.html")),
    *(
        settings.BASE_DIR / "templates" / "components" / f"{name}.html"
        for name in ("error_summary", "field", "languages", "messages")
    ),
]


class TestPagesInChinese:
    """Nothing on a patient's page is left in English."""

    def check(self, response, session, *names: str) -> Page:
        shown = page(response)
        clinic = session.patient.clinic
        assert shown.language == "zh-hans"
        assert shown.english(clinic.name, clinic.phone, "Mimia", *names) == []
        return shown

    def check_errors(self, response, session) -> None:
        assert response.context["form"].errors
        self.check(response, session)

    def of(self, browser, session, name: str, *arguments: str):
        return browser.get(reverse(f"capture:{name}", args=[session.id, *arguments]))

    def test_the_check(self, client, address, chinese) -> None:
        self.check(client.get(address), chinese)
        self.check_errors(client.post(address, {"first_name": ""}), chinese)
        wrong = {"first_name": "Peter", "birth_year": "1950"}
        for _ in range(4):
            self.check(client.post(address, wrong), chinese)
        assert self.check(client.post(address, wrong), chinese).texts  # locked

    def test_the_check_once_the_films_are_made(self, client, address, chinese) -> None:
        before = self.check(client.get(address), chinese).texts
        describe(chinese, submitted=timezone.now())
        assert self.check(client.get(address), chinese).texts != before

    def test_a_link_that_does_not_open(self, client, address, chinese, carl_clinician) -> None:
        chinese.links.update(expires=chinese.created)
        self.check(client.get(address), chinese)
        links.revoke(chinese.links.get(), actor=carl_clinician)
        self.check(client.get(address), chinese)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
        self.check(client.get("/c/unknown/"), chinese)

    def test_consent(self, browser, chinese) -> None:
        chinese.patient.consents.all().delete()
        self.check(self.of(browser, chinese, "consent"), chinese)
        missing = browser.post(reverse("capture:consent", args=[chinese.id]), {"teaching": "on"})
        self.check_errors(missing, chinese)

    def test_how_are_you_today(self, browser, chinese) -> None:
        self.check(self.of(browser, chinese, "context"), chinese)
        missing = browser.post(reverse("capture:context", args=[chinese.id]), {"ill": ""})
        self.check_errors(missing, chinese)

    def test_how_are_you_now_some_hours_later(self, browser, chinese) -> None:
        describe(chinese, told=timezone.now() - datetime.timedelta(hours=3))
        shown = self.check(self.of(browser, chinese, "context"), chinese)
        assert any("请告诉我们您现在怎么样" in text for text in shown.texts)

    def test_too_ill(self, browser, chinese) -> None:
        answer = browser.post(reverse("capture:too_ill", args=[chinese.id]), follow=True)
        self.check(answer, chinese)
        end_link(chinese)
        self.check(self.of(browser, chinese, "too_ill"), chinese)

    def test_the_recording_page_and_the_words_of_its_program(self, browser, chinese) -> None:
        describe(chinese)
        shown = self.check(self.of(browser, chinese, "record"), chinese)
        told = extraction.browser_texts()
        assert set(shown.catalogue) == {entry.id for entry in told if entry.id}

    def test_the_recording_page_of_a_helper_whose_link_has_ended(self, browser, chinese) -> None:
        describe(chinese, helped=True)
        end_link(chinese)
        self.check(self.of(browser, chinese, "record"), chinese)

    def test_filming_with_the_phone_s_own_camera(self, browser, chinese) -> None:
        describe(chinese)
        shown = self.check(self.of(browser, chinese, "record"), chinese)
        for words in ("用手机自带的相机拍摄", "打开相机", "这里没有提示音"):
            assert any(words in text for text in shown.texts), words

    @pytest.mark.parametrize("trouble", [ServerBusy, ServerFull])
    def test_a_session_that_cannot_be_finished_now(
        self, browser, chinese, recording, monkeypatch, trouble
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise trouble

        describe(chinese)
        monkeypatch.setattr(capture_services.services, "finish_session", fail)
        told = browser.post(reverse("capture:finish", args=[chinese.id])).json()["error"]
        assert "诊所的电脑" in told

    def test_finishing_without_a_film(self, browser, chinese) -> None:
        describe(chinese)
        answer = browser.post(reverse("capture:finish", args=[chinese.id]), follow=True)
        shown = self.check(answer, chinese)
        assert any("还没有拍摄任何视频" in text for text in shown.texts)

    def test_the_receipt(self, browser, chinese, recording, carl_clinician) -> None:
        describe(chinese, submitted=recording.created)
        type(recording).objects.update(partial=True)
        Event.objects.create(
            action=Action.PLAY, actor=carl_clinician, patient=chinese.patient_id,
            target=recording.id,
        )  # fmt: skip
        self.check(self.of(browser, chinese, "done"), chinese, carl_clinician.name)
        chinese.patient.consents.all().delete()
        self.check(self.of(browser, chinese, "done"), chinese, carl_clinician.name)

    def test_films_closed_on_this_device(self, browser, chinese, recording) -> None:
        describe(chinese, submitted=recording.created)
        closed = browser.post(reverse("capture:close", args=[chinese.id]))
        assert closed.templates[0].name == "capture/closed.html"
        self.check(closed, chinese)

    @pytest.mark.parametrize("purpose", ["care", "analysis"])
    def test_withdrawing(self, browser, chinese, recording, purpose: str) -> None:
        describe(chinese, submitted=recording.created)
        self.check(self.of(browser, chinese, "withdraw", purpose), chinese)
        done = browser.post(reverse("capture:withdraw", args=[chinese.id, purpose]), follow=True)
        self.check(done, chinese)

    def test_a_browser_that_has_lost_its_cookie(self, client, chinese) -> None:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
        shown = self.check(self.of(client, chinese, "start"), chinese)
        assert any("请重新打开消息里的链接" in text for text in shown.texts)

    @pytest.mark.parametrize("name", ["403", "403_csrf", "404", "429", "500"])
    def test_errors(self, name: str) -> None:
        with translation.override("zh-hans"):
            shown = Page(render_to_string(f"{name}.html"))
        assert shown.english("Mimia") == []

    @pytest.mark.parametrize("template", PATIENTS_TEMPLATES, ids=lambda file: file.name)
    def test_a_template_holds_no_words_that_cannot_be_translated(self, template: Path) -> None:
        assert bare_words(template.read_text(encoding="utf-8")) == []

    def test_words_that_cannot_be_translated_are_noticed(self) -> None:
        assert bare_words('<p title="{% translate "Now" %}">{{ time }}</p>') == []
        assert bare_words('<p title="Now">{% translate "Now" %} or later</p>') == [
            "Now",
            "or later",
        ]

    def test_english_left_on_a_page_is_noticed(self) -> None:
        assert Page("<p>请看 Look at the dot</p>").english() == ["请看 Look at the dot"]
        assert Page('<img alt="Look at the dot">').english() == ["Look at the dot"]
        assert (
            Page("<p>Riverside Movement Clinic 请看</p>").english("Riverside Movement Clinic") == []
        )


class TestMessagesInChinese:
    def test_a_reminder_and_its_calendar_entry(
        self, chinese, address, carl_clinician, protocol
    ) -> None:
        plan = Plan.objects.create(
            patient=chinese.patient,
            protocol=protocol,
            started=datetime.date(2026, 11, 3),
            dose_time=datetime.time(8),
            rows_until=timezone.now(),
            created_by=carl_clinician,
        )
        planned = plan.planned.create(day=plan.started, due=timezone.now(), session=chinese)
        mail = message(planned, chinese.links.get(), "https://mimia.example.org/c/token/")
        said = mail.subject + mail.body
        for name in ("https://mimia.example.org/c/token/", chinese.patient.clinic.name):
            assert name in said
            said = said.replace(name, "")
        assert re.findall("[A-Za-z]{2,}", said) == []
        with translation.override("zh-hans"):
            entry = calendar(planned).decode()
        assert "SUMMARY:拍摄您的视频" in entry

    def test_a_refused_film(self, browser, chinese) -> None:
        told = json.dumps({"upload": "none"})
        refusal = browser.post(
            reverse("capture:submit", args=[chinese.id]), told, content_type="application/json"
        )
        assert "请重新拍摄这一段" in refusal.json()["error"]

    def test_an_upload_that_is_not_needed(self, browser, chinese, recording) -> None:
        describe(chinese, submitted=recording.created)
        refusal = create(browser, chinese, task=recording.task.code)
        assert "您的诊所已经有这一段的视频了" in refusal.content.decode()


class TestTheSwitch:
    def switch(self, client, language: str, page: str):
        return client.post(reverse("set_language"), {"language": language, "next": page})

    def test_each_language_is_offered_in_its_own_name(self, client, address) -> None:
        texts = page(client.get(address)).texts
        assert [name for name in texts if name in dict(settings.LANGUAGES).values()] == [
            name for _, name in settings.LANGUAGES
        ]

    def test_it_keeps_the_page_and_goes_before_the_patient_s_own_language(
        self, client, address
    ) -> None:
        assert page(client.get(address)).language == "zh-hans"
        assert self.switch(client, "en", address).url == address
        assert page(client.get(address)).language == "en"
        assert page(client.get(address)).catalogue == {}

    def test_it_leads_to_no_other_site(self, client, db: None) -> None:
        assert self.switch(client, "en", "https://example.org/").url == "/"

    def test_an_unknown_language_changes_nothing(self, client, address) -> None:
        self.switch(client, "xx", address)
        assert page(client.get(address)).language == "zh-hans"

    def test_a_page_of_nobody_is_in_the_browser_s_language(self, client, db: None) -> None:
        shown = page(client.get("/c/unknown/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}))
        assert shown.language == "zh-hans"

    def test_staff_pages_stay_english(self, login, anna_assistant, address) -> None:
        browser = login(anna_assistant)
        self.switch(browser, "zh-hans", address)
        shown = page(browser.get(reverse("patients:list")))
        assert shown.language == "en-gb"
        assert not any(re.search(r"[一-鿿]", text) for text in shown.texts)


def test_dates_are_british_in_english_and_chinese_in_chinese() -> None:
    day = datetime.datetime(2026, 11, 3, 14, 3)
    said = {}
    for language in ("en", "en-gb", "zh-hans"):
        with translation.override(language):
            said[language] = f"{date_format(day, 'DATE_FORMAT')} {date_format(day, 'TIME_FORMAT')}"
    assert said == {
        "en": "3 November 2026 14:03",
        "en-gb": "3 November 2026 14:03",
        "zh-hans": "2026年11月3日 14:03",
    }
