"""The change statistics against numbers worked by hand: t from its table, the rest on paper."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest

from diagnosis import alarms, change
from diagnosis.change import Change, Direction, Point, Pooled, Verdict, Word

START = datetime.datetime(2027, 3, 1, 9, tzinfo=datetime.UTC)
BASELINE = (10.0, 12.0, 11.0, 13.0)  # mean 11.5, sum of squares 5


def day(days: float) -> datetime.datetime:
    return START + datetime.timedelta(days=days)


def points(*values: float, days: list[float] | None = None) -> list[Point]:
    """One a week, unless `days` since the first are told."""
    told = days or [7.0 * i for i in range(len(values))]
    return [
        Point(i, START + datetime.timedelta(days=day), value)
        for i, (day, value) in enumerate(zip(told, values, strict=True))
    ]


def verdict(*later: float, days: list[float] | None = None) -> Verdict:
    """After the baseline, whose band is 6.91 to 16.09; `days` of the later sessions."""
    told = [0.0, 7.0, 14.0, 21.0, *days] if days else None
    return reached(points(*BASELINE, *later, days=told))


def reached(found: list[Point], pooled: Pooled | None = None, reason: str = "") -> Verdict:
    """On the day of the newest session."""
    today = (found[-1].at if found else START).date()
    return change.verdict(found, pooled, today=today, reason=reason)


@pytest.mark.parametrize(
    ("pooled", "df", "sd", "low", "high"),
    [
        (None, 3, 1.2910, 6.9066, 16.0934),  # t = 3.1824
        (Pooled(1.0, 2), 5, 1.1832, 8.0995, 14.9005),  # t = 2.5706, S^2 = 7 / 5
        (Pooled(1.0, 300), 9, 1.1055, 8.7039, 14.2961),  # t = 2.2622, S^2 = 11 / 9
    ],
)
def test_the_band_is_that_of_the_formula(
    pooled: Pooled | None, df: int, sd: float, low: float, high: float
) -> None:
    band = change.band(points(*BASELINE, 99), pooled)
    assert band is not None
    assert (band.mean, band.n, band.df, band.baseline) == (11.5, 4, df, (0, 1, 2, 3))
    assert [band.sd, band.low, band.high] == pytest.approx([sd, low, high], abs=2e-4)


def test_on_the_log_scale_the_band_is_that_of_the_logarithms() -> None:
    # The logarithms lie at ln 20 and ln 2 below and above it: S^2 = 2 (ln 2)^2 / 3.
    band = change.band(points(10, 20, 20, 40), log=True)
    assert band is not None
    assert [band.mean, band.low, band.high] == pytest.approx([20, 2.6698, 149.82], rel=1e-4)
    assert band.sd == pytest.approx(20 * 0.565952, rel=1e-4)


def test_a_value_without_a_logarithm_is_refused() -> None:
    with pytest.raises(ValueError, match="logarithm"):
        change.band(points(1, 2, 0, 3), log=True)


def test_one_session_without_a_pooled_sd_has_no_limit() -> None:
    with pytest.raises(ValueError, match="no limit"):
        change.prediction_limit(0.0, 1, 0, 0.0)


@pytest.mark.parametrize(
    ("days", "collected"),
    [
        ([0, 1], 2),
        ([0, 0.2, 0.4, 0.6], 1),  # four in one day are one day
        ([0, 31, 62, 93], 1),
        ([0, 10, 20, 29], 3),  # 29 days are too long: the last three still count
    ],
)
def test_without_four_days_in_28_there_is_no_band(days: list[float], collected: int) -> None:
    found = reached(points(*[10.0] * len(days), days=days), Pooled(1.0, 9))
    assert (found.word, found.band) == (Word.COLLECTING, None)
    assert (found.collected, found.needed, len(found.behind)) == (collected, 4, collected)


@pytest.mark.parametrize(("later", "collected"), [(0, 3), (14, 3), (15, 2), (28, 1), (29, 0)])
def test_what_was_collected_counts_for_28_days(later: int, collected: int) -> None:
    today = START.date() + datetime.timedelta(days=14 + later)
    found = change.verdict(points(10, 12, 11), today=today)
    assert (found.collected, len(found.behind)) == (collected, collected)


def test_a_closed_baseline_does_not_expire() -> None:
    today = START.date() + datetime.timedelta(days=400)
    assert change.verdict(points(*BASELINE), today=today).collected == 4


def test_nothing_is_collected_before_the_first_session() -> None:
    found = reached([])
    assert (found.word, found.latest, found.collected) == (Word.COLLECTING, None, 0)


def test_the_baseline_alone_is_compared_with_nothing_yet() -> None:
    found = reached(points(*BASELINE))
    assert (found.word, found.collected) == (Word.COLLECTING, 4)
    assert found.band is not None


def test_the_baseline_is_the_first_window_that_is_full() -> None:
    spread = points(50, *BASELINE, 11, 12, days=[0, 40, 47, 54, 68, 70, 71])
    band = change.band(spread)
    assert band is not None
    assert band.baseline == (1, 2, 3, 4)


def test_of_a_day_the_first_session_counts_for_the_baseline() -> None:
    band = change.band(points(10, 99, 12, 11, 13, 99, days=[0, 0.1, 7, 14, 21, 21.1]))
    assert band is not None
    assert band.baseline == (0, 2, 3, 4)
    assert band.mean == 11.5


def test_a_second_session_on_the_day_that_closed_the_baseline_is_not_compared() -> None:
    found = verdict(99, days=[21.2])
    assert found.word == Word.COLLECTING


def test_later_sessions_never_move_the_band() -> None:
    assert verdict(11, 30, 30, 30, 30).band == verdict(11).band


@pytest.mark.parametrize("value", [6.91, 11.5, 16.09])
def test_a_session_in_the_band_is_usual_variation(value: float) -> None:
    found = verdict(value)
    assert (found.word, found.direction, found.behind) == (Word.USUAL, None, (4,))
    assert found.difference == pytest.approx(value - 11.5)


@pytest.mark.parametrize(("value", "side"), [(6.90, Direction.LESS), (16.10, Direction.MORE)])
def test_a_session_out_of_the_band_asks_for_another(value: float, side: Direction) -> None:
    found = verdict(11, value)
    assert (found.word, found.direction, found.since) == (Word.OUTSIDE, side, None)
    assert found.behind == (5,)


def test_two_in_a_row_are_a_change_since_the_first() -> None:
    found = verdict(11, 5, 6)
    assert (found.word, found.direction) == (Word.CHANGE, Direction.LESS)
    assert found.since == START + datetime.timedelta(days=35)
    assert (found.behind, found.latest) == ((5, 6), 6)


@pytest.mark.parametrize(
    ("days", "word"),
    [
        ([30, 34], Word.OUTSIDE),
        ([30, 35], Word.CHANGE),
        ([30, 34.5], Word.OUTSIDE),  # days count, not hours: this is still the fourth day
        ([30.3, 35], Word.CHANGE),
        ([30, 32, 35], Word.CHANGE),  # all outside, the last five days after the first
        ([30, 33, 36], Word.CHANGE),  # though no two of them in a row are five days apart
        ([30, 32, 34], Word.OUTSIDE),
    ],
)
def test_a_change_takes_five_days(days: list[float], word: Word) -> None:
    assert verdict(*[5.0] * len(days), days=days).word == word


def test_outside_settles_five_days_after_the_first_of_the_run() -> None:
    assert verdict(5, days=[30]).settled_on == day(35).date()
    assert verdict(5, 5, days=[30, 32]).settled_on == day(35).date()
    assert verdict(5, 5, days=[30, 35]).settled_on is None
    unsettled = [verdict(*[5.0] * len(d), days=d).unsettled for d in ([30], [30, 32], [30, 35])]
    assert unsettled == [1, 2, 0]


def test_two_on_different_sides_are_no_change() -> None:
    found = verdict(5, 20)
    assert (found.word, found.direction) == (Word.OUTSIDE, Direction.MORE)


def test_a_session_inside_between_two_outside_starts_over() -> None:
    assert verdict(5, 11, 5).word == Word.OUTSIDE


def test_a_change_stands_with_one_session_back_inside_which_asks_for_another() -> None:
    found = verdict(5, 5, 5, 11)
    assert (found.word, found.direction, found.since) == (Word.CHANGE, Direction.LESS, day(28))
    assert found.change == Change(Direction.LESS, day(28), day(35))
    assert (found.latest, found.behind) == (11, (4, 5, 6, 7))
    assert (found.unsettled, found.settled_on) == (1, day(54).date())


def test_two_in_a_row_back_inside_end_a_change() -> None:
    found = verdict(5, 5, 11, 12)
    assert (found.word, found.direction, found.since) == (Word.USUAL, None, None)
    assert found.change == Change(Direction.LESS, day(28), day(35), day(49))
    assert (found.behind, found.unsettled, found.settled_on) == ((7,), 0, None)


@pytest.mark.parametrize(
    ("days", "word"),
    [
        ([30, 35, 40, 44], Word.CHANGE),
        ([30, 35, 40, 45], Word.USUAL),
        ([30, 35, 40, 43, 45], Word.USUAL),
    ],
)
def test_the_end_of_a_change_takes_five_days_too(days: list[float], word: Word) -> None:
    found = verdict(5, 5, *[11.0] * (len(days) - 2), days=days)
    assert found.word == word
    assert found.unsettled == (2 if word == Word.CHANGE else 0)


def test_a_session_inside_among_those_of_a_change_ends_nothing() -> None:
    found = verdict(5, 5, 11, 5, 11, 5)
    assert (found.word, found.since, found.unsettled) == (Word.CHANGE, day(28), 0)


def test_a_session_on_the_other_side_ends_a_change_and_may_begin_another() -> None:
    once = verdict(5, 5, 20)
    assert (once.word, once.direction, once.behind) == (Word.OUTSIDE, Direction.MORE, (6,))
    assert once.change == Change(Direction.LESS, day(28), day(35), day(42))
    twice = verdict(5, 5, 20, 21)
    assert (twice.word, twice.since) == (Word.CHANGE, day(42))
    assert twice.change == Change(Direction.MORE, day(42), day(49))


def test_an_ended_change_is_told_until_the_next_is_called() -> None:
    ended = Change(Direction.LESS, day(28), day(35), day(49))
    assert verdict(5, 5, 11, 12, 11, 13).change == ended
    assert verdict(5, 5, 11, 12, 5).change == ended
    again = verdict(5, 5, 11, 12, 5, 4)
    assert again.change == Change(Direction.LESS, day(56), day(63))
    assert (again.word, again.behind) == (Word.CHANGE, (8, 9))


def test_without_a_change_there_is_none_to_tell() -> None:
    assert verdict(11, 5, 11, 5).change is None
    assert reached(points(*BASELINE)).change is None


def test_with_a_reason_nothing_is_compared_and_a_change_goes_on_standing() -> None:
    found = reached(points(*BASELINE, 5, 5, 11), reason="too dark")
    assert (found.word, found.reason) == (Word.CANNOT, "too dark")
    assert (found.direction, found.since, found.behind) == (None, None, ())
    assert found.change == Change(Direction.LESS, day(28), day(35))
    assert (found.unsettled, found.settled_on) == (0, None)


def test_with_a_reason_but_no_baseline_no_change_stands() -> None:
    found = reached(points(10, 12), reason="too dark")
    assert (found.word, found.change) == (Word.CANNOT, None)


def test_the_pooled_sd_weighs_each_person_by_their_sessions() -> None:
    # Sums of squares 5 and 2 over 3 + 1 degrees of freedom; one session alone tells nothing.
    assert change.pooled([BASELINE, (1, 3), (5,)]) == Pooled(math.sqrt(7 / 4), 4)
    assert change.pooled([(5,), ()]) is None


def test_a_trend_takes_six_sessions_over_six_months() -> None:
    assert change.trend(points(*[1.0] * 5, days=[0, 50, 100, 150, 200])) is None
    assert change.trend(points(*[1.0] * 6, days=[0, 10, 20, 30, 40, 50])) is None


def test_the_trend_is_the_median_slope_and_minds_no_outlier() -> None:
    days = [0.0, 40, 80, 120, 160, 200, 240]
    values = [10 - 2 * day / change.YEAR for day in days]
    values[3] = 60
    found = change.trend(points(*values, days=days))
    assert found is not None
    assert [found.per_year, found.n] == pytest.approx([-2, 7])
    assert found.low < -2 < found.high


def test_two_single_sessions_differ_by_chance_within_the_mdc() -> None:
    assert change.mdc95(1.0) == pytest.approx(2.772, abs=1e-3)


def test_a_counted_rate_has_a_band_of_counts() -> None:
    # 40 blinks in 4 half minutes: the next half minute's count is negative binomial with size
    # 40.5 and success 4/5: 95 % of it from 4 to 18 blinks, twice that a minute.
    band = change.count_band(points(20, 20, 20, 20), minutes=0.5)
    assert band is not None
    assert (band.mean, band.low, band.high) == (20, 8, 36)


def test_counts_that_scatter_more_than_chance_have_a_wider_band() -> None:
    even = change.count_band(points(20, 20, 20, 20), minutes=0.5)
    uneven = change.count_band(points(4, 36, 8, 32), minutes=0.5)
    assert even is not None
    assert uneven is not None
    assert (uneven.low, uneven.high) < (even.low, uneven.high)
    assert uneven.high > even.high
    assert change.count_band(points(20, 20), minutes=0.5) is None


def test_without_a_single_event_the_band_begins_at_zero() -> None:
    band = change.count_band(points(0, 0, 0, 0), minutes=0.5)
    assert band is not None
    assert (band.mean, band.low) == (0, 0)
    assert band.high > 0


def test_the_simulation_calls_a_change_rarely_in_error_and_mostly_when_there_is_one() -> None:
    rates = alarms.simulate(alarms.CASES[0], runs=3000)
    assert 0.03 < rates.false_alarms < 0.10
    assert 0.75 < rates.seen < 0.95
    assert 0.60 < rates.said < rates.seen
    assert 0 < rates.falsely_said < rates.false_alarms / 5


def test_the_same_seed_gives_the_same_figures() -> None:
    assert list(alarms.table(200, seed=3)) == list(alarms.table(200, seed=3))


def test_the_command_prints_a_row_for_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    alarms.main(["--runs", "100"])
    printed = capsys.readouterr().out.splitlines()
    assert "false alarms in 52" in printed[0]
    assert len(printed) == 1 + len(alarms.CASES)


def test_without_a_pooled_sd_more_is_called_in_error_and_less_is_seen() -> None:
    with_sd, without = (alarms.simulate(alarms.Case("", weight=w), runs=3000) for w in (6, 0))
    assert without.false_alarms > with_sd.false_alarms
    assert without.seen < with_sd.seen


def test_a_pooled_sd_of_few_baselines_is_called_in_error_more_often() -> None:
    exact, many, few = (alarms.simulate(alarms.Case("", pooled=df), 6000) for df in (0, 60, 6))
    assert few.false_alarms > 1.5 * many.false_alarms > 1.5 * 0.9 * exact.false_alarms


def test_the_simulation_calls_what_the_verdict_calls() -> None:
    rng = np.random.default_rng(4)
    people = rng.standard_normal((40, 12))
    people[:20, 4:] -= 3
    mean = people[:, :4].mean(axis=1, keepdims=True)
    squares = ((people[:, :4] - mean) ** 2).sum(axis=1, keepdims=True)
    _, limit = change.prediction_limit(squares, 4, 6, 1.0)
    off = people[:, 4:] - mean
    says = alarms.says_change(np.where(np.abs(off) > limit, np.sign(off), 0))
    for person, expected in zip(people, says, strict=True):
        words = [reached(points(*person[: 5 + i]), Pooled(1.0, 6)).word for i in range(8)]
        assert [word == Word.CHANGE for word in words] == expected.tolist()
    assert 15 < says.any(axis=1).sum() < 25
    assert says[:, -1].sum() < says.any(axis=1).sum()


def test_the_simulation_ends_a_change_as_the_verdict_does() -> None:
    sides = np.array([[-1, -1, 0, -1, 0, 0, -1, -1], [1, 1, -1, -1, 0, 1, 1, 0]], dtype=float)
    assert alarms.says_change(sides).astype(int).tolist() == [
        [0, 1, 1, 1, 1, 0, 0, 1],
        [0, 1, 0, 1, 1, 0, 1, 1],
    ]
