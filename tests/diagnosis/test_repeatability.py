"""How well a summary repeats."""

import numpy as np
import pytest

from diagnosis.training.repeatability import _person, by_thirds, repeatability


def test_icc_is_the_share_of_the_variance_that_lies_between_people():
    rng = np.random.default_rng(0)
    people = rng.normal(0, 0.3, (4000, 1))
    values = people + rng.normal(0, 0.1, (4000, 4))

    within, icc = repeatability(values)

    assert within == pytest.approx(0.1, rel=0.05)
    assert icc == pytest.approx(0.9, abs=0.02)


def test_a_spread_in_proportion_to_the_mean_grows_as_measured_and_not_as_logarithms():
    rng = np.random.default_rng(0)
    values = np.repeat([8.0, 2.0, 4.0], 400)[:, None] * rng.lognormal(0, 0.1, (1200, 4))

    assert by_thirds(values, values) == pytest.approx([0.2, 0.4, 0.8], rel=0.06)
    assert by_thirds(np.log(values), values) == pytest.approx([0.1, 0.1, 0.1], rel=0.06)


def test_every_session_of_a_simulated_person_gives_every_summary():
    sessions = list(_person(0.0, np.random.default_rng(1)))

    assert len(sessions) == 4
    assert all(np.isfinite(list(session.values())).all() for session in sessions)
    first, second = (session["mean of the amplitudes"] for session in sessions[:2])
    assert 0.5 < first / second < 2
    assert first != second
