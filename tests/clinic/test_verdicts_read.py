"""Read is a verdict that stood on the page that a clinician opened, and no other."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.dashboards.series import trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from clinic.verdicts.models import Verdict
from tests.clinic.judged import BASELINE, session, weekly
from tests.conftest import Login


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


@pytest.fixture
def carl(login: Login, carl_clinician: User) -> Client:
    return login(carl_clinician)


def address(patient: Patient) -> str:
    return reverse("dashboards:patient", args=[patient.id])


def test_a_verdict_that_was_reached_while_the_page_was_made_stays_unread(
    carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    shown = judging.judge(comparison(patient, trends(patient)))
    session(patient, 5, 0)
    services.refresh(patient)
    services.mark_read(patient, shown, carl_clinician)
    assert Verdict.objects.unread().get().word == "outside"


def test_of_two_states_the_one_whose_answer_is_another_by_now_stays_unread(
    carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    weekly(patient, 3, 4, medication="off", last=8)
    shown = judging.judge(comparison(patient, trends(patient)))
    session(patient, 5, 0, "off")
    services.refresh(patient)
    services.mark_read(patient, shown, carl_clinician)
    assert [row.medication for row in Verdict.objects.unread()] == ["off"]
    assert Verdict.objects.get(medication="on").read_by == carl_clinician


def test_an_answer_that_a_newer_one_has_replaced_is_not_read_with_it(
    carl: Client, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5, last=7)
    services.refresh(patient)
    session(patient, 4, 0)
    services.refresh(patient)
    carl.get(address(patient))
    assert [(row.word, row.read_at is None) for row in Verdict.objects.order_by("id")] == [
        ("outside", True),
        ("change", False),
    ]


def test_a_look_for_the_head_of_the_page_reads_nothing(carl: Client, patient: Patient) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    assert carl.head(address(patient)).status_code == 200
    assert Verdict.objects.unread().count() == 1
    carl.get(address(patient))
    assert not Verdict.objects.unread().exists()


def test_who_read_a_verdict_first_stays_its_reader(
    carl: Client, carl_clinician: User, ada_admin: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5)
    shown = judging.judge(comparison(patient, trends(patient)))
    services.refresh(patient)
    carl.get(address(patient))
    services.mark_read(patient, shown, ada_admin)
    assert Verdict.objects.get().read_by == carl_clinician
