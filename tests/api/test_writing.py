"""What staff write by the API goes through the services of the pages: checked, and in the trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.api.pagination import NOTICE
from clinic.api.throttling import WriteThrottle
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.ratings.models import Rating
from clinic.recordings.models import CaptureLink, RecordingSession
from clinic.therapy.models import ClinicalEvent, Regimen
from diagnosis.models import Job


def post(browser: Client, name: str, sent: dict[str, Any], *args: Any) -> Any:
    return browser.post(reverse(name, args=args), sent, content_type="application/json")


def patch(browser: Client, name: str, id: Any, sent: dict[str, Any]) -> Any:
    return browser.patch(reverse(name, args=[id]), sent, content_type="application/json")


def newest() -> tuple[str, str, User | None]:
    event = Event.objects.first()
    return event.action, event.target_type, event.actor


@pytest.fixture
def new_patient(clinic) -> dict[str, Any]:
    return {
        "clinic": str(clinic.id),
        "first_name": "Nora",
        "last_name": "New",
        "birth_date": "1950-02-03",
        "sex": "female",
        "mrn": "MRN-7",
        "diagnosis_status": "pd",
        "language": "en",
        "email": "",
        "notes": "",
    }


def test_an_assistant_adds_and_corrects_a_patient(login, anna_assistant, new_patient):
    browser = login(anna_assistant)
    made = post(browser, "api:patient-list", new_patient)
    assert (made.status_code, made.json()["notice"]) == (201, NOTICE)
    patient = Patient.objects.get(id=made.json()["id"])
    assert (str(patient), newest()) == ("New, Nora", ("create", "patient", anna_assistant))
    told = patch(browser, "api:patient-detail", patient.id, {"last_name": "Newer"})
    assert (told.status_code, told.json()["last_name"]) == (200, "Newer")
    assert newest() == ("change", "patient", anna_assistant)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"birth_date": "1850-01-01"}, "Enter a birth date between 1900 and today."),
        ({"sex": "many"}, '"many" is not a valid choice.'),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"first_name": " "}, "This field may not be blank."),
        ({"mrn": "MRN-0042"}, "Another patient of this clinic has this MRN."),
    ],
    ids=str,
)
def test_a_patient_is_checked_as_on_the_page(
    login, anna_assistant, patient, new_patient, wrong, told
):
    refused = post(login(anna_assistant), "api:patient-list", {**new_patient, **wrong})
    assert refused.status_code == 400
    assert refused.json()["notice"] == NOTICE
    assert [*refused.json()["wrong"].values()] == [[told]]
    assert (Patient.objects.count(), Event.objects.count()) == (1, 0)


def test_a_correction_is_checked_with_what_stays(login, anna_assistant, patient, new_patient):
    browser = login(anna_assistant)
    made = post(browser, "api:patient-list", new_patient).json()
    refused = patch(browser, "api:patient-detail", made["id"], {"mrn": "MRN-0042"})
    assert refused.status_code == 400


def test_a_patient_stays_in_their_clinic(login, anna_assistant, patient, other_clinic):
    sent = {"clinic": str(other_clinic.id), "notes": "moved"}
    assert patch(login(anna_assistant), "api:patient-detail", patient.id, sent).status_code == 200
    patient.refresh_from_db()
    assert (patient.notes, patient.clinic == other_clinic) == ("moved", False)


def test_nobody_writes_into_another_clinic(login, olga_outsider, new_patient, known):
    browser = login(olga_outsider)
    refused = post(browser, "api:patient-list", new_patient)
    assert refused.json()["wrong"] == {"clinic": ["There is no such record."]}
    for name, sent in (
        ("api:session-list", {"patient": known["patient"], "protocol": "core"}),
        ("api:link-list", {"session": known["session"]}),
        ("api:rating-list", {"session": known["session"], "score": 1}),
        ("api:stage-list", {"patient": known["patient"], "date": "2026-01-05", "stage": 1}),
    ):
        assert post(browser, name, sent).status_code == 400, name
    for path, id in known.items():
        if path.startswith("/api/"):
            address = path.replace("{id}", id)
            changed = browser.patch(address, {}, content_type="application/json")
            assert changed.status_code in (404, 405)
            assert browser.delete(address).status_code in (404, 405)


def test_who_may_not_write_anywhere_gets_404(login, rita_researcher, ada_admin, new_patient):
    for user in (rita_researcher, ada_admin):
        browser = login(user)
        assert post(browser, "api:patient-list", new_patient).status_code == 404
        assert post(browser, "api:rating-list", {}).status_code == 404


def test_an_assistant_does_not_judge(login, anna_assistant, known):
    browser = login(anna_assistant)
    assert post(browser, "api:rating-list", {"session": known["session"]}).status_code == 404
    assert post(browser, "api:regimen-list", {"patient": known["patient"]}).status_code == 404


def test_writing_needs_the_csrf_token(carl_clinician, new_patient):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carl_clinician)
    refused = post(browser, "api:patient-list", new_patient)
    assert (refused.status_code, refused.json()["notice"]) == (403, NOTICE)


def test_only_json_is_taken(login, carl_clinician, new_patient):
    refused = login(carl_clinician).post(reverse("api:patient-list"), new_patient)
    assert refused.status_code == 415


def test_a_session_is_started_and_its_context_corrected(login, anna_assistant, session):
    browser = login(anna_assistant)
    sent = {"patient": str(session.patient_id), "protocol": session.protocol.code, "place": "home"}
    made = post(browser, "api:session-list", sent)
    assert (made.status_code, newest()) == (201, ("create", "session", anna_assistant))
    started = RecordingSession.objects.get(id=made.json()["id"])
    assert (started.place, started.protocol, started.created_by) == (
        "home",
        session.protocol,
        anna_assistant,
    )
    told = patch(browser, "api:session-detail", started.id, {"medication": "off", "ill": True})
    assert (told.json()["medication"], told.json()["ill"], newest()) == (
        "off",
        True,
        ("change", "session", anna_assistant),
    )


def test_what_was_told_of_a_finished_session_stays(login, anna_assistant, session):
    browser = login(anna_assistant)
    session.submitted, session.medication = session.recorded, "on"
    session.save()
    first = {"medication": "off", "dyskinesia": "none"}
    assert patch(browser, "api:session-detail", session.id, first).status_code == 200
    refused = patch(browser, "api:session-detail", session.id, {"medication": "on"})
    assert (refused.status_code, refused.json()["notice"]) == (409, NOTICE)
    session.refresh_from_db()
    assert session.medication == "off"


def test_a_dose_of_more_than_a_day_ago_is_refused(login, anna_assistant, session):
    sent = {"minutes_since_dose": 1441}
    refused = patch(login(anna_assistant), "api:session-detail", session.id, sent)
    assert "minutes_since_dose" in refused.json()["wrong"]


def test_medicines_of_no_day_that_can_be_meant_are_refused(login, carl_clinician, patient):
    sent = {"patient": str(patient.id), "start": "2026-01-01", "text": "L", "end": "9999-12-31"}
    refused = post(login(carl_clinician), "api:regimen-list", sent)
    assert "end" in refused.json()["wrong"]


def test_a_session_needs_a_protocol_in_use_and_a_patient_on_the_list(
    login, anna_assistant, session
):
    browser = login(anna_assistant)
    sent = {"patient": str(session.patient_id), "protocol": "none-such"}
    assert "protocol" in post(browser, "api:session-list", sent).json()["wrong"]
    Patient.objects.update(archived=timezone.now())
    sent["protocol"] = session.protocol.code
    assert "patient" in post(browser, "api:session-list", sent).json()["wrong"]


def test_a_link_tells_its_address_once_and_is_closed(login, anna_assistant, session):
    browser = login(anna_assistant)
    made = post(browser, "api:link-list", {"session": str(session.id), "days": 3}).json()
    assert made["address"].startswith("http://localhost:8000/")
    assert "address" not in browser.get(reverse("api:link-detail", args=[made["id"]])).json()
    closed = post(browser, "api:link-revoke", {}, made["id"])
    assert (closed.status_code, newest()) == (200, ("revoke", "link", anna_assistant))
    assert CaptureLink.objects.get().revoked is not None


def test_what_the_state_of_a_record_forbids_is_told_in_words(login, anna_assistant, session):
    Patient.objects.update(archived=timezone.now())
    refused = post(login(anna_assistant), "api:link-list", {"session": str(session.id)})
    assert refused.status_code == 409
    assert "Restore the patient" in refused.json()["detail"]


def test_a_rating_is_kept_with_whether_it_was_blind(login, carl_clinician, result, session):
    RecordingSession.objects.update(submitted=timezone.now())
    session.protocol.tasks.update(kind="rest")
    browser = login(carl_clinician)
    sent = {"session": str(session.id), "score": 2}
    made = post(browser, "api:rating-list", sent)
    assert (made.status_code, made.json()["blind"]) == (201, True)
    assert newest()[::2] == ("rate", carl_clinician)
    browser.get(reverse("api:result-list"))  # of no session in particular
    assert post(browser, "api:rating-list", sent).json()["blind"] is False
    both = {**sent, "obstacle": "not_seen"}
    assert post(browser, "api:rating-list", both).status_code == 400
    assert Rating.objects.count() == 2


def test_a_clinician_keeps_the_regimen(login, carl_clinician, patient):
    browser = login(carl_clinician)
    first = {"patient": str(patient.id), "start": "2026-01-01", "text": "Levodopa 300 mg"}
    post(browser, "api:regimen-list", first)
    second = {**first, "start": "2026-02-01", "ledd_mg": 450.5, "replaces": True}
    made = post(browser, "api:regimen-list", second)
    assert (made.status_code, made.json()["ledd_mg"]) == (201, 450.5)
    ended = Regimen.objects.get(start="2026-01-01")
    assert (str(ended.end), ended.created_by) == ("2026-01-31", carl_clinician)
    refused = patch(browser, "api:regimen-detail", ended.id, {"end": "2025-01-01"})
    assert "end" in refused.json()["wrong"]
    gone = browser.delete(reverse("api:regimen-detail", args=[ended.id]))
    assert (gone.status_code, Regimen.objects.count()) == (204, 1)
    assert Event.objects.first().detail == "removed"


def test_an_event_of_tomorrow_has_not_happened(login, carl_clinician, patient):
    sent = {"patient": str(patient.id), "date": "2999-01-01", "kind": "dose"}
    refused = post(login(carl_clinician), "api:clinical-event-list", sent)
    assert refused.json()["wrong"] == {"date": ["Enter today or an earlier day."]}
    assert not ClinicalEvent.objects.exists()


def test_a_failed_analysis_is_asked_for_again(login, anna_assistant, consented_patient, result):
    browser = login(anna_assistant)
    Job.objects.update(state=Job.State.DONE)
    refused = post(browser, "api:job-retry", {}, result.job_id)
    assert (refused.status_code, refused.json()["notice"]) == (409, NOTICE)
    Job.objects.update(state=Job.State.FAILED)
    assert post(browser, "api:job-retry", {}, result.job_id).status_code == 200
    assert Event.objects.filter(action=Action.RETRY, actor=anna_assistant).exists()


def test_a_script_that_writes_without_end_is_stopped(login, anna_assistant, patient, monkeypatch):
    monkeypatch.setattr(WriteThrottle, "rate", "3/min", raising=False)
    browser = login(anna_assistant)
    for _ in range(3):
        assert patch(browser, "api:patient-detail", patient.id, {}).status_code == 200
    refused = patch(browser, "api:patient-detail", patient.id, {})
    assert (refused.status_code, refused.json()["notice"]) == (429, NOTICE)
    assert browser.get(reverse("api:patient-list")).status_code == 200
