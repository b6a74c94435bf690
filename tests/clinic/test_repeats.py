"""The mean over the repeats, and what pages leave out of a film's curves."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence

import pytest
from django.apps import apps
from django.urls import reverse

from clinic.accounts.models import User
from clinic.dashboards import labels, repeats
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import models
from diagnosis.config import Measure, Side
from diagnosis.models import Trace
from diagnosis.reliability import caution
from tests.clinic.analysed import amplitude, analysed, film
from tests.conftest import Login

NETWORK = ("intensity", "specificity")
FEW = "movement only: not measured on real faces"
MEANS: dict[str, Sequence[float]] = {
    "mean:intensity:smile": [0, 0, 0.1, 0.5, 0.75, 0.25],
    "sd:intensity:smile": [0.01, 0.01, 0.02, 0.03, 0.0625, 0.01],
    "mean:movement:mouth_corner": [0, 0, 2, 8, math.nan, 1],
    "sd:movement:mouth_corner": [0.1, 0.1, 0.2, 0.5, math.nan, 0.25],
}
TRACES: dict[str, Sequence[float]] = {
    "intensity:smile": [0, 0, 0, 0, 0.6, 0.7, 0],
    "movement:mouth_corner": [0, 0, 0, 0, 3, 7.5, 7],
    "movement:cheek_raise": [0, 0, 0, 0, 1, 2, 2],
    **MEANS,
}


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    return film(session, "smile")


def mean_of(recording: Recording) -> repeats.Repeats:
    found = repeats.of(recording, list(Trace.objects.all()))
    assert found is not None
    return found


def curves(login: Login, person: User, recording: Recording) -> dict[str, list[str]]:
    """The labels of the curves that are drawn over the film and over the repeats."""
    data = login(person).get(reverse("dashboards:curves", args=[recording.id])).json()
    return {
        name: [curve["label"] for chart in charts for curve in chart["curves"]]
        for name, charts in (("film", data["charts"]), ("repeats", data["repeats"]["charts"]))
    }


def test_the_means_of_the_network_and_of_the_main_movement_are_drawn(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, traces=TRACES)
    assert curves(login, carl_clinician, recording) == {
        "film": ["Intensity", "Mouth corner", "Cheek raise"],
        "repeats": ["Intensity", "Mouth corner"],
    }


def test_a_mean_is_drawn_with_its_deviation_over_the_time_since_the_cue(
    recording: Recording,
) -> None:
    analysed(recording, traces=MEANS)
    drawn = repeats.payload(mean_of(recording))
    longest = max(cue["end"] - cue["start"] for cue in recording.cues)
    assert (drawn["n"], drawn["cues"]) == (2, [{"start": 0, "end": longest}])
    (curve,) = drawn["charts"][1]["curves"]
    assert (curve["t0"], curve["step"]) == (-1.0, 0.5)
    assert curve["values"] == [0, 0, 2, 8, None, 1]
    assert curve["sd"] == [0.1, 0.1, 0.2, 0.5, None, 0.25]


def test_a_mean_is_told_in_words_and_every_half_second(recording: Recording) -> None:
    analysed(recording, traces=MEANS)
    mean = mean_of(recording)
    assert "Intensity reaches 0.750 ± 0.062 % IOD 1.0 s after the cue." in mean.said
    assert "Mouth corner reaches 8.00 ± 0.50 % IOD 0.5 s after the cue." in mean.said
    assert [t for t, _ in mean.table] == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
    _, (intensity, corner) = mean.table[3]
    assert (intensity[0], corner) == (pytest.approx(0.5), (8.0, 0.5))
    _, (_, unknown) = mean.table[4]
    assert labels.significant(unknown[0]) == labels.NO_NUMBER


def test_of_a_movement_the_place_farthest_from_neutral_is_told(recording: Recording) -> None:
    closing = {"mean:movement:eye_opening": [0.5, 0, -6, -9], "sd:movement:eye_opening": [0.25] * 4}
    analysed(recording, traces=closing)
    assert mean_of(recording).said == "Eye opening reaches -9.00 ± 0.25 % IOD 0.5 s after the cue."


def test_the_peak_of_a_mean_is_that_of_the_cue_not_of_what_came_before_or_after(
    recording: Recording,
) -> None:
    longest = max(cue["end"] - cue["start"] for cue in recording.cues)
    within = 2 + round(2 * (longest + 0.5))  # samples from 1 s before the cue on
    values = [9.0, 8.0, *[0.0] * (within - 3), 5.0, 1.0, 7.0]
    peak = within - 1
    means = {"mean:movement:mouth_corner": values, "sd:movement:mouth_corner": [0.5] * len(values)}
    analysed(recording, traces=means)
    at = -1 + 0.5 * peak
    assert 0 < at <= longest + 0.5
    assert mean_of(recording).said == (
        f"Mouth corner reaches 5.00 ± 0.50 % IOD {at:.1f} s after the cue."
    )


def test_a_mean_that_is_unknown_in_the_cue_has_no_peak(recording: Recording) -> None:
    before = {"mean:movement:mouth_corner": [3, 3, math.nan], "sd:movement:mouth_corner": [1] * 3}
    analysed(recording, traces=before)
    assert mean_of(recording).said == "Mouth corner has no mean."


def test_a_mean_of_low_reliability_says_so(recording: Recording) -> None:
    cheek = {"mean:movement:cheek_raise": [0.0] * 4, "sd:movement:cheek_raise": [1.0] * 4}
    analysed(recording, traces=cheek)
    reason = caution("cheek_raise")
    assert f"Cheek raise is of low reliability: {reason}." in mean_of(recording).said


def test_the_page_shows_the_mean_of_the_repeats(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, traces=TRACES)
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Mean over up to 2 repeats" in page
    assert "Mouth corner reaches 8.00 ± 0.50 % IOD" in page


def test_a_film_without_repeats_has_no_mean(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, traces={"movement:mouth_corner": [0, 1, 2]})
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Mean over up to" not in page
    data = browser.get(reverse("dashboards:curves", args=[recording.id])).json()
    assert data["repeats"] is None


def test_curves_that_are_not_reliable_are_not_drawn_and_the_page_says_why(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    none = Measure("intensity", "face", Side.BOTH, "margin", None, absent=FEW)
    analysed(recording, [none], traces=TRACES, hidden=FEW)
    assert curves(login, carl_clinician, recording) == {
        "film": ["Mouth corner", "Cheek raise"],
        "repeats": ["Mouth corner"],
    }
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Movement only: not measured on real faces." in page
    assert ">movement only</td>" in page
    assert "Intensity reaches" not in page


def test_what_an_earlier_version_said_of_the_expression_is_not_shown_as_reliable(
    recording: Recording,
) -> None:
    network = [Measure(name, "face", Side.BOTH, "margin", 0.5, 2) for name in NETWORK]
    absent = Measure("specificity", "mouth", Side.BOTH, "margin", None, absent="not seen")
    analysed(recording, [*network, absent, amplitude(7.5)], traces=TRACES)
    importlib.import_module("diagnosis.migrations.0002_caution").caution(apps, None)
    unknown = "analysed by an earlier version: reliability not measured"
    cautions = {(m.name, m.region): m.caution for m in models.Measure.objects.all()}
    assert cautions == {
        ("intensity", "face"): unknown,
        ("specificity", "face"): unknown,
        ("specificity", "mouth"): "",
        ("amplitude", "mouth corner"): "",
    }
    hidden = Trace.objects.exclude(caution="").values_list("name", flat=True)
    assert list(hidden) == ["intensity:smile"]
