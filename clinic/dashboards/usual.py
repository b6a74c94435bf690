"""What is usual for a person in each task, region and side, or why a session is not compared with
it.

The bands are those of the verdict and of the timeline: by the same rule, under the same release, in
the session's own medication state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from django.utils import timezone

from clinic.dashboards import labels
from clinic.dashboards.series import Release, of_tasks, trends
from clinic.recordings.models import RecordingSession
from clinic.verdicts import comparable, judging
from clinic.verdicts.judging import Judgement, StateJudgement
from diagnosis import change

NONE_YET = "There is no baseline in {state} yet to compare with."
PART = "This session is part of the baseline in {state}, with which later ones are compared."
NOT_COMPARED = "Not compared: {reason}."
EARLIER = "recorded before the baseline was complete"
UNMEASURED = "the session as a whole has not been measured"


@dataclasses.dataclass(frozen=True)
class Usual:
    """`bands` are by MeasureKey.id, and `sessions` is how many the headline's band rests on.

    Without a comparison there are none, and `why` says so in a sentence. `apart` is why a film of
    a session that is compared is not, by its measures' MeasureKey.id: it stands beside the lines.
    """

    bands: Mapping[str, change.Band]
    sessions: int
    why: str
    apart: Mapping[str, str] = dataclasses.field(default_factory=dict)


def usual(session: RecordingSession, release: Release, names: Iterable[str]) -> Usual:
    """What the measures of these names are compared with in `session`.

    A constant number of queries.
    """
    compared = comparable.comparison(session.patient, trends(session.patient, release.id))
    judgement = judging.judge(compared)
    state = judged_with(session, judgement)
    why = _why_not(session, judgement, state)
    if why or state is None:
        return Usual({}, 0, why)
    every = of_tasks(session.patient, release, names)
    by_state = judging.bands(compared.over(every))
    own = {
        series.key.id: labels.APART.get(point.apart, point.apart)
        for series in every
        for point in series.points
        if point.session == session.id
    }
    bands = {
        key: states[session.medication]
        for key, states in by_state.items()
        if own.get(key) == ""
        and session.medication in states
        and session.id not in states[session.medication].baseline
    }
    apart = {key: reason for key, reason in own.items() if reason}
    return Usual(bands, len(state.baseline), "", apart)


def judged_with(session: RecordingSession, judgement: Judgement | None) -> StateJudgement | None:
    """What is said of the sessions in the medication state of this one; None in neither state."""
    states = judgement.states if judgement and session.medication in comparable.STATES else ()
    return next((state for state in states if state.medication == session.medication), None)


def left_out(session: RecordingSession, judgement: Judgement | None) -> str:
    """Why it is compared with no other session; empty when nothing speaks against it."""
    if session.medication not in comparable.STATES:
        between = session.medication == session.Medication.BETWEEN
        return comparable.BETWEEN if between else comparable.NOT_TOLD
    state = judged_with(session, judgement)
    return dict(state.left_out).get(session.id, "") if state else ""


def _why_not(
    session: RecordingSession, judgement: Judgement | None, state: StateJudgement | None
) -> str:
    """In a sentence; empty when the session is compared."""
    medication = labels.MEDICATION[session.medication]
    if reason := left_out(session, judgement):
        return NOT_COMPARED.format(reason=reason)
    if judgement is None or state is None or not state.baseline:
        return NONE_YET.format(state=medication)
    if session.id in {sitting.session for sitting in state.baseline}:
        return PART.format(state=medication)
    if session.id not in {point.session for point in judgement.series.points}:
        return NOT_COMPARED.format(reason=UNMEASURED)
    closed = max(timezone.localdate(sitting.recorded) for sitting in state.baseline)
    if timezone.localdate(session.recorded) <= closed:
        return NOT_COMPARED.format(reason=EARLIER)
    return ""
