"""How far two sessions differ, the limit beside it, and why there is no difference to tell."""

from __future__ import annotations

import datetime
import math

import pytest

from clinic.dashboards.differences import COUNTED, NO_BASELINE, Differences, chance, differences
from clinic.dashboards.series import MeasureKey, Release, TrendSeries, trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.verdicts import judging
from clinic.verdicts.comparable import comparison
from diagnosis import change
from diagnosis.config import Measure, Side
from tests.clinic.analysed import amplitude, analysed, film
from tests.clinic.judged import BASELINE, session, weekly

DAYS = [datetime.datetime(2027, 3, 7 * week, tzinfo=datetime.UTC) for week in (1, 2, 3, 4)]


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def told(first: RecordingSession, second: RecordingSession, task: str = "smile") -> Differences:
    found = trends(first.patient)
    compared = comparison(first.patient, found)
    return differences(first, second, task, compared, judging.judge(compared))


def test_the_headline_has_its_difference_and_the_limit_of_two_sessions(patient: Patient) -> None:
    made = weekly(patient, *BASELINE, 8)
    (row,) = told(made[0], made[-1]).rows
    assert (row.first, row.second, row.difference) == (10, 8, "0.800 times the first")
    # The SD of the baseline's logarithms is 0.1129: exp(2.77 times that) is 1.37.
    assert row.chance == "1.37 times, up or down"


def test_the_tasks_main_measure_follows_the_headline(consented_patient: Patient) -> None:
    made = weekly(consented_patient, *BASELINE, 8)
    for one, value in zip(made, (5, 6, 7, 6, 4), strict=True):
        analysed(film(one, "smile"), [amplitude(value)])
        analysed(film(one, "rest"), [blinks(value + 10)])
    headline, smile = told(made[0], made[-1]).rows
    assert (headline.title, smile.title) == (
        "Expressivity, smile",
        "Smile: amplitude, mouth corner",
    )
    assert (smile.first, smile.second, smile.chance) == (5, 4, "1.46 times, up or down")
    _, rest = told(made[0], made[-1], "rest").rows
    assert (rest.first, rest.second, rest.chance) == (15, 14, COUNTED)


def series(name: str, unit: str) -> TrendSeries:
    key = MeasureKey("", name, "smile", "both")
    return TrendSeries(key, name, unit, Release("r", "sha", "simulated", 3), ())


def test_on_the_plain_scale_the_limit_is_in_the_measures_unit() -> None:
    band = change.Band(mean=5, sd=1.0, n=4, df=3, low=1, high=9, baseline=())
    assert chance(series("eye_opening", "% IOD"), band) == "2.77 % IOD"


def test_of_logarithms_the_limit_is_a_ratio() -> None:
    points = [
        change.Point(i, moment, value)
        for i, (moment, value) in enumerate(zip(DAYS, (0.5, 0.6, 0.5, 0.6), strict=True))
    ]
    band = change.band(points, log=True)
    sd = math.log(0.6 / 0.5) / math.sqrt(3)  # of the logarithms: two each half of it from the mean
    ratio = math.exp(1.96 * math.sqrt(2) * sd)
    assert chance(series("slowness", "s"), band) == f"{ratio:.2f} times, up or down"


def test_without_a_baseline_there_is_a_difference_but_no_limit(patient: Patient) -> None:
    made = weekly(patient, 10, 8)
    (row,) = told(*made).rows
    assert (row.difference, row.chance) == ("0.800 times the first", NO_BASELINE)


def test_sessions_in_two_states_have_no_difference(patient: Patient) -> None:
    made = weekly(patient, *BASELINE)
    off = session(patient, 5, 0, "off")
    assert told(made[0], off) == Differences(
        trends(patient).release, (), "the medication state differs"
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"dyskinesia": "troublesome"}, "troublesome dyskinesia"),
        ({"ill": True}, "the person was ill or very tired"),
    ],
)
def test_a_session_that_is_left_out_has_no_difference(
    patient: Patient, facts: dict[str, object], reason: str
) -> None:
    made = weekly(patient, *BASELINE, last=7)
    odd = session(patient, 5, 0, **facts)
    found = told(made[0], odd)
    assert found.rows == ()
    assert found.why.endswith(f": {reason}")


def test_a_session_measured_by_another_release_has_no_difference(
    consented_patient: Patient,
) -> None:
    made = weekly(consented_patient, *BASELINE)
    older = session(consented_patient, 5, 60)
    for subject in (film(older, "smile"), film(older, "surprise")):
        analysed(subject, [amplitude(5)], release="older")
    older_result = analysed(older, release="older")
    older_result.job.created = made[0].created  # before the others were analysed
    older_result.job.save()
    type(older_result).objects.filter(group=older.id).exclude(release="older").delete()
    type(older_result).objects.filter(group=older.id).update(created=made[0].created)
    found = told(older, made[-1])
    assert found.rows == ()
    assert found.why.endswith("measured only by release older")


def test_what_one_session_lacks_is_told_in_its_row(consented_patient: Patient) -> None:
    made = weekly(consented_patient, *BASELINE)
    analysed(film(made[0], "smile"), [amplitude(5)])
    _, smile = told(made[0], made[-1]).rows
    assert (smile.first, smile.second, smile.difference) == (5, None, "")
    assert smile.why.endswith(": not measured")


def blinks(rate: float) -> Measure:
    return Measure("blink_rate", "eyelids", Side.BOTH, "1/min", float(rate), 1)
