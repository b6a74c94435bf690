"""Movement signals become named measures, one value per cue window, summed up over the windows.

Measures of a posed expression, whose movements are in `PLANS`. Amplitudes are given of both sides
together, left and right; courses so of the main movement, of those beside it both sides together.

name               unit         what it is
amplitude          % IOD        distance from the neutral face that is exceeded for a tenth of the
                                window. All posed emotions are smaller in Parkinson's disease
                                (Bologna et al. 2016)
symmetry           ratio        amplitude on the left over amplitude on the right, main movement;
                                weak evidence
onset_latency      s            see `course.Course` for these six; movements begin later and are
time_to_peak       s            slower (Bologna et al. 2016; Bowers et al. 2006)
peak_velocity      % IOD/s
relative_velocity  1/s          peak velocity over the height of the rise: slowness that is no
                                mere smallness
hold_variability   % IOD
hold_decay         % IOD/s
movement_entropy   bits         see `course.entropy`; of the main movement in the first three
                                seconds from the cue on
co_movement        correlation  see `course.together`; of all movements of the expression
movement_sd        % IOD        standard deviation over the window, of forehead and nose root:
                                less in Parkinson's disease (Novotny et al. 2022)
intensity          margin       trace of the asked expression, exceeded for a tenth of the window;
                                0 is this person's neutral face
intensity_range    margin       that level less the one exceeded for nine tenths of the window
specificity        margin       the level of the specificity trace, as of intensity

Rest: eye_opening (% IOD), the median distance of the lids; blink_rate (1/min) and blink_duration
(s), see `course.blinks`, without the time in which the head turns, see `course.turning`;
lips_apart (% of the time), the inner lips more than 3 % IOD apart. Studies of blinks conflict.
Talk: movement_sd (% IOD) over the take (Novotny et al. 2022), movement_entropy (bits) of each
whole three seconds, co_movement (correlation) over the take.

Speed, blinks and variability are absent below the threshold `fps_for_speed`. What a movement
signal's reliability is, `diagnosis.reliability` tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from diagnosis.config import Measure, Side, Task, TaskKind
from diagnosis.course import SMALLEST, exceeded
from diagnosis.curves import MOVEMENTS
from diagnosis.findings import threshold
from diagnosis.movement import SIDES, Floats, Signals
from diagnosis.plans import PLANS
from diagnosis.posed import posed
from diagnosis.repeats import summarise, why_none, windows
from diagnosis.unposed import at_rest, talking

_CLOCK: Final = 0.1  # frames per second by which clocks are off


def measure(task: Task, signals: Signals, fps: float) -> tuple[Measure, ...]:
    """The movement measures of a take. `fps`, of frames with a face, decides whether speed, blinks
    and variability can be measured."""
    slow = None if fps > threshold("fps_for_speed") - _CLOCK else too_slow()
    if task.kind == TaskKind.REST:
        return tuple(at_rest(signals, slow))
    if task.kind == TaskKind.TALK:
        return tuple(talking(signals, slow))
    return tuple(posed(task, signals, slow))


def too_slow() -> str:
    """The reason for the absence of everything that needs frames at a fair rate."""
    return f"fewer than {threshold('fps_for_speed'):g} frames with a face per second"


def of_network(
    task: Task, name: str, values: Floats, step: float, withheld: str
) -> Iterator[Measure]:
    """The measures of a trace (n,) of the expression network: "intensity" or "specificity".

    `withheld` is why no number is given, if so.
    """
    seen = [] if withheld else [w.of(values) for w in windows(task, values, step)]
    reason = withheld or why_none(task, values, step)
    tops = [exceeded(one) for one in seen]
    yield summarise(name, "face", Side.BOTH, "margin", tops, reason)
    if name == "intensity":
        lows = [float(np.nanpercentile(one, 10)) for one in seen]
        ranges = [top - low for top, low in zip(tops, lows, strict=True)]
        yield summarise("intensity_range", "face", Side.BOTH, "margin", ranges, reason)


def moved(task: Task, measures: Sequence[Measure]) -> bool:
    """Whether the main movement is more than noise on either side; True if there is no amplitude
    to judge by."""
    if task.expression is None:
        return True
    region = PLANS[task.expression].main.region
    amplitudes = [m.value for m in measures if (m.name, m.region) == ("amplitude", region)]
    known = [value for value in amplitudes if value is not None]
    return not known or max(known) >= SMALLEST


def traces(task: Task, signals: Signals) -> Iterator[tuple[str, Floats]]:
    """The movement signals (n,) that are kept of a task, by name: what is measured, the main
    movement first, and what the classifier reads."""
    names: list[str] = []
    if task.expression is not None:
        plan = PLANS[task.expression]
        names += [channel.signal for channel in plan.channels]
        names += [f"{plan.main.signal}_{side}" for side in SIDES if plan.main.sided]
    for name in dict.fromkeys([*names, *MOVEMENTS]):
        yield name, signals[name]
