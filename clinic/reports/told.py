"""Sentences of a report: what may be compared, how raters scored, the limits of the numbers."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from clinic.accounts import releases
from clinic.accounts.models import Clinic
from clinic.dashboards import labels
from clinic.dashboards.flags import KINDS, Flag
from clinic.dashboards.series import Release, TrendPoint, Trends
from clinic.patients.models import Patient
from clinic.ratings.models import Rating
from clinic.ratings.services import PairAgreement, agreements
from clinic.verdicts.judging import Judgement, StateJudgement
from diagnosis.change import Band
from diagnosis.config import SHOWN_FROM

CLINIC = "clinic"  # the evidence level of a release that was tested on patients
REASONS = 3  # at most, the most frequent
REASON = 75  # letters of one
RATED, PAIRS = 2, 2  # at most: sessions, the newest, and pairs of raters
DATES = 4  # at most, the newest


def quality(found: Trends, judged: Judgement | None, flags: Sequence[Flag]) -> tuple[str, ...]:
    """How many sessions there are, which of them are not compared and why, and what changed in the
    filming."""
    recorded = {p.session: p.recorded for series in found.series for p in series.points}
    recorded |= {out.session: out.recorded for out in found.left_out}
    if not recorded:
        return ("No session has been measured yet.",)
    days = sorted(recorded.values())
    lines = [f"{_count(len(days), 'analysed session')}, {short(days[0])} to {short(days[-1])}."]
    if judged:
        lines += [_compared(judged, state) for state in judged.states]
    if flags:
        lines.append(_flagged(flags))
    if found.other_releases:
        names = ", ".join(release.title for release in found.other_releases)
        lines.append(f"Values of other releases ({names}) are not on this page.")
    return tuple(lines)


def _compared(judged: Judgement, state: StateJudgement) -> str:
    """For example "ON: 8 compared, 2 not (troublesome dyskinesia 1, practice 1)."."""
    out = {session for session, _ in state.left_out}
    fit = [
        point
        for point in judged.series.present
        if point.medication == state.medication and point.session not in out
    ]
    name = labels.MEDICATION[state.medication]
    if not out:
        return f"{name}: {len(fit)} compared."
    reasons = Counter(reason for _, reason in state.left_out).most_common()
    listed = [f"{Truncator(why).chars(REASON)} ({number})" for why, number in reasons[:REASONS]]
    more = "; other reasons" if len(reasons) > REASONS else ""
    return f"{name}: {len(fit)} compared, {len(out)} not: {'; '.join(listed)}{more}."


def _flagged(flags: Sequence[Flag]) -> str:
    """The last flag of each kind: "device 4 May 2026 (tablet, before phone)"."""
    last = {flag.kind: flag for flag in flags}
    told = [
        f"{kind.lower()} {short(last[kind].recorded)} ({last[kind].words})"
        for kind in KINDS
        if kind in last
    ]
    return f"Last changes of the filming: {'; '.join(told)}."


def ratings(patient: Patient) -> tuple[str, ...]:
    """The scores of the sessions rated last, and how far their raters agree in this clinic."""
    rows = Rating.objects.filter(session__patient=patient).select_related("session", "rater")
    by_session: dict[datetime.datetime, list[Rating]] = {}
    for row in rows.order_by("-session__recorded", "created"):
        by_session.setdefault(row.session.recorded, []).append(row)
    lines = [
        f"{short(recorded)}: {', '.join(map(_scored, found))}."
        for recorded, found in list(by_session.items())[:RATED]
    ]
    raters = {row.rater_id for found in by_session.values() for row in found}
    clinic = Clinic.objects.filter(pk=patient.clinic_id)
    pairs = agreements(clinic, raters) if len(raters) > 1 else []
    return tuple(lines + [_agreed(pair) for pair in pairs[:PAIRS]])


def _scored(rating: Rating) -> str:
    return f"{rating} ({rating.rater.name}, {'blind' if rating.blind else 'not blind'})"


def _agreed(pair: PairAgreement) -> str:
    words = (
        f"{pair.first.name} and {pair.second.name}, blind: the same score in {pair.same} of "
        f"{_count(pair.n, 'session')} of this clinic"
    )
    if pair.kappa is None:
        return f"{words}; too few for a coefficient."
    kappa = pair.kappa
    return f"{words}; weighted kappa {kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f})."


def limits(release: Release | None) -> tuple[str, ...]:
    """Within what the release's numbers hold, as far as it has been tested."""
    if release is None:
        return ()
    lines = [] if release.evidence == CLINIC else ["It has not been validated on patients."]
    installed = (one for one in releases.installed(()) if one.identity == release.sha256)
    shown = [r.expression for one in installed for r in one.reliability if r.shown]
    if shown:
        lines.append(
            f"On real faces it tells {', '.join(map(labels.words, shown))} from neutral (lower "
            f"95 % bound of the AUROC at least {SHOWN_FROM:g}); of other expressions only "
            "movement is measured."
        )
    lines.append(
        "One session outside its usual range is no change: a change needs two or more in a row on "
        "one side, over at least five days."
    )
    return tuple(lines)


def latest(point: TrendPoint | None, unit: str) -> str:
    if point is None:
        return ""
    return f"Last {labels.significant(point.value)} {unit} on {short(point.recorded)}"


def between(band: Band) -> str:
    return f"{labels.significant(band.low)} to {labels.significant(band.high)}"


def dates(moments: Iterable[datetime.datetime]) -> str:
    """The newest few days, oldest first: "3 Mar 2026, 10 Mar 2026 and 2 before"."""
    days = [short(moment) for moment in sorted(moments)]
    more = f" and {len(days) - DATES} before" if len(days) > DATES else ""
    return ", ".join(days[-DATES:]) + more


def short(moment: datetime.datetime) -> str:
    """For example "24 Nov 2026"."""
    return date_format(timezone.localtime(moment), "j M Y")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
