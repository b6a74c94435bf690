"""After an erasure nothing of a patient is left but audit events, whatever happened on the way."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.exports import erasure
from clinic.exports.holdings import Holdings
from clinic.patients.models import Patient
from clinic.patients.views import SEARCH
from diagnosis import queue, runner
from diagnosis.models import Job, Measure, Result, Trace

from .exporting import furnish

pytestmark = pytest.mark.django_db
PASSWORD = "a long password for carl"


@pytest.fixture
def first(consented_patient, protocol, carl_clinician):
    session = furnish(consented_patient, protocol, carl_clinician)
    Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.DONE)
    return session


@pytest.fixture
def carl(carl_clinician, login):
    carl_clinician.set_password(PASSWORD)
    carl_clinician.save()
    return login(carl_clinician)


def page(patient: Patient) -> str:
    return reverse("exports:erase", args=[patient.id])


def meant(patient: Patient) -> dict[str, str]:
    return {"study_code": patient.study_code, "password": PASSWORD}


def counted() -> dict[str, int]:
    return {m._meta.label: m._base_manager.count() for m in apps.get_models()}


def files() -> set[str]:
    root = settings.MEDIA_ROOT
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def rows_with(words: set[str]) -> Iterator[tuple[str, Any]]:
    """Every row of every table in which one of these words stands, in any column."""
    for model in apps.get_models():
        for row in model._base_manager.all():
            told = " ".join(str(getattr(row, f.attname)) for f in model._meta.concrete_fields)
            if any(word in told for word in words):
                yield model._meta.label, row


def keys(patient: Patient) -> set[str]:
    holdings = Holdings(patient)
    found = {str(row.pk) for model in holdings.tables for row in holdings.rows(model)}
    return {key for key in found if len(key) == 36}  # the UUIDs


def test_nothing_is_left_in_any_table_or_folder(first, carl):
    patient = first.patient
    names = {"MRN-0042", "paul@example.org", patient.study_code, *keys(patient)}
    assert files()
    answer = carl.post(page(patient), meant(patient))
    assert answer["Location"] == reverse("exports:receipt", args=[patient.id])
    assert files() == set()
    assert {label for label, _ in rows_with(names)} == {"audit.Event"}
    for model in (Patient, Job, Result, Measure, Trace):
        assert not model.objects.exists(), model


def test_another_patient_loses_nothing(first, carl):
    before, kept = counted(), files()
    patient = first.patient
    stranger = Patient.objects.create(
        clinic=patient.clinic, first_name="Olive", last_name="Other", birth_date="1950-01-01"
    )
    actor = first.links.model.objects.first().created_by
    furnish(stranger, first.protocol, actor)
    Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.DONE)
    theirs = files() - kept
    added = {label: number - before[label] for label, number in counted().items()}
    carl.post(page(patient), meant(patient))
    assert files() == theirs
    after = counted()
    for model in Holdings(stranger).tables:
        label = model._meta.label
        assert after[label] == added[label] > 0, label


def test_the_receipt_counts_what_went_and_the_audit_keeps_it(first, carl, carl_clinician):
    patient = first.patient
    carl.post(page(patient), meant(patient))
    event = Event.objects.get(action=Action.ERASE)
    assert (event.actor, event.patient) == (carl_clinician, patient.id)
    assert event.detail.startswith("files 8, recording sessions 2, recordings 3, results 4, ")
    assert len(event.detail) <= erasure.DETAIL_LETTERS
    receipt = carl.get(reverse("exports:receipt", args=[patient.id])).content.decode()
    assert "recordings 3" in receipt
    assert str(patient.id) in receipt


def test_a_receipt_of_any_size_fits_the_audit():
    counts = [erasure.Count(f"things of kind {number}", 10**12) for number in range(30)]
    told = erasure._receipt(counts)
    assert len(told) <= erasure.DETAIL_LETTERS
    assert told.endswith(f"other {10**12 * (30 - told.count('things'))}")


def test_the_page_says_what_goes_and_what_stays(first, carl):
    shown = carl.get(page(first.patient)).content.decode()
    for words in ("What goes", "What stays", "Measures", "Backups of this site", "Password"):
        assert words in shown


@pytest.mark.parametrize("wrong", [{"password": "another"}, {"study_code": "S-WRONG"}])
def test_without_password_and_study_code_nothing_goes(first, carl, wrong):
    before, kept = counted(), files()
    answer = carl.post(page(first.patient), meant(first.patient) | wrong)
    assert answer.status_code == 200
    assert "error-summary" in answer.content.decode()
    assert files() == kept
    changed = {label for label, number in counted().items() if number != before[label]}
    assert changed <= {"audit.Event", "sessions.Session"}


def test_while_a_film_is_being_analysed_nothing_goes(first, carl):
    Job.objects.all().update(state=Job.State.CANCELLED)
    film = first.recordings.first()
    queue.enqueue(Job.Kind.TAKE, group=first.id, subject=film.id, payload={})
    queue.claim("a worker")
    kept = files()
    answer = carl.post(page(first.patient), meant(first.patient))
    assert "is being analysed at this moment" in answer.content.decode()
    assert files() == kept
    assert first.patient.consents.in_force().exists()


def test_a_worker_that_died_does_not_hold_an_erasure_up(first, carl):
    Job.objects.all().update(state=Job.State.CANCELLED)
    film = first.recordings.first()
    queue.enqueue(Job.Kind.TAKE, group=first.id, subject=film.id, payload={})
    job = queue.claim("a worker")
    past = timezone.now() - datetime.timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past)
    carl.post(page(first.patient), meant(first.patient))
    assert not Patient.objects.filter(pk=first.patient_id).exists()
    with pytest.raises(queue.LostLease):
        queue.renew(job)


def test_who_asks_for_an_erasure_twice_gets_the_receipt_twice(
    first, carl, carl_clinician, monkeypatch
):
    patient, erase = first.patient, erasure.erase

    def twice(patient: Patient, *, actor: Any) -> str:
        erase(patient, actor=actor)
        return erase(Patient(pk=patient_id), actor=actor)

    patient_id = patient.id
    monkeypatch.setattr(erasure, "erase", twice)
    answer = carl.post(page(patient), meant(patient))
    assert answer["Location"] == reverse("exports:receipt", args=[patient_id])


def test_no_login_keeps_a_search_for_the_erased(first, carl, login, anna_assistant):
    other = login(anna_assistant)
    other.post(reverse("patients:list"), {"search": "Paul"})
    assert SEARCH in other.session
    carl.post(page(first.patient), meant(first.patient))
    assert SEARCH not in other.session
    assert other.get(reverse("patients:list")).status_code == 200


def test_a_stalled_worker_leaves_no_file_after_an_erasure(first, carl):
    Job.objects.all().update(state=Job.State.CANCELLED)
    film = first.recordings.first()
    queue.enqueue(Job.Kind.TAKE, group=first.id, subject=film.id, payload={})
    job = queue.claim("a worker")
    past = timezone.now() - datetime.timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past)
    carl.post(page(first.patient), meant(first.patient))
    late = Result(
        job=job, kind=job.kind, group=job.group, subject=job.subject, release="one",
        release_sha256="0" * 64, evidence="simulated", usable=True,
        landmarks="landmarks/late.npz", neutral="landmarks/late-neutral.npz",
    )  # fmt: skip
    for name in (late.landmarks, late.neutral):
        (Path(settings.MEDIA_ROOT) / name).write_bytes(b"late")
    with pytest.raises(queue.LostLease):
        runner._store(job, late)
    assert files() == set()


def test_an_erasure_that_stopped_half_way_can_be_repeated(first, carl_clinician, monkeypatch):
    patient = first.patient
    tell = erasure.record
    monkeypatch.setattr(erasure, "record", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasure.erase(patient, actor=carl_clinician)
    assert Patient.objects.filter(pk=patient.pk).exists()
    assert files() == set()  # they go first: their rows still tell where others would be
    monkeypatch.setattr(erasure, "record", tell)
    erasure.erase(patient, actor=carl_clinician)
    assert not Patient.objects.filter(pk=patient.pk).exists()


def test_an_erasure_that_stopped_among_the_files_can_be_repeated(
    first, carl_clinician, monkeypatch
):
    remove, done = erasure.shutil.rmtree, []

    def stop_at_the_second(path: Any) -> None:
        if len(done) == 1:
            raise OSError("the disk is busy")
        done.append(path)
        remove(path)

    monkeypatch.setattr(erasure.shutil, "rmtree", stop_at_the_second)
    with pytest.raises(OSError, match="busy"):
        erasure.erase(first.patient, actor=carl_clinician)
    assert files()
    assert not first.patient.consents.in_force().exists()  # nothing new can come meanwhile
    monkeypatch.setattr(erasure.shutil, "rmtree", remove)
    erasure.erase(first.patient, actor=carl_clinician)
    assert files() == set()
    assert not Patient.objects.exists()


def test_every_table_that_refers_to_a_patient_is_found(first):
    """Also those of parts of the site that this one does not know."""
    found = set(Holdings(first.patient).tables)
    referring = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in found
        if model._base_manager.exists()
    }
    assert referring <= found
