"""A real site with a worker, a real Chromium, and a camera that plays an animated face."""

from __future__ import annotations

import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, StorageState, sync_playwright

from tests.e2e.people import People
from tests.requirements import require
from tests.site import ROOT, Site, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
ALLOW_CAMERA = "--use-fake-ui-for-media-stream"
FAKE_CAMERA = "--use-fake-device-for-media-stream"


def camera(film: Path) -> list[str]:
    """Flags for a browser whose camera plays `film` again and again, and is allowed."""
    return [ALLOW_CAMERA, FAKE_CAMERA, f"--use-file-for-fake-video-capture={film}"]


@contextmanager
def browser_with(
    *flags: str, cookies: StorageState | None = None, **options: Any
) -> Iterator[Page]:
    if CHROMIUM is None:
        require("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])
        context: BrowserContext = browser.new_context(storage_state=cookies, **options)
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
        browser.close()
        assert not faults, f"the page's own program failed: {faults}"


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film for the camera that has no face in it: a shadow moves over a wall."""
    path = tmp_path_factory.mktemp("camera") / "wall.mjpeg"
    pictures = [np.full((360, 640), 160, np.uint8) for _ in range(30)]
    for at, picture in enumerate(pictures):
        picture[:, at * 20 : at * 20 + 40] = 90
    path.write_bytes(b"".join(cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures))
    return path


@pytest.fixture(scope="session")
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Site]:
    """`manage.py serve` with one worker, on a data folder of its own."""
    if CHROMIUM is None:
        require("Chromium")
    if not (ROOT / "static/dist/capture.js").exists():
        require("The front end's build (npm run build)")
    site = Site(tmp_path_factory.mktemp("site"), SITE_URL=address)
    port = address.rpartition(":")[2]
    with site.process("serve", "--host", "127.0.0.1", "--port", port, "--workers", "1") as serve:

        def answers() -> bool:
            assert serve.poll() is None, "manage.py serve ended"
            try:
                with urllib.request.urlopen(f"{address}/accounts/login/") as response:
                    return response.status == 200
            except (urllib.error.URLError, ConnectionError):
                return False

        wait_until(answers, seconds=90)
        yield site


@pytest.fixture(scope="session")
def people(site: Site) -> People:
    return People(site)
