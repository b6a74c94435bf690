"""The verdicts in words: on the patient's page, on lists and in reports."""

from __future__ import annotations

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
COMPLETE = "The baseline is complete: the next recording is compared with it."


def answer(verdict: Verdict, measure: str, title: str) -> str:
    """For example "Reliable change since 3 March 2027: less movement"."""
    of = "movement" if measure in MOVEMENT else title.lower()
    match verdict.word:
        case Word.COLLECTING:
            return f"Collecting: {verdict.collected} of {verdict.needed} recordings"
        case Word.USUAL:
            return "Within usual variation"
        case Word.OUTSIDE:
            several = len(verdict.behind)
            if several > 1:
                where = f"{several} sessions within {APART_DAYS} days"
                return f"Outside in {where}: not yet a change ({verdict.direction} {of})"
            return f"Outside usual variation once: {verdict.direction} {of}"
        case Word.CHANGE:
            assert verdict.since is not None
            since = date_format(timezone.localtime(verdict.since), "j F Y")
            return f"Reliable change since {since}: {verdict.direction} {of}"
    return f"Cannot compare: {verdict.reason}"


def next_step(verdict: Verdict) -> str:
    if verdict.settled_on and len(verdict.behind) > 1:
        return f"Ask for one more recording on {date_format(verdict.settled_on, 'j F Y')} or later."
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
