"""When sessions at home are planned, against dates and times worked out by hand."""

from __future__ import annotations

import datetime
import itertools
from zoneinfo import ZoneInfo

import pytest

from clinic.reminders.schedule import Schedule

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime.date(2026, 1, 5)


def schedule(started=MONDAY, dose="08:30", minutes=60, zone=LONDON) -> Schedule:
    return Schedule(started, datetime.time.fromisoformat(dose), minutes, zone)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def days(plan: Schedule, count: int) -> list[str]:
    return [slot.day.isoformat() for slot in itertools.islice(plan.slots(), count)]


def test_five_sessions_in_three_weeks_then_one_a_week():
    assert days(schedule(), 8) == [
        "2026-01-05",  # Monday
        "2026-01-09",  # Friday
        "2026-01-14",  # Wednesday
        "2026-01-18",  # Sunday
        "2026-01-23",  # Friday of the third week
        "2026-01-30",
        "2026-02-06",
        "2026-02-13",
    ]


def test_after_practice_the_baselines_four_fall_within_28_days():
    first, *baseline = (slot.day for slot in itertools.islice(schedule().slots(), 5))
    assert first == MONDAY
    assert len(set(baseline)) == 4
    assert max(baseline) - min(baseline) < datetime.timedelta(days=28)


def test_a_session_is_due_so_many_minutes_after_the_dose():
    first = next(schedule(dose="08:30", minutes=75).slots())
    assert first.due == utc("2026-01-05 09:45")


def test_a_late_dose_leads_into_the_next_day():
    first = next(schedule(dose="23:30", minutes=60).slots())
    assert (first.day, first.due) == (MONDAY, utc("2026-01-06 00:30"))


@pytest.mark.parametrize(
    ("started", "first", "second"),
    [
        # British clocks went forward on 29 March 2026: half past eight is an hour earlier in UTC.
        ("2026-03-27", "2026-03-27 09:30", "2026-03-31 08:30"),
        # And back on 25 October 2026.
        ("2026-10-23", "2026-10-23 08:30", "2026-10-27 09:30"),
    ],
)
def test_the_dose_follows_the_clock_on_the_wall(started, first, second):
    slots = schedule(started=datetime.date.fromisoformat(started)).slots()
    assert [next(slots).due, next(slots).due] == [utc(first), utc(second)]


def test_the_minutes_after_a_dose_are_real_ones_when_the_clocks_change_between():
    # 00:30 GMT and 60 minutes: the clocks show 02:30, not 01:30, which never was.
    spring = next(schedule(datetime.date(2026, 3, 29), dose="00:30").slots()).due
    assert spring == utc("2026-03-29 01:30")
    assert spring.astimezone(LONDON).strftime("%H:%M") == "02:30"


def test_a_dose_at_a_time_that_the_clocks_leap_over_is_taken_when_they_have():
    due = next(schedule(datetime.date(2026, 3, 29), dose="01:30", minutes=0).slots()).due
    assert due.astimezone(LONDON).strftime("%H:%M") == "02:30"


def test_due_is_what_came_after_one_moment_up_to_and_with_another():
    plan = schedule()
    first, second = (slot.due for slot in itertools.islice(plan.slots(), 2))
    assert [slot.due for slot in plan.due(first, second)] == [second]
    assert [slot.due for slot in plan.due(utc("2026-01-01"), first)] == [first]
    assert plan.due(first, utc("2026-01-08")) == []


def test_what_comes_next_is_later_than_the_moment_asked():
    plan = schedule()
    coming = plan.coming(utc("2026-01-05 09:30"), 2)
    assert [slot.day.isoformat() for slot in coming] == ["2026-01-09", "2026-01-14"]
    years_on = plan.coming(utc("2028-01-01"), 1)[0]
    assert (years_on.day.isoformat(), years_on.day.strftime("%A")) == ("2028-01-07", "Friday")
