"""When a patient records at home: five sessions in the first three weeks, then one a week.

Each follows a dose by so many minutes. Dates are the clinic's; moments are in UTC.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

# Days after the start, on five different days of the week. The first is for practice; the four
# that follow make the baseline.
FIRST_DAYS = (0, 4, 9, 13, 18)
DAYS_BETWEEN = 7  # from then on


@dataclasses.dataclass(frozen=True)
class Slot:
    """One planned session: the day of its dose, and the moment at which to record."""

    day: datetime.date
    due: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Schedule:
    """`dose_time` is what the clock on the wall in `zone` shows."""

    started: datetime.date
    dose_time: datetime.time
    minutes_after_dose: int
    zone: ZoneInfo

    def slots(self) -> Iterator[Slot]:
        """All slots in order, without end."""
        for days in itertools.chain(
            FIRST_DAYS, itertools.count(FIRST_DAYS[-1] + DAYS_BETWEEN, DAYS_BETWEEN)
        ):
            day = self.started + datetime.timedelta(days=days)
            yield Slot(day, self._due(day))

    def due(self, since: datetime.datetime, until: datetime.datetime) -> list[Slot]:
        """The slots that are due after `since`, up to and with `until`."""
        up_to = itertools.takewhile(lambda slot: slot.due <= until, self.slots())
        return [slot for slot in up_to if slot.due > since]

    def coming(self, after: datetime.datetime, count: int) -> list[Slot]:
        """The next `count` slots that are due after `after`."""
        later = itertools.dropwhile(lambda slot: slot.due <= after, self.slots())
        return list(itertools.islice(later, count))

    def on(self, day: datetime.date) -> Slot | None:
        """The slot of `day`, if it has one."""
        not_before = itertools.dropwhile(lambda slot: slot.day < day, self.slots())
        slot = next(not_before)
        return slot if slot.day == day else None

    def after(self, day: datetime.date) -> Slot:
        """The first slot of a later day."""
        return next(slot for slot in self.slots() if slot.day > day)

    def _due(self, day: datetime.date) -> datetime.datetime:
        """The minutes are counted in real time, so that a change of the clocks takes none away."""
        dose = datetime.datetime.combine(day, self.dose_time, tzinfo=self.zone)
        return dose.astimezone(datetime.UTC) + datetime.timedelta(minutes=self.minutes_after_dose)
