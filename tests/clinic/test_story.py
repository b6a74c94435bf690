"""The session's story: what moved, when, left and right, against the patient's own baseline."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from clinic import live
from clinic.accounts.models import User
from clinic.dashboards.story import Story, story
from clinic.dashboards.takes import takes
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from diagnosis.config import Measure, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.conftest import Login

BASELINE = {40: 10.0, 34: 10.4, 28: 9.8, 22: 10.2}  # days ago -> mouth corner, % IOD


def side(side: Side, value: float) -> Measure:
    return Measure("amplitude", "mouth corner", side, "% IOD", value, 2, 0.2)


def latency(value: float) -> Measure:
    return Measure("onset_latency", "mouth corner", Side.BOTH, "s", value, 2, 0.1)


def record(patient: Patient, protocol: Protocol, ago: int, value: float) -> RecordingSession:
    session = sitting(patient, protocol, days_ago=ago)
    smile = film(session, "smile", f"{ago}".encode())
    sides = [side(Side.LEFT, value - 1), side(Side.RIGHT, value + 1)]
    analysed(smile, [amplitude(value), *sides, latency(0.41)])
    analysed(session, [expressivity(value)])
    return session


@pytest.fixture
def baseline(consented_patient: Patient, protocol: Protocol) -> Patient:
    for ago, value in BASELINE.items():
        record(consented_patient, protocol, ago, value)
    return consented_patient


def told(session: RecordingSession) -> Story:
    found = story(session, takes(session, live.snapshot(session)))
    assert found is not None
    return found


def test_a_smaller_smile_is_called_less_than_usual(baseline: Patient, protocol: Protocol) -> None:
    found = told(record(baseline, protocol, 3, 5.0))
    assert found.baseline == 4
    assert found.said.startswith("Compared with 4 baseline sessions, not as usual (1 of 1): mouth")
    (task,) = found.tasks
    assert "Mouth corner: 5.00 % IOD, less than usual" in task.said
    assert "left 4.00 and right 6.00" in task.said
    assert "It began 0.41 s after the beep" in task.said
    assert (task.rows[0].part, task.rows[0].word) == ("Mouth", "less than usual")


def test_a_smile_like_those_before_is_as_usual(baseline: Patient, protocol: Protocol) -> None:
    assert told(record(baseline, protocol, 3, 10.1)).said.endswith("every movement was as usual.")


def test_without_a_baseline_there_are_numbers_but_no_comparison(
    consented_patient: Patient, protocol: Protocol
) -> None:
    found = told(record(consented_patient, protocol, 3, 5.0))
    assert (found.baseline, found.tasks[0].rows[0].word) == (0, "")
    assert "no baseline yet" in found.said
    assert "usual" not in found.tasks[0].said


def test_an_off_session_is_not_compared_with_on_sessions(
    baseline: Patient, protocol: Protocol
) -> None:
    session = record(baseline, protocol, 3, 5.0)
    RecordingSession.objects.filter(pk=session.pk).update(medication="off")
    session.refresh_from_db()
    assert told(session).baseline == 0


def test_a_value_of_low_reliability_says_so(baseline: Patient, protocol: Protocol) -> None:
    session = sitting(baseline, protocol, days_ago=3)
    analysed(film(session, "smile"), [amplitude(5.0, caution="a hand lay on the face")])
    analysed(session, [expressivity(5.0)])
    assert "of low reliability" in told(session).tasks[0].said


def test_the_session_page_tells_it_to_clinicians_only(
    login: Login, carl_clinician: User, anna_assistant: User, baseline: Patient, protocol: Protocol
) -> None:
    session = record(baseline, protocol, 3, 5.0)

    def page(client: Client) -> str:
        return client.get(reverse("dashboards:session", args=[session.id])).content.decode()

    assert "What moved, and when" in page(login(carl_clinician))
    assert "What moved, and when" not in page(login(anna_assistant))
