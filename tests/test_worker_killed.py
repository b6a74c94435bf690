"""A worker that is killed in the middle of an analysis costs time, never a job or a result."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from diagnosis.simulate import VideoScript, animate
from tests import postgres
from tests.site import Site, wait_until

SUBMIT = """
import datetime, pathlib
from clinic.accounts.models import Clinic
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.recordings import services
from clinic.recordings.models import Protocol
clinic = Clinic.objects.create(name="Riverside")
patient = Patient.objects.create(
    clinic=clinic, first_name="Paul", last_name="Patient", birth_date=datetime.date(1956, 3, 14))
give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=None)
protocol = Protocol.objects.get(code="core")
session = services.start_session(patient, protocol, place="site", actor=None)
recording = services.submit(
    session, protocol.tasks.get(code="rest"), pathlib.Path({film!r}),
    mime="video/mp4", cues=[], capture={{}})
answer = recording.id
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
    else:
        with postgres.cluster() as url:
            yield url


def only_row(site: Site, query: str) -> tuple[Any, ...]:
    """The one row of a query, from outside Django."""
    url = site.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite://")) as connection:
            return connection.execute(query).fetchone()
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()


def test_the_job_finishes_on_another_attempt_with_exactly_one_result(tmp_path: Path, database):
    film = tmp_path / "film.mp4"
    animate(film, VideoScript(seconds=15))
    site = Site(tmp_path / "data", database, JOB_LEASE_S="2")
    site.ask(SUBMIT.format(film=str(film)))

    def half_way() -> bool:
        state, percent = only_row(site, "select state, percent from diagnosis_job")
        assert state in {"queued", "running"}, "the film is too short to kill its worker in time"
        return percent >= 20

    def ended() -> bool:
        return only_row(site, "select state from diagnosis_job")[0] in {"done", "failed"}

    with site.process("work") as first:
        wait_until(half_way, seconds=60, every=0.05)
        first.send_signal(signal.SIGKILL)
        first.wait()
    with site.process("work"):
        wait_until(ended, seconds=90)

    assert only_row(site, "select state, attempts, crashes from diagnosis_job") == ("done", 2, 1)
    assert only_row(site, "select count(*) from diagnosis_result") == (1,)
    assert only_row(site, "select count(*) from diagnosis_measure")[0] > 0
    assert len(list((tmp_path / "data" / "media" / "landmarks").glob("*-neutral.npz"))) == 1
