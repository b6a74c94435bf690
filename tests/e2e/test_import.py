"""A folder of old clips, from the clinic's disk to a measured session, in a real browser."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate
from tests.e2e import pages
from tests.e2e.axe import violations
from tests.e2e.conftest import browser_with
from tests.e2e.people import People

CONSENT = """
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
patient = Patient.objects.get(id="{patient}")
give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=None)
answer = True
"""
NAME = "Paul Patient smile"  # as people do name files
SENT_MS = 180_000
SEED = 1948  # no other test hands in the same films


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rest of eleven seconds, a smile of four, which lies there twice, and a text."""
    folder = tmp_path_factory.mktemp("clips")
    smile = Movement("smile", 1.0, 0.6, hold=1.4)
    animate(folder / "rest.mp4", VideoScript(11.0, seed=SEED))
    animate(folder / f"{NAME}.mp4", VideoScript(4.0, (smile,), seed=SEED))
    shutil.copy(folder / f"{NAME}.mp4", folder / f"{NAME} copy.mp4")
    (folder / "notes.txt").write_text("He smiled well.", "utf-8")
    return folder


@pytest.fixture(scope="module")
def page(people: People, address: str) -> Iterator[Page]:
    people.site.ask(CONSENT.format(patient=people.patient))
    with browser_with(viewport={"width": 1440, "height": 900}) as page:
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        pages.sign_in(page, address)
        page.goto(f"{address}/patients/{people.patient}/")
        page.get_by_role("link", name="Import clips").click()
        yield page
        # Offline, the browser reports each try.
        assert [fault for fault in faults if "INTERNET_DISCONNECTED" not in fault] == []


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=f"{name} ")


def choose(page: Page, folder: Path) -> None:
    page.get_by_label("A whole folder").set_input_files(folder)


def test_a_folder_becomes_a_session_though_the_network_is_lost(page: Page, folder: Path) -> None:
    told: list[str] = []
    page.on(
        "request", lambda r: told.append(f"{r.url} {r.headers} {_words_of(r.post_data_buffer)}")
    )
    choose(page, folder)
    smile, copy = row(page, f"{NAME}.mp4"), row(page, f"{NAME} copy.mp4")
    expect(smile.get_by_label("Task of")).to_have_value("smile")
    expect(row(page, "rest.mp4").get_by_label("Task of")).to_have_value("rest")
    expect(row(page, "rest.mp4").get_by_text("11.0 s")).to_be_visible()
    expect(row(page, "notes.txt")).to_contain_text("no film that Mimia can read")
    expect(smile).to_contain_text("only that of the newer file counts")
    page.get_by_label("Date", exact=True).fill("2024-05-03")
    page.get_by_role("button", name="Set all dates").click()
    page.get_by_label("Medication state", exact=True).select_option("on")
    page.get_by_role("button", name="Set all states").click()
    assert violations(page) == []

    page.context.set_offline(True)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#clips")).to_contain_text("No connection.")
    page.context.set_offline(False)
    expect(page.locator("#summary")).to_have_text(
        "2 clips received, 1 not sent again, 1 left out.", timeout=SENT_MS
    )
    expect(page.locator("#clips").get_by_text(f"The same film as {NAME}")).to_have_count(1)
    expect(copy.or_(smile).get_by_text("Received")).to_have_count(1)
    assert violations(page) == []
    encoded = base64.b64encode(NAME.encode()).decode()[:12]
    assert [sent for sent in told if NAME in sent or encoded in sent] == []


def test_what_has_arrived_is_known_and_not_sent_again(page: Page, folder: Path) -> None:
    page.reload()
    page.get_by_label("Single files").set_input_files(folder / "rest.mp4")
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    page.get_by_role("button", name="Import", exact=True).click()
    known = row(page, "rest.mp4")
    expect(known).to_contain_text("Already here: Sit still, 3 May 2024", timeout=SENT_MS)
    assert "PATCH" not in methods
    known.get_by_role("link", name="Open its session").click()
    expect(page.get_by_role("heading", name="Session of 3 May 2024")).to_be_visible()


def test_the_session_is_measured_as_far_as_clips_without_cue_times_go(page: Page) -> None:
    smile = page.locator("section", has=page.get_by_role("heading", name="Smile", exact=True))
    expect(smile.get_by_text("Amplitude, mouth corner", exact=True)).to_be_visible(
        timeout=pages.ANALYSIS_MS
    )
    latency = smile.get_by_role("row", name="Delay to onset, mouth corner").first
    expect(latency).to_contain_text("the cue times are not known")
    expect(page.get_by_text("nobody was guided or checked")).to_be_visible()


def _words_of(body: bytes | None) -> str:
    return (body or b"").decode("latin-1")


def test_the_page_fits_a_phone(page: Page, people: People, address: str, folder: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/patients/{people.patient}/import/")
    choose(page, folder)
    expect(row(page, "rest.mp4")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
