"""Mean and spread of curves over the repeats of a task."""

import numpy as np
import pytest

from diagnosis.config import Cue
from diagnosis.traces import AFTER_S, BEFORE_S, Trace, over_repeats

STEP = 0.1
CUES = (Cue(2.0, 4.0), Cue(6.0, 8.0), Cue(10.0, 12.0))
LENGTH = round((BEFORE_S + 2.0 + AFTER_S) / STEP)


def trace(values):
    return Trace("movement:mouth_corner", "% IOD", 0.0, STEP, np.asarray(values, np.float32))


def levels(*heights, end=14.0):
    """A curve that has another height around each cue."""
    t = np.arange(round(end / STEP)) * STEP
    return trace(np.array(heights)[np.minimum((t // 4).astype(int), len(heights) - 1)])


def test_the_mean_and_the_sample_sd_are_over_the_repeats_since_the_cue():
    curve = levels(1.0, 2.0, 6.0)

    mean, sd = over_repeats(curve, CUES)

    assert (mean.name, sd.name) == ("mean:movement:mouth_corner", "sd:movement:mouth_corner")
    assert (mean.t0, mean.step, mean.unit) == (-BEFORE_S, STEP, "% IOD")
    assert len(mean.values) == len(sd.values) == LENGTH
    inside = slice(round(BEFORE_S / STEP), round((BEFORE_S + 1.9) / STEP))
    assert mean.values[inside] == pytest.approx(3.0)
    assert sd.values[inside] == pytest.approx(np.std([1, 2, 6], ddof=1))


def test_the_cue_is_at_time_zero():
    spikes = np.zeros(140)
    spikes[[20, 60, 100]] = 9

    mean, _ = over_repeats(trace(spikes), CUES)

    assert np.argmax(mean.values) * STEP + mean.t0 == pytest.approx(0)


def test_a_repeat_that_the_film_cuts_off_counts_as_far_as_it_goes():
    curve = levels(1.0, 2.0, 6.0, end=11.0)

    mean, _ = over_repeats(curve, CUES)

    t = mean.t0 + STEP * np.arange(LENGTH)
    assert mean.values[(t >= 0.05) & (t < 0.95)] == pytest.approx(3.0)
    assert mean.values[(t > 1.05) & (t < 1.95)] == pytest.approx(1.5)


def test_where_fewer_than_two_repeats_are_known_there_is_no_value():
    curve = levels(1.0, 2.0)
    curve.values[65:75] = np.nan

    mean, sd = over_repeats(curve, CUES[:2])

    t = mean.t0 + STEP * np.arange(LENGTH)
    lost = (t > 0.45) & (t < 1.45)
    assert np.isnan(mean.values[lost]).all()
    assert np.isnan(sd.values[lost]).all()
    assert np.isfinite(mean.values[~lost]).all()


@pytest.mark.parametrize("cues", [(), CUES[:1], (*CUES[2:], Cue(40.0, 42.0))])
def test_without_two_repeats_in_the_film_there_is_nothing(cues):
    assert list(over_repeats(levels(1.0, 2.0, 6.0), cues)) == []
