"""Agreement of raters, against published and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest

from diagnosis.agreement import bland_altman, icc, two_way, weighted_kappa

# Six targets, four judges: Shrout and Fleiss 1979, table 2.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
SCORES = range(5)


def test_the_icc_is_that_of_shrout_and_fleiss() -> None:
    found = two_way(SHROUT_FLEISS)
    assert found is not None
    assert found.value == pytest.approx(0.29, abs=0.005)
    assert found.low == pytest.approx(0.02, abs=0.005)
    assert found.high == pytest.approx(0.76, abs=0.005)


def test_a_rater_who_always_gives_one_more_costs_absolute_agreement() -> None:
    scores = [0, 1, 2, 3, 0, 1, 2, 3, 1, 2]
    found = icc([(score, score + 1) for score in scores])
    assert found is not None
    assert 0.5 < found.value < 0.8


def test_equal_raters_agree_in_full() -> None:
    scores = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    found = icc([(score, score) for score in scores])
    assert found is not None
    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_kappa_weighs_a_miss_by_two_four_times_a_miss_by_one() -> None:
    # By hand: of 10 pairs one differs by 2, so the observed disagreement is 4 / 10 = 0.4. Both
    # give each score 0 to 4 twice, but for the pair (0, 2).
    first = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    second = [2, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    by_chance = np.mean([(a - b) ** 2 for a in first for b in second])
    found = weighted_kappa(first, second, SCORES)
    assert found is not None
    assert found.value == pytest.approx(1 - 0.4 / by_chance)
    assert found.low < found.value <= found.high <= 1


def test_nine_sessions_are_too_few() -> None:
    nine = [0, 1, 2, 3, 4, 0, 1, 2, 3]
    assert weighted_kappa(nine, nine, SCORES) is None
    assert icc([(score, score) for score in nine]) is None


def test_one_and_the_same_score_throughout_defines_no_agreement() -> None:
    assert weighted_kappa([2] * 12, [2] * 12, SCORES) is None
    assert icc([(2, 2)] * 12) is None


def test_the_limits_of_agreement_are_as_worked_out_by_hand() -> None:
    # Differences 2, 0, 2 and -2: mean 0.5, sum of squares 11 over 3, so an SD of 1.9149.
    found = bland_altman([(10, 12), (11, 11), (12, 14), (13, 11)])
    assert found is not None
    assert found.n == 4
    assert found.bias == pytest.approx(0.5)
    assert found.low == pytest.approx(0.5 - 1.96 * 1.9149, abs=1e-3)
    assert found.high == pytest.approx(0.5 + 1.96 * 1.9149, abs=1e-3)


def test_one_pair_has_no_limits_of_agreement() -> None:
    assert bland_altman([(10, 12)]) is None
