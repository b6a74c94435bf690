"""The whole chain: a face, the real page, a lost network, the analysis, the clinician's chart.

The camera plays one file again and again, out of step with the cues. So each task gets a browser
of its own whose film shows the task's movement every two seconds: the "now" of the demo protocol
is two seconds long, so that each holds the whole movement once. That the page goes on where the
last browser stopped is part of what is tested. Somebody helps, so that films start when told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.conftest import browser_with, camera
from tests.e2e.people import Invitation, People

PERIOD_S = 2.0
STRONG, WEAK = 0.9, 0.35


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


def face(folder: Path, expression: str | None, amplitude: float) -> Path:
    """A loop for the camera: a face at rest, or one that moves once in each period."""
    path = folder / f"{expression}-{amplitude}.mjpeg"
    if not path.exists():
        movement = Movement(expression or "smile", 0.2, amplitude, onset=0.3, hold=0.8, offset=0.4)
        moves = (movement,) if expression else ()
        animate(path, VideoScript(PERIOD_S, moves, sway=0, codec="mjpeg"))
    return path


def record(folder: Path, invitation: Invitation, amplitude: float) -> StorageState:
    """Records the three tasks, with the network cut during the smile; returns the cookies."""
    with browser_with(*camera(face(folder, None, 0))) as page:
        pages.open_link(page, invitation, helped=True)
        film(page, "Sit still")
        cookies = page.context.storage_state()
    with browser_with(*camera(face(folder, "smile", amplitude)), cookies=cookies) as page:
        page.goto(invitation.capture)
        film_with_lost_network(page, "Smile")
    with browser_with(*camera(face(folder, "surprise", amplitude)), cookies=cookies) as page:
        page.goto(invitation.capture)
        film(page, "Look surprised")
        pages.finish(page)
    return cookies


def film(page: Page, title: str) -> None:
    pages.without_guide(page)
    pages.set_up_camera(page)
    pages.start(page, title)
    pages.take_ends(page)
    pages.films_arrive(page)


def film_with_lost_network(page: Page, title: str) -> None:
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    pages.without_guide(page)
    pages.set_up_camera(page)
    pages.start(page, title)
    page.wait_for_timeout(4000)  # the first parts have been sent
    assert "PATCH" in methods
    page.context.set_offline(True)
    pages.take_ends(page)
    expect(page.locator("#sending")).to_contain_text("Your film is safe on this device")
    methods.clear()
    page.context.set_offline(False)
    pages.films_arrive(page)
    assert "HEAD" in methods, "the upload did not ask where to go on"
    assert "POST" in methods, "the film was not submitted"


def analysed(page: Page, invitation: Invitation) -> None:
    """Waits on the receipt page until the websocket tells that the analysis is done."""
    told: list[dict[str, object]] = []

    def listen(socket: object) -> None:
        socket.on("framereceived", lambda frame: told.append(json.loads(frame)))  # type: ignore[attr-defined]

    page.on("websocket", listen)
    page.goto(invitation.capture)
    expect(page.get_by_text("All films have been measured")).to_be_visible(
        timeout=pages.ANALYSIS_MS
    )
    assert told, "nothing came by websocket"
    assert told[-1]["done"]


@pytest.fixture(scope="module")
def sessions(people: People, films: Path) -> dict[str, Invitation]:
    """A session of a strong smile and one of a weak smile of the same face, analysed."""
    invitations = {}
    for name, amplitude in (("strong", STRONG), ("weak", WEAK)):
        invitation = invitations[name] = people.invite()
        cookies = record(films, invitation, amplitude)
        with browser_with(cookies=cookies) as page:
            analysed(page, invitation)
    return invitations


@pytest.fixture
def dashboard(people: People, sessions: dict[str, Invitation], address: str) -> Iterator[Page]:
    """The patient's page as the clinician sees it."""
    with browser_with(viewport={"width": 1440, "height": 900}) as page:
        pages.sign_in(page, address)
        page.goto(f"{address}/patients/{people.patient}/")
        yield page


def value(page: Page, title: str, invitation: Invitation) -> float:
    """What the table under the chart holds for a session."""
    table = page.locator(".timeline__table table")
    titles = table.locator("thead th").all_text_contents()
    column = next(at for at, told in enumerate(titles) if told.startswith(title))
    row = table.locator("tr", has=page.locator(f'a[href*="{invitation.session}"]'))
    cell = row.locator("th, td").nth(column).text_content() or "nan"
    return float(cell.split()[0])


def test_all_films_arrive_whole_although_the_network_was_lost(
    people: People, sessions: dict[str, Invitation]
) -> None:
    for invitation in sessions.values():
        # Each was accepted only because the server's SHA-256 equals the browser's.
        assert set(people.films(invitation)) == {"rest", "smile", "surprise"}


@pytest.mark.parametrize("title", ["Expressivity", "Smile: amplitude, mouth corner"])
def test_the_strong_smile_measures_larger_than_the_weak_one(
    dashboard: Page, sessions: dict[str, Invitation], title: str
) -> None:
    strong, weak = (value(dashboard, title, sessions[name]) for name in ("strong", "weak"))
    assert strong > 1.5 * weak > 0


def test_the_cues_lie_where_the_protocol_puts_them(
    people: People, sessions: dict[str, Invitation]
) -> None:
    for invitation in sessions.values():
        for cue, planned in zip(people.cues(invitation, "smile"), (2, 6), strict=True):
            assert cue["start"] == pytest.approx(planned, abs=0.1)
            assert cue["end"] - cue["start"] == pytest.approx(2, abs=0.1)
