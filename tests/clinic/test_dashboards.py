"""The patient's and the session's page: who sees what, and what they say."""

from __future__ import annotations

import math

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import Clinic, User
from clinic.audit.models import Action, Event
from clinic.dashboards import charts, curves
from clinic.dashboards.measures import MeasureTable
from clinic.dashboards.series import trends
from clinic.dashboards.takes import assessment
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.recordings.services import finish_session
from diagnosis import models
from diagnosis.config import Finding, Measure, Severity, Side
from diagnosis.models import Job, Trace
from tests.clinic.analysed import RELEASE, amplitude, analysed, expressivity, film, sitting
from tests.conftest import Login

DARK = Finding("too_dark", Severity.ADVISES, "It is dark.", "Mean luma of the face is 41.")
LIKELIHOOD = {"value": 0.72, "baseline": 0.61, "takes": ["smile"]}


def measures(table: MeasureTable) -> list[models.Measure]:
    return [row.measure for group in (*table.groups, *table.further) for row in group.rows]


def text(client: Client, name: str, row: Patient | RecordingSession) -> str:
    response = client.get(reverse(f"dashboards:{name}", args=[row.id]))
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    """A smile that was analysed: 7.5 % IOD, filmed in the dark."""
    made = film(session, "smile")
    traces = {"movement:mouth_corner": [0, 0, 0, 0, 3, 7.5, 7, math.nan, 0]}
    analysed(made, [amplitude(7.5)], findings=[DARK], traces=traces)
    return made


