"""A clinic's admin writes what the clinic's patients are asked to agree to."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinic.audit.models import Action, Event
from clinic.patients import services
from clinic.patients.models import ConsentText, Purpose

LIST = reverse("patients:consent_texts")
SAVED = {"en": "We film your face.", "understood": "on"}


@pytest.fixture
def write(clinic):
    return reverse("patients:new_consent_text", args=[clinic.id, "care"])


def test_the_page_shows_what_is_asked_now_in_each_language(login, ada_admin, consent_texts):
    page = login(ada_admin).get(LIST).content.decode()
    for text in ConsentText.objects.all():
        assert text.body[:20] in page
    assert "common text, version 1" in page
    assert "not yet reviewed by a native speaker" in page


def test_the_form_begins_with_the_words_that_are_asked_now(login, ada_admin, consent_texts, write):
    form = login(ada_admin).get(write).context["form"]
    assert form["en"].value() == consent_texts[Purpose.CARE].body
    assert "我同意" in form["zh-hans"].value()


def test_an_own_text_is_asked_from_then_on(login, ada_admin, clinic, consented_patient, write):
    browser = login(ada_admin)
    assert "1 patient agrees" in browser.get(write).content.decode()
    assert browser.post(write, SAVED | {"zh-hans": "我们拍摄您的脸。"}).url == LIST
    assert not services.consented(consented_patient, Purpose.CARE)
    assert services.current_text(consented_patient, Purpose.CARE).body == "We film your face."
    chinese = services.current_text(consented_patient, Purpose.CARE, "zh-hans")
    assert (chinese.clinic, chinese.version, chinese.body) == (clinic, 1, "我们拍摄您的脸。")
    event = Event.objects.get(action=Action.CHANGE)
    assert (event.actor, event.clinic, event.detail) == (
        ada_admin,
        clinic,
        "consent to care: version 1",
    )


def test_older_texts_stay_readable(login, ada_admin, consent_texts, write):
    browser = login(ada_admin)
    browser.post(write, SAVED)
    browser.post(write, SAVED | {"en": "We film your face for you."})
    page = browser.get(LIST).content.decode()
    assert "the clinic&#x27;s own text, version 2" in page or "own text, version 2" in page
    assert "We film your face." in page
    assert consent_texts[Purpose.CARE].body[:20] in page


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"en": "New."}, "understood"),
        ({"understood": "on", "zh-hans": "只有中文。"}, "en"),
    ],
)
def test_nothing_is_saved_without_english_words_and_the_admin_s_word(
    login, ada_admin, consent_texts, write, sent, field
):
    answer = login(ada_admin).post(write, sent)
    assert list(answer.context["form"].errors) == [field]
    assert not ConsentText.objects.filter(clinic__isnull=False).exists()


def test_the_same_words_are_not_asked_anew(login, ada_admin, consented_patient, write):
    browser = login(ada_admin)
    asked = browser.get(write).context["form"].asked
    sent = {code: body.replace(". ", ".\r\n") for code, body in asked.items()}
    assert browser.post(write, sent | {"understood": "on"}).status_code == 302
    again = browser.post(write, sent | {"understood": "on"})
    assert "These words are asked already." in again.content.decode()
    assert (
        ConsentText.objects.filter(clinic__isnull=False).values("version").distinct().count() == 1
    )


def test_an_unknown_purpose_is_no_page(login, ada_admin, clinic, consent_texts):
    page = reverse("patients:new_consent_text", args=[clinic.id, "research"])
    assert login(ada_admin).get(page).status_code == 404


def test_the_page_costs_the_same_for_few_and_many_versions(
    login, ada_admin, clinic, consent_texts, count_queries
):
    browser = login(ada_admin)
    browser.get(LIST)
    few = count_queries(lambda: browser.get(LIST))
    for version in range(5):
        services.ask_anew(clinic, Purpose.CARE, {"en": f"Words {version}."}, actor=ada_admin)
    assert count_queries(lambda: browser.get(LIST)) == few
