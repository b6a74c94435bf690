"""Which sessions a verdict compares, why it leaves others out, and what it says then."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from django.utils.formats import date_format
from django.utils.timezone import localtime

from clinic.accounts.models import Clinic
from clinic.dashboards.series import Trends, trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from clinic.verdicts.judging import StateJudgement
from diagnosis.change import Direction, Word
from diagnosis.config import Finding, Measure, Severity, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.judged import BASELINE, DESK, PHONE, session, weekly
from tests.clinic.planning import another_patient

DARK = Finding("too_dark", Severity.ADVISES, "It is dark.", "Mean luma of the face is 41.")


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def judged(patient: Patient, medication: str = "on") -> StateJudgement:
    judgement = judging.judge(comparison(patient, trends(patient)))
    assert judgement is not None
    return next(state for state in judgement.states if state.medication == medication)


def test_there_is_no_judgement_before_the_headline_has_a_value(patient: Patient) -> None:
    assert judging.judge(comparison(patient, trends(patient))) is None


def test_a_baseline_is_collected_one_day_after_the_other(patient: Patient) -> None:
    weekly(patient, 10, 12)
    found = judged(patient)
    assert found.answer == "Collecting: 2 of 4 recordings"
    assert found.next_step == (
        "Ask for recordings on 2 more days: four within four weeks make the baseline."
    )


def test_a_full_baseline_waits_for_the_next_recording(patient: Patient) -> None:
    weekly(patient, *BASELINE)
    assert "the next recording is compared" in judged(patient).next_step


def test_two_low_sessions_a_week_apart_are_less_movement_since_the_first(
    patient: Patient,
) -> None:
    made = weekly(patient, *BASELINE, 5, 4)
    found = judged(patient)
    assert (found.verdict.word, found.verdict.direction) == (Word.CHANGE, Direction.LESS)
    assert found.answer.startswith("Reliable change since ")
    assert found.answer.endswith(": less movement")
    assert [one.session for one in found.behind] == [made[4].id, made[5].id]
    assert [one.session for one in found.baseline] == [one.id for one in made[:4]]
    assert found.difference == "7.45 % IOD less than the baseline's mean (65\N{NO-BREAK SPACE}%)"


def test_two_outside_within_five_days_are_no_change_yet_and_say_from_when(
    patient: Patient,
) -> None:
    weekly(patient, *BASELINE, last=10)
    first = session(patient, 5, 3)
    session(patient, 4, 0)
    found = judged(patient)
    assert found.answer == "Outside in 2 sessions within 5 days: not yet a change (less movement)"
    day = date_format(localtime(first.recorded) + timedelta(days=5), "j F Y")
    assert found.next_step == f"Ask for one more recording on {day} or later."


def said(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y")


def test_a_change_stands_while_one_session_lies_inside_and_says_when_it_is_settled(
    patient: Patient,
) -> None:
    made = weekly(patient, *BASELINE, 5, 4, 11)
    found = judged(patient)
    assert found.answer == f"Reliable change since {said(made[4].recorded)}: less movement"
    assert found.addition == "The newest session lies inside the usual range."
    day = said(made[6].recorded + timedelta(days=5))
    assert found.next_step == f"One more recording on {day} or later shows whether it has ended."
    assert [one.session for one in found.behind] == [one.id for one in made[4:]]


def test_two_inside_within_five_days_end_no_change_yet(patient: Patient) -> None:
    weekly(patient, *BASELINE, 5, 4, last=10)
    session(patient, 11, 3)
    session(patient, 12, 0)
    found = judged(patient)
    assert found.answer.startswith("Reliable change since ")
    assert found.addition == "The newest 2 sessions lie inside the usual range."


def test_an_ended_change_is_told_beside_what_is_usual_again(patient: Patient) -> None:
    made = weekly(patient, *BASELINE, 5, 4, 11, 12)
    found = judged(patient)
    called, ended = said(made[5].recorded), said(made[7].recorded)
    assert found.answer == "Within usual variation"
    assert found.addition == (
        f"A change, less movement, was called on {called} and ended on {ended}."
    )
    assert found.next_step == "Go on recording as planned."


def test_a_change_stands_where_the_newest_session_cannot_be_compared(patient: Patient) -> None:
    made = weekly(patient, *BASELINE, 5, 4, last=7)
    session(patient, 11, 0, ill=True)
    found = judged(patient)
    assert found.answer == "Cannot compare: the person was ill or very tired"
    assert found.addition == f"A change since {said(made[4].recorded)}, less movement, stands."


def test_without_a_change_nothing_is_added(patient: Patient) -> None:
    weekly(patient, *BASELINE, 5, 11, 4)
    assert judged(patient).addition == ""


def test_what_was_collected_too_long_ago_counts_no_more(patient: Patient) -> None:
    weekly(patient, 10, 12, 11, last=15)
    assert judged(patient).answer == "Collecting: 2 of 4 recordings"


def test_on_and_off_are_judged_apart(patient: Patient) -> None:
    weekly(patient, *BASELINE, 11)
    weekly(patient, 3, 4, medication="off", last=2)
    assert judged(patient, "on").verdict.word == Word.USUAL
    assert judged(patient, "off").verdict.collected == 2


def test_a_state_that_was_never_recorded_is_not_asked_for(patient: Patient) -> None:
    weekly(patient, 10)
    judgement = judging.judge(comparison(patient, trends(patient)))
    assert judgement is not None
    assert [state.medication for state in judgement.states] == ["on"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"dyskinesia": "troublesome"}, "troublesome dyskinesia"),
        ({"ill": True}, "the person was ill or very tired"),
        ({"facial_procedure": True}, "a procedure on the face in the three months before"),
        (
            {"device": DESK},
            "recorded on another kind of device (computer) than the baseline (phone)",
        ),
    ],
)
def test_a_newest_session_that_does_not_compare_says_why(
    patient: Patient, facts: dict[str, object], reason: str
) -> None:
    weekly(patient, *BASELINE, last=7, device=PHONE)
    odd = session(patient, 5, 0, **({"device": PHONE} | facts))
    found = judged(patient)
    assert found.answer == f"Cannot compare: {reason}"
    assert found.left_out == ((odd.id, reason),)
    assert found.next_step == "Ask for one more recording without this problem."


def test_an_older_session_that_does_not_compare_is_left_out_and_the_rest_judged(
    patient: Patient,
) -> None:
    weekly(patient, *BASELINE, last=7)
    odd = session(patient, 5, 3, dyskinesia="troublesome")
    session(patient, 11, 0)
    found = judged(patient)
    assert found.verdict.word == Word.USUAL
    assert [pk for pk, _ in found.left_out] == [odd.id]


def test_a_mild_dyskinesia_compares(patient: Patient) -> None:
    weekly(patient, *BASELINE, 11, dyskinesia="mild")
    assert judged(patient).verdict.word == Word.USUAL


def test_films_in_the_dark_do_not_compare(consented_patient: Patient) -> None:
    weekly(consented_patient, *BASELINE, last=7)
    dark = session(consented_patient, 5, 0)
    analysed(film(dark, "smile"), findings=[DARK])
    assert judged(consented_patient).answer == "Cannot compare: the light was too dark"


def test_a_film_that_was_taken_again_in_good_light_compares(consented_patient: Patient) -> None:
    weekly(consented_patient, *BASELINE, last=7)
    newest = sitting(consented_patient, Protocol.objects.get(code="core"))
    analysed(film(newest, "smile"), findings=[DARK])
    analysed(film(newest, "smile", b"another"))
    analysed(newest, [expressivity(11)])
    assert judged(consented_patient).verdict.word == Word.USUAL


def test_a_value_of_low_reliability_does_not_compare(patient: Patient) -> None:
    weekly(patient, *BASELINE, last=7)
    newest = sitting(patient, Protocol.objects.get(code="core"))
    analysed(newest, [expressivity(5, caution="the tracker reports little of it")])
    assert judged(patient).verdict.reason == "the tracker reports little of it"


def test_a_session_without_the_value_tells_why(patient: Patient) -> None:
    weekly(patient, *BASELINE, last=7)
    newest = sitting(patient, Protocol.objects.get(code="core"))
    absent = Measure("expressivity", "smile", Side.BOTH, "% IOD", None, absent="nothing seen")
    analysed(newest, [absent])
    assert judged(patient).answer == "Cannot compare: nothing seen"


def test_a_session_that_another_release_measured_tells_it_once(
    consented_patient: Patient,
) -> None:
    weekly(consented_patient, *BASELINE, last=7)
    newest = sitting(consented_patient, Protocol.objects.get(code="core"))
    for code in ("smile", "surprise"):
        analysed(film(newest, code), [amplitude(5)], release="older")
    analysed(newest, [expressivity(5)], release="older")
    older = trends(consented_patient, "sha of made-up-2")
    found = judging.judge(comparison(consented_patient, older))
    assert found is not None
    assert found.states[0].answer == "Cannot compare: measured only by release older"


def test_a_session_whose_only_film_was_refused_tells_its_reason(
    consented_patient: Patient,
) -> None:
    weekly(consented_patient, *BASELINE, last=7)
    newest = sitting(consented_patient, Protocol.objects.get(code="core"))
    blocked = Finding("no_face", Severity.BLOCKS, "No face.", "A face in 3 % of the frames.")
    analysed(film(newest, "smile"), findings=[blocked], usable=False)
    assert judged(consented_patient).answer == (
        "Cannot compare: Smile: A face in 3 % of the frames."
    )


def test_practice_is_never_compared_and_no_obstacle(patient: Patient) -> None:
    practice = session(patient, 20, 0, practice=True)
    found = judged(patient)
    assert (found.verdict.word, found.verdict.collected) == (Word.COLLECTING, 0)
    assert [pk for pk, _ in found.left_out] == [practice.id]


def test_old_clips_are_no_obstacle(patient: Patient) -> None:
    weekly(patient, *BASELINE, 11, last=7, device=PHONE)
    session(patient, 3, 0, imported=True)
    assert judged(patient).verdict.word == Word.USUAL


@pytest.mark.parametrize(
    ("medication", "reason"),
    [
        ("between", "recorded between ON and OFF"),
        ("unsure", "the medication state is not known"),
        ("", "the medication state is not known"),
    ],
)
def test_a_newest_session_in_neither_state_is_compared_with_none(
    patient: Patient, medication: str, reason: str
) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    session(patient, 3, 0, medication)
    assert judged(patient, medication).answer == f"Cannot compare: {reason}"
    assert "ask whether the medicine is working" in judged(patient, medication).next_step
    assert judged(patient, "on").verdict.word == Word.USUAL


def test_no_session_of_a_state_that_is_neither_is_compared(patient: Patient) -> None:
    made = weekly(patient, 8, 9, 10, medication="between")
    reason = "recorded between ON and OFF"
    found = judged(patient, "between")
    assert found.left_out == tuple((one.id, reason) for one in made)
    assert found.newest == made[-1].id


def test_another_device_gets_a_baseline_of_its_own_once_it_has_four(patient: Patient) -> None:
    weekly(patient, *BASELINE, last=40, device=PHONE)
    made = weekly(patient, 20, 22, 21, 23, 21, device=DESK)
    found = judged(patient)
    assert found.verdict.word == Word.USUAL
    assert [one.session for one in found.baseline] == [one.id for one in made[:4]]


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        (PHONE, "phone"),
        (DESK, "computer"),
        ({"browser": "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/1 Mobile Safari/1"}, "phone"),
        ({"browser": "Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/1 Safari/1"}, "tablet"),
        ({"browser": "Mozilla/5.0 (Macintosh; Intel)", "screen": "820x1180"}, "tablet"),
        ({"browser": "Mozilla/5.0 (Macintosh; Intel)", "screen": "1512x982"}, "computer"),
        ({"name": "Simulated camera"}, "demo camera"),
        ({}, ""),
    ],
)
def test_devices_are_told_apart_by_kind(device: dict[str, str], kind: str) -> None:
    assert judging.device_class(RecordingSession(device=device)) == kind


def test_old_clips_are_a_kind_of_their_own() -> None:
    assert judging.device_class(RecordingSession(imported=True, device=PHONE)) == "imported"


def test_the_clinics_other_patients_narrow_the_band(
    clinic: Clinic, other_clinic: Clinic, patient: Patient, carl_clinician, olga_outsider
) -> None:
    weekly(patient, *BASELINE)
    alone = judged(patient).verdict.band
    outsider = another_patient(other_clinic, olga_outsider)
    weekly(outsider, 1, 99, 1, 99)
    services.refresh(outsider)
    services.refresh(patient)
    assert judged(patient).verdict.band == alone  # neither another clinic's nor one's own
    for _ in range(3):
        other = another_patient(clinic, carl_clinician)
        weekly(other, 10, 11, 10, 11)
        services.refresh(other)
    band = judged(patient).verdict.band
    assert alone is not None
    assert band is not None
    # Three baselines with a sum of squares of (ln 1.1)^2 over 3, d0 = 6; the own one's is 0.038261.
    spread = ((2 * math.log(1.1) ** 2 + 0.0382613) / 9) ** 0.5
    assert (band.df, band.sd) == (9, pytest.approx(11.4454 * spread, rel=1e-5))
    assert band.high < alone.high


def test_every_chart_has_a_band_per_state(consented_patient: Patient) -> None:
    for made, value in zip(weekly(consented_patient, *BASELINE), (14, 15, 16, 15), strict=True):
        blinks = Measure("blink_rate", "eyelids", Side.BOTH, "1/min", float(value), 1)
        analysed(film(made, "rest"), [blinks])
    bands = judging.bands(comparison(consented_patient, trends(consented_patient)))
    assert set(bands["expressivity-smile-both"]) == {"on"}
    assert bands["rest-blink_rate-eyelids-both"]["on"].mean == pytest.approx(15)


def judge_and_bands(patient: Patient, found: Trends) -> None:
    compared = comparison(patient, found)
    judging.judge(compared)
    judging.bands(compared)


def test_judging_costs_the_same_for_few_and_many_sessions(patient: Patient, count_queries) -> None:
    weekly(patient, *BASELINE)
    found = trends(patient)
    few = count_queries(lambda: judge_and_bands(patient, found))
    weekly(patient, *[11.0] * 20, last=1, medication="off")
    found = trends(patient)
    many = count_queries(lambda: judge_and_bands(patient, found))
    assert few == many == 6
