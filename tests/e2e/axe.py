"""What axe-core finds on the page that is open, against WCAG 2.2 AA."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.requirements import require
from tests.site import ROOT

PROGRAM = ROOT / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """One line per violation: rule, what it wants, and the elements that break it."""
    if not PROGRAM.exists():
        require("axe-core (npm ci)")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(PROGRAM.read_text(encoding="utf-8"))
    rules = {"type": "rule", "values": COLOURS} if colours_only else {"type": "tag", "values": TAGS}
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    return [
        f"{one['id']}: {one['help']} ({', '.join(str(node['target'][0]) for node in one['nodes'])})"
        for one in found["violations"]
    ]
