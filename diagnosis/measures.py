"""Movement signals become named measures, one value per cue window, summed up over the windows.

Measures of a posed expression; the main movement is that of `PLANS[expression].main`:

name               unit      what it is
amplitude          % IOD     distance from the neutral face that is exceeded for a tenth of the
                             window; of the main movement and of those beside it
symmetry           ratio     amplitude on the left over amplitude on the right
onset_latency, time_to_peak, peak_velocity, hold_variability, hold_decay
                             of the main movement, both sides together: see `course.Course`
intensity          margin    trace of the asked expression, exceeded for a tenth of the window;
                             0 is this person's neutral face
specificity        margin    the same of the specificity trace

Rest: eye_opening (% IOD), blink_rate (1/min), blink_duration (s), lips_apart (% of the time).
Talk: movement_sd (% IOD), the standard deviation of a movement over the take.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from diagnosis.config import Cue, Measure, Side, Task, TaskKind
from diagnosis.course import SMALLEST, Course, blinks, course, exceeded, smooth
from diagnosis.curves import MOVEMENTS
from diagnosis.findings import threshold
from diagnosis.movement import SIDES, Floats, Signals

_LATE_S: Final = 0.5  # after the cue's end, for those who react late
_LAST_FRAME_S: Final = 0.1  # so far before a film's end its last frame may have been taken
_MISSING: Final = 0.1  # largest share of a window without a face
_SHORTEST_TAKE_S: Final = 10.0  # for rates and shares of time
_LIPS_APART: Final = 3.0  # % IOD between the inner lips

NOT_SEEN: Final = "the face was not seen long enough"
CUT_OFF: Final = "the film ended before the cue did"
NO_MOVEMENT: Final = "no movement beyond the tracker's noise"
ONE_SIDED: Final = "one side did not move measurably"
NO_CUES: Final = "the cue times are not known"
NO_HOLD: Final = "the movement was not held for half a second"
BEGUN: Final = "the movement had begun before the cue or the film"
NO_BLINK: Final = "no blink was seen"


@dataclasses.dataclass(frozen=True)
class Channel:
    """A movement signal as an expression asks for it: `sign` -1 where it asks for the reverse."""

    signal: str
    region: str
    sided: bool = True
    sign: int = 1

    def of(self, signals: Signals, side: Side) -> Floats:
        name = self.signal if side == Side.BOTH else f"{self.signal}_{side}"
        return self.sign * signals[name]

    @property
    def sides(self) -> tuple[Side, ...]:
        return (Side.BOTH, *SIDES) if self.sided else (Side.BOTH,)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is measured of an expression: its main movement, and those that go with it."""

    main: Channel
    beside: tuple[Channel, ...]


_MOUTH: Final = Channel("mouth_opening", "mouth", sided=False)
_MOUTH_WIDTH: Final = Channel("mouth_width", "mouth width", sided=False)
_CORNER: Final = Channel("mouth_corner", "mouth corner")
_CORNER_DROP: Final = Channel("corner_drop", "mouth corner")
_UPPER_LIP: Final = Channel("upper_lip_raise", "upper lip", sided=False)
_NOSE: Final = Channel("nose_wing_raise", "nose")
_CHEEK: Final = Channel("cheek_raise", "cheek")
_BROW: Final = Channel("brow_raise", "brow")
_BROW_DOWN: Final = Channel("brow_raise", "brow", sign=-1)
_INNER_BROW: Final = Channel("inner_brow_raise", "inner brow")
_FROWN: Final = Channel("brows_together", "between the brows", sided=False)
_EYES_WIDE: Final = Channel("eye_opening", "eyelids")
_EYES_SHUT: Final = Channel("eye_opening", "eyelids", sign=-1)

PLANS: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "smile": Plan(_CORNER, (_CHEEK, _MOUTH)),
        "surprise": Plan(_BROW, (_EYES_WIDE, _MOUTH)),
        "eye_closure": Plan(_EYES_SHUT, (_CHEEK, _BROW_DOWN)),
        "disgust": Plan(_UPPER_LIP, (_NOSE, _BROW_DOWN)),
        "anger": Plan(_BROW_DOWN, (_FROWN,)),
        "sadness": Plan(_CORNER_DROP, (_INNER_BROW,)),
        "fear": Plan(_BROW, (_EYES_WIDE, _MOUTH_WIDTH, _MOUTH)),
    }
)
_TALKING: Final = (_MOUTH, _MOUTH_WIDTH, _CORNER, _BROW)


