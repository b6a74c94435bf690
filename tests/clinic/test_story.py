"""The session's story: what moved, when, left and right, against the patient's own baseline."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import live
from clinic.accounts.models import Clinic, User
from clinic.dashboards.series import trends
from clinic.dashboards.story import Compared, Row, Story, story
from clinic.dashboards.takes import takes
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, ProtocolTask, Recording, RecordingSession
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from diagnosis.config import Measure, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.planning import another_patient
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


def blinks(rate: float) -> Measure:
    return Measure("blink_rate", "eyelids", Side.BOTH, "1/min", float(rate), 1)


def of(row: Row) -> list[Compared]:
    return [one for one in (row.both, row.left, row.right) if one]


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
    assert "left 4.00 (less than usual) and right 6.00 (less than usual)" in task.said
    assert "It began 0.41 s after the beep" in task.said
    assert (task.rows[0].part, task.rows[0].both.word) == ("Mouth", "less than usual")


def test_a_smile_like_those_before_is_as_usual(baseline: Patient, protocol: Protocol) -> None:
    assert told(record(baseline, protocol, 3, 10.1)).said.endswith("every movement was as usual.")


def test_without_a_baseline_there_are_numbers_but_no_comparison(
    consented_patient: Patient, protocol: Protocol
) -> None:
    found = told(record(consented_patient, protocol, 3, 5.0))
    assert (found.baseline, found.tasks[0].rows[0].both.word) == (0, "")
    assert found.said == "There is no baseline in ON yet to compare with."
    assert "usual" not in found.tasks[0].said


def test_an_off_session_is_not_compared_with_on_sessions(
    baseline: Patient, protocol: Protocol
) -> None:
    session = record(baseline, protocol, 3, 5.0)
    RecordingSession.objects.filter(pk=session.pk).update(medication="off")
    session.refresh_from_db()
    assert told(session).said == "There is no baseline in OFF yet to compare with."


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"dyskinesia": "troublesome"}, "troublesome dyskinesia"),
        ({"ill": True}, "the person was ill or very tired"),
        ({"practice": True}, "the first session, in which a person learns how it is done"),
        ({"medication": "between"}, "recorded between ON and OFF"),
        ({"medication": "unsure"}, "the medication state is not known"),
        ({"medication": ""}, "the medication state is not known"),
    ],
)
def test_a_session_that_does_not_compare_says_why_and_has_no_bands(
    baseline: Patient, protocol: Protocol, facts: dict[str, object], reason: str
) -> None:
    session = record(baseline, protocol, 3, 5.0)
    RecordingSession.objects.filter(pk=session.pk).update(**facts)
    session.refresh_from_db()
    found = told(session)
    assert found.said == f"Not compared: {reason}."
    assert {one.band for task in found.tasks for row in task.rows for one in of(row)} == {None}


def test_a_session_of_the_baseline_is_not_held_against_itself(baseline: Patient) -> None:
    for session in baseline.sessions.all():
        assert told(session).said == (
            "This session is part of the baseline in ON, with which later ones are compared."
        )


def test_a_session_from_before_the_baseline_was_complete_is_not_compared(
    baseline: Patient, protocol: Protocol
) -> None:
    session = record(baseline, protocol, 60, 5.0)
    found = told(session)
    assert found.said == "Not compared: recorded before the baseline was complete."
    assert found.tasks[0].rows[0].both.word == ""


def test_the_bands_are_those_of_the_timeline_for_blinks_and_with_the_clinics_spread(
    clinic: Clinic, baseline: Patient, protocol: Protocol, carl_clinician: User
) -> None:
    other = another_patient(clinic, carl_clinician)
    for ago, value in BASELINE.items():
        record(other, protocol, ago, 3 * value)
    services.refresh(other)
    for session, rate in zip(baseline.sessions.all(), (14, 15, 16, 15), strict=True):
        analysed(film(session, "rest"), [blinks(rate)])
    newest = record(baseline, protocol, 3, 5.0)
    analysed(film(newest, "rest"), [blinks(40)])
    bands = judging.bands(comparison(baseline, trends(baseline)))
    shown = {
        row.both.measure.name: row.both.band for task in told(newest).tasks for row in task.rows
    }
    assert shown["blink_rate"] == bands["rest-blink_rate-eyelids-both"]["on"]
    assert shown["amplitude"] == bands["smile-amplitude-mouth corner-both"]["on"]
    assert shown["amplitude"].df > 3  # the other patient's three degrees of freedom are in it


def test_left_and_right_stand_each_against_their_own_band(
    baseline: Patient, protocol: Protocol
) -> None:
    session = sitting(baseline, protocol, days_ago=3)
    measures = [amplitude(10.1), side(Side.LEFT, 3.0), side(Side.RIGHT, 11.1)]
    analysed(film(session, "smile"), measures)
    analysed(session, [expressivity(10.1)])
    found = told(session)
    (row,) = found.tasks[0].rows
    assert [one.word for one in of(row)] == ["as usual", "less than usual", "as usual"]
    assert row.left.band.mean == pytest.approx(9.1, rel=1e-3)
    assert row.right.band.mean == pytest.approx(11.1, rel=1e-3)
    assert found.said.endswith("(1 of 1): mouth corner in “Smile” as usual (left less than usual).")


def talked(session: RecordingSession, movement: float, **change: Any) -> None:
    """Its talk film, after this change."""
    talk = film(session, "talk", f"{session.id}".encode())
    Recording.objects.filter(pk=talk.pk).update(**change)
    analysed(talk, [Measure("movement_sd", "mouth corner", Side.BOTH, "% IOD", movement, 1)])


@pytest.fixture
def talkative(baseline: Patient, protocol: Protocol) -> Protocol:
    """The protocol with a talk task, which all sessions of the baseline have."""
    ProtocolTask.objects.create(
        protocol=protocol, code="talk", kind="talk", title="Talk", position=9, lead_in_s=30
    )
    for session, movement in zip(baseline.sessions.all(), (0.9, 1.0, 0.95, 0.9), strict=True):
        talked(session, movement)
    return protocol


def test_a_part_of_a_film_is_not_held_against_whole_ones(
    baseline: Patient, talkative: Protocol
) -> None:
    whole = record(baseline, talkative, 5, 10.1)
    talked(whole, 0.1)
    assert "“Talk” less than usual" in told(whole).said
    session = record(baseline, talkative, 3, 10.1)
    talked(session, 0.1, partial=True)
    found = told(session)
    assert found.said == (
        "Compared with 4 baseline sessions, every movement was as usual. "
        "Not compared: “Talk” (the recording broke off before its end)."
    )
    smile, talk = sorted(found.tasks, key=lambda task: task.title)
    assert talk.said.endswith("Not compared: the recording broke off before its end.")
    assert [row.both.word for row in (*smile.rows, *talk.rows)] == ["as usual", ""]


def test_a_rest_film_that_broke_off_leaves_its_session_uncompared(
    baseline: Patient, protocol: Protocol
) -> None:
    for session in baseline.sessions.all():
        analysed(film(session, "rest"), [blinks(15)])
    session = record(baseline, protocol, 3, 10.1)
    rest = film(session, "rest", b"broken off")
    Recording.objects.filter(pk=rest.pk).update(partial=True)
    analysed(rest, [blinks(60)])
    found = told(session)
    assert found.said == "Not compared: the rest film broke off before its end."
    assert {one.band for task in found.tasks for row in task.rows for one in of(row)} == {None}


def test_more_sessions_cost_no_more_queries(
    baseline: Patient, protocol: Protocol, count_queries: Any
) -> None:
    session = record(baseline, protocol, 3, 5.0)
    few = count_queries(lambda: told(session))
    for ago in range(4, 20):
        record(baseline, protocol, ago, 10.0)
    assert count_queries(lambda: told(session)) == few


def test_a_value_of_low_reliability_says_so(baseline: Patient, protocol: Protocol) -> None:
    session = sitting(baseline, protocol, days_ago=3)
    analysed(film(session, "smile"), [amplitude(5.0, caution="a hand lay on the face")])
    analysed(session, [expressivity(5.0)])
    task = told(session).tasks[0]
    assert "of low reliability" in task.said
    assert task.rows[0].both.word == ""


def test_the_session_page_tells_it_to_clinicians_only(
    login: Login, carl_clinician: User, anna_assistant: User, baseline: Patient, protocol: Protocol
) -> None:
    session = record(baseline, protocol, 3, 5.0)

    def page(client: Client) -> str:
        return client.get(reverse("dashboards:session", args=[session.id])).content.decode()

    assert "What moved, and when" in page(login(carl_clinician))
    assert "What moved, and when" not in page(login(anna_assistant))
