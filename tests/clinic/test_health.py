"""`/health/` tells a watching program whether database, disk and workers do their part."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinic import health
from clinic.audit.models import Event
from diagnosis.models import Job
from diagnosis.queue import claim

pytestmark = pytest.mark.django_db
ALL_WELL = {"database": True, "disk": True, "workers": True}
LONG = health.STUCK_AFTER + datetime.timedelta(minutes=1)


def job(age: datetime.timedelta = LONG, **fields: Any) -> Job:
    made = Job.objects.create(kind="take", group=uuid.uuid4(), subject=uuid.uuid4(), payload={})
    Job.objects.filter(pk=made.pk).update(created=timezone.now() - age, **fields)
    made.refresh_from_db()
    return made


def told(client: Client) -> tuple[int, dict[str, bool | None]]:
    cache.clear()
    answer = client.get("/health/")
    return answer.status_code, answer.json()


def test_all_is_well_and_nothing_else_is_told(client: Client) -> None:
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (200, ALL_WELL)
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert not Event.objects.exists()


def test_it_only_looks(client: Client) -> None:
    assert client.post("/health/").status_code == 405


def test_who_asks_often_costs_one_look(client: Client, count_queries: Any) -> None:
    assert count_queries(lambda: client.get("/health/")) > 0
    assert count_queries(lambda: client.get("/health/")) == 0


def test_a_full_disk_is_told(client: Client, settings: Settings) -> None:
    settings.DISK_RESERVE_BYTES = 10**18
    assert told(client) == (503, {**ALL_WELL, "disk": False})


def test_a_database_that_is_away_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise OperationalError("no connection")

    monkeypatch.setattr(health, "queue_moves", away)
    assert told(client) == (503, {**ALL_WELL, "database": False, "workers": None})


def test_a_job_that_nobody_takes_is_told(client: Client) -> None:
    job()
    assert told(client) == (503, {**ALL_WELL, "workers": False})


def test_a_job_that_came_just_now_may_wait(client: Client) -> None:
    job(age=datetime.timedelta(minutes=1))
    assert told(client)[0] == 200


def test_a_long_queue_is_well_while_a_worker_holds_a_job(client: Client) -> None:
    job()
    job()
    assert claim("worker 1") is not None
    assert told(client)[0] == 200


def test_a_long_queue_is_well_between_two_jobs_of_a_worker(client: Client) -> None:
    job()
    job(state=Job.State.DONE, finished=timezone.now())
    assert told(client)[0] == 200
    Job.objects.filter(state=Job.State.DONE).update(finished=timezone.now() - LONG)
    assert told(client)[0] == 503


def test_a_job_whose_worker_vanished_long_ago_is_told(client: Client) -> None:
    job(state=Job.State.RUNNING, lease_until=timezone.now() - LONG)
    assert told(client)[0] == 503


def test_a_job_that_is_tried_again_without_end_is_stuck(client: Client) -> None:
    job(not_before=timezone.now() + datetime.timedelta(minutes=1), attempts=40)
    status, answer = told(client)
    assert (status, answer["workers"]) == (503, False)


def test_a_job_that_is_to_wait_is_not_stuck(client: Client) -> None:
    job(not_before=timezone.now() + datetime.timedelta(minutes=1))
    job(state=Job.State.WAITING)
    assert told(client)[0] == 200
