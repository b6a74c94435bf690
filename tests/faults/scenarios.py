"""The faults, one function each: what is broken, and what becomes of the takes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect

from tests.diagnosis.films import write_live
from tests.e2e import pages
from tests.e2e.people import Invitation
from tests.faults import drill
from tests.faults.booth import Booth
from tests.faults.caller import Caller
from tests.faults.drill import Film
from tests.faults.outcome import Outcome, compare
from tests.faults.storm import Storm
from tests.faults.witness import Filmed
from tests.faults.world import World
from tests.site import wait_until

BEGUN = 20_000  # bytes after which a take is worth breaking off
ANALYSED = """
from clinic.recordings.models import Recording
from diagnosis.models import Job
films = Recording.objects.filter(session="{session}").values_list("id", flat=True)
answer = [films.count(), Job.objects.filter(subject__in=films, state=Job.State.DONE).count()]
"""
LINK = """
import datetime
from django.utils import timezone
from clinic.recordings.models import CaptureLink
now = timezone.now()
answer = CaptureLink.objects.filter(id="{link}").update({change})
"""
IDLE = """
import datetime
from django.utils import timezone
from clinic.uploads.models import Upload
answer = Upload.objects.filter(session="{session}").update(
    expires=timezone.now() + datetime.timedelta(hours=1))
"""


def storm(world: World, patients: int = 3, seed: int = 7) -> Outcome:
    """Thirty takes in three browsers while network and server break again and again."""
    visits = [(world.booth(), drill.invite(world.site, drill.MANY)) for _ in range(patients)]
    for booth, invitation in visits:
        booth.come_by(invitation)
    for booth, _ in visits:
        booth.begin()
    weather = Storm(world.wire, world.server, seed)
    try:
        booths = [booth for booth, _ in visits]
        wait_until(lambda: _have_filmed_all(booths), seconds=400, every=0)
    finally:
        weather.stop()
    for booth, invitation in visits:
        booth.finish()
        _analysed(world, invitation)
    recorded = [take for booth, _ in visits for take in booth.filmed()]
    kept = [film for _, invitation in visits for film in drill.films(world.site, invitation)]
    note = ", ".join(f"{count} x {what}" for what, count in sorted(weather.done.items()))
    return compare("network cut at random, server SIGKILLed", recorded, kept, note)


def tab_closed(world: World) -> Outcome:
    """The tab is closed in the middle of a take and opened again."""
    booth, invitation = _filming(world)
    recorded = booth.filmed()
    booth.page.close()
    booth.page = booth.context.new_page()
    booth.page.goto(invitation.capture)
    kept = _arrived(world, invitation, booth)
    return compare("tab closed in a take, opened again", recorded, kept)


def battery_dead(world: World) -> Outcome:
    """The browser is SIGKILLed in the middle of a take and started again."""
    booth, invitation = _filming(world)
    recorded = booth.filmed()
    booth.lose_power()
    booth.open()
    booth.come_by(invitation)
    kept = _arrived(world, invitation, booth)
    return compare("browser SIGKILLed in a take, started again", recorded, kept)


def offline_and_dead(world: World) -> Outcome:
    """No network during the whole take, then the browser is SIGKILLed; later all is well again."""
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    booth.begin()
    booth.wait_for_take(1)
    world.wire.cut()
    booth.wait_for_take(2)
    recorded = booth.filmed()
    booth.lose_power()
    world.wire.open()
    booth.open()
    booth.come_by(invitation)
    wait_until(lambda: _count(world, invitation) == 2, seconds=60)
    return compare(
        "no network for two takes, then SIGKILL", recorded, drill.films(world.site, invitation)
    )


def never_back(world: World) -> Outcome:
    """The browser dies in a take and is never opened again: the reaper keeps what had arrived."""
    booth, invitation = _filming(world)
    wait_until(lambda: sum(drill.parts(world.site, invitation)), seconds=10)
    recorded = booth.filmed()
    booth.lose_power()
    assert world.site.ask(IDLE.format(session=invitation.session)) == 1
    world.site.manage("reap")
    booth.open()
    kept = drill.films(world.site, invitation)
    return compare("browser SIGKILLed, never opened again", recorded, kept, "kept by the reaper")


def worker_killed(world: World) -> Outcome:
    """The workers are SIGKILLed again and again while films are analysed."""
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    booth.begin()
    for number in (2, 3):
        booth.wait_for_take(number)
        world.server.kill_worker()
    booth.finish()
    _analysed(world, invitation)
    kept = drill.films(world.site, invitation)
    return compare("workers SIGKILLed", booth.filmed(), kept, "all analysed")


def disk_full(world: World) -> Outcome:
    """The server's disk has no room; then it has."""
    world.server.kill()
    world.site.env["DISK_RESERVE_BYTES"] = str(10**18)
    world.server.start()
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    booth.begin()
    booth.wait_for_take(2)
    expect(booth.page.get_by_text("computer is full").first).to_be_attached(timeout=120_000)
    world.server.kill()
    del world.site.env["DISK_RESERVE_BYTES"]
    world.server.start()
    booth.finish()
    kept = drill.films(world.site, invitation)
    return compare("disk full, then room again", booth.filmed(), kept, "told on the page")


def link_ends(world: World) -> Outcome:
    """The link's time is over in the middle of the session: films under way are still taken."""
    booth, invitation = _filming(world)
    _change_link(world, invitation, "expires=now - datetime.timedelta(minutes=1)")
    booth.finish()
    kept = drill.films(world.site, invitation)
    return compare("link expires in mid-session", booth.filmed(), kept)


