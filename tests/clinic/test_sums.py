"""Which expressions the line of a session's sum is of, and that a session which does not give it
says so in its own medication state only."""

from __future__ import annotations

import pytest

from clinic.dashboards.series import TrendSeries, trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from clinic.verdicts.models import Verdict
from diagnosis.config import Finding, Measure, Severity, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.judged import BASELINE

ALL = "smile, surprise, eye closure"
TWO_FACES = Finding("two_faces", Severity.BLOCKS, "Alone, please.", "two faces were seen")


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return Protocol.objects.get(code="core")


def summed(
    patient: Patient,
    days_ago: int,
    medication: str = "on",
    value: float = 5.0,
    region: str = ALL,
    *,
    code: str = "core",
    practice: bool = False,
    imported: bool = False,
) -> RecordingSession:
    made = sitting(patient, Protocol.objects.get(code=code), days_ago, medication)
    made.practice, made.imported = practice, imported
    made.save()
    analysed(made, [expressivity(value, region)])
    return made


def refused(patient: Patient, *codes: str, region: str, days_ago: int = 0) -> RecordingSession:
    """An ON session of which the films of these tasks were refused; `region` is what is left."""
    made = sitting(patient, Protocol.objects.get(code="core"), days_ago)
    for code in codes:
        analysed(film(made, code), usable=False, findings=[TWO_FACES])
    if region == "face":
        nothing = "no Core expression was measured"
        left = Measure("expressivity", region, Side.BOTH, "% IOD", None, absent=nothing)
        analysed(made, [left], usable=False)
    else:
        analysed(made, [expressivity(5.0, region)])
    return made


@pytest.fixture
def changed(consented_patient: Patient) -> Patient:
    """In both states there is less movement since three weeks ago."""
    for medication, last in (("on", 10), ("off", 9)):
        values = (*BASELINE, 5.0, 4.0)
        for place, value in enumerate(values):
            summed(consented_patient, last + 7 * (5 - place), medication, value)
    return consented_patient


def answers(patient: Patient) -> dict[str, str]:
    judgement = judging.judge(comparison(patient, trends(patient)))
    assert judgement is not None
    return {state.medication: state.answer for state in judgement.states}


def headline(patient: Patient) -> TrendSeries:
    found = trends(patient).headline
    assert found is not None
    return found


def test_both_states_have_changed(changed: Patient) -> None:
    assert set(answers(changed)) == {"on", "off"}
    assert all("Reliable change since" in answer for answer in answers(changed).values())


def test_a_refused_film_of_the_newest_session_is_an_obstacle_in_its_own_state_only(
    changed: Patient,
) -> None:
    off = answers(changed)["off"]
    refused(changed, "eye_closure", region="smile, surprise")
    assert answers(changed) == {
        "on": "Cannot compare: Close your eyes tight: two faces were seen",
        "off": off,
    }
    assert headline(changed).key.region == ALL


def test_what_went_before_stands_again_with_the_next_good_session(changed: Patient) -> None:
    before = answers(changed)
    refused(changed, "eye_closure", region="smile, surprise", days_ago=2)
    summed(changed, 0, "on", 4.5)
    assert answers(changed) == before


@pytest.mark.parametrize("region", ["face", ""])
def test_a_session_with_all_films_refused_keeps_the_line_of_the_others(
    changed: Patient, region: str
) -> None:
    off = answers(changed)["off"]
    codes = ("smile", "surprise", "eye_closure")
    if region:
        refused(changed, *codes, region=region)
    else:
        newest = sitting(changed, Protocol.objects.get(code="core"))
        for code in codes:
            analysed(film(newest, code), usable=False, findings=[TWO_FACES])
    assert answers(changed) == {"on": "Cannot compare: two faces were seen", "off": off}
    assert headline(changed).key.region == ALL


@pytest.mark.parametrize("facts", [{"imported": True}, {"practice": True}])
def test_old_clips_and_practice_of_other_expressions_change_no_answer(
    changed: Patient, facts: dict[str, bool]
) -> None:
    before = answers(changed)
    summed(changed, 1, "on", 5.0, "smile", **facts)
    assert answers(changed) == before


def test_many_old_clips_never_outnumber_the_sessions(changed: Patient) -> None:
    before = answers(changed)
    for days in range(100, 130):
        summed(changed, days, "on", 5.0, "smile", imported=True)
    assert answers(changed) == before


def test_a_clip_by_another_protocol_decides_neither_headline_nor_expressions(
    changed: Patient,
) -> None:
    Protocol.objects.filter(code="demo").update(headline="slowness")
    before = answers(changed)
    summed(changed, 0, "on", 5.0, "smile", code="demo", imported=True)
    assert answers(changed) == before


def test_a_session_that_does_not_give_the_sum_is_a_point_without_a_value(
    changed: Patient,
) -> None:
    newest = refused(changed, "eye_closure", region="smile, surprise")
    (point,) = [one for one in headline(changed).points if one.session == newest.id]
    assert (point.value, point.absent) == (None, "Close your eyes tight: two faces were seen")
    assert len(headline(changed).present) == 12


def test_a_sum_of_other_expressions_without_a_finding_says_which(changed: Patient) -> None:
    summed(changed, 0, "on", 5.0, "smile")
    assert answers(changed)["on"] == "Cannot compare: sums up other expressions: smile"


def test_only_expressions_that_the_protocol_now_has_are_candidates(
    consented_patient: Patient,
) -> None:
    for days in (30, 20, 10):
        summed(consented_patient, days)
    summed(consented_patient, 1, region="smile, surprise", code="demo")
    assert headline(consented_patient).key.region == "smile, surprise"
    assert [point.value for point in headline(consented_patient).present] == [5.0]


def test_of_sums_that_as_many_sessions_give_that_of_more_expressions_counts(
    consented_patient: Patient,
) -> None:
    summed(consented_patient, 2)
    summed(consented_patient, 1, region="smile")
    assert headline(consented_patient).key.region == ALL


def test_where_all_are_old_clips_these_decide(consented_patient: Patient) -> None:
    summed(consented_patient, 2, region="smile", imported=True)
    assert headline(consented_patient).key.region == "smile"


def test_the_other_sums_keep_their_line_as_the_headline_does(changed: Patient) -> None:
    for days, region in ((3, ALL), (2, ALL), (1, "smile, surprise")):
        made = sitting(changed, Protocol.objects.get(code="core"), days)
        slow = Measure("slowness", region, Side.BOTH, "s", 0.5, 1)
        analysed(made, [expressivity(5.0, region), slow])
    slowness = next(one for one in trends(changed).sums if one.key.name == "slowness")
    assert slowness.key.region == ALL
    assert [(one.value, one.absent) for one in slowness.points] == [
        (0.5, ""),
        (0.5, ""),
        (None, "sums up other expressions: smile, surprise"),
    ]


def test_the_verdicts_that_are_kept_are_the_same(changed: Patient) -> None:
    services.refresh(changed)
    refused(changed, "eye_closure", region="smile, surprise")
    services.refresh(changed)
    kept = {row.medication: (row.word, row.reason) for row in Verdict.objects.current()}
    assert kept == {
        "on": (Verdict.Word.CANNOT, "Close your eyes tight: two faces were seen"),
        "off": (Verdict.Word.CHANGE, ""),
    }


def test_an_amplitude_of_a_refused_film_does_not_enter_its_own_line(changed: Patient) -> None:
    newest = refused(changed, "eye_closure", region="smile, surprise")
    analysed(film(newest, "smile"), [amplitude(5.0)])
    assert {one.key.task for one in trends(changed).tasks} == {"smile"}
