"""How well a summary repeats."""

import numpy as np
import pytest

from diagnosis.training.repeatability import _person, repeatability


def test_icc_is_the_share_of_the_variance_that_lies_between_people():
    rng = np.random.default_rng(0)
    people = rng.normal(0, 0.3, (4000, 1))
    values = people + rng.normal(0, 0.1, (4000, 4))

    within, icc = repeatability(values)

    assert within == pytest.approx(0.1, rel=0.05)
    assert icc == pytest.approx(0.9, abs=0.02)


def test_every_session_of_a_simulated_person_gives_every_summary():
    sessions = list(_person(0.0, np.random.default_rng(1)))

    assert len(sessions) == 4
    assert all(np.isfinite(list(session.values())).all() for session in sessions)
    first, second = (session["mean of the amplitudes"] for session in sessions[:2])
    assert 0.5 < first / second < 2
    assert first != second
