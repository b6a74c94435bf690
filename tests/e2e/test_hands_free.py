"""The whole flow on a phone: one tap on Start, and no hand is needed until the receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.conftest import browser_with, camera
from tests.e2e.people import Invitation, People

TASKS = ("rest", "smile", "surprise")


def panel(name: str) -> str:
    return f'[data-panel~="{name}"]:not([hidden])'


def stage(phase: str) -> str:
    return f'#stage[data-phase="{phase}"]:not([hidden])'


def steps() -> dict[str, str]:
    """What the page shows one after the other once Start was tapped, by the picture's name."""
    found = {"setup": panel("setup")}
    for task in TASKS:
        phases = ("count", "lead") if task == "rest" else ("count", "lead", "now", "relax")
        found[task] = panel(f"task-{task}")
        found |= {f"{task}-{phase}": stage(phase) for phase in phases}
    return found | {"wait": panel("wait"), "finish": panel("finish")}


@dataclass
class Visit:
    """What came of a visit in which Start was tapped and nothing else."""

    invitation: Invitation
    receipt: str = ""
    sent: dict[str, str] = field(default_factory=dict)  # SHA-256 by task, as the browser has it
    inputs: int = -1  # taps and keys that the record page noticed


def note_inputs(page: Page) -> None:
    page.add_init_script(
        "for (const kind of ['pointerdown', 'keydown', 'touchstart'])"
        "  addEventListener(kind, () => sessionStorage.setItem('inputs',"
        "    Number(sessionStorage.getItem('inputs')) + 1), {capture: true});"
    )


@pytest.fixture(scope="module")
def visit(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    film = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    animate(film, VideoScript(2.0, sway=0, codec="mjpeg"))
    made = Visit(people.invite())
    with browser_with(*camera(film), **pages.PHONE) as page:
        page.on("request", lambda request: note_hash(request, made))
        note_inputs(page)
        come_by(page, made.invitation)
        page.evaluate("sessionStorage.setItem('inputs', 0)")
        page.get_by_role("button", name="Start", exact=True).tap()
        for name, step in steps().items():
            page.wait_for_selector(step, timeout=pages.TAKE_MS)
            pages.shoot(page, f"hands-free-{name}")
        page.wait_for_url("**/done/", timeout=pages.ARRIVES_MS)
        made.inputs = int(page.evaluate("sessionStorage.getItem('inputs')"))
        made.receipt = page.locator("main").inner_text()
        pages.shoot(page, "hands-free-done", whole=True)
        yield made


def come_by(page: Page, invitation: Invitation) -> None:
    """From the message to the camera, as `pages.open_link`, with a picture of each page."""
    page.goto(invitation.address)
    pages.shoot(page, "hands-free-landing", whole=True)
    pages.tell_who_you_are(page, invitation)
    if page.url.endswith("/consent/"):
        pages.shoot(page, "hands-free-consent", whole=True)
        pages.agree(page)
    pages.shoot(page, "hands-free-context", whole=True)
    pages.tell_how_you_are(page)
    expect(pages.panel(page, "camera")).to_be_visible()
    pages.shoot(page, "hands-free-camera")


def note_hash(request: Request, visit: Visit) -> None:
    if request.url.endswith("/submit/"):
        told: dict[str, Any] = json.loads(request.post_data or "{}")
        visit.sent[told["task"]] = told["sha256"]


def test_one_tap_leads_to_the_receipt(visit: Visit) -> None:
    assert visit.inputs == 2  # pointer and touch of the one tap
    assert "Received by Riverside Movement Clinic" in visit.receipt
    assert "3 films" in visit.receipt


def test_what_arrived_is_what_the_browser_recorded(people: People, visit: Visit) -> None:
    assert set(visit.sent) == set(TASKS)
    assert people.films(visit.invitation) == visit.sent


def test_each_film_started_when_the_guide_found_the_face_well_placed(
    people: People, visit: Visit
) -> None:
    captures = people.captures(visit.invitation)
    assert set(captures) == set(TASKS)
    for capture in captures.values():
        assert capture["start"]["by"] == "ready"
        assert capture["guide"]["mode"] in ("gpu", "cpu")
        assert capture["guide"]["last"]["faces"] == 1
        assert capture["helped"] is False
        assert capture["interrupted"] is None
