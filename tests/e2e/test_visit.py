"""The steps around the films: who you are, how you are, in which language, and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import pages
from tests.e2e.conftest import browser_with, camera
from tests.e2e.people import Invitation, People

CHINESE = "简体中文"
ENGLISH = re.compile(r"[A-Za-z]{3,}")
NAMES = ("Riverside Movement Clinic", "English")


@pytest.fixture
def page(wall: Path) -> Iterator[Page]:
    with browser_with(*camera(wall), viewport={"width": 390, "height": 844}) as page:
        pages.without_guide(page)
        yield page


@pytest.fixture
def invitation(people: People) -> Invitation:
    return people.invite()


def test_wrong_answers_are_told_with_the_tries_that_are_left(
    page: Page, invitation: Invitation
) -> None:
    page.goto(invitation.address)
    for name, told in (("Peter", "4 more times"), ("Pauline", "3 more times")):
        page.get_by_label("Your first name").fill(name)
        page.get_by_label("The year in which you were born").fill("1956")
        pages.press(page, "Start now")
        expect(page.get_by_role("alert")).to_contain_text(f"You can try {told}")
    pages.open_link(page, invitation)
    expect(pages.panel(page, "camera")).to_be_visible()


def test_too_ill_today_is_an_answer_and_the_link_goes_on_working(
    page: Page, invitation: Invitation
) -> None:
    to_the_questions(page, invitation)
    pages.press(page, "I am too ill to film today")
    expect(page.get_by_role("heading", name="Get well soon")).to_be_visible()
    expect(page.get_by_text("The same link works until")).to_be_visible()
    page.get_by_role("link", name="I feel better: film now").click()
    pages.tell_how_you_are(page)
    expect(pages.panel(page, "camera")).to_be_visible()


def test_in_chinese_every_word_up_to_the_films_is_chinese(
    page: Page, invitation: Invitation
) -> None:
    page.goto(invitation.address)
    page.get_by_role("button", name=CHINESE).click()
    is_chinese(page)
    page.locator("[name=first_name]").fill("Paul")
    page.locator("[name=birth_year]").fill("1956")
    go_on(page)
    if page.url.endswith("/consent/"):
        for box in page.get_by_role("checkbox").all():
            box.check()
        go_on(page)
    is_chinese(page)
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").first.check()
    go_on(page)
    is_chinese(page)
    pages.panel(page, "camera").get_by_role("button").click()
    expect(pages.panel(page, "setup")).to_be_visible()
    is_chinese(page)
    press_start(page)
    expect(pages.panel(page, "task-rest")).to_be_visible()
    is_chinese(page)
    press_start(page)
    pages.take_begins(page)


def test_the_keyboard_alone_leads_to_the_receipt(
    page: Page, people: People, invitation: Invitation
) -> None:
    to_the_questions(page, invitation)
    for group in page.get_by_role("group").all():
        if group.get_by_role("radio", checked=True).count():
            tab_to(page, group.get_by_role("radio", checked=True))
            page.keyboard.press("ArrowDown")  # somebody helps
        elif group.get_by_role("radio").count():
            tab_to(page, group.get_by_role("radio").first)
            page.keyboard.press("Space")
    enter(page, "Continue")
    enter(page, "Start")
    enter(page, "Start now")
    enter(page, "Start now")
    pages.take_begins(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("This film is not kept")).to_be_visible()
    enter(page, "Continue")
    for _ in range(3):
        enter(page, "Start now")
        pages.take_begins(page)
        pages.take_ends(page)
    question = page.locator("#question-finish")
    expect(question.or_(page.get_by_role("button", name="Finish now"))).to_be_visible(
        timeout=pages.ARRIVES_MS
    )
    enter(page, "Finish" if question.is_visible() else "Finish now")
    expect(page.get_by_text("Received by Riverside Movement Clinic")).to_be_visible()
    assert people.attempts(invitation) == [
        (code, 1, False) for code in ("rest", "smile", "surprise")
    ]


def to_the_questions(page: Page, invitation: Invitation) -> None:
    pages.tell_who_you_are(page, invitation)
    if page.url.endswith("/consent/"):
        pages.agree(page)
    expect(page.get_by_role("heading", name="How are you today?")).to_be_visible()


def go_on(page: Page) -> None:
    page.wait_for_timeout(600)  # a second press within half a second counts as the same
    with page.expect_navigation():
        page.locator("main button.button--primary").click()


def press_start(page: Page) -> None:
    page.wait_for_timeout(600)  # as in `pages.press`
    page.locator("[data-part=start]:visible").click()


def is_chinese(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    shown = page.locator("body").inner_text()
    for name in NAMES:
        shown = shown.replace(name, "")
    assert not ENGLISH.findall(shown), shown


def enter(page: Page, button: str) -> None:
    tab_to(page, page.get_by_role("button", name=button, exact=True))
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")


def tab_to(page: Page, place: Locator) -> None:
    """Tab until `place` has the focus, as somebody does who has no other way."""
    expect(place).to_be_visible(timeout=pages.ARRIVES_MS)
    for _ in range(40):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {place}")
