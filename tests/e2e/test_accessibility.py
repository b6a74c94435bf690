"""Every page against axe-core; and the patients' pages for hands that tremble and eyes that tire.

Panels of the record page are opened here as its program opens them, with sentences such as it
writes: what leads to each is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.axe import violations
from tests.e2e.conftest import browser_with
from tests.e2e.people import Invitation, People

TARGET_PX, GAP_PX, TEXT_PX = 56, 16, 18
PANELS = (
    *("opening", "camera", "setup", "problem", "task-rest", "task-smile", "hand-rest"),
    *("stopped", "paused", "later", "elsewhere", "wait", "question", "finish", "kept", "finishing"),
)
PHASES = ("count", "lead", "now", "relax")
OPEN = """
name => {
  const stage = document.getElementById("stage");
  stage.hidden = true;
  document.documentElement.classList.remove("has-stage");
  for (const panel of document.querySelectorAll("[data-panel]"))
    panel.hidden = !panel.dataset.panel.split(" ").includes(name);
  const preview = document.getElementById("preview");
  preview.classList.toggle("preview--parked", name !== "setup");
  for (const place of document.querySelectorAll(
      "[id$='-title'], [id$='-words'], [data-part='advice'], [id^='place-']"))
    place.textContent ||= "请坐到窗前 / Turn so that the window is in front of you.";
  for (const button of document.querySelectorAll("[data-part='start'], #question-yes")) {
    button.hidden = false;
    button.textContent ||= "Start anyway / 仍然开始";
  }
  document.getElementById("question-advice").replaceChildren(...[1, 2].map(() => {
    const item = document.createElement("li");
    item.textContent = "It was dark. Please turn on a light in front of you, or face a window.";
    return item;
  }));
  document.getElementById("question-later").hidden = true;
  for (const id of ["sending", "expiry"]) {
    const line = document.getElementById(id);
    line.hidden = name !== "camera";
    line.textContent = "Sending 2 films …";
  }
}
"""
STAGE = """
phase => {
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = true;
  const stage = document.getElementById("stage");
  stage.hidden = false;
  stage.dataset.phase = phase;
  document.documentElement.classList.add("has-stage");
  document.getElementById("stage-caption").textContent =
    {count: "3", lead: "", now: "Now", relax: "Relax"}[phase];
}
"""
# What is too small, too near to its neighbour, or set too small to read, as one line each.
MEASURE = """
([target, gap, text]) => {
  const told = [];
  const seen = element => element.checkVisibility({visibilityProperty: true})
    && element.getBoundingClientRect().width > 1;
  const name = element => (element.innerText || element.name || element.id || element.tagName)
    .trim().slice(0, 40).replaceAll("\\n", " ");
  const stage = document.querySelector("#stage:not([hidden])");
  const root = stage ?? document.body;
  const wanted = "button, summary, select, textarea, video[controls], main a, .foot a, "
    + "input:not([type=hidden], [type=radio], [type=checkbox]), label:has(input), "
    + ".field--check";
  const targets = [...root.querySelectorAll(wanted)].filter(seen);
  const boxes = targets.map(one => one.getBoundingClientRect());
  targets.forEach((one, at) => {
    const box = boxes[at];
    if (box.height < target - 0.5)
      told.push(`${name(one)}: ${box.height.toFixed(0)} px high`);
    if (box.right > innerWidth + 0.5 || box.left < -0.5) told.push(`${name(one)}: cut off`);
    targets.slice(at + 1).forEach((other, next) => {
      const near = boxes[at + 1 + next];
      if (one.contains(other) || other.contains(one)) return;
      const across = Math.max(near.left - box.right, box.left - near.right);
      const down = Math.max(near.top - box.bottom, box.top - near.bottom);
      if (Math.max(across, down) < gap - 0.5)
        told.push(`${name(one)} | ${name(other)}: ${Math.max(across, down).toFixed(0)} px apart`);
    });
  });
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(one)) continue;
    if (one.matches("script, style, noscript *")) continue;
    const size = parseFloat(getComputedStyle(one).fontSize);
    if (size < text - 0.05) told.push(`${name(one)}: ${size} px`);
  }
  if (document.documentElement.scrollWidth > innerWidth) told.push("scrolls sideways");
  return told;
}
"""


class Look:
    """Gathers what is wrong with the states of pages."""

    def __init__(self, page: Page, prefix: str, language: str = "en") -> None:
        self.page, self.prefix, self.language = page, prefix, language
        self.problems: list[str] = []

    def patients(self, name: str) -> None:
        """As a patient sees it: in light and dark, on a narrow and on a usual phone."""
        pages.shoot(self.page, f"{self.prefix}-{name}", whole=True)
        for width in (320, 390):
            self.page.set_viewport_size({"width": width, "height": 844})
            found = self.page.evaluate(MEASURE, [TARGET_PX, GAP_PX, TEXT_PX])
            self._note(f"{name} at {width} px", found)
        self.page.emulate_media(color_scheme="dark")
        self._note(f"{name} in dark", violations(self.page, colours_only=True))
        self.page.emulate_media(color_scheme="light")
        self._note(name, violations(self.page))

    def staff(self, name: str) -> None:
        pages.shoot(self.page, f"{self.prefix}-{name}", whole=True)
        self._note(name, violations(self.page))

    def _note(self, where: str, found: list[str]) -> None:
        self.problems += [f"{where}: {problem}" for problem in found]


@pytest.fixture(params=["en", "zh-hans"])
def look(request: pytest.FixtureRequest, address: str) -> Iterator[Look]:
    """A phone whose owner reads this language."""
    with browser_with(viewport={"width": 390, "height": 844}, reduced_motion="reduce") as page:
        cookie = {"name": "language", "value": request.param, "url": address}
        page.context.add_cookies([cookie])
        yield Look(page, f"patient-{request.param}", request.param)


def test_the_patients_pages(look: Look, people: People) -> None:
    page = look.page
    invitation = people.invite()
    to_the_films(look, invitation)
    the_record_page(look, invitation)
    after_the_films(look, people, invitation)
    page.goto(invitation.address.rstrip("/") + "x/")
    expect(page.get_by_role("heading")).to_be_visible()
    look.patients("link-problem")
    assert not look.problems, "\n".join(look.problems)


def to_the_films(look: Look, invitation: Invitation) -> None:
    page = look.page
    page.goto(invitation.address)
    expect(page.locator("html")).to_have_attribute("lang", look.language)
    look.patients("landing")
    page.locator("[name=first_name]").fill("Peter")
    send(page)
    look.patients("landing-with-errors")
    page.locator("[name=first_name]").fill("Paul")
    page.locator("[name=birth_year]").fill("1956")
    send(page)
    if page.url.endswith("/consent/"):
        look.patients("consent")
        send(page)
        look.patients("consent-with-errors")
        for box in page.get_by_role("checkbox").all():
            box.check()
        send(page)
    look.patients("context")
    send(page)
    look.patients("context-with-errors")
    page.locator("form[action$='/too-ill/'] button").click()
    page.wait_for_url("**/too-ill/")
    look.patients("too-ill")


def the_record_page(look: Look, invitation: Invitation) -> None:
    page = look.page
    page.goto(invitation.capture)
    for group in page.get_by_role("group").all():
        if group.get_by_role("radio").count():
            group.get_by_role("radio").first.check()
    send(page)
    expect(pages.panel(page, "camera")).to_be_visible()
    for name in PANELS:
        page.evaluate(OPEN, name)
        look.patients(name)
    for phase in PHASES:
        page.evaluate(STAGE, phase)
        look.patients(f"stage-{phase}")


def after_the_films(look: Look, people: People, invitation: Invitation) -> None:
    page = look.page
    people.site.ask(RECEIVED.format(session=invitation.session))
    page.goto(invitation.capture)
    page.wait_for_url("**/done/")
    look.patients("done")
    page.locator("a[href*='/withdraw/']").first.click()
    look.patients("withdraw")


def send(page: Page) -> None:
    page.wait_for_timeout(600)  # a second press within half a second counts as the same
    with page.expect_navigation():
        page.locator("main button.button--primary").last.click()


RECEIVED = """
from tests.clinic.analysed import film
from clinic.recordings.models import RecordingSession
from clinic.recordings.services import finish_session
session = RecordingSession.objects.get(id="{session}")
film(session, "rest")
finish_session(session)
answer = True
"""
STAFF = f"""
import datetime
from django.db import transaction
from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import links
from clinic.recordings.models import Protocol
from diagnosis.config import Finding
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
clinic = Clinic.objects.create(name="Hillside clinic", phone="01632 960 002")
ada = User.objects.create_user("ada@example.org", "{pages.PASSWORD}", name="Ada Admin")
for role in (Role.CLINICIAN, Role.ADMIN):
    Membership.objects.create(user=ada, clinic=clinic, role=role)
