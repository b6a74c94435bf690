"""The patient list tells, finds and sorts by the verdicts, for those who may know them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinic.accounts.models import Clinic, Role, User
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol
from clinic.verdicts import services
from clinic.verdicts.models import Verdict
from tests.clinic.judged import BASELINE, session, weekly
from tests.clinic.planning import another_patient
from tests.conftest import Login, member


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def patients_list(login: Login, user: User, **search: str) -> list[str]:
    browser = login(user)
    browser.post(reverse("patients:list"), search)
    return [str(patient) for patient, _ in browser.get(reverse("patients:list")).context["rows"]]


@pytest.fixture
def others(clinic: Clinic, patient: Patient, carl_clinician: User) -> None:
    """Patient, Paul has changed; Able is as usual; Baker was outside once; Cole has no session."""
    weekly(patient, *BASELINE, 5, 4)
    for name, later in (("Able", [11.0]), ("Baker", [1.0]), ("Cole", None)):
        other = another_patient(clinic, carl_clinician)
        Patient.objects.filter(pk=other.pk).update(last_name=name)
        if later:
            weekly(other, *BASELINE, *later)
    for one in Patient.objects.all():
        services.refresh(one)


def test_the_list_tells_each_patients_verdicts_in_words(
    login: Login, carl_clinician: User, others: None
) -> None:
    text = login(carl_clinician).get(reverse("patients:list")).content.decode()
    for words in ("changed, less", "usual", "outside once, less", "none yet"):
        assert words in text


def test_the_list_is_narrowed_by_verdict(login: Login, carl_clinician: User, others: None) -> None:
    assert patients_list(login, carl_clinician, verdict="change") == ["Patient, Paul"]
    assert patients_list(login, carl_clinician, verdict="usual") == ["Able, A"]
    assert patients_list(login, carl_clinician, verdict="cannot") == []


def test_a_verdict_that_holds_no_more_finds_nobody(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5, 4, last=14)
    services.refresh(patient)
    session(patient, 11, 7)
    services.refresh(patient)
    assert patients_list(login, carl_clinician, verdict="change") == [str(patient)]
    session(patient, 11, 0)
    services.refresh(patient)
    assert patients_list(login, carl_clinician, verdict="change") == []


def test_a_change_that_stands_is_found_though_the_newest_session_cannot_be_compared(
    login: Login, carl_clinician: User, others: None, patient: Patient
) -> None:
    session(patient, 11, 0, ill=True)
    services.refresh(patient)
    assert services.current([patient])[patient.id][0].word == "cannot"
    assert patients_list(login, carl_clinician, verdict="change") == ["Patient, Paul"]
    assert patients_list(login, carl_clinician, order="changed")[0] == "Patient, Paul"


@pytest.mark.parametrize(
    ("later", "short"),
    [
        ([(5, 3)], "outside once, less"),
        ([(5, 3), (4, 0)], "outside in 2 sessions, less"),
        ([(5, 12), (4, 6)], "changed, less"),
        ([(5, 12), (4, 6), (11, 0)], "changed, less; newest inside"),
    ],
)
def test_the_badge_says_what_the_page_says(
    patient: Patient, later: list[tuple[float, int]], short: str
) -> None:
    weekly(patient, *BASELINE, last=20)
    for value, days_ago in later:
        session(patient, value, days_ago)
    services.refresh(patient)
    assert Verdict.objects.get().short == short


def test_the_badge_tells_of_a_change_that_stands_though_nothing_can_be_compared(
    patient: Patient,
) -> None:
    weekly(patient, *BASELINE, 5, 4, last=7)
    session(patient, 11, 0, ill=True)
    services.refresh(patient)
    assert Verdict.objects.get().short == "cannot compare; changed, less"


def test_those_that_changed_stand_first_when_asked(
    login: Login, carl_clinician: User, others: None
) -> None:
    changed_first = ["Patient, Paul", "Baker, A", "Able, A", "Cole, A"]
    assert patients_list(login, carl_clinician, order="changed") == changed_first
    assert patients_list(login, carl_clinician) == [
        "Able, A",
        "Baker, A",
        "Cole, A",
        "Patient, Paul",
    ]


def test_an_assistant_does_not_find_patients_by_verdict(
    login: Login, anna_assistant: User, others: None
) -> None:
    assert len(patients_list(login, anna_assistant, verdict="change")) == 4


def test_one_who_is_clinician_elsewhere_learns_no_verdict_here(
    login: Login, clinic: Clinic, other_clinic: Clinic, others: None
) -> None:
    both = member("Berta Both", clinic, Role.ASSISTANT)
    both.memberships.create(clinic=other_clinic, role=Role.CLINICIAN)
    assert patients_list(login, both, verdict="change") == []
    listed = login(both).get(reverse("patients:list")).content.decode()
    assert "changed, less" not in listed


def test_the_list_costs_the_same_for_few_and_many_verdicts(
    login: Login, carl_clinician: User, clinic: Clinic, patient: Patient, count_queries
) -> None:
    browser = login(carl_clinician)
    browser.post(reverse("patients:list"), {"order": "changed"})
    weekly(patient, 10)
    services.refresh(patient)
    few = count_queries(lambda: browser.get(reverse("patients:list")))
    for _ in range(8):
        other = another_patient(clinic, carl_clinician)
        weekly(other, 10, 11)
        weekly(other, 5, medication="off", last=2)
        services.refresh(other)
    assert count_queries(lambda: browser.get(reverse("patients:list"))) == few
