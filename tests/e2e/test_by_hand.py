"""The last resort: films by the phone's own camera program, where the page may use no camera."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Page, expect

from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.conftest import FAKE_CAMERA, browser_with
from tests.e2e.people import People


def test_films_of_the_phones_own_camera_lead_to_the_receipt(people: People, tmp_path: Path) -> None:
    film, other = tmp_path / "VID_0001.mp4", tmp_path / "VID_0002.mp4"
    animate(film, VideoScript(4.0))
    animate(other, VideoScript(5.0))
    invitation = people.invite()
    with browser_with(FAKE_CAMERA, **pages.PHONE) as page:  # headless refuses the camera
        pages.open_link(page, invitation)
        pages.turn_on_camera(page)
        expect(page.get_by_role("heading", name="The camera is not allowed yet")).to_be_visible()
        pages.press(page, "Film with your phone's own camera")
        give(page, "rest", film)
        expect(pages.panel(page, "hand-smile")).to_be_visible()
        pages.press(page, "Leave this film out")
        give(page, "surprise", film)
        expect(pages.panel(page, "hand-surprise")).to_contain_text("You have sent this film")
        pages.shoot(page, "by-hand-sent-before", whole=True)
        give(page, "surprise", other)
        pages.finish(page)
        expect(page.locator("main")).to_contain_text("2 films")
    sent = {"rest": film, "surprise": other}
    assert people.films(invitation) == {
        task: hashlib.sha256(file.read_bytes()).hexdigest() for task, file in sent.items()
    }
    for capture in people.captures(invitation).values():
        assert capture["by_hand"] is True
        assert capture["mime"] == "video/mp4"
    assert people.cues(invitation, "surprise") == []


def give(page: Page, task: str, film: Path) -> None:
    """Opens what opens the camera on a phone, and comes back with a film."""
    opener = pages.panel(page, f"hand-{task}").get_by_text("Open the camera")
    expect(opener).to_be_visible()
    with page.expect_file_chooser() as chooser:
        opener.tap()
    assert chooser.value.element.get_attribute("capture") == "user"
    chooser.value.set_files(film)
