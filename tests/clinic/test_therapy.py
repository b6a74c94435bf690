"""Medicines, events and stages: who keeps them, what is refused, and what the audit trail has."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol
from clinic.therapy import services
from clinic.therapy.models import ClinicalEvent, Regimen, Stage
from tests.clinic.analysed import analysed, expressivity, sitting
from tests.conftest import Login

DAY = datetime.date(2026, 3, 2)
LEVODOPA = {"start": "2026-03-02", "end": "", "text": "levodopa 3 x 100 mg", "ledd_mg": "312.5"}


@pytest.fixture
def browser(login: Login, carl_clinician: User) -> Client:
    return login(carl_clinician)


@pytest.fixture
def regimen(patient: Patient, carl_clinician: User) -> Regimen:
    return Regimen.objects.create(
        patient=patient, start=DAY, text="levodopa", ledd_mg=300, created_by=carl_clinician
    )


def event(patient: Patient, user: User, kind: str, day: datetime.date = DAY) -> ClinicalEvent:
    return ClinicalEvent.objects.create(patient=patient, date=day, kind=kind, created_by=user)


def address(name: str, *arguments: object) -> str:
    return reverse(f"therapy:{name}", args=arguments)


def test_medicines_are_kept_with_the_clinicians_own_ledd(
    browser: Client, patient: Patient, carl_clinician: User
) -> None:
    browser.post(address("add", patient.id, "regimen"), LEVODOPA)
    kept = patient.regimens.get()
    assert (kept.start, kept.end, kept.ledd_mg) == (DAY, None, 312.5)
    assert kept.created_by == carl_clinician
    page = browser.get(address("page", patient.id)).content.decode()
    assert "levodopa 3 x 100 mg" in page
    assert "312.5" in page
    assert "goes on" in page


def test_an_ledd_that_nobody_gave_stays_unknown(browser: Client, patient: Patient) -> None:
    browser.post(address("add", patient.id, "regimen"), {**LEVODOPA, "ledd_mg": ""})
    assert patient.regimens.get().ledd_mg is None
    assert "not given" in browser.get(address("page", patient.id)).content.decode()


@pytest.mark.parametrize("replaces", [True, False])
def test_new_medicines_end_the_old_ones_only_if_they_replace_them(
    browser: Client, patient: Patient, regimen: Regimen, replaces: bool
) -> None:
    told = {**LEVODOPA, "start": "2026-05-01"} | ({"replaces": "on"} if replaces else {})
    browser.post(address("add", patient.id, "regimen"), told)
    regimen.refresh_from_db()
    assert regimen.end == (datetime.date(2026, 4, 30) if replaces else None)


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        ("regimen", {**LEVODOPA, "end": "2026-03-01"}, "cannot be before the first day"),
        ("regimen", {**LEVODOPA, "end": "9999-12-31"}, "Enter a day from 1900 to"),
        ("regimen", {**LEVODOPA, "start": "1899-12-31"}, "Enter a day from 1900 to"),
        ("event", {"date": "0001-01-01", "kind": "illness", "note": ""}, "Enter a day from 1900"),
        ("stage", {"date": "1899-12-31", "stage": "2"}, "Enter a day from 1900 to"),
        ("regimen", {**LEVODOPA, "ledd_mg": "50000"}, "less than or equal to 5000"),
        ("regimen", {**LEVODOPA, "ledd_mg": "-1"}, "greater than or equal to 0"),
        ("event", {"date": "2026-03-02", "kind": "other", "note": ""}, "what happened"),
        ("event", {"date": "2999-01-01", "kind": "illness", "note": ""}, "today or an earlier"),
        ("stage", {"date": "2026-03-02", "stage": "6"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    browser: Client, patient: Patient, kind: str, told: dict[str, str], reason: str
) -> None:
    page = browser.post(address("add", patient.id, kind), told)
    assert page.status_code == 200
    assert reason in page.content.decode()
    assert not patient.regimens.exists()
    assert not patient.clinical_events.exists()
    assert not patient.stages.exists()


def test_an_entry_is_corrected_and_ended_and_removed(
    browser: Client, patient: Patient, regimen: Regimen
) -> None:
    correct = address("correct", patient.id, "regimen", regimen.id)
    assert 'value="2026-03-02"' in browser.get(correct).content.decode()
    browser.post(correct, {**LEVODOPA, "end": "2026-06-30"})
    regimen.refresh_from_db()
    assert (regimen.text, regimen.end) == ("levodopa 3 x 100 mg", datetime.date(2026, 6, 30))
    browser.post(address("remove", patient.id, "regimen", regimen.id))
    assert not Regimen.objects.exists()


def test_stages_are_kept_with_their_day(browser: Client, patient: Patient) -> None:
    browser.post(address("add", patient.id, "stage"), {"date": "2026-03-02", "stage": "0"})
    assert [(s.date, s.stage) for s in patient.stages.all()] == [(DAY, 0)]


def test_every_change_is_in_the_audit_trail(
    patient: Patient, regimen: Regimen, carl_clinician: User
) -> None:
    stage = Stage(patient=patient, date=DAY, stage=2, created_by=carl_clinician)
    services.save(stage, actor=carl_clinician)
    services.save(stage, actor=carl_clinician)
    removed = stage.id
    services.remove(stage, actor=carl_clinician)
    seen = Event.objects.filter(target=removed).order_by("pk")
    assert [(e.action, e.detail) for e in seen] == [
        (Action.CREATE, ""), (Action.CHANGE, ""), (Action.CHANGE, services.REMOVED)
    ]  # fmt: skip
    assert {(e.patient, e.target_type) for e in seen} == {(patient.id, "therapy entry")}


def test_to_open_a_form_is_to_read_the_therapy(
    browser: Client, patient: Patient, regimen: Regimen, carl_clinician: User
) -> None:
    opened = (
        address("add", patient.id, "stage"),
        address("correct", patient.id, "regimen", regimen.id),
    )
    for number, at in enumerate(opened, start=1):
        assert browser.get(at).status_code == 200
        read = Event.objects.filter(action=Action.READ, actor=carl_clinician)
        told = [(event.target, event.detail) for event in read]
        assert told == [(patient.id, "therapy")] * number


def test_stimulation_is_as_the_last_switch_before_the_day_has_it(
    patient: Patient, carl_clinician: User
) -> None:
    later = DAY + datetime.timedelta(days=10)
    event(patient, carl_clinician, "dbs_on")
    event(patient, carl_clinician, "dbs_off", later)
    event(patient, carl_clinician, "illness", later)
    before = DAY - datetime.timedelta(days=1)
    days = (before, DAY, later, timezone.localdate())
    assert [services.stimulation(patient, day) for day in days] == [None, True, False, False]


def test_an_assistant_reads_but_does_not_write(
    login: Login, anna_assistant: User, patient: Patient, regimen: Regimen
) -> None:
    browser = login(anna_assistant)
    page = browser.get(address("page", patient.id)).content.decode()
    assert "levodopa" in page
    assert address("add", patient.id, "regimen") not in page
    assert browser.post(address("add", patient.id, "regimen"), LEVODOPA).status_code == 404
    for name in ("correct", "remove"):
        answer = browser.post(address(name, patient.id, "regimen", regimen.id), LEVODOPA)
        assert answer.status_code == 404
    assert Regimen.objects.get() == regimen


def test_an_entry_opens_only_under_its_own_patient_and_kind(
    browser: Client, patient: Patient, regimen: Regimen
) -> None:
    other = Patient.objects.create(
        clinic=patient.clinic, first_name="O", last_name="P", birth_date=datetime.date(1950, 1, 1)
    )
    wrong = [
        (other.id, "regimen", regimen.id),
        (patient.id, "stage", regimen.id),
        (patient.id, "unknown", regimen.id),
        (patient.id, "regimen", uuid4()),
    ]
    for arguments in wrong:
        assert browser.get(address("correct", *arguments)).status_code == 404


def test_the_page_costs_the_same_for_many_entries(
    browser: Client,
    patient: Patient,
    carl_clinician: User,
    count_queries: Callable[[Callable[[], object]], int],
) -> None:
    def read() -> object:
        return browser.get(address("page", patient.id))

    event(patient, carl_clinician, "illness")
    read()
    few = count_queries(read)
    for _ in range(20):
        event(patient, carl_clinician, "dose")
    assert count_queries(read) == few


def test_medicines_that_end_in_a_far_year_are_drawn_until_today(
    browser: Client, patient: Patient, carl_clinician: User, protocol: Protocol
) -> None:
    for days in (30, 2):
        analysed(sitting(patient, protocol, days), [expressivity(5)])
    Regimen.objects.create(
        patient=patient, created_by=carl_clinician, text="L", start=DAY, end=datetime.date.max
    )
    assert browser.get(reverse("dashboards:patient", args=[patient.id])).status_code == 200
