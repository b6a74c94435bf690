"""What a patient answered to the reminders: a recording, or "too ill", which is an answer too."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from django.db.models import TextChoices

from clinic.reminders.models import PlannedSession


class Answer(TextChoices):
    RECORDED = "recorded", "recorded"
    PART = "part", "part recorded"
    TOO_ILL = "too_ill", "too ill"
    NOTHING = "nothing", "not recorded"
    AWAITED = "awaited", "link is open"  # there is still time
    UNSENT = "unsent", "not asked"  # no e-mail went out


@dataclasses.dataclass(frozen=True)
class Row:
    planned: PlannedSession
    answer: Answer


@dataclasses.dataclass(frozen=True)
class Adherence:
    """Of one plan; `rows` in order. Slots without a reminder, or with time left, count nowhere."""

    rows: tuple[Row, ...]

    @property
    def line(self) -> str:
        """As in "4 of 5 recorded, 1 too ill"; empty before the first."""
        closed = self._closed()
        parts = [
            f"{closed.count(answer)} {words}"
            for answer, words in (
                (Answer.PART, "recorded in part"),
                (Answer.TOO_ILL, "too ill"),
                (Answer.NOTHING, "not recorded"),
            )
            if answer in closed
        ]
        recorded = f"{closed.count(Answer.RECORDED)} of {len(closed)} recorded"
        return ", ".join([recorded, *parts]) if closed else ""

    @property
    def needs_call(self) -> bool:
        """Whether the last two were both left out."""
        return self._closed()[-2:] == [Answer.NOTHING] * 2

    @property
    def last(self) -> Row | None:
        return self.rows[-1] if self.rows else None

    def _closed(self) -> list[Answer]:
        still_out = (Answer.AWAITED, Answer.UNSENT)
        return [row.answer for row in self.rows if row.answer not in still_out]


def of(planned: Iterable[PlannedSession]) -> Adherence:
    """`planned` as PlannedSession.objects.with_answers() gives them."""
    return Adherence(tuple(Row(one, _answer(one)) for one in planned))


def _answer(planned: Any) -> Answer:
    """`planned` with the annotations of `with_answers`."""
    session = planned.session
    if session and planned.whole and planned.whole == planned.asked:
        return Answer.RECORDED
    if session and planned.films and (session.submitted or not planned.link_is_open):
        return Answer.PART
    if session and session.too_ill and not planned.films:
        return Answer.TOO_ILL
    if planned.state != PlannedSession.State.SENT:
        return Answer.UNSENT
    return Answer.AWAITED if planned.link_is_open else Answer.NOTHING
