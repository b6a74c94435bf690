"""Where each session of a patient stands, as the pages tell it."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.patients.models import Patient, Purpose
from clinic.recordings.models import Protocol, RecordingSession
from clinic.recordings.services import finish_session
from diagnosis.models import Job
from tests.clinic.analysed import analysed, film, sitting
from tests.conftest import Login


def text(client: Client, name: str, row: Patient | RecordingSession) -> str:
    response = client.get(reverse(f"dashboards:{name}", args=[row.id]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_tells_where_each_session_stands(
    login: Login, carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    begun, queued, failed, analysed_one = (sitting(consented_patient, protocol) for _ in range(4))
    for session in (begun, queued, failed, analysed_one):
        film(session, "rest")
        film(session, "smile")
    for session in (queued, failed, analysed_one):
        finish_session(session, actor=carl_clinician)
    Job.objects.filter(group=failed.id).update(state=Job.State.FAILED)
    for made in analysed_one.recordings.all():
        analysed(made)
    page = text(login(carl_clinician), "patient", consented_patient)
    for words in (
        "Open, 2 of 3 films",
        "Being analysed, 0 of 2 films done (0 %)",
        "Analysis failed for 2 of 2 films",
        ">Analysed<",
    ):
        assert page.count(words) == 1


def test_a_session_without_consent_to_analysis_says_so(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    session.patient.consents.filter(text__purpose=Purpose.ANALYSIS).update(withdrawn=timezone.now())
    film(session, "smile")
    finish_session(session, actor=carl_clinician)
    browser = login(carl_clinician)
    assert "Not analysed: no consent to it" in text(browser, "patient", session.patient)
    assert "Not analysed: there is no consent to analysis." in text(browser, "session", session)


def test_progress_tells_when_the_page_is_out_of_date(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    address = reverse("dashboards:patient_progress", args=[session.patient_id])
    browser = login(carl_clinician)
    made = film(session, "rest")
    finish_session(session, actor=carl_clinician)
    before = browser.get(address).json()
    assert (before["analysing"], before["analysed"], before["moving"]) == (1, 0, True)
    analysed(made)
    after = browser.get(address).json()
    assert (after["analysing"], after["analysed"], after["moving"]) == (0, 1, False)
    assert before["mark"] != after["mark"]
