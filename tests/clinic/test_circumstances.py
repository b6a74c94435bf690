"""What staff are told of how a session came about: practice, import, illness, broken films."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.dashboards import charts, drawing
from clinic.dashboards.series import trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.recordings.services import finish_session
from clinic.verdicts.comparable import comparison
from diagnosis.config import Measure, Side
from diagnosis.models import Result
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.conftest import Login

THIRD_OF_MAY = timezone.make_aware(datetime.datetime(2026, 5, 3, 9))


@pytest.fixture
def browser(login: Login, carl_clinician: User) -> Client:
    return login(carl_clinician)


def text(browser: Client, name: str, row: Patient | RecordingSession) -> str:
    return str(browser.get(reverse(f"dashboards:{name}", args=[row.id])).content.decode())


@pytest.fixture
def practised(consented_patient: Patient, protocol: Protocol) -> Patient:
    """A practice session of 9 % IOD, then two of 6 and 7, all ON."""
    for days, value in ((30, 9.0), (20, 6.0), (10, 7.0)):
        session = sitting(consented_patient, protocol, days)
        session.practice = value == 9.0
        analysed(film(session, "smile"), [amplitude(value)])
        analysed(session, [expressivity(value)])
    return consented_patient


def test_practice_is_beside_the_line_of_every_trend(practised: Patient) -> None:
    found = trends(practised)
    assert len(found.series) == 2
    for series in found.series:
        assert [point.value for point in series.joined] == [6.0, 7.0]
        assert [point.value for point in series.apart] == [9.0]
    assert found.apart == ("practice",)


def test_practice_is_drawn_beside_the_line(practised: Patient) -> None:
    context = drawing.context(comparison(practised, trends(practised)))
    shown = context["charts"]["measures"][0]["points"]
    assert [(point[1], point[4:]) for point in shown] == [(9.0, ["Practice"]), (6.0, []), (7.0, [])]


def test_practice_is_told_apart_in_words(practised: Patient) -> None:
    said = charts.said(trends(practised).series[0])
    assert said.startswith("2 sessions from ")
    assert "ON: first 6.00, latest 7.00" in said
    assert said.endswith("Apart from the line, practice: 9.00 % IOD.")


def test_practice_is_named_in_the_table_the_list_and_on_its_page(
    browser: Client, practised: Patient
) -> None:
    page = text(browser, "patient", practised)
    assert page.count('<span class="tag">practice</span>') == 3  # two measures, and the list
    assert "Practice: the first session" in page
    session = practised.sessions.get(practice=True)
    assert "Practice: not part of trends." in text(browser, "session", session)


def test_a_patient_with_practice_only_has_nothing_on_the_line(
    browser: Client, consented_patient: Patient, protocol: Protocol
) -> None:
    session = sitting(consented_patient, protocol)
    session.practice = True
    analysed(film(session, "smile"), [amplitude(9.0)])
    analysed(session, [expressivity(9.0)])
    page = text(browser, "patient", consented_patient)
    assert "Apart from the line, practice: 9.00 % IOD." in page


def test_films_without_cue_times_are_beside_the_line_and_so_is_their_session(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, cues in ((20, []), (10, [{"start": 2, "end": 5}])):
        session = sitting(consented_patient, protocol, days)
        smile = film(session, "smile")
        Recording.objects.filter(pk=smile.pk).update(cues=cues)
        analysed(smile, [amplitude(5.0 + days)])
        analysed(session, [expressivity(5.0 + days)])
    found = trends(consented_patient)
    for series in found.series:
        assert [point.value for point in series.joined] == [15.0]
        assert [(point.value, point.apart) for point in series.apart] == [(25.0, "no cue times")]


SALVAGED = {"salvaged": {"seconds": 20.0, "cues": "planned"}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"partial": True, "capture": SALVAGED}, "part of a film"),
        ({"capture": SALVAGED}, "planned beep times"),
        ({"cues": [], "capture": {"by_hand": True}}, "camera app"),
    ],
)
def test_films_that_came_in_pieces_or_by_hand_are_beside_the_line_and_so_is_their_session(
    consented_patient: Patient,
    protocol: Protocol,
    browser: Client,
    fields: dict[str, Any],
    reason: str,
) -> None:
    for days, change in ((20, fields), (10, {})):
        session = sitting(consented_patient, protocol, days)
        smile = film(session, "smile")
        cues = [{"start": 2, "end": 5}]
        Recording.objects.filter(pk=smile.pk).update(**{"cues": cues, **change})
        analysed(smile, [amplitude(5.0 + days)])
        analysed(session, [expressivity(5.0 + days)])
    found = trends(consented_patient)
    for series in found.series:
        assert [point.value for point in series.joined] == [15.0]
        assert [(point.value, point.apart) for point in series.apart] == [(25.0, reason)]
    assert f'<span class="tag">{reason}</span>' in text(browser, "patient", consented_patient)


@pytest.mark.parametrize(("minutes", "apart"), [(119, []), (121, [15.0])])
def test_films_begun_long_after_the_person_told_how_they_were_are_beside_the_line(
    consented_patient: Patient,
    protocol: Protocol,
    browser: Client,
    minutes: int,
    apart: list[float],
) -> None:
    """Another day's films, when the medicine may work as it did not then."""
    session = sitting(consented_patient, protocol, 10)
    session.told = session.recorded
    session.save()
    filmed = session.told + datetime.timedelta(minutes=minutes)
    smile = film(session, "smile")
    mark = {"filmed": {"at": filmed.isoformat(), "clock": "device"}}
    Recording.objects.filter(pk=smile.pk).update(capture=mark)
    analysed(smile, [amplitude(15.0)])
    analysed(session, [expressivity(15.0)])
    for series in trends(consented_patient).series:
        assert [point.value for point in series.apart] == apart
    shown = "more than two hours after the person told" in text(
        browser, "patient", consented_patient
    )
    assert shown == bool(apart)


