"""The mean over the repeats, and what pages leave out of a film's curves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from django.urls import reverse

from clinic.accounts.models import User
from clinic.dashboards import labels, repeats
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.config import Measure, Side
from diagnosis.models import Trace
from tests.clinic.analysed import analysed, film
from tests.conftest import Login

FEW = "movement only: not measured on real faces"
MEANS: dict[str, Sequence[float]] = {
    "mean:intensity:smile": [0, 0, 0.1, 0.5, 0.75, 0.25],
    "sd:intensity:smile": [0.01, 0.01, 0.02, 0.03, 0.0625, 0.01],
    "mean:movement:mouth_corner": [0, 0, 2, 8, math.nan, 1],
    "sd:movement:mouth_corner": [0.1, 0.1, 0.2, 0.5, math.nan, 0.25],
    "mean:movement:cheek_raise": [0, 0, 1, 1, 1, 1],
    "sd:movement:cheek_raise": [0, 0, 0, 0, 0, 0],
}
TRACES: dict[str, Sequence[float]] = {
    "intensity:smile": [0, 0, 0, 0, 0.6, 0.7, 0],
    "movement:mouth_corner": [0, 0, 0, 0, 3, 7.5, 7],
    **MEANS,
}


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    return film(session, "smile")


def mean_of(recording: Recording) -> repeats.Repeats:
    found = repeats.of(recording.cues, list(Trace.objects.all()))
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
        "film": ["Intensity", "Mouth corner"],
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


def test_the_page_shows_the_mean_of_the_repeats(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, traces=TRACES)
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Mean of the 2 repeats" in page
    assert "Mouth corner reaches 8.00 ± 0.50 % IOD" in page


def test_a_film_without_repeats_has_no_mean(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    analysed(recording, traces={"movement:mouth_corner": [0, 1, 2]})
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Mean of the" not in page
    data = browser.get(reverse("dashboards:curves", args=[recording.id])).json()
    assert data["repeats"] is None


def test_curves_that_are_not_reliable_are_not_drawn_and_the_page_says_why(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    none = Measure("intensity", "face", Side.BOTH, "margin", None, absent=FEW)
    analysed(recording, [none], traces=TRACES, hidden=FEW)
    assert curves(login, carl_clinician, recording) == {
        "film": ["Mouth corner"],
        "repeats": ["Mouth corner"],
    }
    browser = login(carl_clinician)
    page = browser.get(reverse("dashboards:session", args=[recording.session_id])).content.decode()
    assert "Movement only: not measured on real faces." in page
    assert ">movement only</td>" in page
    assert "Intensity reaches" not in page
