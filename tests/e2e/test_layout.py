"""The bar with the buttons on a small screen: always in view, and nothing in it jumps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import browser_with, camera
from tests.e2e.people import People

SIZES = {"a usual phone": (390, 844), "a narrow and low one": (320, 568)}
TASKS = ("rest", "smile", "surprise")
# Where Start and Pause are: as the panel opens, with each advice in it, and scrolled to its end.
BOXES = """
() => {
  const [advice, start, pause] = ["[data-part=advice]", "[data-part=start]", "[data-act=pause]"]
    .map(part => [...document.querySelectorAll(`[data-panel]:not([hidden]) ${part}`)].at(-1));
  const box = button => {
    const {left, top, right, bottom} = button.getBoundingClientRect();
    return {left, top, right, bottom};
  };
  const look = () => [box(start), box(pause)];
  scrollTo(0, 0);
  const said = advice.textContent;
  const advised = [
    "", "Come closer.", "It is too dark to see you. Turn on a light in front of you.",
  ].map(words => {
    advice.textContent = words;
    return look();
  });
  start.hidden = true;
  advised.push(look());
  start.hidden = false;
  advice.textContent = said;
  scrollTo(0, document.body.scrollHeight);
  return {advised, atEnd: look()};
}
"""


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Seen:
    """Start and Pause in one panel, at one size of the screen."""

    advised: list[tuple[Box, Box]]
    at_end: tuple[Box, Box]


Look = dict[str, dict[str, Seen]]  # by the size's name, then by panel


@pytest.fixture(scope="module")
def look(people: People, wall: Path) -> Iterator[Look]:
    found: Look = {name: {} for name in SIZES}
    with browser_with(*camera(wall), **pages.PHONE) as page:
        pages.without_guide(page)
        pages.open_link(page, people.invite(), helped=True)
        pages.turn_on_camera(page)
        note(page, "setup", found)
        pages.press(page, "Start now")
        for task in TASKS:
            note(page, f"task-{task}", found)
            pages.leave_out(page, 1)
        yield found


def note(page: Page, panel: str, found: Look) -> None:
    expect(pages.panel(page, panel)).to_be_visible()
    expect(page.get_by_role("button", name="Start now")).to_be_visible()
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        told = page.evaluate(BOXES)
        advised = [boxes(pair) for pair in told["advised"]]
        found[name][panel] = Seen(advised, boxes(told["atEnd"]))
        pages.shoot(page, f"layout-{panel}-{width}")


def boxes(pair: list[dict[str, float]]) -> tuple[Box, Box]:
    start, pause = (Box(**box) for box in pair)
    return start, pause


@pytest.mark.parametrize("size", SIZES)
def test_start_and_pause_are_in_view_at_once_and_at_the_pages_end(look: Look, size: str) -> None:
    width, height = SIZES[size]
    for panel, seen in look[size].items():
        for box in (*seen.advised[0], *seen.at_end):
            assert 0 <= box.left < box.right <= width, panel
            assert 0 <= box.top < box.bottom <= height, panel


@pytest.mark.parametrize("size", SIZES)
def test_no_advice_moves_a_button(look: Look, size: str) -> None:
    for panel, seen in look[size].items():
        assert all(pair == seen.advised[0] for pair in seen.advised), panel


@pytest.mark.parametrize("size", SIZES)
def test_no_panel_has_pause_where_another_has_start(look: Look, size: str) -> None:
    seen = look[size].values()
    assert len({(start.left, start.right) for start, _ in (one.advised[0] for one in seen)}) == 1
    for one, other in product(seen, repeat=2):
        assert not one.advised[0][0].meets(other.advised[0][1])
