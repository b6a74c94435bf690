"""A browser of a patient's own, with its own storage on disk, that can lose its power."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.e2e import pages
from tests.e2e.conftest import CHROMIUM, QUIET, camera
from tests.e2e.people import Invitation
from tests.faults.witness import Filmed, Witness
from tests.requirements import require
from tests.site import wait_until


class Booth:
    """Opened again, it has the cookies and the stored films that it had before."""

    def __init__(self, playwright: Playwright, profile: Path, film: Path) -> None:
        self._playwright, self._profile, self._film = playwright, profile, film
        self.open()

    def open(self) -> None:
        if CHROMIUM is None:
            require("Chromium")
        self.context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=CHROMIUM,
            args=[*QUIET, *camera(self._film)],
            viewport={"width": 390, "height": 844},
        )
        self.witness = Witness(self.context)
        self.page: Page = self.context.pages[0]
        pages.without_guide(self.page)

    def lose_power(self) -> None:
        """SIGKILL for every process of the browser."""
        for pid in _processes(self._profile):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        wait_until(lambda: not _processes(self._profile), seconds=10)

    def close(self) -> None:
        self.context.close()

    def come_by(self, invitation: Invitation) -> None:
        """From the link to the record page; a known session goes on where it was."""
        pages.tell_who_you_are(self.page, invitation)
        expect(self.page.locator('[data-panel="camera"]')).to_be_visible(timeout=30_000)

    def begin(self) -> None:
        """The one tap after which films start by themselves."""
        pages.turn_on_camera(self.page)

    def filmed(self) -> list[Filmed]:
        """The takes that the recorders of this browser have given so far."""
        self.page.wait_for_timeout(500)  # lets the witness speak
        return self.witness.filmed

    def wait_for_take(self, number: int, *, size: int = 1) -> None:
        """Until the recorder has given `size` bytes of the take with this number, from 1."""

        def has_begun() -> bool:
            self.hurry()
            filmed = self.witness.filmed
            return len(filmed) >= number and filmed[number - 1].size >= size

        wait_until(has_begun, seconds=60, every=0)

    def hurry(self) -> None:
        """Starts the next film, if one waits: what is tested is no reading time."""
        self.page.evaluate(
            "document.querySelector("
            "'[data-panel]:not([hidden]) [data-part=start]:not([hidden])')?.click()"
        )
        self.page.wait_for_timeout(100)  # lets the witness speak

    def finish(self, seconds: float = 240) -> None:
        """To the receipt. The camera shows no face, of which the last page may ask."""

        def is_finished() -> bool:
            self.hurry()
            self.page.wait_for_timeout(600)
            if self.page.url.endswith("/done/"):
                return True
            button = self.page.locator("#question-finish")
            if button.is_visible():
                button.click()
            return False

        wait_until(is_finished, seconds=seconds, every=0)

    def shows(self, panel: str, seconds: float = 60) -> None:
        expect(self.page.locator(f'[data-panel~="{panel}"]').first).to_be_visible(
            timeout=1000 * seconds
        )


def _processes(profile: Path) -> list[int]:
    marker = str(profile).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if marker in command and b"chrom" in command:
            found.append(int(entry.name))
    return found
