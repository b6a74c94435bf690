"""Movement curves and signals of known shape, for tests of what is measured on them."""

import numpy as np

from diagnosis.config import Cue, Side, Task, TaskKind
from diagnosis.measures import measure
from diagnosis.motion import minimum_jerk
from diagnosis.movement import Signals, names

STEP = 1 / 30
CUES = (Cue(2, 5), Cue(9, 12), Cue(16, 19))
REST, TALK = Task("rest", TaskKind.REST), Task("talk", TaskKind.TALK)


def task(expression="smile", cues=CUES):
    return Task(expression, TaskKind.EXPRESSION, expression, cues)


def time(seconds=23.0):
    return np.arange(round(seconds / STEP)) * STEP


def rise(t, start, height=8.0, onset=0.5, hold=2.0, offset=0.5):
    """Up by `height` within `onset` seconds, held, and down again."""
    up = minimum_jerk((t - start) / onset)
    return height * up * (1 - minimum_jerk((t - start - onset - hold) / offset))


def signals(length=690, at_rest=10.0, pose=None, **values):
    """Signals that are all 0 but for those given; of sided ones both sides get the same."""
    array = np.zeros((length, len(names())), np.float32)
    for i, name in enumerate(names()):
        for given, curve in values.items():
            if name in (given, f"{given}_left", f"{given}_right"):
                array[:, i] = curve
    return Signals(STEP, array, np.full(len(names()), at_rest, np.float32), pose)


def by_name(found, side=Side.BOTH):
    return {(m.name, m.region): m for m in found if m.side == side}


def smile_of(curve, fps=30.0, cues=CUES):
    return by_name(measure(task(cues=cues), signals(len(curve), mouth_corner=curve), fps))