patient = Patient.objects.create(clinic=clinic, first_name="Nina", last_name="New",
                                 birth_date=datetime.date(1950, 1, 2))
give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=ada)
protocol = Protocol.objects.get(code="demo")
dark = Finding("too_dark", "advises", "It was dark.", "Mean brightness 40 of 255.")
with transaction.atomic():
    for days, value in ((30, 5.0), (2, 7.5)):
        session = sitting(patient, protocol, days, "on" if days > 9 else "off")
        smile = film(session, "smile")
        analysed(smile, [amplitude(value)], findings=[dark],
                 traces={{"movement:mouth_corner": [0, 0, 3, 7, 7, 2, 0, 0, 0]}})
        analysed(session, [expressivity(value)])
    open_session = sitting(patient, protocol)
links.make(open_session, actor=ada, days=3)
answer = [str(patient.id), str(session.id), str(open_session.id), str(clinic.id)]
"""


def test_the_staffs_pages(people: People, address: str) -> None:
    patient, session, open_session, clinic = people.site.ask(STAFF)
    names = {
        "work": "worklist/",
        "queue": "worklist/queue/",
        "patients": "patients/",
        "patient-form": "patients/new/",
        "patient": f"patients/{patient}/",
        "patient-edit": f"patients/{patient}/edit/",
        "session": f"sessions/{session}/",
        "session-without-films": f"sessions/{open_session}/",
        "new-session": f"patients/{patient}/sessions/new/",
        "consents": f"patients/{patient}/consents/",
        "home-plan": f"patients/{patient}/plan/",
        "at-home": "home/",
        "import": f"patients/{patient}/import/",
        "members": "members/",
        "releases": "releases/",
        "consent-texts": "clinic/consent-texts/",
        "consent-text-form": f"clinic/{clinic}/consent-texts/care/",
        "audit": "audit/",
        "mfa": "accounts/2fa/",
        "password": "accounts/password/change/",
    }
    with browser_with(viewport={"width": 1440, "height": 900}, reduced_motion="reduce") as page:
        look = Look(page, "staff")
        page.goto(f"{address}/accounts/login/")
        look.staff("login")
        pages.sign_in(page, address, "ada@example.org")
        for name, place in names.items():
            response = page.goto(f"{address}/{place}", wait_until="load")
            assert response is not None
            assert response.ok, place
            if name in ("patient", "session"):
                expect(page.locator(".main-svg").first).to_be_visible(timeout=pages.ARRIVES_MS)
            look.staff(name)
        page.goto(f"{address}/sessions/{open_session}/")
        page.locator("form[action$='/link/'] button").click()
        expect(page.locator("main svg, main img").first).to_be_visible()
        look.staff("link")
        page.goto(f"{address}/patients/new/")
        page.locator("main form button").last.click()
        look.staff("patient-form-with-errors")
        assert not look.problems, "\n".join(look.problems)
