"""A worker survives what its jobs, its machine and its database do to it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import uuid
from pathlib import Path

import av
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError

from diagnosis import queue, runner
from diagnosis.models import Job
from diagnosis.release import ReleaseError
from diagnosis.worker import LONGEST_PAUSE_S, Pause, Progress, Stopped, Worker
from tests.site import ROOT, Site

pytestmark = pytest.mark.django_db(transaction=True)


def queued() -> Job:
    return queue.enqueue(Job.Kind.TAKE, group=uuid.uuid4(), subject=uuid.uuid4(), payload={})


@pytest.fixture
def job() -> Job:
    queued()
    claimed = queue.claim("worker")
    assert claimed is not None
    return claimed


@pytest.fixture
def media() -> Path:
    """Where films lie, with another patient's in it."""
    folder = Path(settings.MEDIA_ROOT)
    (folder / "recordings").mkdir(parents=True)
    return folder


def raising(error: Exception):
    def run(job: Job, report: Progress) -> None:
        raise error

    return run


def after(monkeypatch: pytest.MonkeyPatch, job: Job, error: Exception) -> Job:
    """The job after a worker has run it and it raised `error`."""
    monkeypatch.setattr(runner, "run", raising(error))
    Worker("worker").work_on(job)
    job.refresh_from_db()
    return job


def test_an_analysis_that_raises_is_tried_again_and_counts_as_a_crash(monkeypatch, job):
    job = after(monkeypatch, job, ValueError("no such landmark"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)
    assert "ValueError: no such landmark" in job.error


@pytest.mark.parametrize(
    "trouble",
    [
        OperationalError("the database system is starting up"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EIO, "Input/output error"),
        PermissionError(errno.EACCES, "Permission denied"),
        ReleaseError("holds no readable release"),
    ],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'errno', None)}",
)
def test_trouble_of_the_machine_is_not_the_films_fault_and_others_come_first(
    monkeypatch, job, media, trouble
):
    another = queued()
    job = after(monkeypatch, job, trouble)
    assert (job.state, job.crashes, job.error) == (Job.State.QUEUED, 0, "")
    assert queue.claim("worker") == another
    assert queue.claim("worker") is None  # the first one waits a while


