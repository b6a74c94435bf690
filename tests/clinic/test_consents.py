"""Consent is given per purpose to a text, counts for the newest text, and can be withdrawn."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinic.audit.models import Action, Event
from clinic.patients import services
from clinic.patients.models import Consent, ConsentText, Purpose

SIGNED = {"signed": "on", "language": "en"}


def give(patient, *purposes, actor, language="en"):
    return services.give_consent(
        patient, purposes, by=Consent.By.STAFF, actor=actor, language=language
    )


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


def test_agreement_in_one_language_is_agreement_in_all(patient, consent_texts, carl_clinician):
    (consent,) = give(patient, Purpose.CARE, actor=carl_clinician, language="zh-hans")
    assert "我同意" in consent.text.body
    assert services.consented(patient, Purpose.CARE)
    assert give(patient, Purpose.CARE, actor=carl_clinician, language="en") == []


def test_a_text_that_was_not_written_in_a_language_is_read_in_english(patient, consent_texts):
    ConsentText.objects.create(purpose=Purpose.CARE, version=2, body="Now with more.")
    assert services.current_text(patient, Purpose.CARE, "zh-hans").body == "Now with more."


def test_the_first_own_text_of_a_clinic_is_asked_of_all_its_patients_and_of_no_others(
    patient, consent_texts, carl_clinician, other_clinic, ada_admin
):
    elsewhere = type(patient).objects.create(
        clinic=other_clinic, first_name="Else", last_name="Where", birth_date="1950-01-01"
    )
    for person in (patient, elsewhere):
        give(person, Purpose.CARE, Purpose.ANALYSIS, actor=carl_clinician)
    (own,) = services.ask_anew(patient.clinic, Purpose.CARE, {"en": "Ours."}, actor=ada_admin)
    assert services.current_text(patient, Purpose.CARE) == own
    assert [services.consented(patient, p) for p in (Purpose.CARE, Purpose.ANALYSIS)] == [
        False,
        True,
    ]
    assert services.consented(elsewhere, Purpose.CARE)
    give(patient, Purpose.CARE, actor=carl_clinician)
    assert services.consented(patient, Purpose.CARE)


def test_a_new_common_text_does_not_touch_a_clinic_with_its_own(
    patient, consent_texts, carl_clinician, ada_admin
):
    services.ask_anew(patient.clinic, Purpose.CARE, {"en": "Ours."}, actor=ada_admin)
    give(patient, Purpose.CARE, actor=carl_clinician)
    ConsentText.objects.create(purpose=Purpose.CARE, version=9, body="Common, and newer.")
    assert services.consented(patient, Purpose.CARE)
    services.ask_anew(patient.clinic, Purpose.CARE, {"en": "Ours, again."}, actor=ada_admin)
    assert not services.consented(patient, Purpose.CARE)


def test_the_list_tells_whose_consent_stands_by_the_texts_of_their_own_clinic(
    patient, consent_texts, carl_clinician, ada_admin
):
    give(patient, Purpose.CARE, actor=carl_clinician, language="zh-hans")
    assert type(patient).objects.for_list().get().care_consent
    services.ask_anew(patient.clinic, Purpose.CARE, {"en": "Ours."}, actor=ada_admin)
    assert not type(patient).objects.for_list().get().care_consent


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
    login(anna_assistant).post(page, SIGNED | {"purposes": ["care", "teaching"]})
    given = {c.text.purpose: c for c in patient.consents.select_related("text")}
    assert set(given) == {"care", "teaching"}
    assert given["care"].given_by == Consent.By.STAFF
    assert given["care"].recorded_by == anna_assistant


def test_without_the_signed_form_nothing_is_recorded(login, anna_assistant, patient, consent_texts):
    page = reverse("patients:consents", args=[patient.id])
    answer = login(anna_assistant).post(page, {"purposes": ["care"], "language": "en"})
    assert "Confirm that you have the signed form." in answer.content.decode()
    assert not patient.consents.exists()


def test_the_page_shows_text_version_and_withdraws(login, anna_assistant, consented_patient):
    browser = login(anna_assistant)
    page = reverse("patients:consents", args=[consented_patient.id])
    shown = browser.get(page).content.decode()
    assert "to version 1 of the text" in shown
    for text in ConsentText.objects.filter(purpose="care"):
        assert text.body[:20] in shown
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
