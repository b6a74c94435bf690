"""Erasing a patient: files, then rows, for good. Audit events hold UUIDs only, and stay.

In this order, so that it can be asked for again after it stopped half-way: first nothing new can
come (no consent, no link, no job), then the files go while their rows still tell where they lie,
and last, in one transaction, the rows go and the receipt is written.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.db import models, transaction
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.exports.holdings import Holdings
from clinic.patients.models import Consent, Patient
from clinic.ratings.models import Rating
from clinic.recordings import links, strays
from clinic.recordings.analysis import IN_QUEUE
from clinic.recordings.models import Recording, RecordingSession
from clinic.reports.models import Report
from diagnosis.models import Job, Measure, Result

TOLD_FIRST: tuple[type[models.Model], ...] = (
    RecordingSession,
    Recording,
    Result,
    Measure,
    Rating,
    Consent,
    Report,
)
DETAIL_LETTERS = 120  # of an audit event


class StillRunning(Exception):
    """A film of the patient is being analysed at this moment; nothing was erased."""


@dataclasses.dataclass(frozen=True)
class Count:
    """`number` things of one kind that are to be erased, or were."""

    kind: str
    number: int


def preview(patient: Patient) -> list[Count]:
    """What an erasure would delete now, the most important tables first."""
    return _counts(Holdings(patient))


def erase(patient: Patient, *, actor: User) -> str:
    """Deletes all that the site holds of the patient; returns the receipt, as the audit keeps it:
    of files it counts a film with its copies, or one of another kind.

    Raises StillRunning.
    """
    _close(patient, actor)
    files = _delete_files(Holdings(patient).files())
    with transaction.atomic():
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        _require_quiet(locked)
        holdings = Holdings(locked)
        late = list(holdings.files())
        strays.leave([path for path in late if path.is_dir()])
        receipt = _receipt([Count("files", files + len(late)), *_counts(holdings)])
        record(Action.ERASE, locked, actor=actor, detail=receipt)
        for model in holdings.tables:
            for some in holdings.querysets(model):
                some.delete()
        transaction.on_commit(lambda: _delete_files(late))
    return receipt


@transaction.atomic
def _close(patient: Patient, actor: User) -> None:
    """From here on nothing new comes: films need consent, and jobs leave the queue."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    _jobs(patient).filter(_idle()).update(state=Job.State.CANCELLED, finished=timezone.now())
    _require_quiet(patient)
    patient.consents.in_force().update(withdrawn=timezone.now())
    links.revoke_all(patient, actor=actor)


def _require_quiet(patient: Patient) -> None:
    if _jobs(patient).filter(state=Job.State.RUNNING).exists():
        raise StillRunning


def _jobs(patient: Patient) -> models.QuerySet[Job]:
    return Job.objects.filter(group__in=patient.sessions.values("id"))


def _idle() -> models.Q:
    """Those that no living worker is at."""
    return models.Q(state__in=IN_QUEUE) | models.Q(
        state=Job.State.RUNNING, lease_until__lt=timezone.now()
    )


def _delete_files(paths: Iterable[Path]) -> int:
    number = 0
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        number += 1
    return number


def _counts(holdings: Holdings) -> list[Count]:
    """By the tables' names, those of TOLD_FIRST before the others."""
    others = [model for model in reversed(holdings.tables) if model not in TOLD_FIRST]
    return [
        Count(str(model._meta.verbose_name_plural), holdings.count(model))
        for model in (*TOLD_FIRST, *others)
        if holdings.count(model)
    ]


def _receipt(counts: Iterable[Count]) -> str:
    """For example "files 9, recordings 3": what has no room is summed up at the end."""
    counts = list(counts)
    words = [f"{count.kind} {count.number}" for count in counts]
    if len(", ".join(words)) <= DETAIL_LETTERS:
        return ", ".join(words)
    for kept in range(len(words) - 1, -1, -1):
        rest = sum(count.number for count in counts[kept:])
        receipt = ", ".join([*words[:kept], f"other {rest}"])
        if len(receipt) <= DETAIL_LETTERS:
            return receipt
    raise AssertionError("a number has more than a hundred digits")