def measure(task: Task, signals: Signals, fps: float) -> tuple[Measure, ...]:
    """The movement measures of a take. `fps` decides whether speed, blinks and variability can be
    measured."""
    slow = None
    needed = threshold("fps_for_speed")
    if round(fps) < needed:
        slow = f"fewer than {needed:g} frames per second"
    if task.kind == TaskKind.REST:
        return tuple(_at_rest(signals, slow))
    if task.kind == TaskKind.TALK:
        return tuple(_talking(signals, slow))
    return tuple(_posed(task, signals, slow))


def _plan(task: Task) -> Plan:
    assert task.expression is not None
    return PLANS[task.expression]


def moved(task: Task, measures: Sequence[Measure]) -> bool:
    """Whether the main movement is more than noise on either side; True if there is no amplitude
    to judge by."""
    if task.expression is None:
        return True
    region = _plan(task).main.region
    amplitudes = [m.value for m in measures if (m.name, m.region) == ("amplitude", region)]
    known = [value for value in amplitudes if value is not None]
    return not known or max(known) >= SMALLEST


def traces(task: Task, signals: Signals) -> Iterator[tuple[str, Floats]]:
    """The movement signals (n,) that are kept of a task, by name: what the classifier reads,
    and what is measured."""
    names = dict.fromkeys(MOVEMENTS)
    if task.expression is not None:
        plan = _plan(task)
        names |= dict.fromkeys(channel.signal for channel in (plan.main, *plan.beside))
        names |= {f"{plan.main.signal}_{side}": None for side in SIDES if plan.main.sided}
    for name in names:
        yield name, signals[name]


@dataclasses.dataclass(frozen=True)
class _Window:
    """A cue in samples of a curve, or the whole take where no cue times are known.

    `needed` is the sample up to which the film must go, `end` that up to which it is measured.
    """

    start: int
    needed: int
    end: int
    cued: bool

    def of(self, values: Floats) -> Floats:
        return values[self.start : self.end]

    def filmed(self, values: Floats) -> bool:
        """Whether the film goes on to the end of the cue."""
        return len(values) >= self.needed and len(self.of(values)) > 2

    def seen(self, values: Floats) -> bool:
        """Whether the face was seen in nearly all of it."""
        return bool(np.isnan(self.of(values)).mean() <= _MISSING)


def _filmed(task: Task, values: Floats, step: float) -> list[_Window]:
    """Those windows of the task that the film covers."""
    whole = [_Window(0, 0, len(values), cued=False)]
    windows = [_window(cue, step) for cue in task.cues] or whole
    return [window for window in windows if window.filmed(values)]


def _windows(task: Task, values: Floats, step: float) -> list[_Window]:
    """Those of them in which the face was seen."""
    return [window for window in _filmed(task, values, step) if window.seen(values)]


def _window(cue: Cue, step: float) -> _Window:
    start, needed, end = cue.start, cue.end - _LAST_FRAME_S, cue.end + _LATE_S
    return _Window(round(start / step), round(needed / step), round(end / step), cued=True)


def why_none(task: Task, values: Floats, step: float) -> str:
    """The reason for an absent measure where no window of the task was seen."""
    return NOT_SEEN if _filmed(task, values, step) or not task.cues else CUT_OFF


def summarise(
    name: str, region: str, side: Side, unit: str, values: Sequence[float], reason: str
) -> Measure:
    """Mean and sample SD of the values of the windows, or `reason` if there is none."""
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return Measure(name, region, side, unit, None, absent=reason)
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return Measure(name, region, side, unit, float(np.mean(known)), len(known), sd)


def peaks(task: Task, values: Floats, step: float) -> list[float]:
    """The level that a curve exceeds for a tenth of each window in which the face was seen."""
    return [exceeded(window.of(values)) for window in _windows(task, values, step)]


def _posed(task: Task, signals: Signals, slow: str | None) -> Iterator[Measure]:
    plan = _plan(task)
    for channel in (plan.main, *plan.beside):
        for side in channel.sides:
            values = smooth(channel.of(signals, side), signals.step)
            heights = peaks(task, values, signals.step)
            reason = why_none(task, values, signals.step)
            yield summarise("amplitude", channel.region, side, "% IOD", heights, reason)
    if plan.main.sided:
        yield _symmetry(task, plan.main, signals)
    yield from _course(task, plan.main, signals, slow)


