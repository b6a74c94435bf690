"""The recording flow as a person goes through it, step by step, in a real browser."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import EMAIL, PASSWORD, Invitation
from tests.site import wait_until

TAKE_MS = 90_000  # a take of the demo protocol with its count-down, on a busy machine
ARRIVES_MS = 60_000
ANALYSIS_MS = 400_000
VISION = re.compile(r"/static/dist/vision/")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """A picture of the page in the folder MIMIA_SCREENSHOTS, where that is set."""
    if folder := os.environ.get("MIMIA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def panel(page: Page, name: str) -> Locator:
    """The first part of a panel of the record page."""
    return page.locator(f'[data-panel~="{name}"]').first


def press(page: Page, button: str) -> None:
    """Presses a button of the capture page, no sooner than it takes a second tap for a new one."""
    page.wait_for_timeout(600)
    page.get_by_role("button", name=button, exact=True).click(timeout=ARRIVES_MS)


def without_guide(page: Page) -> None:
    """The live guidance cannot be loaded: films then start as soon as the text could be read."""
    page.context.route(VISION, lambda route: route.abort())


def open_link(page: Page, invitation: Invitation, *, helped: bool = False) -> None:
    """From the message to the record page, answering what is asked on the way.

    When `helped`, somebody presses the buttons and no film starts by itself.
    """
    tell_who_you_are(page, invitation)
    if page.url.endswith("/consent/"):
        agree(page)
    if page.url.endswith("/context/"):
        tell_how_you_are(page, helped=helped)


def tell_who_you_are(page: Page, invitation: Invitation) -> None:
    """A browser that has done so before is not asked again."""
    page.goto(invitation.address)
    if "/c/" not in page.url:
        return
    page.get_by_label("Your first name").fill("Paul")
    page.get_by_label("The year in which you were born").fill("1956")
    page.get_by_role("button", name="Start now").click()


def agree(page: Page) -> None:
    page.get_by_label("My care").check()
    page.get_by_label("Measuring my films").check()
    page.get_by_role("button", name="Continue").click()


def tell_how_you_are(page: Page, *, helped: bool = False) -> None:
    answers = {
        "How well is your Parkinson's medicine": "It is working well (ON)",
        "When did you last take": "1 to 2 hours ago",
        "movements now that you cannot stop": "No",
        "Are you ill": "No",
        "Has anything been done": "No",
        "Does somebody help you": "Yes, somebody" if helped else "No, I do it alone",
    }
    for question, answer in answers.items():
        page.get_by_role("group", name=question).get_by_label(answer).first.check()
    page.get_by_role("button", name="Continue").click()


def turn_on_camera(page: Page) -> None:
    press(page, "Start")


def set_up_camera(page: Page) -> None:
    """Up to the first film's panel, by hand."""
    turn_on_camera(page)
    expect(page.locator('[data-panel="setup"]').first).to_be_visible()
    press(page, "Start now")


def start(page: Page, title: str) -> None:
    """A helper starts the film of this task; returns when it has begun to be recorded."""
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    press(page, "Start now")
    take_begins(page)


def take_begins(page: Page) -> None:
    """Returns when a film is being recorded, after its count-down."""
    page.wait_for_selector('#stage[data-phase="lead"]', timeout=ARRIVES_MS)


def take_ends(page: Page) -> None:
    expect(page.locator("#stage")).to_be_hidden(timeout=TAKE_MS)


def films_arrive(page: Page) -> None:
    expect(page.locator("#sending")).to_be_hidden(timeout=ARRIVES_MS)


def leave_out(page: Page, count: int) -> None:
    """Goes on without the next films."""
    for _ in range(count):
        press(page, "Pause")
        press(page, "Leave this film out")


def finish(page: Page) -> None:
    """To the receipt; what the last page may ask for is not filmed again."""

    def is_finished() -> bool:
        page.wait_for_timeout(600)
        if page.url.endswith("/done/"):
            return True
        button = page.locator("#question-finish")
        if button.is_visible():
            button.click()
        return False

    wait_until(is_finished, seconds=ARRIVES_MS / 1000, every=0)


def sign_in(page: Page, address: str, email: str = EMAIL) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
