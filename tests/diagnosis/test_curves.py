"""A session's curves: margins, padding and summaries, with whatever takes there are."""

import numpy as np
import pytest

from diagnosis import curves
from diagnosis.descriptions import ASKED


def curve(**channels):
    out = np.zeros((100, len(curves.CHANNELS)), np.float32)
    for name, values in channels.items():
        out[:, curves.CHANNELS.index(name)] = values
    return out


def summary(session):
    return dict(zip(curves.SUMMARIES, curves.summaries([session])[0].tolist(), strict=True))


def test_the_margin_is_over_neutral_and_the_specificity_over_the_best_other_expression():
    cosines = np.zeros((1, len(ASKED)), np.float32)
    cosines[0, ASKED.index("neutral")] = 0.5
    cosines[0, ASKED.index("smile")] = 0.6
    cosines[0, ASKED.index("fear")] = 0.4

    margin, specificity = curves.margins(cosines, "smile")

    assert margin == pytest.approx([0.1])
    assert specificity == pytest.approx([0.2])


def test_padding_marks_what_was_recorded():
    short, long = curve()[:30], curve()

    values, present = curves.padded([{"smile": short, "rest": long}])

    assert values.shape == (1, len(curves.TAKES), 100, len(curves.CHANNELS))
    seen = dict(zip(curves.TAKES, present[0].sum(1).tolist(), strict=True))
    assert (seen["smile"], seen["rest"]) == (30, 100)
    assert present.sum() == 130


def test_a_stronger_and_faster_smile_has_larger_summaries():
    t = np.linspace(0, 1, 100)
    weak = curve(intensity=0.3 * t, mouth_corner=3 * t)
    strong = curve(intensity=0.8 * t, mouth_corner=8 * t)

    for name in ("peak intensity", "fastest rise of intensity", "largest movement"):
        assert summary({"smile": strong})[name] > 2 * summary({"smile": weak})[name]


def test_summaries_of_posed_takes_are_means_over_the_takes_present():
    one, two = curve(intensity=0.2), curve(intensity=0.6)

    assert summary({"smile": one, "surprise": two})["peak intensity"] == pytest.approx(0.4)
    assert summary({"smile": one})["peak intensity"] == pytest.approx(0.2)


def test_without_a_rest_take_its_summaries_are_missing_and_count_as_average():
    found = summary({"smile": curve(intensity=0.2)})

    assert np.isnan(found["rest: lips apart"])
    assert curves.Logistic()(curves.summaries([{"smile": curve()}])).isfinite().all()


def test_frames_without_a_face_are_left_out():
    seen = curve(intensity=0.5, mouth_corner=4.0)
    seen[40:60] = np.nan

    assert summary({"smile": seen})["mean intensity"] == pytest.approx(0.5)
