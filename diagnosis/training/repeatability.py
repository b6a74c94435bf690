"""Which summary of a session repeats best: `python -m diagnosis.training.repeatability`.

Simulated people, half of them with the disease, are measured in four sessions each. Between
sessions nothing changes but the day: amplitude, latency and onset vary by 8 % (our assumption),
and the tracker's noise and the posture are others. Printed per summary, on the scale of
logarithms: the spread within a person, and ICC(1). The headline of the Core protocol was chosen
by this table. A second one has the spread in the thirds of the people whose means are the smallest,
middling and largest, as measured and of logarithms: the scale on which it is steadier is the one
on which the measure is compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import measures, mesh, movement
from diagnosis.config import Cue, Measure, Side, Task, TaskKind
from diagnosis.course import SMALLEST
from diagnosis.motion import Movement
from diagnosis.movement import Signals
from diagnosis.plans import PLANS
from diagnosis.session import CORE, QUICKEST_S
from diagnosis.training import windows
from diagnosis.training.cohort import Manner, habits
from diagnosis.training.people import Person

PEOPLE: Final = 40
SESSIONS: Final = 4
DAY: Final = 0.08  # standard deviation of the logarithm from day to day
HZ: Final = 30
CUES: Final = tuple(Cue(start, start + 3) for start in (2.0, 9.0, 16.0))

Rng = np.random.Generator


def main() -> None:
    rng = np.random.default_rng(1)
    severities = [float(rng.uniform(0.2, 1)) if i % 2 else 0.0 for i in range(PEOPLE)]
    sessions = [list(_person(severity, rng)) for severity in severities]
    print(f"{'summary':44}{'within':>8}{'ICC':>6}")
    for name in sessions[0][0]:
        values = np.log([[session[name] for session in person] for person in sessions])
        within, icc = repeatability(values)
        print(f"{name:44}{within:8.1%}{icc:6.2f}")
    print(f"\n{'spread within a person, by thirds':44}{'as measured':>24}{'of logarithms':>24}")
    for name in sessions[0][0]:
        values = np.array([[session[name] for session in person] for person in sessions])
        plain = "".join(f"{spread:8.3f}" for spread in by_thirds(values, values))
        logs = "".join(f"{spread:8.1%}" for spread in by_thirds(np.log(values), values))
        print(f"{name:44}{plain}{logs}")


def repeatability(values: NDArray[np.float64]) -> tuple[float, float]:
    """Standard deviation within a person, and ICC(1) by one-way analysis of variance (Shrout &
    Fleiss 1979), of (people, sessions) values."""
    sessions = values.shape[1]
    within = float(values.var(axis=1, ddof=1).mean())
    means = values.mean(axis=1)
    between = max(float(means.var(ddof=1)) - within / sessions, 0.0)
    return within**0.5, between / (between + within)


def by_thirds(scaled: NDArray[np.float64], values: NDArray[np.float64]) -> list[float]:
    """Standard deviation within a person of `scaled`, (people, sessions), in the thirds of the
    people by the mean of their `values`, the smallest first."""
    order = np.argsort(values.mean(axis=1))
    return [
        float(scaled[third].var(axis=1, ddof=1).mean()) ** 0.5 for third in np.array_split(order, 3)
    ]


def _person(severity: float, rng: Rng) -> Iterator[Mapping[str, float]]:
    manner, person = Manner.random(severity, rng), Person.random(rng)
    poses = {name: windows.posed(name, manner.amplitude, rng) for name in CORE}
    for _ in range(SESSIONS):
        amplitude, latency, onset = rng.lognormal(0, DAY, 3)
        day = dataclasses.replace(
            manner,
            amplitude=float(amplitude),
            latency=manner.latency * latency,
            onset=manner.onset * onset,
        )
        yield dict(_summaries(_measured(day, person, poses, rng)))


def _measured(
    day: Manner, person: Person, poses: Mapping[str, NDArray[np.float64]], rng: Rng
) -> list[dict[str, Measure]]:
    """The measures of the main movement of each Core expression, by name."""
    t = np.arange(10 * HZ) / HZ
    rest = person.move(habits(day, t, rng), HZ, turning=False, rng=rng)
    neutral = np.median(rest, axis=0)
    at_rest = movement.project(mesh.canonical()[None])[0]
    found = []
    for name in CORE:
        t = np.arange(23 * HZ) / HZ
        strengths = habits(day, t, rng)
        for cue in CUES:
            late = day.latency * rng.lognormal(0, 0.15)
            hold = max(0.3, cue.end - cue.start - late - day.onset)
            effort = day.amplitude * float(rng.lognormal(0, 0.08))
            posed = Movement(name, cue.start + late, effort, day.onset, hold, 0.5, day.decay)
            strengths += np.einsum("t,a,s->tas", posed.level(t), poses[name], np.ones(2))
        moved = person.move(strengths, HZ, turning=False, rng=rng) - neutral
        signals = Signals(1 / HZ, movement.project(moved), at_rest)
        task = Task(name, TaskKind.EXPRESSION, name, CUES)
        main = PLANS[name].main.region
        found.append(
            {
                m.name: m
                for m in measures.measure(task, signals, HZ)
                if m.region == main and m.side == Side.BOTH
            }
        )
    return found


def _summaries(found: list[dict[str, Measure]]) -> Iterator[tuple[str, float]]:
    """The candidates."""
    amplitudes = [max(_value(one, "amplitude"), SMALLEST) for one in found]
    velocities = [_value(one, "peak_velocity") for one in found]
    rises = [_value(one, "time_to_peak") for one in found]
    latencies = [max(_value(one, "onset_latency"), QUICKEST_S) for one in found]
    rates = [_value(one, "relative_velocity") for one in found]
    yield "mean of the amplitudes", float(np.nanmean(amplitudes))
    yield "geometric mean of the amplitudes", _geometric(amplitudes)
    for name, amplitude in zip(CORE, amplitudes, strict=True):
        yield f"amplitude: {name.replace('_', ' ')}", amplitude
    yield "geometric mean of the peak velocities", _geometric(velocities)
    yield "geometric mean of the times to peak", _geometric(rises)
    yield (
        "slowness: latency, time to peak, 1 / rate",
        _geometric([*latencies, *rises, *(1 / rate for rate in rates)]),
    )


def _value(of_take: Mapping[str, Measure], name: str) -> float:
    """NaN where the movement was too small to have it."""
    value = of_take[name].value
    return np.nan if value is None else value


def _geometric(values: list[float]) -> float:
    return float(np.exp(np.nanmean(np.log(values))))


if __name__ == "__main__":
    main()
