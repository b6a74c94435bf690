"""Numbers and curves of low reliability say so, and why, wherever they are shown."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.dashboards import curves, labels
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from diagnosis import reliability
from diagnosis.models import Trace
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.conftest import Login

SMALL = "the tracker reports only 12 % of this movement"


def text(client: Client, name: str, row: Patient | RecordingSession) -> str:
    response = client.get(reverse(f"dashboards:{name}", args=[row.id]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_measure_of_low_reliability_says_why(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    analysed(film(session, "smile"), [amplitude(7.5, caution=SMALL)])
    analysed(film(session, "surprise"), [amplitude(5.25)])
    browser = login(carl_clinician)
    page = text(browser, "session", session)
    assert page.count("<sup>1</sup></a></th>") == 1
    assert "Low reliability: the tracker reports only 12 % of this movement." in page
    for sign in ("low-", "note-"):  # the row leads to the reason, and that back to the row
        (anchor,) = re.findall(rf'id="({sign}[^"]+)"', page)
        assert f'href="#{anchor}"' in page
    trends_page = text(browser, "patient", session.patient)
    assert trends_page.count('badge--flag">low reliability<') == 1
    assert "The tracker reports only 12 % of this movement." in trends_page


def test_a_headline_of_low_reliability_says_so_beside_its_number(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    session.protocol.headline = "expressivity"
    session.protocol.save()
    analysed(film(session, "smile"), [amplitude(7.5)])
    analysed(session, [expressivity(7.5, caution=SMALL)])
    browser = login(carl_clinician)
    page = text(browser, "session", session)
    number, reason = page.split('<p class="verdict__word">7.50')[1].split("</p>", 1)
    assert 'badge--flag">low reliability<' in number
    assert f"Low reliability: {SMALL}." in reason
    course = text(browser, "patient", session.patient)
    assert course.count('badge--flag">low<') == 1
    assert f"{labels.first_upper(SMALL)}." in course


def test_a_trend_marks_the_sessions_of_low_reliability_not_only_the_newest(
    login: Login, carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    for days, caution in ((20, SMALL), (10, ""), (1, "")):
        smile = film(sitting(consented_patient, protocol, days), "smile")
        analysed(smile, [amplitude(7.5, caution=caution)])
    page = text(login(carl_clinician), "patient", consented_patient)
    assert f"In 1 of 3 sessions: {SMALL}." in page
    assert page.count('badge--flag">low<') == 1


def test_curves_of_low_reliability_are_marked_wherever_they_are_shown(
    login: Login, carl_clinician: User, session: RecordingSession
) -> None:
    made = film(session, "smile")
    names = ("mouth_corner", "cheek_raise", "cheek_raise_left")
    analysed(made, traces={f"movement:{name}": [0, 0, 1, 2] for name in names})
    reason = reliability.caution("cheek_raise")
    assert reason
    browser = login(carl_clinician)
    data = browser.get(reverse("dashboards:curves", args=[made.id])).json()
    drawn = {(c["label"], c["side"]): c["caution"] for c in data["charts"][0]["curves"]}
    assert drawn == {
        ("Mouth corner", ""): "",
        ("Cheek raise", ""): reason,
        ("Cheek raise", "left"): reason,
    }
    page = text(browser, "session", session)
    assert page.count('badge--flag">low reliability<') == 2
    assert f"Cheek raise, left is of low reliability: {reason}." in page
    assert "Mouth corner is of low reliability" not in page


def test_the_reliability_of_a_curve_is_that_of_the_direction_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gains = {"eye_opening": {"full": 0.9}, "-eye_opening": {"full": 0.25}}
    monkeypatch.setattr(reliability, "gains", lambda: gains)
    trace = Trace(name="movement:eye_opening_left")
    assert curves.caution(trace, "surprise") == ""
    assert "25 %" in curves.caution(trace, "eye_closure")
