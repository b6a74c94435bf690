"""Staff find, add, change and archive the patients of their own clinic."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse

from clinic.accounts.models import Membership, Role
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession

DETAILS = {
    "first_name": "Nina",
    "last_name": "Newcomer",
    "birth_date": "1950-05-01",
    "sex": "female",
    "mrn": "MRN-0100",
    "diagnosis_status": "pd",
    "language": "zh-hans",
    "email": "nina@example.org",
    "notes": "",
}


def add_patients(clinic, count: int) -> None:
    Patient.objects.bulk_create(
        Patient(
            clinic=clinic,
            first_name=f"First{i}",
            last_name=f"Last{i:02}",
            birth_date=datetime.date(1950, 1, 1),
            mrn=f"M{i}",
        )
        for i in range(count)
    )


def search(browser, **asked: str):
    """The list after the search form was sent with these words."""
    return browser.post(reverse("patients:list"), asked, follow=True)


def names(response) -> list[str]:
    return [str(patient) for patient in response.context["page"]]


def test_an_assistant_adds_a_patient_and_is_led_to_consent(login, anna_assistant, clinic):
    answer = login(anna_assistant).post(reverse("patients:new"), DETAILS | {"clinic": clinic.id})
    patient = Patient.objects.get()
    assert answer.url == reverse("patients:consents", args=[patient.id])
    assert (patient.clinic, patient.mrn, patient.age >= 75) == (clinic, "MRN-0100", True)
    assert (patient.language, patient.email) == ("zh-hans", "nina@example.org")
    assert Event.objects.filter(action=Action.CREATE, patient=patient.id).count() == 1


def test_a_patient_cannot_be_added_to_a_clinic_where_one_does_not_work(
    login, anna_assistant, other_clinic
):
    answer = login(anna_assistant).post(
        reverse("patients:new"), DETAILS | {"clinic": other_clinic.id}
    )
    assert "clinic" in answer.context["form"].errors
    assert not Patient.objects.exists()


def test_a_clinician_of_two_clinics_chooses_one(login, carl_clinician, clinic, other_clinic):
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.CLINICIAN)
    browser = login(carl_clinician)
    assert "Choose a clinic" in browser.get(reverse("patients:new")).content.decode()
    browser.post(reverse("patients:new"), DETAILS | {"clinic": other_clinic.id})
    assert Patient.objects.get().clinic == other_clinic


def test_whoever_chooses_a_language_is_told_who_has_read_its_words(login, anna_assistant):
    page = login(anna_assistant).get(reverse("patients:new")).content.decode()
    assert re.search(r"简体中文: translated by the project; .* \d+ of \d+ texts reviewed", page)


def test_an_mrn_is_used_once_in_a_clinic(login, anna_assistant, clinic, patient):
    answer = login(anna_assistant).post(
        reverse("patients:new"), DETAILS | {"clinic": clinic.id, "mrn": patient.mrn}
    )
    assert "Another patient of this clinic has this MRN." in answer.content.decode()
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("birth_date", ["1899-12-31", "2999-01-01", "yesterday"])
def test_an_impossible_birth_date_is_refused(login, anna_assistant, clinic, birth_date):
    answer = login(anna_assistant).post(
        reverse("patients:new"), DETAILS | {"clinic": clinic.id, "birth_date": birth_date}
    )
    assert "birth_date" in answer.context["form"].errors


def test_editing_keeps_the_patient_in_the_clinic(
    login, carl_clinician, clinic, other_clinic, patient
):
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.CLINICIAN)
    login(carl_clinician).post(
        reverse("patients:edit", args=[patient.id]), DETAILS | {"clinic": other_clinic.id}
    )
    patient.refresh_from_db()
    assert (patient.first_name, patient.clinic) == ("Nina", clinic)
    assert Event.objects.filter(action=Action.CHANGE, target=patient.id).count() == 1


def test_archiving_takes_off_the_list_and_restoring_brings_back(login, carl_clinician, patient):
    browser = login(carl_clinician)
    archive = reverse("patients:archive", args=[patient.id])
    browser.post(archive)
    assert names(browser.get(reverse("patients:list"))) == []
    assert names(search(browser, archived="on")) == [str(patient)]
    browser.post(archive, {"restore": "1"})
    assert names(search(browser, clear="1")) == [str(patient)]
    assert Event.objects.filter(action=Action.ARCHIVE, target=patient.id).count() == 1


def test_no_session_is_started_for_an_archived_patient(login, carl_clinician, patient):
    browser = login(carl_clinician)
    browser.post(reverse("patients:archive", args=[patient.id]))
    answer = browser.get(reverse("recordings:new_session", args=[patient.id]))
    assert answer.status_code == 404


@pytest.mark.parametrize("words", ["paul", "PATIENT", "patient, paul", "0042", "paul 0042"])
def test_a_patient_is_found_by_any_words_of_name_and_mrn(login, anna_assistant, patient, words):
    answer = search(login(anna_assistant), search=words)
    assert names(answer) == [str(patient)]


def test_a_search_without_match_says_what_to_do(login, anna_assistant, patient):
    answer = search(login(anna_assistant), search="paul nobody")
    assert names(answer) == []
    assert "No patient matches" in answer.content.decode()


def test_the_list_is_narrowed_by_diagnosis(login, anna_assistant, clinic, patient):
    add_patients(clinic, 2)
    answer = search(login(anna_assistant), diagnosis_status="pd")
    assert names(answer) == [str(patient)]


def test_an_empty_list_says_what_to_do_next(login, anna_assistant):
    page = login(anna_assistant).get(reverse("patients:list")).content.decode()
    assert "No patients yet" in page


def test_long_lists_have_pages_that_keep_the_search(login, anna_assistant, clinic):
    add_patients(clinic, 30)
    browser = login(anna_assistant)
    first = search(browser, search="last")
    second = browser.get(reverse("patients:list"), {"page": 2})
    assert len(names(first)) == 25
    assert names(second) == [f"Last{i:02}, First{i}" for i in range(25, 30)]
    assert 'href="?page=2"' in first.content.decode()


def test_the_words_of_a_search_stay_out_of_addresses_and_end_with_the_login(
    login, anna_assistant, patient
):
    browser = login(anna_assistant)
    answer = search(browser, search="paul")
    assert answer.redirect_chain == [(reverse("patients:list"), 302)]
    browser.post(reverse("account_logout"))
    browser.force_login(anna_assistant)
    assert browser.get(reverse("patients:list")).context["search"] == {}


def test_the_list_shows_the_last_session(login, anna_assistant, session):
    session.recorded = datetime.datetime(2026, 11, 3, 9, tzinfo=datetime.UTC)
    session.save()
    RecordingSession.objects.create(
        patient=session.patient,
        protocol=session.protocol,
        recorded=datetime.datetime(2026, 5, 3, 9, tzinfo=datetime.UTC),
    )
    page = login(anna_assistant).get(reverse("patients:list"))
    shown = page.context["page"][0]
    assert (shown.session_count, shown.last_session) == (2, session.recorded)
    assert "3 November 2026" in page.content.decode()


def test_the_list_costs_the_same_for_few_and_many_patients(
    login, anna_assistant, clinic, session, count_queries
):
    browser = login(anna_assistant)
    few = count_queries(lambda: browser.get(reverse("patients:list")))
    add_patients(clinic, 24)
    many = count_queries(lambda: browser.get(reverse("patients:list")))
    assert many == few


def test_members_of_another_clinic_do_not_meet_the_patient(login, olga_outsider, patient):
    browser = login(olga_outsider)
    assert names(browser.get(reverse("patients:list"))) == []
    assert browser.get(reverse("patients:edit", args=[patient.id])).status_code == 404


def test_an_ended_membership_opens_nothing(login, carl_clinician, patient):
    carl_clinician.memberships.update(ended=patient.created)
    answer = login(carl_clinician).get(reverse("patients:edit", args=[patient.id]))
    assert answer.status_code == 404
