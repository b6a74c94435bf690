"""The recording flow as a person goes through it, step by step, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.people import EMAIL, PASSWORD, Invitation

TAKE_MS = 60_000  # a take of the demo protocol with its count-down, on a busy machine
ARRIVES_MS = 60_000
ANALYSIS_MS = 400_000


def press(page: Page, button: str) -> None:
    """Presses a button of the capture page, no sooner than it takes a second tap for a new one."""
    page.wait_for_timeout(600)
    page.get_by_role("button", name=button).click(timeout=ARRIVES_MS)


def open_link(page: Page, invitation: Invitation) -> None:
    """From the message to the capture page, answering what is asked on the way."""
    page.goto(invitation.address)
    page.get_by_role("button", name="Start now").click()
    if page.url.endswith("/consent/"):
        page.get_by_label("My care").check()
        page.get_by_label("Measuring my films").check()
        page.get_by_role("button", name="Continue").click()
    page.get_by_label("It is working well (ON)").check()
    page.get_by_label("1 to 2 hours ago").check()
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Continue").click()


def turn_on_camera(page: Page) -> None:
    press(page, "Turn on the camera")


def set_up_camera(page: Page) -> None:
    turn_on_camera(page)
    press(page, "Yes, go on")


def start(page: Page, title: str) -> None:
    """Starts the film of this task; returns when it has begun to be recorded."""
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    press(page, "Start")
    page.wait_for_selector('#stage[data-phase="lead"]')


def take_ends(page: Page) -> None:
    expect(page.locator("#stage")).to_be_hidden(timeout=TAKE_MS)


def films_arrive(page: Page) -> None:
    expect(page.locator("#sending")).to_be_hidden(timeout=ARRIVES_MS)


def skip_films(page: Page, count: int) -> None:
    """Goes on without the next films, to the list of films."""
    for _ in range(count):
        press(page, "Start")
        press(page, "Stop this film")
        press(page, "Go on without this film")


def finish(page: Page) -> None:
    expect(page.get_by_role("heading", name="Your films")).to_be_visible()
    press(page, "Finish")
    expect(page.get_by_text("Your films have arrived")).to_be_visible()


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
