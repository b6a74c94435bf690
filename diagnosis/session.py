"""A session summed up from its takes: expressivity, slowness, and a likelihood.

The parts that a summary is made of are kept beside it, one per Core expression. Its region names
the expressions: sessions with other ones are another series. Amplitudes are measured against the
person's own neutral face, and times from its stillness before the cue.

expressivity            % IOD  the headline: mean of the main amplitudes
core_amplitude          % IOD  its parts
slowness                s      geometric mean of onset latency, time to peak, and the time in which
                               the movement would be made at its peak velocity; more is slower
core_onset_latency      s      its parts
core_time_to_peak       s
core_relative_velocity  1/s

Expressivity is the headline because of all summaries that depend on neither frame rate nor the
delay of a beep it repeats best in simulated sessions (`diagnosis.training.repeatability`); slowness
repeats as well, but is compared on the same device and browser only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gmean

from diagnosis import curves
from diagnosis.config import AnalysisConfig, Measure, Side, Task, TaskKind, config_hash
from diagnosis.findings import settings
from diagnosis.measures import too_slow
from diagnosis.movement import Floats
from diagnosis.plans import PLANS
from diagnosis.release import Likelihood, Release
from diagnosis.traces import Trace

DEFAULT_CONFIG: Final = AnalysisConfig()
CORE: Final = ("smile", "surprise", "eye_closure")  # the expressions of the Core protocol
QUICKEST_S: Final = 0.1  # in which somebody can react to a sound
EARLIER: Final = "the film was analysed by an earlier version"
NO_CORE: Final = "no Core expression was measured"


@dataclasses.dataclass(frozen=True)
class TakeRecord:
    """What is left of a usable take in the database: enough to sum up its session."""

    task: Task
    measures: tuple[Measure, ...]
    traces: tuple[Trace, ...]


@dataclasses.dataclass(frozen=True)
class SessionAnalysis:
    """A session's own measures, and a likelihood or the reason why there is none."""

    measures: tuple[Measure, ...]
    likelihood: Likelihood | None
    no_likelihood: str | None
    config_hash: str
    release: str


def assess(
    takes: Sequence[TakeRecord], release: Release, config: AnalysisConfig = DEFAULT_CONFIG
) -> SessionAnalysis:
    """Sum up a session from its usable takes, one per task.

    Only the takes that the release's classifiers were trained on enter the likelihood, and only
    those filmed at a fair frame rate, for the curves' slopes depend on it.
    """
    posed = {take.task.expression: take for take in takes if take.task.expression is not None}
    rest = [take for take in takes if take.task.kind == TaskKind.REST]
    known = {**posed, "rest": rest[-1]} if rest else posed
    known = {code: take for code, take in known.items() if not _slow(take)}
    no_likelihood = _no_likelihood(posed, known, release)
    read = {code: known[code] for code in release.trained_takes if code in known}
    return SessionAnalysis(
        measures=(*_expressivity(posed), *_slowness(posed)),
        likelihood=None
        if no_likelihood
        else release.classify({code: _curves(take, release.hz) for code, take in read.items()}),
        no_likelihood=no_likelihood,
        config_hash=config_hash(*settings(config), release.sha256, sorted(known)),
        release=release.name,
    )


def _slow(take: TakeRecord) -> bool:
    return any(measure.absent == too_slow() for measure in take.measures)


def _no_likelihood(
    posed: Mapping[str, TakeRecord], known: Mapping[str, TakeRecord], release: Release
) -> str | None:
    if not release.trained_takes:
        return "the release has no classifiers"
    if not posed:
        return "no expression task could be measured"
    if not set(posed) & set(release.trained_takes):
        return "the release was trained on none of the expressions that were measured"
    if not set(posed) & set(known) & set(release.trained_takes):
        return "the films have " + too_slow()
    return None


def _expressivity(posed: Mapping[str, TakeRecord]) -> Iterator[Measure]:
    """The headline, then its parts."""
    parts = _parts("amplitude", posed)
    yield _summary("expressivity", "% IOD", parts, [one.value for one in parts], np.mean)
    yield from parts


def _slowness(posed: Mapping[str, TakeRecord]) -> Iterator[Measure]:
    """The summary, then its parts.

    Latencies shorter than a tenth of a second, which are anticipations, count as that.
    """
    latencies = _parts("onset_latency", posed)
    rises = _parts("time_to_peak", posed)
    rates = _parts("relative_velocity", posed)
    times = [
        *(None if one.value is None else max(one.value, QUICKEST_S) for one in latencies),
        *(one.value for one in rises),
        *(1 / one.value if one.value else None for one in rates),
    ]
    parts = [*latencies, *rises, *rates]
    yield _summary("slowness", "s", parts, times, gmean)
    yield from parts


def _parts(name: str, posed: Mapping[str, TakeRecord]) -> list[Measure]:
    """The measure of this name of each Core expression's main movement."""
    return [
        dataclasses.replace(
            _of_main(name, posed[code]), name=f"core_{name}", region=code.replace("_", " ")
        )
        for code in CORE
        if code in posed
    ]


def _of_main(name: str, take: TakeRecord) -> Measure:
    assert take.task.expression is not None
    region = PLANS[take.task.expression].main.region
    found = (m for m in take.measures if (m.name, m.region, m.side) == (name, region, Side.BOTH))
    return next(found, Measure(name, region, Side.BOTH, "", None, absent=EARLIER))


def _summary(
    name: str,
    unit: str,
    parts: Sequence[Measure],
    values: Sequence[float | None],
    mean: Callable[[list[float]], float],
) -> Measure:
    """The mean of the values; `n` is how many there are."""
    region = ", ".join(dict.fromkeys(part.region for part in parts)) or "face"
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        missing = next((f"{p.region}: {p.absent}" for p in parts if p.absent), NO_CORE)
        return Measure(name, region, Side.BOTH, unit, None, absent=missing)
    caution = next((part.caution for part in parts if part.caution), "")
    value = float(mean(known))
    return Measure(name, region, Side.BOTH, unit, value, len(known), caution=caution)


def _curves(take: TakeRecord, hz: float) -> Floats:
    """(n, channels) what the classifier reads of a take: see `curves.Curves`."""
    traces = {trace.name: trace for trace in take.traces}
    names = [f"movement:{name}" for name in curves.MOVEMENTS]
    end = min(len(traces[name].values) * traces[name].step for name in names)
    t = np.arange(int(end * hz)) / hz
    network = np.zeros((2, len(t)), np.float32)
    if take.task.expression is not None:
        kinds = ("intensity", "specificity")
        network = np.stack([_at(traces[f"{k}:{take.task.expression}"], t) for k in kinds])
    return np.stack([*network, *(_at(traces[name], t) for name in names)], axis=1)


def _at(trace: Trace, t: NDArray[np.float64]) -> Floats:
    """The trace's nearest samples to the times `t`."""
    nearest = np.round((t - trace.t0) / trace.step).astype(int)
    values: Floats = trace.values[nearest.clip(0, len(trace.values) - 1)]
    return values