def _symmetry(task: Task, main: Channel, signals: Signals) -> Measure:
    sides = [smooth(main.of(signals, side), signals.step) for side in SIDES]
    pairs = list(zip(*(peaks(task, side, signals.step) for side in sides), strict=True))
    ratios = [left / right for left, right in pairs if min(left, right) >= SMALLEST]
    return summarise(
        *("symmetry", main.region, Side.BOTH, "ratio", ratios),
        reason=_still(pairs, ONE_SIDED) if pairs else why_none(task, sides[0], signals.step),
    )


def _still(heights: Sequence[float] | Sequence[tuple[float, float]], otherwise: str) -> str:
    """That nothing moved, or the other reason."""
    return NO_MOVEMENT if np.max(heights) < SMALLEST else otherwise


def _course(task: Task, main: Channel, signals: Signals, slow: str | None) -> Iterator[Measure]:
    values = smooth(main.of(signals, Side.BOTH), signals.step)
    windows = _windows(task, values, signals.step)
    courses = [
        found
        for w in windows
        if (found := course(values, w.start, w.end, signals.step, cued=w.cued))
    ]
    heights = [exceeded(window.of(values)) for window in windows]
    no_course = _still(heights, BEGUN) if heights else why_none(task, values, signals.step)
    fast = [] if slow else courses
    cued = fast if task.cues else []
    no_onset = slow or (BEGUN if courses else no_course)
    no_hold = NO_HOLD if courses else no_course
    for name, unit, those, why in (
        ("onset_latency", "s", cued, no_onset if task.cues else NO_CUES),
        ("time_to_peak", "s", fast, no_onset),
        ("peak_velocity", "% IOD/s", fast, no_onset),
        ("hold_variability", "% IOD", fast, slow or no_hold),
        ("hold_decay", "% IOD/s", courses, no_hold),
    ):
        known = [_value(one, name) for one in those]
        yield summarise(name, main.region, Side.BOTH, unit, known, why)


def _value(course: Course, name: str) -> float:
    return float(getattr(course, name))


def _at_rest(signals: Signals, slow: str | None) -> Iterator[Measure]:
    for side in (Side.BOTH, *SIDES):
        name = "eye_opening" if side == Side.BOTH else f"eye_opening_{side}"
        opening = signals.distance(name)
        level = [float(np.nanmedian(opening))] if np.isfinite(opening).any() else []
        yield summarise("eye_opening", "eyelids", side, "% IOD", level, NOT_SEEN)
    yield from _blinking(signals, slow)
    lips = signals.distance("mouth_opening")
    known = lips[np.isfinite(lips)]
    apart = [] if _short(signals) else [100 * float((known > _LIPS_APART).mean())]
    yield summarise("lips_apart", "mouth", Side.BOTH, "% of time", apart, _short(signals) or "")


def _blinking(signals: Signals, slow: str | None) -> Iterator[Measure]:
    eyes = signals.distance("eye_opening")
    why = slow or _short(signals)
    durations = [] if why else blinks(eyes, signals.step)
    rate = [] if why else [60 * len(durations) / (np.isfinite(eyes).sum() * signals.step)]
    yield summarise("blink_rate", "eyelids", Side.BOTH, "1/min", rate, why or NO_BLINK)
    yield summarise("blink_duration", "eyelids", Side.BOTH, "s", durations, why or NO_BLINK)


def _short(signals: Signals) -> str | None:
    """Why rates and shares of time cannot be given, if so."""
    seen_s = float(np.isfinite(signals["mouth_opening"]).sum()) * signals.step
    if seen_s < _SHORTEST_TAKE_S:
        return f"the face was seen for less than {_SHORTEST_TAKE_S:g} seconds"
    return None


def _talking(signals: Signals, slow: str | None) -> Iterator[Measure]:
    why = slow or _short(signals)
    for channel in _TALKING:
        values = smooth(channel.of(signals, Side.BOTH), signals.step)
        sd = [] if why else [float(np.nanstd(values))]
        yield summarise("movement_sd", channel.region, Side.BOTH, "% IOD", sd, why or NOT_SEEN)
