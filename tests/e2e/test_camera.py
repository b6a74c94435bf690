"""What may go wrong with camera, page and link, and what the person is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import ALLOW_CAMERA, FAKE_CAMERA, browser_with, camera
from tests.e2e.people import People


@pytest.fixture
def page(people: People, wall: Path) -> Iterator[Page]:
    """A capture page before its first film, with a camera that works."""
    with browser_with(*camera(wall)) as page:
        pages.open_link(page, people.invite())
        yield page


def test_without_a_camera_another_device_is_offered(people: People) -> None:
    with browser_with(ALLOW_CAMERA) as page:
        pages.open_link(page, people.invite())
        pages.turn_on_camera(page)
        expect(page.get_by_role("heading", name="We cannot find a camera")).to_be_visible()
        expect(page.get_by_text("on a phone or tablet")).to_be_visible()


def test_a_refused_camera_is_explained_and_can_be_tried_again(people: People) -> None:
    with browser_with(FAKE_CAMERA) as page:  # nobody answers the question: headless refuses
        pages.open_link(page, people.invite())
        pages.turn_on_camera(page)
        expect(page.get_by_role("heading", name="The camera is not allowed yet")).to_be_visible()
        page.context.grant_permissions(["camera"])
        pages.press(page, "Try again")
        expect(page.get_by_role("button", name="Yes, go on")).to_be_enabled()


def test_a_browser_without_a_recorder_is_told_so(people: People, wall: Path) -> None:
    with browser_with(*camera(wall)) as page:
        page.add_init_script("delete window.MediaRecorder")
        pages.open_link(page, people.invite())
        pages.turn_on_camera(page)
        expect(page.get_by_role("heading", name="This browser cannot make films")).to_be_visible()


def test_the_microphone_is_never_asked_for(page: Page) -> None:
    pages.set_up_camera(page)
    tracks = page.evaluate(
        "document.getElementById('preview').srcObject.getTracks().map(t => t.kind)"
    )
    assert tracks == ["video"]


def test_the_frame_rate_is_measured_before_the_first_film(page: Page) -> None:
    pages.turn_on_camera(page)
    expect(page.locator("#camera-facts")).to_contain_text("pictures a second")
    expect(page.get_by_role("button", name="Yes, go on")).to_be_enabled()


def test_a_stopped_film_is_not_kept_and_can_be_made_again(people: People, wall: Path) -> None:
    invitation = people.invite()
    with browser_with(*camera(wall)) as page:
        pages.open_link(page, invitation)
        pages.set_up_camera(page)
        pages.start(page, "Sit still")
        pages.press(page, "Stop this film")
        expect(page.get_by_role("heading", name="You stopped the film")).to_be_visible()
        pages.press(page, "Do that again")
        pages.take_ends(page)
        pages.films_arrive(page)
    assert list(people.films(invitation)) == ["rest"]


def test_a_page_that_is_left_breaks_the_film_off(page: Page) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    expect(page.get_by_text("The film stopped because this page was left")).to_be_visible()
    expect(page.get_by_role("button", name="Do that again")).to_be_visible()


def test_an_unplugged_camera_offers_another_take(page: Page) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    page.evaluate(
        "const [track] = document.getElementById('preview').srcObject.getTracks();"
        "track.stop(); track.dispatchEvent(new Event('ended'))"
    )
    expect(page.get_by_role("heading", name="The camera was switched off")).to_be_visible()
    pages.press(page, "Do that again")
    pages.set_up_camera(page)
    expect(page.locator("#stage")).to_be_visible()


def test_a_link_that_is_closed_during_a_film_is_told(people: People, wall: Path) -> None:
    invitation = people.invite()
    with browser_with(*camera(wall)) as page:
        pages.open_link(page, invitation)
        pages.set_up_camera(page)
        pages.start(page, "Sit still")
        people.revoke(invitation)
        pages.take_ends(page)
        pages.skip_films(page, 2)
        expect(page.get_by_text("Your link has ended or was closed")).to_be_visible()
        expect(page.get_by_role("button", name="Finish")).to_be_disabled()
    assert people.films(invitation) == {}


def test_a_film_without_a_face_is_asked_for_again(page: Page) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    pages.take_ends(page)
    pages.skip_films(page, 2)
    row = page.locator(".film", has_text="Sit still")
    expect(row).to_contain_text("This film cannot be used.", timeout=pages.ANALYSIS_MS)
    expect(row).to_contain_text("We could not see your face")
    page.wait_for_timeout(600)
    row.get_by_role("button", name="Watch it").click()
    expect(row.locator("video")).to_be_visible()
    page.wait_for_timeout(600)
    row.get_by_role("button", name="Do that again").click()
    expect(page.get_by_role("heading", name="Sit still")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_the_flow_works_by_keyboard_alone(page: Page) -> None:
    for button in ("Turn on the camera", "Yes, go on", "Start"):
        expect(page.get_by_role("button", name=button)).to_be_enabled()
        page.get_by_role("button", name=button).focus()
        page.wait_for_timeout(600)  # a second press within half a second counts as the same
        page.keyboard.press("Enter")
    page.wait_for_selector('#stage[data-phase="lead"]')
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="You stopped the film")).to_be_visible()
