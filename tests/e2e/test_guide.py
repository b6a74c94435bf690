"""The live guidance with its real detector, in a real browser, before a camera that plays faces."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from diagnosis.config import AnalysisConfig
from diagnosis.findings import rules
from diagnosis.portrait import Picture, Portrait
from diagnosis.simulate import Light, VideoScript, animate
from diagnosis.video import VideoReader
from tests.e2e.conftest import browser_with, camera
from tests.requirements import require
from tests.site import ROOT, wait_until

VISION = ROOT / "static/dist/vision"
SETTINGS = {
    "assets": "/vision/",
    "thresholds": rules()["thresholds"],
    "live": rules()["live"],
}
# What the recording page allows: no request to others, nothing evaluated but WebAssembly.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; img-src 'self'"
)
PAGE = "<!doctype html><video playsinline muted></video><script type=module src=page.js></script>"
PROGRAM = """
import { Guide } from "./guide.js";
const settings = %s;
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
window.states = [];
const video = document.querySelector("video");
const opening = Guide.open(video, settings, () => Promise.resolve());
video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
await video.play();
window.guide = await opening;
window.guide.watch((state) => window.states.push(state));
"""


class Files(http.server.SimpleHTTPRequestHandler):
    """Files with the recording page's policy."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with a video and the guide, served from here."""
    for name in ("worker.js", "face_detection_short_range.tflite", "vision_wasm_internal.wasm"):
        if not (VISION / name).exists():
            require("The live guidance's detector (make install)")
    folder = tmp_path_factory.mktemp("guide")
    subprocess.run(
        [
            ROOT / "node_modules/.bin/esbuild",
            ROOT / "static/ts/capture/guide/guide.ts",
            *("--bundle", "--splitting", "--format=esm", "--log-level=error"),
            f"--outdir={folder}",
        ],
        check=True,
    )
    (folder / "vision").symlink_to(VISION)
    (folder / "index.html").write_text(PAGE)
    (folder / "page.js").write_text(PROGRAM % json.dumps(SETTINGS))
    handler = functools.partial(Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def guided(address: str, film: Path, script: str = "") -> Iterator[Page]:
    """A browser whose camera plays `film` before the guide, once it is open."""
    with browser_with(*camera(film)) as page:
        page.add_init_script(script)
        page.goto(address)
        becomes(page, "Boolean(window.guide)")
        yield page


def becomes(page: Page, expression: str) -> None:
    # Playwright's own way of waiting evaluates text in the page, which the policy forbids.
    wait_until(lambda: bool(page.evaluate(expression)), seconds=60)


def says(page: Page, code: str) -> dict[str, Any]:
    """Waits until the advice is `code`, and returns the state that tells it."""
    becomes(page, f"window.states.at(-1)?.advice?.code === {json.dumps(code)}")
    state: dict[str, Any] = page.evaluate("window.states.at(-1)")
    return state


def film_of(folder: Path, pictures: Sequence[Picture]) -> Path:
    """A film for Chromium's camera, which plays it again and again."""
    path = folder / "film.mjpeg"
    coded = (cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes() for picture in pictures)
    path.write_bytes(b"".join(coded))
    return path


def animated(folder: Path, **changes: Any) -> Path:
    """The face at rest: head and camera are still."""
    file = folder / "face.mp4"
    animate(file, VideoScript(2.0, sway=0, **changes))
    with VideoReader(file, AnalysisConfig()) as reader:
        return film_of(folder, [frame.rgb for frame in reader])


def portrait() -> Picture:
    return Portrait(640, 360, 0.5).still


def turned() -> Picture:
    face = Portrait(640, 360, 0.5)
    return face.turn(face.still, 32, 0)


def two_people() -> Picture:
    one = Portrait(320, 360, 0.4).still
    return np.hstack([one, one])


def too_coarse() -> Picture:
    """A face of 42 pixels. In a fine picture the detector finds none so small."""
    return cv2.resize(portrait(), (160, 90), interpolation=cv2.INTER_AREA).astype(np.uint8)


def in_a_hand() -> list[Picture]:
    """The whole picture goes to and fro, as a phone does that somebody holds."""
    wide = Portrait(680, 360, 0.5).still
    at = (20 + 18 * np.sin(np.arange(30) * 2 * np.pi / 30)).round().astype(int)
    return [np.ascontiguousarray(wide[:, x : x + 640]) for x in at]


def test_a_good_picture_is_ready_without_any_advice_that_blocks(
    address: str, tmp_path: Path
) -> None:
    with guided(address, animated(tmp_path)) as page:
        becomes(page, "window.states.at(-1)?.ready")
        states = page.evaluate("window.states")
        facts = page.evaluate("window.guide.facts()")
        assert page.evaluate("window.violations") == []
    assert not any(state["ready"] for state in states[:5])
    assert not any(state["advice"] and state["advice"]["blocks"] for state in states)
    assert facts["mode"] in ("gpu", "cpu")
    assert facts["thread"] == "worker"
    assert facts["last"]["faces"] == 1
    assert abs(facts["last"]["yaw"]) < 10


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"light": Light(gain=0.35)}, "too_dark"),
        ({"light": Light(side=-0.6)}, "uneven_light"),
        ({"face_height": 0.3}, "face_small"),
    ],
)
def test_bad_light_and_distance_are_told_and_do_not_block(
    address: str, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    with guided(address, animated(tmp_path, **changes)) as page:
        assert not says(page, code)["advice"]["blocks"]
        becomes(page, "window.states.at(-1).ready")


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (too_coarse, "face_too_small"),
        (two_people, "two_faces"),
        (lambda: np.full((360, 640, 3), 160, np.uint8), "no_face"),
        (lambda: np.full((360, 640, 3), 12, np.uint8), "too_dark_to_see"),
    ],
)
def test_no_face_or_two_or_one_far_away_block(
    address: str, tmp_path: Path, picture: Callable[[], Picture], code: str
) -> None:
    with guided(address, film_of(tmp_path, [picture()] * 30)) as page:
        state = says(page, code)
    assert state["advice"]["blocks"]
    assert not state["ready"]


def test_a_turned_head_is_told(address: str, tmp_path: Path) -> None:
    with guided(address, film_of(tmp_path, [turned()] * 30)) as page:
        assert not says(page, "head_turned")["advice"]["blocks"]


def test_a_phone_in_the_hand_is_told_to_be_put_down(address: str, tmp_path: Path) -> None:
    with guided(address, film_of(tmp_path, in_a_hand())) as page:
        assert "lean it" in says(page, "camera_moves")["advice"]["words"]


def test_where_workers_fail_the_page_itself_looks(address: str, tmp_path: Path) -> None:
    film = film_of(tmp_path, [two_people()] * 30)
    with guided(address, film, "delete window.Worker") as page:
        says(page, "two_faces")
        assert page.evaluate("window.guide.facts().thread") == "page"
        assert page.evaluate("window.violations") == []


def test_a_browser_that_cannot_look_goes_without(address: str, tmp_path: Path) -> None:
    film = film_of(tmp_path, [portrait()] * 30)
    with guided(address, film, "delete window.Worker; delete window.WebAssembly") as page:
        assert page.evaluate("window.guide.mode") == "none"
        assert page.evaluate("window.states") == []
