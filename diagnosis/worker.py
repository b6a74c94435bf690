"""A worker process: claims one job after the other, runs it, and stores what came out.

A thread renews the lease while the analysis runs, so that a worker that dies is noticed within
one lease. No transaction is open during inference. A worker that is told to stop gives its job
back; a job whose worker died is claimed again by another.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from diagnosis import queue, runner
from diagnosis.models import Job

log = logging.getLogger(__name__)
IDLE_S = 0.5
REPORT_EVERY_S = 0.3
# A row that the database refuses is not among these: that is a crash, else it would come for ever.
DATABASE_AWAY = (OperationalError, InterfaceError)


class Stopped(Exception):
    """The worker was told to stop in the middle of a job."""


class Worker:
    def __init__(self, name: str) -> None:
        self.name = name
        self._stop = threading.Event()
        self._parent = os.getppid()

    def run(self) -> None:
        """Work until told to stop, or until the supervising process is gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        runner.warm_up()
        log.info("%s is ready", self.name)
        while not self._stopping():
            close_old_connections()
            job = queue.claim(self.name)
            if job is None:
                self._stop.wait(IDLE_S)
            else:
                self.work_on(job)

    def work_on(self, job: Job) -> None:
        """Run one claimed job to its end, whatever that is."""
        log.info("%s: %s, attempt %d", self.name, job, job.attempts)
        lease = Lease(job)
        progress = Progress(job, lease, self._stopping)
        try:
            with lease:
                runner.run(job, progress)
        except Stopped:
            self._give_back(job)
        except queue.LostLease as lost:
            log.warning("%s: %s", self.name, lost)
        except DATABASE_AWAY:
            # Not the film's fault: the lease runs out, or the job is given back, and it runs again.
            log.exception("%s: the database failed during %s", self.name, job)
            self._give_back(job)
        except Exception as error:
            log.exception("%s: %s raised", self.name, job)
            self._note_crash(job, error)

    def _give_back(self, job: Job) -> None:
        close_old_connections()
        try:
            queue.give_back(job)
            log.info("%s gave back %s", self.name, job)
        except (*DATABASE_AWAY, queue.LostLease) as error:
            log.warning("%s: %s", self.name, error)

    def _note_crash(self, job: Job, error: Exception) -> None:
        summary = traceback.format_exception_only(error)[-1].strip()
        try:
            queue.crashed(job, f"The analysis stopped unexpectedly: {summary}")
        except Exception:
            log.exception("%s: the crash of %s could not be noted", self.name, job)

    def _stopping(self) -> bool:
        return self._stop.is_set() or os.getppid() != self._parent

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()


class Lease:
    """Keeps a job's lease alive from a thread of its own, for as long as the `with` block runs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.lost = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self.lost and not self._done.wait(settings.JOB_LEASE_S / 3):
            try:
                queue.renew(self.job)
            except queue.LostLease:
                self.lost = True
            except DATABASE_AWAY:
                log.exception("the lease of %s could not be renewed; trying again", self.job)
                connection.close()
        connection.close()


class Progress:
    """Called by the pipeline with a stage and the fraction of the whole analysis that is done."""

    def __init__(self, job: Job, lease: Lease, stopping: Callable[[], bool]) -> None:
        self._job = job
        self._lease = lease
        self._stopping = stopping
        self._last = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        """Raises Stopped or LostLease, which end the analysis."""
        if self._lease.lost:
            raise queue.LostLease(f"job {self._job.pk} lost its lease")
        if self._stopping():
            raise Stopped
        if time.monotonic() - self._last >= REPORT_EVERY_S or stage != self._job.stage:
            self._last = time.monotonic()
            self._job.stage = stage
            queue.report(self._job, stage, min(99, int(fraction * 100)))
