"""No take is lost, whatever breaks: real browsers, a real server, real SIGKILL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import CHROMIUM
from tests.faults import scenarios
from tests.faults.outcome import Outcome, table
from tests.faults.world import World, world
from tests.requirements import require
from tests.site import ROOT

# A recorder gives a chunk each second: what it had not given yet when it died cannot be kept, and
# a chunk that was given at the last moment may not have reached the disk.
ONE_CHUNK = 700_000
Scenario = Callable[[World], Outcome]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A world for each scenario: what one breaks, no other meets."""
    if CHROMIUM is None:
        require("Chromium")
    if not (ROOT / "static/dist/capture.js").exists():
        require("The front end's build (npm run build)")
    with world(tmp_path) as here:
        yield here


def run(scenario: Scenario, here: World) -> Outcome:
    """What became of the takes; where the scenario breaks off, what its browsers showed then."""
    try:
        return scenario(here)
    except Exception as error:
        for booth in here.booths:
            seen = booth.page.locator("body").inner_text()
            error.add_note(f"A browser at {booth.page.url} showed: {seen}")
        raise


@pytest.mark.parametrize(
    "scenario",
    [
        scenarios.storm,
        scenarios.worker_killed,
        scenarios.disk_full,
        scenarios.link_ends,
        scenarios.link_closed,
        scenarios.confused_upload,
    ],
    ids=lambda scenario: scenario.__name__,
)
def test_every_take_arrives_to_the_last_byte(here: World, scenario: Scenario) -> None:
    outcome = run(scenario, here)
    assert outcome.started >= 1
    assert outcome.whole == outcome.started, table([outcome])
    assert outcome.lost == 0, table([outcome])


@pytest.mark.parametrize(
    "scenario",
    [
        scenarios.tab_closed,
        scenarios.battery_dead,
        scenarios.unplugged,
        scenarios.two_tabs,
    ],
    ids=lambda scenario: scenario.__name__,
)
def test_of_a_take_that_broke_off_the_part_is_kept(here: World, scenario: Scenario) -> None:
    outcome = run(scenario, here)
    assert (outcome.started, outcome.whole, outcome.parts) == (1, 0, 1), table([outcome])
    assert 0 <= outcome.lost <= ONE_CHUNK


def test_when_a_browser_never_comes_back_what_had_arrived_is_kept(here: World) -> None:
    """On a slow machine the take may be whole before the test has seen its first bytes arrive."""
    outcome = run(scenarios.never_back, here)
    assert (outcome.started, outcome.whole + outcome.parts) == (1, 1), table([outcome])
    assert 0 <= outcome.lost <= ONE_CHUNK


def test_films_made_without_network_outlive_the_browser(here: World) -> None:
    outcome = run(scenarios.offline_and_dead, here)
    assert (outcome.started, outcome.whole, outcome.parts) == (2, 1, 1), table([outcome])
    assert 0 <= outcome.lost <= ONE_CHUNK


def test_a_film_of_four_hours_is_refused_at_the_start(here: World) -> None:
    outcome = run(scenarios.four_hours, here)
    assert (outcome.whole, outcome.parts) == (0, 0)
    assert "minutes" in outcome.note
