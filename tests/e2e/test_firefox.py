"""A patient's visit in Firefox: its recorder, its storage and its locks are its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from diagnosis.config import AnalysisConfig
from diagnosis.video import VideoReader
from tests.e2e.people import People
from tests.requirements import require
from tests.site import ROOT, Site

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
NODE = shutil.which("node")
VISIT_S = 400
PICTURE_S = 1 / 30

FILMS = """
from django.conf import settings
from clinic.recordings.models import Recording
films = Recording.objects.filter(session="{session}")
answer = [
    [film.task.code, {{
        "file": str(settings.MEDIA_ROOT / film.file), "sha256": film.sha256, "mime": film.mime,
        "partial": film.partial, "cues": film.cues, "capture": film.capture}}]
    for film in films]
"""


@dataclass(frozen=True)
class Visit:
    seen: dict[str, Any]  # what the browser saw
    films: dict[str, dict[str, Any]]  # what the clinic has, by task


@pytest.fixture(scope="module")
def visit(site: Site, people: People) -> Visit:
    if FIREFOX is None:
        require("Firefox")
    if NODE is None or not (ROOT / "node_modules/puppeteer-core").exists():
        require("Firefox's driver (node and puppeteer-core)")
    invitation = people.invite()
    run = subprocess.run(
        [NODE, Path(__file__).with_name("firefox.mjs"), FIREFOX, invitation.address],
        capture_output=True,
        text=True,
        timeout=VISIT_S,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = site.ask(FILMS.format(session=invitation.session))
    assert len(rows) == 3
    return Visit(json.loads(run.stdout), dict(rows))


def times(film: dict[str, Any]) -> list[float]:
    """When each picture of a film was taken, in seconds since the first."""
    with VideoReader(Path(film["file"]), AnalysisConfig()) as reader:
        return [frame.t for frame in reader]


def test_each_film_arrives_with_the_bytes_that_firefox_recorded(visit: Visit) -> None:
    sent = {film["task"]: film["sha256"] for film in visit.seen["sent"]}
    assert set(sent) == {"rest", "smile", "surprise"}
    for task, film in visit.films.items():
        assert film["sha256"] == sent[task]
        assert hashlib.sha256(Path(film["file"]).read_bytes()).hexdigest() == sent[task]
        assert film["mime"] == "video/webm"
    assert visit.seen["left"] == 0, "a film is still kept on the device"
    assert "3 films" in visit.seen["receipt"]


@pytest.mark.parametrize("task", ["rest", "surprise"])
def test_a_film_lasts_from_the_recorders_start_to_the_end_of_the_take(
    visit: Visit, task: str
) -> None:
    film = visit.films[task]
    assert not film["partial"]
    last = times(film)[-1] + PICTURE_S
    assert last == pytest.approx(film["capture"]["seconds"], abs=0.2)


def test_the_cues_lie_where_the_protocol_puts_them(visit: Visit) -> None:
    assert visit.films["rest"]["cues"] == []
    for cue, planned in zip(visit.films["surprise"]["cues"], (2, 6), strict=True):
        assert cue["start"] == pytest.approx(planned, abs=0.1)
        assert cue["end"] - cue["start"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(("task", "by"), [("rest", "unguided"), ("surprise", "button")])
def test_films_start_by_themselves_or_by_a_button_and_are_kept_while_they_travel(
    visit: Visit, task: str, by: str
) -> None:
    capture = visit.films[task]["capture"]
    assert capture["store"] == "kept"
    assert capture["start"]["by"] == by
    assert capture["guide"]["mode"] == "none"
    assert capture["interrupted"] is None
    assert capture["mime"] == "video/webm;codecs=vp8"
    assert capture["frames"]["fps"] > 0


def test_a_reload_in_the_middle_of_a_film_leaves_a_part_that_arrives(visit: Visit) -> None:
    film = visit.films["smile"]
    assert film["partial"]
    assert film["capture"]["store"] == "kept"
    assert film["capture"]["interrupted"] in ("page closed", "page left")
    assert times(film)[-1] > 3
    assert visit.seen["prompts"] == 0


def test_firefox_reports_no_fault_and_asks_no_other_server(visit: Visit) -> None:
    assert visit.seen["faults"] == []
    assert visit.seen["elsewhere"] == []
