"""The clinician's pages in a real browser: a session is analysed while its page is open.

Nothing may break the page's security policy or leave its origin, the live replacement of parts of
the page included.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.conftest import browser_with
from tests.e2e.people import Invitation, People

SUBMIT = """
from pathlib import Path
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import services
from clinic.recordings.models import RecordingSession
session = RecordingSession.objects.get(id="{session}")
give_consent(session.patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=None)
for code in ("rest", "smile"):
    task = session.protocol.tasks.get(code=code)
    services.submit(session, task, Path("{folder}") / f"{{code}}.webm", mime="video/webm",
                    cues=task.planned_cues(), capture={{}})
services.finish_session(session)
answer = True
"""


@pytest.fixture(scope="module")
def invitation(people: People) -> Invitation:
    return people.invite()


@pytest.fixture(scope="module")
def page(
    people: People,
    invitation: Invitation,
    address: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Page]:
    """The session's page, opened before there is any film, with its analysis now complete."""
    folder = tmp_path_factory.mktemp("films")
    smiles = tuple(Movement("smile", start, 0.6, hold=1.4) for start in (2.3, 6.3))
    animate(folder / "rest.webm", VideoScript(8.0, codec="vp8"))
    animate(folder / "smile.webm", VideoScript(10.0, smiles, codec="vp8"))
    with browser_with(viewport={"width": 1440, "height": 900}) as page:
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.on("request", lambda r: faults.append(r.url) if outside(r.url, address) else None)
        pages.sign_in(page, address)
        page.goto(f"{address}/sessions/{invitation.session}/")
        expect(page.get_by_text("Nothing filmed yet")).to_be_visible()
        people.site.ask(SUBMIT.format(session=invitation.session, folder=folder))
        expect(smile(page).get_by_text("Amplitude, mouth corner", exact=True)).to_be_visible(
            timeout=pages.ANALYSIS_MS
        )
        yield page
        assert not faults


def outside(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


def smile(page: Page) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name="Smile", exact=True))


def chart(page: Page) -> Locator:
    return smile(page).locator(".curve-plot").first


def cursors(page: Page) -> list[float]:
    """Where the cursor of each of the charts over the smile's film stands, in seconds."""
    read = "plots => plots.map(plot => plot.layout.shapes[0].x0)"
    found = list(smile(page).locator("[data-curves] .curve-plot").evaluate_all(read))
    assert found
    return found


def test_the_films_came_onto_the_open_page_as_they_were_analysed(page: Page) -> None:
    expect(page.get_by_text("Nothing filmed yet")).to_have_count(0)
    expect(page.get_by_role("heading", name="Sit still", level=2)).to_be_visible()
    expect(page.locator("#assessment").get_by_text("Expressivity")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()


def test_each_chart_shades_both_cue_windows(page: Page) -> None:
    expect(chart(page).locator(".shapelayer path")).to_have_count(3)  # and the cursor


def test_the_mean_of_the_repeats_is_drawn_within_its_band(page: Page) -> None:
    movement = smile(page).locator("[data-repeats] .curve-plot").last
    expect(movement.locator(".scatterlayer .trace")).to_have_count(2)
    expect(movement.locator(".shapelayer path")).to_have_count(1)


def test_the_cursor_follows_the_film(page: Page) -> None:
    video = smile(page).locator("video")
    video.evaluate("video => { video.muted = true; return video.play() }")
    page.wait_for_timeout(1500)
    video.evaluate("video => video.pause()")
    page.wait_for_timeout(500)
    shown = video.evaluate("video => video.currentTime")
    assert shown > 0.3
    assert all(at == pytest.approx(shown, abs=0.05) for at in cursors(page))
    expect(chart(page).locator(".shapelayer path")).to_have_count(3)


def test_a_click_into_a_chart_moves_the_film_there(page: Page) -> None:
    chart(page).scroll_into_view_if_needed()
    box = chart(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_timeout(300)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(800)
    now = smile(page).locator("video").evaluate("video => video.currentTime")
    assert 6 < now < 8
    assert all(at == pytest.approx(now, abs=0.05) for at in cursors(page))


def test_low_reliability_is_marked_on_a_phone_too(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(smile(page).locator("[data-repeats] .scatterlayer").last).to_be_visible()
    cheek = smile(page).get_by_role("rowheader", name="Amplitude, cheek").first
    expect(cheek.get_by_text("low", exact=False)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_point_of_the_trend_opens_its_session(
    page: Page, people: People, invitation: Invitation, address: str
) -> None:
    page.goto(f"{address}/patients/{people.patient}/")
    point = page.locator("#timeline .scatterlayer .points path").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(f"**/sessions/{invitation.session}/")
