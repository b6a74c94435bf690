"""A session's summaries from the measures of its takes."""

import pytest

from diagnosis import release as releases
from diagnosis import session
from diagnosis.config import Measure, Side, Task, TaskKind
from diagnosis.measures import measure, too_slow
from diagnosis.plans import PLANS
from diagnosis.session import TakeRecord, assess

from .moving import CUES, rise, signals, task, time

UNSEEN = "the face was not seen long enough"


@pytest.fixture(scope="module")
def release():
    return releases.load(releases.DEFAULT)


def posed(expression, caution="", **values):
    """A take of an expression with measures of its main movement; None is an absent one."""
    region = PLANS[expression].main.region
    measures = tuple(
        Measure(
            *(name, region, Side.BOTH, "unit", value),
            n=3,
            sd=0.5,
            absent=UNSEEN if value is None else None,
            caution="" if value is None else caution,
        )
        for name, value in values.items()
    )
    return TakeRecord(Task(expression, TaskKind.EXPRESSION, expression), measures, ())


def amplitude(expression, value, caution=""):
    return posed(expression, caution, amplitude=value)


def timed(expression, latency, to_peak, rate):
    return posed(
        expression,
        amplitude=5.0,
        onset_latency=latency,
        time_to_peak=to_peak,
        relative_velocity=rate,
    )


def expressivity(*takes):
    return list(session._expressivity({take.task.expression: take for take in takes}))


def slowness(*takes):
    return list(session._slowness({take.task.expression: take for take in takes}))


def test_expressivity_is_the_mean_of_the_core_amplitudes():
    found, *_ = expressivity(
        amplitude("surprise", 4.0), amplitude("smile", 9.0), amplitude("anger", 100.0)
    )

    assert found.value == pytest.approx(6.5)
    assert (found.name, found.unit) == ("expressivity", "% IOD")
    assert (found.region, found.n) == ("smile, surprise", 2)


def test_the_parts_of_expressivity_are_the_amplitudes_with_their_spread():
    _, *parts = expressivity(amplitude("smile", 9.0), amplitude("eye_closure", 4.0))

    assert [(p.name, p.region, p.value) for p in parts] == [
        ("core_amplitude", "smile", 9.0),
        ("core_amplitude", "eye closure", 4.0),
    ]
    assert {(p.n, p.sd) for p in parts} == {(3, 0.5)}


def test_a_missing_part_takes_the_summary_away_and_says_which():
    found, *_ = expressivity(amplitude("smile", 9.0), amplitude("surprise", None))

    assert found.value is None
    assert found.absent == f"surprise: {UNSEEN}"
    assert expressivity(amplitude("anger", 9.0))[0].absent == session.NO_CORE


def test_a_caution_of_a_part_is_one_of_the_summary():
    found, *_ = expressivity(amplitude("smile", 9.0), amplitude("surprise", 4.0, "hardly seen"))

    assert found.caution == "hardly seen"


def test_slowness_is_the_geometric_mean_of_three_times_of_each_expression():
    found, *parts = slowness(timed("smile", 0.2, 0.4, 5.0), timed("surprise", 0.8, 0.4, 1.25))

    assert found.value == pytest.approx((0.2 * 0.4 * 0.2 * 0.8 * 0.4 * 0.8) ** (1 / 6))
    assert (found.name, found.unit, found.region) == ("slowness", "s", "smile, surprise")
    assert [(p.name, p.region) for p in parts] == [
        (f"core_{name}", region)
        for name in ("onset_latency", "time_to_peak", "relative_velocity")
        for region in ("smile", "surprise")
    ]


@pytest.mark.parametrize("later", [(0.4, 0.4, 5.0), (0.2, 0.8, 5.0), (0.2, 0.4, 2.5)])
def test_twice_as_late_or_slow_in_one_of_the_three_is_more_slowness(later):
    before, after = (slowness(timed("smile", *times))[0] for times in ((0.2, 0.4, 5.0), later))

    assert after.value == pytest.approx(2 ** (1 / 3) * before.value)


def test_a_slow_smile_is_slower_and_a_small_one_is_not():
    def played(height, onset):
        curve = sum(rise(time(), cue.start + 0.4, height, onset) for cue in CUES)
        measures = measure(task(), signals(mouth_corner=curve), 30.0)
        return slowness(TakeRecord(task(), measures, ()))[0].value

    quick, small, slow = played(8.0, 0.5), played(4.0, 0.5), played(8.0, 1.0)

    assert small == pytest.approx(quick, rel=0.05)
    assert slow > 1.4 * quick


def test_an_anticipated_cue_counts_as_a_tenth_of_a_second():
    early, quick = (slowness(timed("smile", s, 0.4, 5.0))[0].value for s in (0.01, 0.1))

    assert early == quick


def test_without_the_rise_there_is_no_slowness():
    begun = posed("smile", amplitude=5.0, onset_latency=None, time_to_peak=None)

    assert slowness(begun)[0].absent == f"smile: {UNSEEN}"


def test_a_film_analysed_by_an_earlier_version_gives_no_slowness():
    earlier = posed("smile", amplitude=5.0, onset_latency=0.3, time_to_peak=0.3)

    assert slowness(earlier)[0].absent == f"smile: {session.EARLIER}"


def test_a_session_has_its_headline_first_and_names_of_their_own_for_all(release):
    found = assess([timed("anger", 0.2, 0.4, 5.0)], release).measures
    assert [m.name for m in found] == ["expressivity", "slowness"]

    with_smile = [timed("smile", 0.2, 0.4, 5.0), timed("eye_closure", 0.2, 0.4, 5.0)]
    measures = (*session._expressivity(named(with_smile)), *session._slowness(named(with_smile)))
    keys = [(m.name, m.region, m.side) for m in measures]
    assert keys[0][0] == "expressivity"
    assert len(set(keys)) == len(keys) == 10


def named(takes):
    return {take.task.expression: take for take in takes}


def test_films_at_a_low_frame_rate_do_not_enter_the_likelihood(release):
    late = Measure("onset_latency", "mouth corner", Side.BOTH, "s", None, absent=too_slow())
    take = TakeRecord(task(), (late,), ())

    found = session.assess([take], release)

    assert found.likelihood is None
    assert found.no_likelihood == f"the films have {too_slow()}"
