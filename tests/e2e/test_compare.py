"""Two sessions side by side in a real browser: both films stand and move in step at the cue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.axe import violations
from tests.e2e.conftest import browser_with
from tests.e2e.people import People
from tests.site import wait_until

FRAME = 1 / 30
CUES = {"first": (2.0, 5.0), "second": (2.8, 6.1)}
SECONDS = {"first": 8.0, "second": 9.0}
SUBMIT = """
import datetime
from pathlib import Path
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import services
from clinic.recordings.models import Protocol
from diagnosis.config import Cue
from django.utils import timezone
from tests.clinic.analysed import analysed, sitting
from tests.clinic.replayed import keep_landmarks
patient = Patient.objects.create(
    clinic=Patient.objects.get(id="{patient}").clinic, first_name="Tess", last_name="Twice",
    birth_date=datetime.date(1950, 1, 1))
give_consent(patient, [Purpose.CARE], by=Consent.By.STAFF, actor=None)
protocol = Protocol.objects.get(code="demo")
for days_ago, (name, starts) in zip((30, 2), {cues}.items()):
    session = sitting(patient, protocol, days_ago)
    film = services.submit(
        session, protocol.tasks.get(code="smile"), Path("{folder}") / f"{{name}}.webm",
        mime="video/webm", cues=[Cue(start, start + 2) for start in starts], capture={{}})
    traces = {{"intensity": [0, 1] * 8, "movement:mouth_corner": [0, 2, 6, 3] * 4}}
    keep_landmarks(analysed(film, traces=traces), frames=120)
answer = patient.id
"""
STAND = "all => all.every(film => film.readyState > 1 && !film.seeking && film.paused)"
DRAWN = """all => all.map(canvas => canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value))"""


@pytest.fixture(scope="module")
def page(people: People, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The player with the smiles of two sessions, whose cues fall at different times."""
    folder = tmp_path_factory.mktemp("films")
    for name, starts in CUES.items():
        smiles = tuple(Movement("smile", start + 0.3, 0.6, hold=1.2) for start in starts)
        script = VideoScript(SECONDS[name], smiles, width=320, height=240, codec="vp8")
        animate(folder / f"{name}.webm", script)
    patient = people.site.ask(SUBMIT.format(patient=people.patient, cues=CUES, folder=folder))
    with browser_with(viewport={"width": 1440, "height": 1000}) as page:
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        pages.sign_in(page, address)
        page.goto(f"{address}/patients/{patient}/compare/")
        expect(page.locator("#compare .js-plotly-plot")).to_have_count(4)
        yield page
        assert not faults


def times(page: Page) -> list[float]:
    """What both films show, in seconds of each, once they stand."""
    films = page.locator("#compare video")
    wait_until(lambda: bool(films.evaluate_all(STAND)), seconds=20)
    return list(films.evaluate_all("all => all.map(film => film.currentTime)"))


def since(page: Page, cue: int = 0) -> list[float]:
    """The same in seconds since each film's own cue."""
    starts = [starts[cue] for starts in CUES.values()]
    return [at - start for at, start in zip(times(page), starts, strict=True)]


def shows(page: Page, words: str) -> None:
    """Waits until the clock tells this, which is when the films are sent there."""
    expect(page.locator("output")).to_have_text(words)


def cursors_follow(page: Page, to: float) -> None:
    """Waits until the line in every chart stands at these seconds."""
    plots = page.locator("#compare .js-plotly-plot")

    def all_stand_there() -> bool:
        lines = plots.evaluate_all("all => all.map(plot => plot.layout.shapes[0].x0)")
        return bool(lines == pytest.approx([to] * 4, abs=FRAME))

    wait_until(all_stand_there, seconds=10)


def scrub(page: Page, to: float) -> None:
    page.get_by_label("Time of both films").evaluate(
        "(range, to) => { range.value = to; range.dispatchEvent(new Event('input')) }", to
    )
    shows(page, f"{abs(to):.2f} s after cue 1")


def control(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_both_films_wait_at_their_own_cue(page: Page) -> None:
    assert since(page) == pytest.approx([0, 0], abs=FRAME)


def test_the_scrubber_moves_both_films_and_all_cursors(page: Page) -> None:
    scrub(page, 1.5)
    assert since(page) == pytest.approx([1.5, 1.5], abs=FRAME)
    cursors_follow(page, 1.5)


def test_a_click_into_a_curve_moves_both_films(page: Page) -> None:
    plot = page.locator("#compare .js-plotly-plot").nth(1)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_timeout(300)  # Plotly looks at the pointer now and then
    page.mouse.down()
    page.mouse.up()
    wait_until(lambda: since(page)[0] > 2, seconds=10)
    first, second = since(page)
    assert second == pytest.approx(first, abs=FRAME)
    cursors_follow(page, first)


def test_another_cue_puts_both_films_in_step_there(page: Page) -> None:
    page.get_by_role("group", name="In step at cue").get_by_label("2").check()
    shows(page, "0.00 s after cue 2")
    assert since(page, cue=1) == pytest.approx([0, 0], abs=FRAME)
    page.get_by_role("group", name="In step at cue").get_by_label("1").check()
    shows(page, "0.00 s after cue 1")
    assert since(page) == pytest.approx([0, 0], abs=FRAME)


def test_the_keys_step_by_a_picture(page: Page) -> None:
    control(page, "Play").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    shows(page, "1.03 s after cue 1")
    assert since(page) == pytest.approx([1 + FRAME] * 2, abs=0.01)


def test_films_that_have_played_are_still_in_step(page: Page) -> None:
    scrub(page, 0.0)
    control(page, "Play").click()
    first = page.locator("#compare video").first
    wait_until(lambda: bool(first.evaluate("film => film.currentTime > 3")), seconds=20)
    control(page, "Pause").click()
    shown = since(page)
    assert shown[0] > 0.9
    assert shown[1] == pytest.approx(shown[0], abs=FRAME)


def test_the_films_may_be_watched_to_the_end_of_the_longer(page: Page) -> None:
    scrub(page, 5.9)
    control(page, "Play").click()
    expect(control(page, "Play")).to_be_visible()
    assert times(page) == pytest.approx([*SECONDS.values()], abs=0.2)


def test_meshes_take_the_place_of_faces(page: Page) -> None:
    scrub(page, 1.0)
    page.get_by_label("Meshes instead of faces").check()
    expect(page.locator("#compare canvas:visible")).to_have_count(2)
    expect(page.locator("#compare video:visible")).to_have_count(0)
    drawn = page.locator("#compare canvas")
    wait_until(lambda: drawn.evaluate_all(DRAWN) == [True, True], seconds=20)
    page.get_by_label("Meshes instead of faces").uncheck()
    expect(page.locator("#compare video:visible")).to_have_count(2)
    assert since(page) == pytest.approx([1, 1], abs=FRAME)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_accessible_and_fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    pages.shoot(page, f"compare-{width}", whole=True)

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth") == width)

    wait_until(fits, seconds=10)  # the charts follow
    assert violations(page) == []