def test_a_film_that_is_not_there_fails_and_holds_nothing_up(monkeypatch, job, media):
    job = after(monkeypatch, job, FileNotFoundError(errno.ENOENT, "No such file", "video.webm"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)


@pytest.mark.parametrize("mount_point", [True, False])
def test_films_that_are_all_gone_are_trouble_of_the_machine(monkeypatch, job, mount_point):
    if mount_point:
        Path(settings.MEDIA_ROOT).mkdir()
    job = after(monkeypatch, job, FileNotFoundError(errno.ENOENT, "No such file", "video.webm"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 0)


@pytest.mark.parametrize(
    "error",
    [OSError("not a file of landmarks"), av.error.OSError(errno.EIO, "cannot be decoded")],
)
def test_what_a_library_calls_an_os_error_of_the_films_content_is_a_crash(
    monkeypatch, job, media, error
):
    job = after(monkeypatch, job, error)
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)


def test_a_result_that_the_database_refuses_counts_as_a_crash(monkeypatch, job):
    job = after(monkeypatch, job, IntegrityError("value_or_reason"))
    assert (job.state, job.crashes) == (Job.State.QUEUED, 1)


def test_a_worker_that_is_told_to_stop_gives_its_job_back_to_be_claimed_at_once(monkeypatch, job):
    job = after(monkeypatch, job, Stopped())
    assert (job.state, job.crashes) == (Job.State.QUEUED, 0)
    assert queue.claim("another") == job


def test_a_worker_that_lost_its_lease_leaves_the_job_to_the_other(monkeypatch, job):
    job = after(monkeypatch, job, queue.LostLease("taken over"))
    assert (job.state, job.crashes) == (Job.State.RUNNING, 0)


def test_a_crash_that_cannot_be_noted_does_not_end_the_worker(monkeypatch, job):
    def refuse(job: Job, error: str) -> None:
        raise RuntimeError("a listener failed")

    monkeypatch.setattr(queue, "crashed", refuse)
    job = after(monkeypatch, job, ValueError("no such landmark"))
    assert job.state == Job.State.RUNNING  # its lease will run out


class Claims:
    """What `queue.claim` answers, one after the other; then the worker is told to stop."""

    def __init__(self, worker: Worker, *answers: Exception | Job | None) -> None:
        self.worker = worker
        self.answers = list(answers)

    def __call__(self, name: str) -> Job | None:
        answer = self.answers.pop(0)
        if not self.answers:
            self.worker.stop()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def worker(monkeypatch) -> Worker:
    """Waits for nothing, and notes in `waits` how long it would have."""
    worker = Worker("worker")
    worker.waits = []
    monkeypatch.setattr(worker, "_wait", worker.waits.append)
    monkeypatch.setattr(runner, "warm_up", lambda: None)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    return worker


def test_a_queue_that_cannot_be_read_does_not_end_the_worker(monkeypatch, worker, job):
    done = []
    monkeypatch.setattr(runner, "run", lambda job, report: done.append(job))
    away = OperationalError("the database is away")
    monkeypatch.setattr(queue, "claim", Claims(worker, away, RuntimeError("no"), job, away))
    worker.run()
    assert done == [job]
    assert worker.waits == [1, 2, 1]  # longer each time, and anew after a job that went well


def test_the_pause_grows_to_a_bound():
    pause = Pause()
    lengths = [pause.next() for _ in range(9)]
    assert lengths[:4] == [1, 2, 4, 8]
    assert lengths[-2:] == [LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_a_worker_pauses_longer_each_time_that_its_machine_is_in_trouble(
    monkeypatch, worker, job, media
):
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(runner, "run", raising(full))
    monkeypatch.setattr(queue, "claim", Claims(worker, job, job, None))
    worker.run()
    assert worker.waits[:2] == [1, 2]


def test_a_broken_release_of_one_clinic_does_not_make_the_worker_pause(
    monkeypatch, worker, job, media
):
    monkeypatch.setattr(runner, "run", raising(ReleaseError("holds no readable release")))
    monkeypatch.setattr(queue, "claim", Claims(worker, job, job))
    worker.run()
    assert worker.waits == []


HANGING = """
import ctypes, threading
import django
django.setup()
from diagnosis import runner
from diagnosis.worker import Worker
def hang(job, report):
    report("landmarks", 0.1)
    {hang}
runner.run = hang
Worker("worker").run()
"""


@pytest.mark.parametrize(
    "hang",
    ["threading.Event().wait()", "ctypes.PyDLL(None).sleep(3600)"],
    ids=["waiting for ever", "in a library that lets no other thread run"],
)
def test_an_analysis_that_hangs_ends_its_worker_and_counts_as_a_crash(tmp_path, hang):
    site = Site(tmp_path / "data", JOB_LEASE_S="1", JOB_STALL_S="2")
    site.ask(
        "import uuid\nfrom diagnosis import queue\n"
        "answer = queue.enqueue('take', group=uuid.uuid4(), subject=uuid.uuid4(), payload={}).pk"
    )
    hanging = subprocess.run(
        [sys.executable, "-c", HANGING.format(hang=hang)],
        env={**site.env, "DJANGO_SETTINGS_MODULE": "clinic.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert hanging.returncode == 1
    assert "in hang" in hanging.stderr  # where it hung is told
    claimed = site.ask(
        "import time\nfrom diagnosis import queue\ntime.sleep(1.5)\n"
        "job = queue.claim('another')\nanswer = [job.attempts, job.crashes]"
    )
    assert claimed == [2, 1]


def test_the_watch_over_an_analysis_ends_with_it(monkeypatch, job, tmp_path):
    """The process lives on after an analysis in which every part reported in time."""
    site = Site(tmp_path / "data", JOB_STALL_S="2")
    program = HANGING.format(hang="return").replace(
        'Worker("worker").run()', 'Worker("worker").work_on(job)\nimport time; time.sleep(3)'
    ).replace(
        "def hang", "import uuid\nfrom diagnosis import queue\n"
        "queue.enqueue('take', group=uuid.uuid4(), subject=uuid.uuid4(), payload={})\n"
        "job = queue.claim('worker')\ndef hang",
    )  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **site.env, "DJANGO_SETTINGS_MODULE": "clinic.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
