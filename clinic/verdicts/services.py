"""Keeping the verdicts: reached anew when a session is analysed or its circumstances change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import User
from clinic.dashboards import series
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession
from clinic.verdicts import judging
from clinic.verdicts.comparable import STATES
from clinic.verdicts.judging import Judgement, StateJudgement
from clinic.verdicts.models import Spread, Verdict
from diagnosis.models import Job


def refresh(patient: Patient) -> None:
    """Reach the patient's verdicts anew, under the release that was used last.

    A constant number of queries. States of which no session is left lose their verdicts.
    """
    with transaction.atomic():
        # Two sessions that end at the same time keep one answer, not two.
        Patient.objects.select_for_update().get(pk=patient.pk)
        trends = series.trends(patient)
        Spread.objects.filter(patient=patient).delete()
        Spread.objects.bulk_create(judging.spreads(patient, trends))
        _keep(patient, judging.judge(patient, trends))


def refresh_all() -> int:
    """`refresh` every patient; how many there are.

    Twice, for a patient is judged by what the baselines of the clinic's others have in common.
    """
    patients = list(Patient.objects.select_related("clinic"))
    for patient in (*patients, *patients):
        refresh(patient)
    return len(patients)


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
    states = judgement.states if judgement else ()
    reached = {one.medication: _row(patient, judgement, one).answer for one in states if judgement}
    if kept != reached:
        refresh(patient)


def mark_read(patient: Patient, actor: User) -> None:
    """A clinician has opened the page on which the verdicts stand."""
    unread = Verdict.objects.filter(patient=patient, read_at__isnull=True)
    unread.update(read_at=timezone.now(), read_by=actor)


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
    verdict, band = state.verdict, state.verdict.band
    return Verdict(
        patient=patient,
        medication=state.medication,
        word=verdict.word,
        direction=verdict.direction or "",
        since=verdict.since,
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
        evidence=judgement.release.evidence,
        session=state.newest,
    )
