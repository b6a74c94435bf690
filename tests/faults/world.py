"""What every fault test stands on: a server over a wire, a camera, and the patients' browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Playwright, sync_playwright

from tests.faults import drill
from tests.faults.booth import Booth
from tests.faults.server import Server, free_port
from tests.faults.wire import Wire


class World:
    def __init__(self, folder: Path, playwright: Playwright) -> None:
        self.folder = folder
        self._playwright = playwright
        port = free_port()
        self.wire = Wire(port)
        self.server = Server(folder / "site", self.wire.address, port)
        self.site = self.server.site
        drill.set_up(self.site)
        self._film = shadow(folder / "camera.mjpeg")
        self.booths: list[Booth] = []

    def booth(self) -> Booth:
        """A new patient's browser."""
        profile = self.folder / f"profile-{len(self.booths)}"
        self.booths.append(Booth(self._playwright, profile, self._film))
        return self.booths[-1]

    def close(self) -> None:
        for booth in self.booths:
            booth.close()
        self.server.kill()
        self.wire.close()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with sync_playwright() as playwright:
        here = World(folder, playwright)
        try:
            here.server.start()
            yield here
        finally:
            here.close()


def shadow(path: Path) -> Path:
    """A film for the camera: a shadow moves over a wall, with some noise so that it has a size."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(120, 180, (30, 360, 640), np.uint8)
    for at, picture in enumerate(pictures):
        picture[:, at * 20 : at * 20 + 40] = 90
    path.write_bytes(b"".join(cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures))
    return path