def link_closed(world: World) -> Outcome:
    """The clinic closes the link in a take; by a new link the films come from the device."""
    booth, invitation = _filming(world)
    _change_link(world, invitation, "revoked=now")
    booth.shows("kept", seconds=200)
    before = len(drill.films(world.site, invitation))
    again = drill.invite_again(world.site, invitation)
    booth.come_by(again)
    booth.begin()
    booth.finish()
    kept = drill.films(world.site, again)
    note = f"{before} before the new link"
    return compare("link closed in mid-session, new link", booth.filmed(), kept, note)


def unplugged(world: World) -> Outcome:
    """The camera goes away in a take: another take is offered, what was filmed is kept."""
    booth, invitation = _filming(world)
    booth.page.evaluate(
        "const [track] = document.getElementById('preview').srcObject.getTracks();"
        "track.stop(); track.dispatchEvent(new Event('ended'))"
    )
    booth.shows("stopped")
    wait_until(lambda: _count(world, invitation) == 1, seconds=60)
    recorded = booth.filmed()
    kept = drill.films(world.site, invitation)
    pages.press(booth.page, "Try again")
    booth.wait_for_take(2)
    return compare("camera unplugged in a take", recorded, kept, "another take is offered")


def two_tabs(world: World) -> Outcome:
    """A second tab takes the session over in the middle of a take."""
    booth, invitation = _filming(world)
    second = booth.context.new_page()
    second.goto(invitation.capture)
    second.get_by_role("button", name="Go on here").click()
    booth.shows("elsewhere")
    wait_until(lambda: _count(world, invitation) == 1, seconds=60)
    recorded = booth.filmed()
    kept = drill.films(world.site, invitation)
    return compare("second tab takes over in a take", recorded, kept)


def confused_upload(world: World) -> Outcome:
    """Parts sent twice, at wrong places and beyond the end: each is put right."""
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    caller = Caller(booth.context, invitation)
    film = write_live(world.folder / "short.webm", np.arange(0, 4, 0.1)).read_bytes()
    half = len(film) // 2
    created = caller.create("drill-0")
    answers = [
        caller.patch(created, 0, film[:half]),
        caller.patch(created, 0, film[:half]),  # once more: its answer was lost
        caller.patch(created, half + 7, film[half:]),  # from the future
        caller.patch(created, half, film[half:], len(film)),
        caller.patch(created, len(film), b"more"),
    ]
    told = [(answer.status, answer.headers.get("upload-offset")) for answer in answers]
    assert told[:4] == [
        (204, str(half)), (409, str(half)), (409, str(half)), (204, str(len(film))),
    ], told  # fmt: skip
    assert answers[4].status == 400
    receipts = [caller.hand_in(created, "drill-0", film) for _ in range(2)]
    assert [receipt.status for receipt in receipts] == [201, 201]
    assert receipts[0].json() == receipts[1].json()
    kept = drill.films(world.site, invitation)
    filmed = [Filmed(len(film), hashlib.sha256(film).hexdigest())]
    return compare("parts sent twice and at wrong places", filmed, kept, "told the right place")


def four_hours(world: World) -> Outcome:
    """A film of four hours: too large at the first word; made small, refused before analysis."""
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    caller = Caller(booth.context, invitation)
    large = caller.create("drill-0", length=4 * 3600 * 310_000)  # as a phone films
    assert large.status == 413, large.status
    film = write_live(world.folder / "long.webm", np.arange(0, 4 * 3600, 10.0)).read_bytes()
    created = caller.create("drill-0", length=len(film))
    for start in range(0, len(film), 2**20):
        caller.patch(created, start, film[start : start + 2**20])
    refused = caller.hand_in(created, "drill-0", film)
    assert refused.status == 422
    kept = drill.films(world.site, invitation)
    return compare("a film of four hours", [], kept, refused.json()["error"])


SCENARIOS: tuple[Callable[[World], Outcome], ...] = (
    storm,
    tab_closed,
    battery_dead,
    offline_and_dead,
    never_back,
    worker_killed,
    disk_full,
    link_ends,
    link_closed,
    unplugged,
    two_tabs,
    confused_upload,
    four_hours,
)


def _filming(world: World) -> tuple[Booth, Invitation]:
    """A patient in the middle of the first take."""
    booth = world.booth()
    invitation = drill.invite(world.site)
    booth.come_by(invitation)
    booth.begin()
    booth.wait_for_take(1, size=BEGUN)
    return booth, invitation


def _have_filmed_all(booths: list[Booth]) -> bool:
    for booth in booths:
        booth.hurry()
    return not any(map(_is_filming, booths))


def _is_filming(booth: Booth) -> bool:
    has_more = booth.page.locator('[data-panel^="task-"]:visible, #stage:visible').count() > 0
    return has_more or len(booth.witness.filmed) < drill.MANY


def _count(world: World, invitation: Invitation) -> int:
    return len(drill.films(world.site, invitation))


def _arrived(world: World, invitation: Invitation, booth: Booth) -> list[Film]:
    """The films once the first has come in."""
    booth.shows("camera")
    wait_until(lambda: _count(world, invitation), seconds=60)
    return drill.films(world.site, invitation)


def _analysed(world: World, invitation: Invitation) -> None:
    def all_done() -> bool:
        films, done = world.site.ask(ANALYSED.format(session=invitation.session))
        return films > 0 and films == done

    wait_until(all_done, seconds=300, every=2)


def _change_link(world: World, invitation: Invitation, change: str) -> None:
    assert world.site.ask(LINK.format(link=invitation.link, change=change)) == 1


def whole(outcome: Outcome) -> bool:
    """Every take that was begun has arrived, to the last byte."""
    return outcome.whole == outcome.started and outcome.lost == 0
