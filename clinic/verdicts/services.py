"""Keeping the verdicts: reached anew when a session is analysed or its circumstances change."""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import User
from clinic.dashboards import series
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession
from clinic.verdicts import judging, words
from clinic.verdicts.comparable import STATES, comparison
from clinic.verdicts.judging import Judgement, StateJudgement
from clinic.verdicts.models import Spread, Verdict
from diagnosis.models import Job

log = logging.getLogger(__name__)


def refresh(patient: Patient) -> None:
    """Reach the patient's verdicts anew, under the release of the newest session.

    A constant number of queries. States of which no session is left lose their verdicts.
    """
    with transaction.atomic():
        # Two sessions that end at the same time keep one answer, not two.
        Patient.objects.select_for_update().get(pk=patient.pk)
        compared = comparison(patient, series.trends(patient))
        Spread.objects.filter(patient=patient).delete()
        Spread.objects.bulk_create(judging.spreads(compared))
        _keep(patient, judging.judge(compared))


@dataclasses.dataclass(frozen=True)
class Refreshed:
    """How many patients were judged, and the ids of those that an error kept from it."""

    judged: int
    failed: tuple[UUID, ...]


def refresh_all() -> Refreshed:
    """`refresh` every patient, each in a transaction of its own; an error in one is logged.

    Twice, for a patient is judged by what the baselines of the clinic's others have in common.
    """
    known = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
    failed = {pk for pk in (*known, *known) if not _refreshed(pk)}
    return Refreshed(len(known) - len(failed), tuple(pk for pk in known if pk in failed))


def _refreshed(pk: UUID) -> bool:
    """Also of a patient who was erased since: nothing is left to judge."""
    try:
        patient = Patient.objects.select_related("clinic").get(pk=pk)
        refresh(patient)
    except Patient.DoesNotExist:
        return True
    except Exception:
        log.exception("The verdicts of patient %s were not reached anew", pk)
        return False
    return True


def refresh_later(patient: Patient) -> None:
    """`refresh` in a transaction of its own once that in hand is safe, which so stays short.

    An error in it is logged, and undoes nothing of what was committed.
    """
    transaction.on_commit(lambda: refresh(patient), robust=True)


def on_analysis_finished(job: Job, **_: object) -> None:
    """Inside the transaction that ends a job: a session's own result is what verdicts are of."""
    if job.kind != Job.Kind.SESSION or job.state != Job.State.DONE:
        return
    session = RecordingSession.objects.select_related("patient").filter(pk=job.group).first()
    if session:
        refresh_later(session.patient)


def current(patients: Iterable[Patient]) -> dict[UUID, list[Verdict]]:
    """The newest verdict of each state, ON before OFF, by the patient's id. One query."""
    rows = Verdict.objects.current().filter(patient__in=list(patients))
    by_patient: dict[UUID, list[Verdict]] = defaultdict(list)
    for row in rows:
        by_patient[row.patient_id].append(row)
    for found in by_patient.values():
        found.sort(key=lambda row: (*STATES, row.medication).index(row.medication))
    return dict(by_patient)


def catch_up(patient: Patient, judgement: Judgement | None) -> None:
    """`refresh` where `judgement` differs from what is kept: baselines of others came in since."""
    kept = {row.medication: row.answer for row in Verdict.objects.current().filter(patient=patient)}
    if kept != _answers(patient, judgement):
        refresh(patient)


def overtaken(patient: Patient, judgement: Judgement | None) -> list[str]:
    """Changes that stood by an earlier answer and were not ended by any session, yet that the
    present one does not know, in words."""
    told = {one.medication: one.verdict.change for one in judgement.states} if judgement else {}
    newest: dict[str, Verdict] = {}
    for row in Verdict.objects.filter(patient=patient, change_since__isnull=False):
        newest.setdefault(row.medication, row)
    return [
        words.overtaken(state, row.title, row.change_direction, row.change_since)
        for state, row in newest.items()
        if row.change_since and row.change_ended is None and told.get(state) is None
    ]


def mark_read(patient: Patient, judgement: Judgement | None, actor: User) -> None:
    """`actor` has opened a page on which `judgement` stands.

    A verdict with another answer was reached while the page was made, and stays unread.
    """
    shown = _answers(patient, judgement)
    unread = Verdict.objects.unread().filter(patient=patient)
    read = [row.pk for row in unread if row.answer == shown.get(row.medication)]
    Verdict.objects.filter(pk__in=read).update(read_at=timezone.now(), read_by=actor)


def _answers(patient: Patient, judgement: Judgement | None) -> dict[str, tuple[object, ...]]:
    """By the medication state, as `Verdict.answer` has them."""
    states = judgement.states if judgement else ()
    return {one.medication: _row(patient, judgement, one).answer for one in states if judgement}


def _keep(patient: Patient, judgement: Judgement | None) -> None:
    states = judgement.states if judgement else ()
    present = [state.medication for state in states]
    Verdict.objects.filter(patient=patient).exclude(medication__in=present).delete()
    before = {row.medication: row for row in Verdict.objects.current().filter(patient=patient)}
    for state in states:
        assert judgement is not None
        row = _row(patient, judgement, state)
        same = before.get(state.medication)
        if same and same.answer == row.answer:
            row.pk, row.created = same.pk, same.created
            row.read_at, row.read_by_id = same.read_at, same.read_by_id
        row.save()


def _row(patient: Patient, judgement: Judgement, state: StateJudgement) -> Verdict:
    verdict, band, change = state.verdict, state.verdict.band, state.verdict.change
    return Verdict(
        patient=patient,
        medication=state.medication,
        word=verdict.word,
        direction=verdict.direction or "",
        since=verdict.since,
        change_direction=change.direction if change else "",
        change_since=change.since if change else None,
        change_called=change.called if change else None,
        change_ended=change.ended if change else None,
        unsettled=verdict.unsettled,
        reason=verdict.reason[:300],
        collected=verdict.collected,
        needed=verdict.needed,
        measure=judgement.series.key.id,
        title=judgement.series.title,
        unit=judgement.series.unit,
        latest=verdict.latest,
        mean=band.mean if band else None,
        low=band.low if band else None,
        high=band.high if band else None,
        release=judgement.release.name,
        release_sha256=judgement.release.sha256,
        engine=judgement.release.engine,
        evidence=judgement.release.evidence,
        session=state.newest,
    )