def test_a_new_patients_page_says_what_to_do(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    page = text(login(carl_clinician), "patient", patient)
    assert "No session yet" in page
    assert reverse("recordings:new_session", args=[patient.id]) in page


def test_a_clinician_sees_the_trend_its_release_and_its_evidence(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    page = text(login(carl_clinician), "patient", recording.session.patient)
    assert "7.50" in page
    assert "trends-data" in page
    assert RELEASE in page
    assert "trained on simulated faces only" in page


def test_an_assistant_sees_the_sessions_and_films_but_no_measure(
    login: Login, anna_assistant: User, recording: Recording
) -> None:
    browser = login(anna_assistant)
    patient_page = text(browser, "patient", recording.session.patient)
    session_page = text(browser, "session", recording.session)
    assert reverse("dashboards:session", args=[recording.session_id]) in patient_page
    assert reverse("dashboards:video", args=[recording.id]) in session_page
    for page in (patient_page, session_page):
        assert "7.50" not in page
        assert RELEASE not in page
        assert "trends-data" not in page
    curve_address = reverse("dashboards:curves", args=[recording.id])
    assert curve_address not in session_page
    assert browser.get(curve_address).status_code == 404


@pytest.mark.parametrize("name", ["patient", "patient_progress"])
def test_an_outsider_finds_no_patient(
    login: Login, olga_outsider: User, patient: Patient, name: str
) -> None:
    address = reverse(f"dashboards:{name}", args=[patient.id])
    assert login(olga_outsider).get(address).status_code == 404


def test_reading_a_page_is_in_the_audit_trail(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    text(login(carl_clinician), "session", session)
    text(login(carl_clinician), "patient", session.patient)
    read = Event.objects.filter(actor=carl_clinician, action=Action.READ)
    assert {event.target for event in read} == {session.id, session.patient.id}


def test_a_session_without_films_says_what_it_asks_for(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    page = text(login(carl_clinician), "session", session)
    assert "Nothing filmed yet" in page
    assert "Record now" in page


def test_a_finished_session_cannot_be_recorded_but_its_receipt_can_be_shown(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    finish_session(recording.session, actor=carl_clinician)
    page = text(login(carl_clinician), "session", recording.session)
    assert "Record now" not in page
    assert "Make a link for the patient" not in page
    assert "Make a link to the receipt" in page


def test_a_film_shows_its_measures_findings_and_caption(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    Recording.objects.filter(pk=recording.pk).update(caption="simulated from a portrait")
    page = text(login(carl_clinician), "session", recording.session)
    assert "Mean luma of the face is 41." in page
    assert "It is dark." not in page
    assert "simulated from a portrait" in page
    assert "Amplitude, mouth corner" in page


def test_an_absent_measure_is_shown_with_its_reason(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    analysed(film(session, "smile"), [amplitude(None, "the face was not seen long enough")])
    page = text(login(carl_clinician), "session", session)
    assert "the face was not seen long enough" in page


@pytest.mark.parametrize("headline", ["expressivity", "slowness"])
def test_the_summaries_stand_together_with_their_parts_the_headline_first(
    login: Login, carl_clinician: User, session: RecordingSession, headline: str
) -> None:
    session.protocol.headline = headline
    session.protocol.save()
    slow = Measure("slowness", "smile", Side.BOTH, "s", 0.8125, 1)
    part = Measure("core_onset_latency", "smile", Side.BOTH, "s", 0.4375, 2)
    analysed(session, [slow, part, expressivity(6.0), Measure("tilt", "", Side.BOTH, "x", 1.0)])
    found = assessment(session)
    assert found is not None
    first, second = found.summaries
    assert (first.measure.name, first.is_headline, second.is_headline) == (headline, True, False)
    parts = {s.measure.name: [m.name for m in measures(s.parts)] for s in found.summaries}
    assert parts == {"expressivity": [], "slowness": ["core_onset_latency"]}
    assert [m.name for m in measures(found.others)] == ["tilt"]
    page = text(login(carl_clinician), "session", session)
    for words in ("Slowness, smile", "0.812", "Delay to onset, smile", "0.438", "simulated"):
        assert words in page


def test_what_is_no_film_gets_no_player(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    unreadable = Finding("unreadable", Severity.BLOCKS, "Film it again.", "It is not a video.")
    made = film(session, "smile", b"a text")
    analysed(made, usable=False, findings=[unreadable])
    page = text(login(carl_clinician), "session", session)
    assert "It is not a video." in page
    assert reverse("dashboards:video", args=[made.id]) not in page


def test_a_failed_analysis_can_be_asked_for_again(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    made = film(session, "rest")
    Job.objects.filter(subject=made.id).update(state=Job.State.FAILED, error="It stopped.")
    page = text(login(carl_clinician), "session", session)
    assert "It stopped." in page
    assert reverse("recordings:retry", args=[session.id]) in page


@pytest.mark.parametrize("is_demo", [True, False])
def test_a_likelihood_is_shown_in_the_demo_clinic_only(
    login: Login, carl_clinician: User, clinic: Clinic, session: RecordingSession, is_demo: bool
) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(is_demo=is_demo)
    analysed(session, [expressivity(6.0)], likelihood=LIKELIHOOD)
    page = text(login(carl_clinician), "session", session)
    assert ("0.72" in page) is is_demo
    assert ("Demonstration only." in page) is is_demo


@pytest.mark.parametrize("name", ["patient", "session"])
def test_the_number_of_queries_does_not_grow(
    login: Login,
    carl_clinician: User,
    consented_patient: Patient,
    protocol: Protocol,
    name: str,
) -> None:
    """3 and 30 sessions on the patient's page; 1 and 3 films on the session's."""
    browser = login(carl_clinician)
    counts = []
    session = sitting(consented_patient, protocol)
    steps = (("smile",), ("rest", "surprise"))
    for sessions, codes in zip((2, 27), steps, strict=True):
        for day in range(sessions):
            analysed(film(sitting(consented_patient, protocol, day), "smile"), [amplitude(5.0)])
        for code in codes:
            analysed(film(session, code), [amplitude(5.0)])
        row = session if name == "session" else consented_patient
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(browser, name, row)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_curves_come_with_cue_windows_and_gaps(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    data = login(carl_clinician).get(reverse("dashboards:curves", args=[recording.id])).json()
    assert data["cues"] == recording.cues
    curve = data["charts"][0]["curves"][0]
    assert curve["label"] == "Mouth corner"
    assert curve["values"][5:8] == [7.5, 7.0, None]


def test_there_are_no_curves_once_the_newest_analysis_is_unusable(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, usable=False)
    address = reverse("dashboards:curves", args=[recording.id])
    assert login(carl_clinician).get(address).status_code == 404


def test_curves_are_told_in_words_and_numbers(recording: Recording) -> None:
    rows = curves.rows(recording, list(Trace.objects.all()))
    first, second = rows[0].peaks
    assert (first.value, first.at) == (7.5, 2.5)
    assert (second.value, second.at) == (None, None)
    assert "Mouth corner reaches 7.50 and no value % IOD in the 2 cue windows" in curves.said(
        recording, rows
    )


def test_a_trend_is_told_in_words_by_medication_state(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, state, value in ((40, "on", 8.0), (20, "off", 4.0), (1, "on", 6.0)):
        analysed(
            film(sitting(consented_patient, protocol, days, state), "smile"), [amplitude(value)]
        )
    words = charts.said(trends(consented_patient).series[0])
    assert words.startswith("3 sessions from ")
    assert "ON: first 8.00, latest 6.00, between 6.00 and 8.00 % IOD." in words
    assert "OFF: 4.00 % IOD." in words
