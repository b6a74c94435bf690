"""The verdicts in words: on the patient's page, on lists and in reports."""

from __future__ import annotations

import datetime

from django.utils import timezone
from django.utils.formats import date_format

from clinic.dashboards import labels
from diagnosis.change import APART_DAYS, Verdict, Word

# Of these measures less is less movement; of others the title is told.
MOVEMENT = ("expressivity",)
NEXT = {
    Word.USUAL: "Go on recording as planned.",
    Word.OUTSIDE: "Ask for one more recording within two weeks, at least five days after this one.",
    Word.CHANGE: "Compare the films side by side, and look for what else changed: medication, "
    "illness, device.",
    Word.CANNOT: "Ask for one more recording without this problem.",
}
ASK_STATE = "With the next recording, ask whether the medicine is working or has worn off."
OTHER_RELEASE = (
    "Numbers of two releases are never compared: each needs a baseline of its own. The patient's "
    "page shows those of the other under Course."
)
COMPLETE = "The baseline is complete: the next recording is compared with it."


def answer(verdict: Verdict, measure: str, title: str) -> str:
    """For example "Reliable change since 3 March 2027: less movement"."""
    of = _of(measure, title)
    match verdict.word:
        case Word.COLLECTING:
            return f"Collecting: {verdict.collected} of {verdict.needed} recordings"
        case Word.USUAL:
            return "Within usual variation"
        case Word.OUTSIDE:
            if verdict.unsettled > 1:
                where = f"{verdict.unsettled} sessions within {APART_DAYS} days"
                return f"Outside in {where}: not yet a change ({verdict.direction} {of})"
            return f"Outside usual variation once: {verdict.direction} {of}"
        case Word.CHANGE:
            assert verdict.since is not None
            return f"Reliable change since {_day(verdict.since)}: {verdict.direction} {of}"
    return f"Cannot compare: {verdict.reason}"


def addition(verdict: Verdict, measure: str, title: str) -> str:
    """What there is to say beside the answer of a change that was called; empty when nothing."""
    change = verdict.change
    if change is None:
        return ""
    if verdict.word == Word.CHANGE:
        return _inside(verdict.unsettled)
    what = f"{change.direction} {_of(measure, title)}"
    if change.ended is None:
        return f"A change since {_day(change.since)}, {what}, stands."
    return (
        f"A change, {what}, was called on {_day(change.called)} and ended on {_day(change.ended)}."
    )


def overtaken(state: str, title: str, direction: str, since: datetime.datetime) -> str:
    """Of a change that was told, and that what is compared now knows nothing of."""
    return (
        f"{labels.MEDICATION[state]}: a reliable change since {_day(since)} was told before "
        f"({title}, {direction}). It is not among the answers above because another release or "
        "device, a corrected session or the baselines of other patients set other limits by now."
    )


def next_step(verdict: Verdict, *, elsewhere: bool = False) -> str:
    """`elsewhere` tells that another release alone measured the newest session."""
    if elsewhere:
        return OTHER_RELEASE
    if verdict.settled_on:
        day = date_format(verdict.settled_on, "j F Y")
        if verdict.word == Word.CHANGE:
            return f"One more recording on {day} or later shows whether it has ended."
        if verdict.unsettled > 1:
            return f"Ask for one more recording on {day} or later."
    if verdict.word != Word.COLLECTING:
        return NEXT[verdict.word]
    missing = verdict.needed - verdict.collected
    if not missing:
        return COMPLETE
    days = "1 more day" if missing == 1 else f"{missing} more days"
    return f"Ask for recordings on {days}: four within four weeks make the baseline."


def difference(verdict: Verdict, unit: str) -> str:
    """How far the newest value is from the baseline's mean; empty without a baseline."""
    found, band = verdict.difference, verdict.band
    if found is None or band is None:
        return ""
    side = "less" if found < 0 else "more"
    share = f" ({100 * abs(found / band.mean):.0f}\N{NO-BREAK SPACE}%)" if band.mean else ""
    return f"{labels.significant(abs(found))} {unit} {side} than the baseline's mean{share}"


def _inside(sessions: int) -> str:
    if sessions > 1:
        return f"The newest {sessions} sessions lie inside the usual range."
    return "The newest session lies inside the usual range." if sessions else ""


def _of(measure: str, title: str) -> str:
    return "movement" if measure in MOVEMENT else title.lower()


def _day(at: datetime.datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y")