def test_a_film_of_which_nobody_told_when_it_was_made_is_not_called_late(
    consented_patient: Patient, protocol: Protocol
) -> None:
    session = sitting(consented_patient, protocol, 10)
    session.told = session.recorded
    session.save()
    analysed(film(session, "smile"), [amplitude(15.0)])
    assert trends(consented_patient).apart == ()


def test_a_rest_film_that_was_salvaged_whole_is_on_the_line_a_part_of_one_is_not(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, partial in ((20, True), (10, False)):
        rest = film(sitting(consented_patient, protocol, days), "rest")
        Recording.objects.filter(pk=rest.pk).update(capture=SALVAGED, partial=partial)
        blinks = Measure("blink_rate", "eyes", Side.BOTH, "1/min", float(days), 1)
        analysed(rest, [blinks])
    (series,) = trends(consented_patient).series
    assert [point.value for point in series.joined] == [10.0]


@pytest.mark.parametrize(
    ("capture", "cues", "words"),
    [
        (SALVAGED, [{"start": 2, "end": 5}], "by the device: the beep times are the planned ones."),
        (SALVAGED, [], "This film was never handed in by the device."),
        ({"by_hand": True}, [], "It was filmed with the camera app, without beeps."),
    ],
)
def test_a_film_that_did_not_come_from_the_recorder_says_so(
    browser: Client, session: RecordingSession, capture: object, cues: object, words: str
) -> None:
    smile = film(session, "smile")
    Recording.objects.filter(pk=smile.pk).update(capture=capture, cues=cues)
    assert words in text(browser, "session", session)


def test_the_patients_page_tells_language_and_address(browser: Client, patient: Patient) -> None:
    assert "English · no e-mail address" in text(browser, "patient", patient)
    patient.email, patient.language = "paul@example.org", "zh-hans"
    patient.save()
    page = text(browser, "patient", patient)
    assert f"{patient.get_language_display()} · paul@example.org" in page


def test_a_rest_film_needs_no_cues_to_be_on_the_line(
    consented_patient: Patient, protocol: Protocol
) -> None:
    blinks = Measure("blink_rate", "eyes", Side.BOTH, "1/min", 12.0, 1)
    analysed(film(sitting(consented_patient, protocol), "rest"), [blinks])
    (series,) = trends(consented_patient).series
    assert [point.value for point in series.joined] == [12.0]


def test_an_imported_session_is_named_so_and_cannot_be_recorded_here(
    browser: Client, session: RecordingSession
) -> None:
    session.imported = True
    session.save()
    assert '<span class="tag">imported</span>' in text(browser, "patient", session.patient)
    page = text(browser, "session", session)
    assert "<strong>Imported</strong>" in page
    assert "No clip has arrived yet." in page
    for action in ("Record now", "Make a link"):
        assert action not in page


def test_a_person_who_was_too_ill_is_told_with_the_day(
    browser: Client, session: RecordingSession
) -> None:
    session.too_ill = THIRD_OF_MAY
    session.save()
    words = "Too ill to record on 3 May 2026"
    assert f"{words}, nothing filmed yet" in text(browser, "patient", session.patient)
    assert f"{words}.</strong> The same link goes on" in text(browser, "session", session)


def test_a_finished_session_is_listed_by_its_analysis_whatever_was_said_before(
    browser: Client, carl_clinician: User, session: RecordingSession
) -> None:
    session.too_ill = THIRD_OF_MAY
    session.save()
    analysed(film(session, "smile"))
    finish_session(session, actor=carl_clinician)
    assert "Too ill" not in text(browser, "patient", session.patient)
    assert "The same link goes on" not in text(browser, "session", session)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ill", True, 'Ill or very tired</dt><dd><span class="badge badge--flag">Yes'),
        ("ill", False, "Ill or very tired</dt><dd>No<"),
        ("ill", None, "Ill or very tired</dt><dd>Not told<"),
        ("facial_procedure", True, '3 months</dt><dd><span class="badge badge--flag">Yes'),
        ("facial_procedure", None, "3 months</dt><dd>Not told<"),
        ("helped", True, "Helped with the films</dt><dd>Yes, somebody else pressed the buttons<"),
        ("helped", False, "Helped with the films</dt><dd>No<"),
    ],
)
def test_the_page_tells_what_the_person_said(
    browser: Client, session: RecordingSession, field: str, value: object, words: str
) -> None:
    session.medication, session.dyskinesia = "on", "none"
    setattr(session, field, value)
    session.save()
    assert words in text(browser, "session", session)


def test_part_of_a_film_says_after_how_long_it_broke_off(
    browser: Client, session: RecordingSession
) -> None:
    smile = film(session, "smile")
    Recording.objects.filter(pk=smile.pk).update(partial=True)
    assert "the recording broke off. It is measured" in text(browser, "session", session)
    result = analysed(smile)
    Result.objects.filter(pk=result.pk).update(capture={"duration_s": 6.8})
    assert "Part of a film:</strong> the recording broke off after 7 s." in text(
        browser, "session", session
    )


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ({"by": "anyway", "advice": "face_small"}, "was started though the camera check"),
        ({"by": "time", "advice": "face_small"}, "began by itself though the camera check"),
        ({"by": "ready", "advice": None}, None),
        ("ready", None),
    ],
)
def test_a_film_that_began_against_the_camera_check_is_flagged(
    browser: Client, session: RecordingSession, start: object, words: str | None
) -> None:
    smile = film(session, "smile")
    Recording.objects.filter(pk=smile.pk).update(capture={"start": start})
    page = text(browser, "session", session)
    assert (words or "") in page
    assert ("was not content (face small)" in page) is (words is not None)
