"""Consent is given per purpose to a text, counts for the newest text, and can be withdrawn."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinic.audit.models import Action, Event
from clinic.patients import services
from clinic.patients.models import Consent, ConsentText, Purpose


def give(patient, *purposes, actor):
    return services.give_consent(patient, purposes, by=Consent.By.STAFF, actor=actor)


def test_consent_to_one_purpose_is_none_to_another(patient, consent_texts, carl_clinician):
    give(patient, Purpose.CARE, actor=carl_clinician)
    assert services.consented(patient, Purpose.CARE)
    assert not services.consented(patient, Purpose.TRAINING)


def test_consent_given_twice_is_kept_once(patient, consent_texts, carl_clinician):
    give(patient, Purpose.CARE, actor=carl_clinician)
    assert give(patient, Purpose.CARE, actor=carl_clinician) == []
    assert patient.consents.count() == 1


def test_a_withdrawn_consent_is_kept_and_no_longer_counts(patient, consent_texts, carl_clinician):
    (consent,) = give(patient, Purpose.CARE, actor=carl_clinician)
    services.withdraw(consent, actor=carl_clinician)
    assert consent.withdrawn is not None
    assert not services.consented(patient, Purpose.CARE)
    assert [event.action for event in Event.objects.order_by("id")] == ["consent", "withdraw"]


def test_withdrawing_twice_is_recorded_once(patient, consent_texts, carl_clinician):
    (consent,) = give(patient, Purpose.CARE, actor=carl_clinician)
    services.withdraw(consent, actor=carl_clinician)
    first = consent.withdrawn
    services.withdraw(consent, actor=carl_clinician)
    consent.refresh_from_db()
    assert consent.withdrawn == first
    assert Event.objects.filter(action=Action.WITHDRAW).count() == 1


def test_a_new_text_must_be_agreed_to_again(patient, consent_texts, carl_clinician):
    give(patient, Purpose.CARE, actor=carl_clinician)
    newer = ConsentText.objects.create(purpose=Purpose.CARE, version=2, body="Now with more.")
    assert not services.consented(patient, Purpose.CARE)
    (again,) = give(patient, Purpose.CARE, actor=carl_clinician)
    assert again.text == newer
    assert services.consented(patient, Purpose.CARE)


def test_withdrawing_ends_the_agreement_to_older_texts_as_well(
    patient, consent_texts, carl_clinician
):
    give(patient, Purpose.CARE, actor=carl_clinician)
    ConsentText.objects.create(purpose=Purpose.CARE, version=2, body="Now with more.")
    (newer,) = give(patient, Purpose.CARE, actor=carl_clinician)
    services.withdraw(newer, actor=carl_clinician)
    assert not patient.consents.in_force().exists()


def test_nobody_agrees_to_a_text_that_does_not_exist(patient, consent_texts, carl_clinician):
    ConsentText.objects.filter(purpose=Purpose.TEACHING).delete()
    with pytest.raises(services.ConsentTextMissing, match="Teaching"):
        give(patient, Purpose.CARE, Purpose.TEACHING, actor=carl_clinician)
    assert not patient.consents.exists()


def test_the_patient_agrees_by_link_without_an_account(patient, consent_texts):
    link = patient.id
    (consent,) = services.give_consent(
        patient, [Purpose.CARE], by=Consent.By.PATIENT, actor=None, link=link
    )
    assert consent.recorded_by is None
    event = Event.objects.get()
    assert (event.actor, event.link, event.patient) == (None, link, patient.id)


def test_staff_record_a_signed_form(login, anna_assistant, patient, consent_texts):
    page = reverse("patients:consents", args=[patient.id])
    login(anna_assistant).post(page, {"purposes": ["care", "teaching"], "signed": "on"})
    given = {c.text.purpose: c for c in patient.consents.select_related("text")}
    assert set(given) == {"care", "teaching"}
    assert given["care"].given_by == Consent.By.STAFF
    assert given["care"].recorded_by == anna_assistant


def test_without_the_signed_form_nothing_is_recorded(login, anna_assistant, patient, consent_texts):
    page = reverse("patients:consents", args=[patient.id])
    answer = login(anna_assistant).post(page, {"purposes": ["care"]})
    assert "Confirm that you have the signed form." in answer.content.decode()
    assert not patient.consents.exists()


def test_the_page_shows_text_version_and_withdraws(login, anna_assistant, consented_patient):
    browser = login(anna_assistant)
    page = reverse("patients:consents", args=[consented_patient.id])
    shown = browser.get(page).content.decode()
    assert "to version 1 of the text" in shown
    assert ConsentText.objects.get(purpose="care").body[:40] in shown
    consent = consented_patient.consents.get(text__purpose="care")
    withdraw = reverse("patients:withdraw", args=[consented_patient.id, consent.id])
    assert browser.post(withdraw).url == page
    assert not services.consented(consented_patient, Purpose.CARE)
    assert "withdrawn" in browser.get(page).content.decode()


def test_a_consent_is_withdrawn_under_its_own_patient_only(
    login, carl_clinician, clinic, consented_patient
):
    other = type(consented_patient).objects.create(
        clinic=clinic, first_name="Other", last_name="One", birth_date="1950-01-01"
    )
    consent = consented_patient.consents.first()
    answer = login(carl_clinician).post(reverse("patients:withdraw", args=[other.id, consent.id]))
    assert answer.status_code == 404
    consent.refresh_from_db()
    assert consent.withdrawn is None
