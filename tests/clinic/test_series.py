"""What enters a patient's trends, and what stays out of them with its reason."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.dashboards.series import MeasureKey, Trends, TrendSeries, trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol
from diagnosis.config import Finding, Severity
from tests.clinic.analysed import RELEASE, amplitude, analysed, expressivity, film, sitting

SMILE = MeasureKey("smile", "amplitude", "mouth corner", "both")
NO_FACE = Finding("no_face", Severity.BLOCKS, "We did not see you.", "A face in 10 % of frames.")


def smile(found: Trends) -> TrendSeries:
    return next(series for series in found.series if series.key == SMILE)


def values(found: Trends) -> list[float | None]:
    return [point.value for point in smile(found).points]


def reasons(found: Trends) -> list[str]:
    return [out.reason for out in found.left_out]


def test_there_are_no_trends_before_the_first_analysis(
    consented_patient: Patient, protocol: Protocol
) -> None:
    film(sitting(consented_patient, protocol), "smile")
    found = trends(consented_patient)
    assert found.release is None
    assert found.series == ()


def test_points_come_oldest_first_with_their_medication_state(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, state, value in ((1, "off", 4.0), (30, "on", 8.0), (15, "unsure", 6.0)):
        session = sitting(consented_patient, protocol, days, state)
        analysed(film(session, "smile"), [amplitude(value)])
    points = smile(trends(consented_patient)).points
    assert [(p.medication, p.value) for p in points] == [("on", 8), ("unsure", 6), ("off", 4)]


def test_the_newest_result_of_the_last_attempt_counts(
    consented_patient: Patient, protocol: Protocol
) -> None:
    session = sitting(consented_patient, protocol)
    analysed(film(session, "smile"), [amplitude(1.0)])
    kept = film(session, "smile")
    analysed(kept, [amplitude(2.0)])
    analysed(kept, [amplitude(3.0)])
    assert values(trends(consented_patient)) == [3.0]


def test_a_trend_never_mixes_releases(consented_patient: Patient, protocol: Protocol) -> None:
    old, both = sitting(consented_patient, protocol, 20), sitting(consented_patient, protocol, 10)
    analysed(film(old, "smile"), [amplitude(9.0)], release="made-up-1")
    recording = film(both, "smile")
    analysed(recording, [amplitude(8.0)], release="made-up-1")
    analysed(recording, [amplitude(5.0)])

    newest = trends(consented_patient)
    assert newest.release is not None
    assert newest.release.name == RELEASE
    assert values(newest) == [5.0]
    assert [release.name for release in newest.other_releases] == ["made-up-1"]
    assert reasons(newest) == ["measured only by release made-up-1"]

    older = trends(consented_patient, "sha of made-up-1")
    assert values(older) == [9.0, 8.0]
    assert {series.release.name for series in older.series} == {"made-up-1"}


def test_a_film_that_cannot_be_used_stays_out_with_what_was_found(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, usable in ((2, True), (1, False)):
        recording = film(sitting(consented_patient, protocol, days), "smile")
        if usable:
            analysed(recording, [amplitude(5.0)])
        else:
            analysed(recording, usable=False, findings=[NO_FACE])
    found = trends(consented_patient)
    assert values(found) == [5.0]
    assert reasons(found) == ["A face in 10 % of frames."]


def test_a_film_measured_against_its_own_lead_in_stays_out(
    consented_patient: Patient, protocol: Protocol
) -> None:
    recording = film(sitting(consented_patient, protocol), "smile")
    analysed(recording, [amplitude(5.0)], neutral_source="lead-in")
    found = trends(consented_patient)
    assert found.series == ()
    assert reasons(found) == ["no usable rest film: measured against its own lead-in"]


def test_a_task_filmed_with_other_cue_times_is_not_on_the_same_line(
    consented_patient: Patient, protocol: Protocol
) -> None:
    longer = Protocol.objects.create(code="longer", name="Longer", headline="expressivity")
    task = protocol.tasks.get(code="smile")
    task.pk, task.protocol, task.now_s = None, longer, task.now_s + 3
    task.save()
    analysed(film(sitting(consented_patient, longer, 9), "smile"), [amplitude(9.0)])
    analysed(film(sitting(consented_patient, protocol, 2), "smile"), [amplitude(5.0)])
    found = trends(consented_patient)
    assert values(found) == [5.0]
    assert reasons(found) == ["filmed with other cue times than now"]


def test_an_old_clip_with_other_cue_times_spoils_no_session(
    consented_patient: Patient, protocol: Protocol
) -> None:
    analysed(film(sitting(consented_patient, protocol, 9), "smile"), [amplitude(9.0)])
    clip = sitting(consented_patient, Protocol.objects.get(code="core"), 1)
    clip.imported = True
    clip.save()
    analysed(film(clip, "smile"), [amplitude(5.0)])
    found = trends(consented_patient)
    assert values(found) == [9.0]
    assert reasons(found) == ["filmed with other cue times than now"]


def test_a_task_outside_the_core_has_no_trend(
    consented_patient: Patient, protocol: Protocol
) -> None:
    protocol.tasks.filter(code="surprise").update(trend=False)
    session = sitting(consented_patient, protocol)
    analysed(film(session, "smile"), [amplitude(5.0)])
    analysed(film(session, "surprise"), [amplitude(7.0)])
    assert {series.key.task for series in trends(consented_patient).series} == {"smile"}


def test_an_absent_measure_keeps_its_reason(consented_patient: Patient, protocol: Protocol) -> None:
    recording = film(sitting(consented_patient, protocol), "smile")
    analysed(recording, [amplitude(None, "fewer than 20 frames per second")])
    series = smile(trends(consented_patient))
    assert series.present == ()
    assert series.points[0].absent == "fewer than 20 frames per second"


def test_the_headline_is_the_protocols_and_of_the_expressions_that_most_sessions_give(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, value, region in ((9, 7.0, "smile"), (5, 6.0, "smile"), (1, 5.0, "smile, surprise")):
        analysed(sitting(consented_patient, protocol, days), [expressivity(value, region)])
    found = trends(consented_patient).headline
    assert found is not None
    assert [(point.value, point.absent) for point in found.points] == [
        (7.0, ""),
        (6.0, ""),
        (None, "sums up other expressions: smile, surprise"),
    ]


def test_a_later_analysis_of_an_old_session_does_not_choose_the_release(
    consented_patient: Patient, protocol: Protocol
) -> None:
    newest = film(sitting(consented_patient, protocol, 1), "smile")
    older = film(sitting(consented_patient, protocol, 9), "smile")
    analysed(newest, [amplitude(5.0)])
    analysed(older, [amplitude(9.0)], release="made-up-3")
    found = trends(consented_patient)
    assert found.release is not None
    assert found.release.name == RELEASE
    assert [release.name for release in found.other_releases] == ["made-up-3"]


@pytest.mark.parametrize("fact", ["imported", "practice"])
def test_neither_old_clips_nor_practice_choose_the_release(
    consented_patient: Patient, protocol: Protocol, fact: str
) -> None:
    analysed(film(sitting(consented_patient, protocol, 9), "smile"), [amplitude(5.0)])
    clip = sitting(consented_patient, protocol, 1)
    setattr(clip, fact, True)
    clip.save()
    analysed(film(clip, "smile"), [amplitude(9.0)], release="made-up-3")
    found = trends(consented_patient)
    assert found.release is not None
    assert found.release.name == RELEASE


def test_old_clips_alone_choose_the_release_themselves(
    consented_patient: Patient, protocol: Protocol
) -> None:
    clip = sitting(consented_patient, protocol, 1)
    clip.imported = True
    clip.save()
    analysed(film(clip, "smile"), [amplitude(9.0)])
    assert values(trends(consented_patient)) == [9.0]


def test_of_the_releases_that_measured_the_newest_session_the_last_counts(
    consented_patient: Patient, protocol: Protocol
) -> None:
    recording = film(sitting(consented_patient, protocol), "smile")
    for release in ("made-up-3", "made-up-1"):
        analysed(recording, [amplitude(5.0)], release=release)
    found = trends(consented_patient).release
    assert found is not None
    assert found.name == "made-up-1"


def test_a_trend_never_mixes_engines_of_one_release(
    consented_patient: Patient, protocol: Protocol
) -> None:
    old, new = sitting(consented_patient, protocol, 20), sitting(consented_patient, protocol, 10)
    analysed(film(old, "smile"), [amplitude(9.0)], engine=2)
    analysed(film(new, "smile"), [amplitude(5.0)], engine=3)
    found = trends(consented_patient)
    assert found.release is not None
    assert found.release.title == "made-up-2 (engine 3)"
    assert values(found) == [5.0]
    assert reasons(found) == ["measured only by release made-up-2 (engine 2)"]
    (other,) = found.other_releases
    assert other.title == "made-up-2 (engine 2)"
    assert values(trends(consented_patient, other.id)) == [9.0]


def test_the_engine_is_not_told_where_there_is_one(
    consented_patient: Patient, protocol: Protocol
) -> None:
    analysed(film(sitting(consented_patient, protocol), "smile"), [amplitude(5.0)], engine=3)
    found = trends(consented_patient).release
    assert found is not None
    assert found.title == "made-up-2"


def test_a_session_that_sums_up_films_against_their_lead_in_has_no_headline_either(
    consented_patient: Patient, protocol: Protocol
) -> None:
    protocol.headline = "expressivity"
    protocol.save()
    for days, value, source in ((9, 7.0, "rest"), (1, 5.0, "lead-in")):
        session = sitting(consented_patient, protocol, days)
        analysed(film(session, "smile"), [amplitude(value)], neutral_source=source)
        analysed(session, [expressivity(value)])
    found = trends(consented_patient)
    assert found.headline is not None
    assert [point.value for point in found.headline.points] == [7.0]
    assert [out.what for out in found.left_out] == ["Smile", "the whole session"]


@pytest.mark.parametrize("sessions", [3, 30])
def test_the_number_of_queries_does_not_grow_with_the_sessions(
    consented_patient: Patient,
    protocol: Protocol,
    django_assert_num_queries: DjangoAssertNumQueries,
    sessions: int,
) -> None:
    for day in range(sessions):
        session = sitting(consented_patient, protocol, day)
        analysed(film(session, "smile"), [amplitude(5.0 + day)])
    with django_assert_num_queries(5):
        assert len(values(trends(consented_patient))) == sessions
