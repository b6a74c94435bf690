"""What may go wrong with camera, page and link, and what the person is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import ALLOW_CAMERA, FAKE_CAMERA, browser_with, camera
from tests.e2e.people import Invitation, People
from tests.site import wait_until

LOST = (
    "const [track] = document.getElementById('preview').srcObject.getTracks();"
    "track.stop(); track.dispatchEvent(new Event('ended'))"
)
HIDDEN = (
    "Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}});"
    "document.dispatchEvent(new Event('visibilitychange'))"
)


@pytest.fixture
def invitation(people: People) -> Invitation:
    return people.invite()


@pytest.fixture
def page(invitation: Invitation, wall: Path) -> Iterator[Page]:
    """The record page of a person who has a helper, with a camera that works and no guide."""
    with browser_with(*camera(wall)) as page:
        pages.without_guide(page)
        pages.open_link(page, invitation, helped=True)
        yield page


def arrives(people: People, invitation: Invitation, *tasks: str) -> None:
    wait_until(lambda: list(people.films(invitation)) == list(tasks), seconds=60)


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
        expect(pages.panel(page, "setup")).to_be_visible()


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


def test_without_a_guide_a_film_starts_once_the_text_could_be_read(
    people: People, invitation: Invitation, wall: Path
) -> None:
    with browser_with(*camera(wall)) as page:
        pages.without_guide(page)
        pages.open_link(page, invitation)
        pages.set_up_camera(page)
        pages.take_begins(page)
        pages.take_ends(page)
        pages.films_arrive(page)
        arrives(people, invitation, "rest")
    capture = people.captures(invitation)["rest"]
    assert capture["start"]["by"] == "unguided"
    assert capture["guide"]["mode"] == "none"


def test_the_frame_rate_is_measured_with_each_film(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    pages.take_ends(page)
    arrives(people, invitation, "rest")
    assert people.captures(invitation)["rest"]["frames"]["frames"] > 100  # of 12 s


def test_a_film_stopped_by_hand_is_not_kept_and_can_be_made_again(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    page.wait_for_timeout(3000)  # parts of it have been sent
    pages.press(page, "Stop this film")
    expect(page.get_by_text("This film is not kept")).to_be_visible()
    assert people.films(invitation) == {}
    pages.press(page, "Continue")
    pages.start(page, "Sit still")
    pages.take_ends(page)
    arrives(people, invitation, "rest")
    assert people.attempts(invitation) == [("rest", 1, False)]


def test_a_sign_in_in_another_tab_keeps_no_film_from_being_sent(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    before = page.context.cookies()
    other = page.context.new_page()
    pages.sign_in(other, page.evaluate("location.origin"))
    expect(other.get_by_role("button", name="Sign out")).to_be_attached()
    other.close()
    tokens = [
        next(one["value"] for one in cookies if "csrf" in one["name"])
        for cookies in (before, page.context.cookies())
    ]
    assert tokens[0] != tokens[1]
    page.bring_to_front()
    pages.start(page, "Sit still")
    pages.take_ends(page)
    arrives(people, invitation, "rest")


def test_of_a_film_during_which_the_page_was_left_the_part_is_kept(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    page.wait_for_timeout(4000)
    page.evaluate(HIDDEN.format("true"))
    expect(page.get_by_text("The film stopped because this page was left")).to_be_visible()
    page.evaluate(HIDDEN.format("false"))
    arrives(people, invitation, "rest")
    assert people.attempts(invitation) == [("rest", 1, True)]
    assert people.captures(invitation)["rest"]["interrupted"] == "page left"
    pages.press(page, "Try again")
    pages.start(page, "Sit still")
    pages.take_ends(page)
    wait_until(lambda: ("rest", 2, False) in people.attempts(invitation), seconds=60)


def test_an_unplugged_camera_keeps_the_part_and_offers_another_take(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    page.wait_for_timeout(3000)
    page.evaluate(LOST)
    expect(page.get_by_role("heading", name="The camera was switched off")).to_be_visible()
    arrives(people, invitation, "rest")
    assert people.attempts(invitation) == [("rest", 1, True)]
    assert people.captures(invitation)["rest"]["interrupted"] == "camera lost"
    pages.press(page, "Try again")
    pages.press(page, "Start now")  # the camera is set up again
    pages.start(page, "Sit still")


def test_films_of_a_closed_link_are_kept_and_go_by_a_new_link(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    people.revoke(invitation)
    pages.take_ends(page)
    expect(page.get_by_role("heading", name="Your films are safe on this device")).to_be_visible(
        timeout=pages.ARRIVES_MS
    )
    expect(page.locator("#kept-words")).to_contain_text("Open your link again")
    assert people.films(invitation) == {}
    pages.tell_who_you_are(page, people.invite_again(invitation))
    expect(pages.panel(page, "camera")).to_be_visible()
    arrives(people, invitation, "rest")


def test_a_film_without_a_face_starts_anyway_and_is_asked_for_again(
    people: People, wall: Path
) -> None:
    with browser_with(*camera(wall)) as page:
        pages.open_link(page, people.invite(), helped=True)
        pages.turn_on_camera(page)
        advice = pages.panel(page, "setup").locator("[data-part=advice]")
        expect(advice).to_contain_text("face", timeout=pages.ARRIVES_MS)
        expect(page.get_by_role("button", name="Start now")).to_be_hidden()
        pages.press(page, "Start anyway")
        expect(page.get_by_role("heading", name="Sit still")).to_be_visible()
        expect(page.get_by_role("button", name="Start now")).to_be_hidden()
        pages.press(page, "Start anyway")
        pages.take_begins(page)
        pages.take_ends(page)
        pages.leave_out(page, 2)
        question = page.locator("#question-title")
        expect(question).to_contain_text("could not see your face", timeout=pages.ARRIVES_MS)
        expect(question).to_contain_text("2 films have not been made. Film them again?")
        page.get_by_text("Look at your own films").click()
        row = page.locator(".film", has_text="Sit still")
        expect(row).to_contain_text("This film cannot be used.")
        pages.press(page, "Watch this film")
        expect(row.locator("video")).to_be_visible()
        pages.press(page, "Yes, film again")
        expect(pages.panel(page, "setup")).to_be_visible()  # the camera was off meanwhile
        pages.press(page, "Start anyway")
        expect(page.get_by_role("heading", name="Sit still")).to_be_visible()


def test_the_rest_can_be_done_later_with_the_same_link(
    people: People, invitation: Invitation, page: Page
) -> None:
    pages.set_up_camera(page)
    pages.start(page, "Sit still")
    pages.take_ends(page)
    expect(page.get_by_role("heading", name="Smile")).to_be_visible()
    pages.press(page, "Pause")
    pages.press(page, "Do the rest later")
    expect(page.get_by_text("Open the same link again to go on")).to_be_visible()
    expect(page.locator("#later-words")).to_contain_text("You can close this page now")
    assert list(people.films(invitation)) == ["rest"]
    page.goto(invitation.address)
    pages.set_up_camera(page)
    expect(page.get_by_role("heading", name="Smile")).to_be_visible()
    expect(page.locator("#place-smile")).to_contain_text("Film 2 of 3")
