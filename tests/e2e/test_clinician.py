"""A clinician's way through the site in a real browser: from the work list to the signed report.

The demo's people are the patients: of one the landmarks of nine sessions are simulated, of the
other two sessions are filmed. Both go through the real analysis.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from fhir.resources.R4B.bundle import Bundle
from playwright.sync_api import Download, Locator, Page, expect

from tests.e2e import pages
from tests.e2e.axe import violations
from tests.e2e.conftest import browser_with
from tests.e2e.people import PASSWORD
from tests.site import Site, wait_until

EMAIL = "clinician@demo.example"
COMMENT = "Less movement in three sessions; the noon dose is to be reviewed."
LANDMARKS, FILMED = "Ashby", "Marlow"
DEMO = f"""
import dataclasses
from clinic import demo
from clinic.accounts.models import User
from clinic.demo_people import OFF, PEOPLE
filmed, *_, landmarks = PEOPLE
usual, less = landmarks.visits[:5], landmarks.visits[22:25]
off = dataclasses.replace(less[0], medication=OFF, days_ago=less[0].days_ago - 1)
demo.PEOPLE = (
    dataclasses.replace(filmed, visits=filmed.visits[:2]),
    dataclasses.replace(landmarks, visits=(*usual, *less, off)),
)
demo.RATED = 0
demo.create()
clinician = User.objects.get(email="{EMAIL}")
clinician.set_password("{PASSWORD}")
clinician.save()
list(demo.fill())
from clinic.patients.models import Patient
answer = {{p.last_name: str(p.id) for p in Patient.objects.filter(clinic__is_demo=True)}}
"""
UNDER_WAY = """
from diagnosis.models import Job
answer = Job.objects.exclude(state__in=["done", "cancelled", "failed"]).count()
"""
BLIND = """
from clinic.ratings.models import Rating
answer = list(Rating.objects.values_list("score", "blind"))
"""
SIZES = ((1440, "light"), (390, "dark"))


@dataclass
class Walk:
    page: Page
    address: str
    patients: dict[str, str]  # last name -> id
    site: Site

    def open(self, last_name: str, more: str = "") -> None:
        """A page of the patient."""
        self.page.goto(f"{self.address}/patients/{self.patients[last_name]}/{more}")

    def fits(self, width: int) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth") == width)

    def passes(self, name: str) -> None:
        """The page that is open is accessible and fits, on a screen and on a phone in the dark."""
        for width, scheme in SIZES:
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_timeout(300)  # until colours have changed
            pages.shoot(self.page, f"{name}-{width}-{scheme}", whole=True)
            assert violations(self.page) == [], (name, width)
            wait_until(partial(self.fits, width), seconds=10)  # the charts follow
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1440, "height": 900})

    def download(self, button: str) -> Download:
        with self.page.expect_download() as coming:
            self.page.get_by_role("button", name=button, exact=True).click()
        return coming.value


@pytest.fixture(scope="module")
def walk(site: Site, address: str) -> Iterator[Walk]:
    """The browser of a clinician who has just signed in; all is analysed."""
    patients = site.ask(DEMO)
    wait_until(lambda: site.ask(UNDER_WAY) == 0, seconds=300, every=2)
    with browser_with(viewport={"width": 1440, "height": 900}) as page:
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.on("request", lambda r: faults.append(r.url) if outside(r.url, address) else None)
        pages.sign_in(page, address, EMAIL)
        yield Walk(page, address, patients, site)
        assert not faults


def outside(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


def chart(page: Page) -> Locator:
    expect(page.locator("#timeline.js-plotly-plot")).to_be_visible()
    return page.locator("#timeline")


def points(page: Page) -> int:
    """How many points of the first measure are drawn."""
    return int(chart(page).locator(".subplot.xy .points path").count())


def test_the_work_list_is_the_first_page_and_names_the_new_verdict(walk: Walk) -> None:
    expect(walk.page).to_have_url(f"{walk.address}/worklist/")
    walk.passes("work")
    walk.page.locator("#verdicts-title").locator("xpath=../..").get_by_role(
        "link", name=LANDMARKS
    ).first.click()
    expect(walk.page).to_have_url(f"{walk.address}/patients/{walk.patients[LANDMARKS]}/")


def test_the_patient_page_answers_first_and_shows_the_course_below(walk: Walk) -> None:
    walk.open(LANDMARKS)
    verdict = walk.page.locator("#verdict")
    expect(verdict.get_by_text("Reliable change")).to_be_visible()
    expect(verdict.get_by_text("Next:").first).to_be_visible()
    box = verdict.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900, "the answer is on the first screen"
    chart(walk.page)
    walk.passes("patient")


def test_states_and_time_can_be_chosen_in_the_course(walk: Walk) -> None:
    walk.open(LANDMARKS)
    assert points(walk.page) == 9
    off = walk.page.get_by_role("checkbox", name="OFF", exact=True)
    off.uncheck()
    wait_until(lambda: points(walk.page) == 8, seconds=10)
    off.check()
    walk.page.get_by_role("button", name="3 months").click()
    wait_until(lambda: points(walk.page) == 4, seconds=10)


def test_a_point_opens_its_session_and_the_session_tells_what_moved(walk: Walk) -> None:
    walk.open(LANDMARKS)
    point = chart(walk.page).locator(".subplot.xy .points path").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    walk.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    walk.page.wait_for_timeout(300)  # Plotly looks at the pointer now and then
    walk.page.mouse.down()
    walk.page.mouse.up()
    walk.page.wait_for_url("**/sessions/*/")
    story = walk.page.locator("#story")
    expect(story.get_by_role("heading", name="What moved, and when")).to_be_visible()
    expect(story.get_by_role("link", name="Smile", exact=True)).to_be_visible()
    walk.passes("session")


def test_a_rating_before_any_look_at_results_is_blind(walk: Walk) -> None:
    walk.page.goto(f"{walk.address}/ratings/")
    walk.passes("ratings")
    offered = walk.page.get_by_role("link", name="Rate a session")
    expect(offered).to_have_count(2)  # those of simulated landmarks have no film to look at
    offered.first.click()
    expect(walk.page.get_by_text("will not count as blind")).to_have_count(0)
    expect(walk.page.get_by_text(FILMED)).to_have_count(0)
    walk.passes("rate")
    walk.page.get_by_role("radio", name="2:").check()
    walk.page.get_by_role("button", name="Keep the rating").click()
    expect(walk.page).to_have_url(f"{walk.address}/ratings/")
    assert walk.site.ask(BLIND) == [[2, True]]


def test_two_sessions_stand_at_the_cue_and_move_together(walk: Walk) -> None:
    walk.open(FILMED)
    walk.page.get_by_role("link", name="Last session beside the baseline").click()
    films = walk.page.locator("#compare video")
    expect(films).to_have_count(2)
    expect(walk.page.locator("#compare .js-plotly-plot")).to_have_count(4)
    cue = json.loads(walk.page.locator("#compare-data").inner_text())["takes"][0]["cues"][0]
    start = cue["start"]
    still = "all => all.every(film => film.readyState > 1 && !film.seeking && film.paused)"

    def times() -> list[float]:
        wait_until(lambda: bool(films.evaluate_all(still)), seconds=20)
        return list(films.evaluate_all("all => all.map(film => film.currentTime)"))

    assert times() == pytest.approx([start, start], abs=0.05)
    walk.page.get_by_label("Time of both films").evaluate(
        "range => { range.value = 1; range.dispatchEvent(new Event('input')) }"
    )
    expect(walk.page.locator("output")).to_have_text("1.00 s after cue 1")
    assert times() == pytest.approx([start + 1, start + 1], abs=0.05)
    walk.passes("compare")


def test_the_report_is_signed_with_the_password_and_comes_as_a_pdf(walk: Walk) -> None:
    walk.open(LANDMARKS)
    walk.page.get_by_role("link", name="Report", exact=True).click()
    expect(walk.page.get_by_text("Draft, not signed.")).to_be_visible()
    walk.passes("report")
    walk.page.get_by_label("Your comment").fill(COMMENT)
    walk.page.get_by_label("Password").fill("not the password")
    walk.page.get_by_role("button", name="Sign this report").click()
    expect(walk.page.get_by_text("Signed reports")).to_have_count(0)
    walk.page.get_by_label("Password").fill(PASSWORD)
    walk.page.get_by_role("button", name="Sign this report").click()
    signed = walk.page.get_by_role("link", name="(PDF)")
    expect(signed).to_have_count(1)
    file = walk.page.request.get(f"{walk.address}{signed.get_attribute('href')}")
    assert file.headers["content-type"] == "application/pdf"
    assert file.body().startswith(b"%PDF")


def test_the_record_can_be_taken_out(walk: Walk) -> None:
    walk.open(FILMED)
    walk.page.get_by_role("link", name="Export or erase").click()
    walk.passes("exports")
    told = walk.download("Download the FHIR bundle").path().read_bytes()
    bundle = Bundle.model_validate_json(told)
    kinds = {e.resource.get_resource_type() for e in bundle.entry or [] if e.resource}
    assert {"Patient", "Observation"} <= kinds
    everything = walk.download("Download everything").path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(everything)) as archive:
        assert archive.testzip() is None
        assert any(name.endswith(".mp4") for name in archive.namelist())
