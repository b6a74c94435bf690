"""What every staff page has in common."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse


@pytest.fixture
def pages(session, carl_clinician):
    carl_clinician.set_password("correct horse battery staple")
    carl_clinician.save()
    patient = session.patient_id
    return {
        "carl_clinician": [
            reverse("patients:list"),
            reverse("patients:new"),
            reverse("patients:edit", args=[patient]),
            reverse("patients:consents", args=[patient]),
            reverse("recordings:new_session", args=[patient]),
            reverse("reminders:plan", args=[patient]),
            reverse("reminders:home"),
            reverse("account_change_password"),
            reverse("mfa_index"),
            reverse("api:docs"),
        ],
        "ada_admin": [
            reverse("accounts:members"),
            reverse("accounts:add"),
            reverse("accounts:releases"),
            reverse("audit:events"),
        ],
    }


@pytest.mark.parametrize("person", ["carl_clinician", "ada_admin"])
def test_every_page_is_labelled_private_and_guarded(request, login, pages, person):
    browser = login(request.getfixturevalue(person))
    for page in pages[person]:
        response = browser.get(page)
        assert response.status_code == 200, page
        assert "Investigational software, not for diagnosis." in response.content.decode(), page
        assert response["Cache-Control"] == "no-store", page
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy, page
        assert re.search(r"script-src 'self'( 'nonce-[^']+')?(;|$)", policy), page


@pytest.mark.parametrize("person", ["carl_clinician", "ada_admin"])
def test_no_page_carries_inline_scripts_or_styles_without_nonce(request, login, pages, person):
    browser = login(request.getfixturevalue(person))
    for page in pages[person]:
        shown = browser.get(page).content.decode()
        assert "<style>" not in shown, page
        assert "<script>" not in shown, page
        assert " onclick=" not in shown, page


def test_a_missing_page_says_what_to_do(login, carl_clinician):
    response = login(carl_clinician).get("/no/such/page/")
    assert response.status_code == 404
    assert "There is no such page, or it is not for you" in response.content.decode()


def test_a_post_without_the_forms_token_is_refused(patient, carl_clinician):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carl_clinician)
    response = browser.post(reverse("patients:archive", args=[patient.id]))
    assert response.status_code == 403
    assert "This request was not accepted" in response.content.decode()
    patient.refresh_from_db()
    assert patient.archived is None


def test_a_form_with_mistakes_links_to_the_fields(login, carl_clinician):
    answer = login(carl_clinician).post(reverse("patients:new"), {"first_name": "Nina"})
    assert 'href="#id_last_name"' in answer.content.decode()


def test_an_assistant_starts_a_session_at_home(login, anna_assistant, consented_patient, protocol):
    answer = login(anna_assistant).post(
        reverse("recordings:new_session", args=[consented_patient.id]),
        {"place": "home", "protocol": protocol.id},
    )
    session = consented_patient.sessions.get()
    assert answer.url == reverse("dashboards:session", args=[session.id])
    assert (session.place, session.protocol, session.created_by) == (
        "home",
        protocol,
        anna_assistant,
    )


def test_a_retired_protocol_is_not_offered(login, anna_assistant, consented_patient, protocol):
    type(protocol).objects.filter(code="demo").update(retired=True)
    answer = login(anna_assistant).post(
        reverse("recordings:new_session", args=[consented_patient.id]),
        {"place": "site", "protocol": protocol.id},
    )
    assert "protocol" in answer.context["form"].errors


def test_without_consent_to_care_the_page_says_so(login, anna_assistant, patient, protocol):
    page = login(anna_assistant).get(reverse("recordings:new_session", args=[patient.id]))
    assert "has not agreed to be recorded" in page.content.decode()


def test_retrying_without_a_failed_analysis_says_so(login, carl_clinician, session):
    answer = login(carl_clinician).post(reverse("recordings:retry", args=[session.id]), follow=True)
    assert "No analysis of this session has failed." in answer.content.decode()


def test_staff_finish_a_sitting_that_ended_without_its_last_button(
    login, carl_clinician, recording
):
    session = recording.session
    login(carl_clinician).post(reverse("recordings:finish", args=[session.id]))
    session.refresh_from_db()
    assert session.submitted is not None


def test_a_session_without_films_cannot_be_finished(login, carl_clinician, session):
    page = login(carl_clinician).post(reverse("recordings:finish", args=[session.id]), follow=True)
    assert "Nothing has been filmed yet" in page.content.decode()
    session.refresh_from_db()
    assert session.submitted is None
