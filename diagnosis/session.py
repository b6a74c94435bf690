"""A session summed up from its takes: headline measures, and a likelihood."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis import curves, measures
from diagnosis.config import AnalysisConfig, Measure, Side, Task, TaskKind, config_hash
from diagnosis.course import SMALLEST
from diagnosis.findings import settings
from diagnosis.movement import Floats
from diagnosis.release import Likelihood, Release
from diagnosis.traces import Trace

DEFAULT_CONFIG: Final = AnalysisConfig()
CORE: Final = ("smile", "surprise", "eye_closure")  # the expressions of the Core protocol


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

    Only the takes that the release's classifiers were trained on enter the likelihood.
    """
    posed = {take.task.expression: take for take in takes if take.task.expression is not None}
    rest = [take for take in takes if take.task.kind == TaskKind.REST]
    known = {**posed, "rest": rest[-1]} if rest else posed
    no_likelihood = _no_likelihood(posed, release)
    read = {code: known[code] for code in release.trained_takes if code in known}
    return SessionAnalysis(
        measures=(_expressivity(posed),),
        likelihood=None
        if no_likelihood
        else release.classify({code: _curves(take, config) for code, take in read.items()}),
        no_likelihood=no_likelihood,
        config_hash=config_hash(*settings(config), release.sha256, sorted(known)),
        release=release.name,
    )


def _no_likelihood(posed: Mapping[str, TakeRecord], release: Release) -> str | None:
    if not posed:
        return "no expression task could be measured"
    if not set(posed) & set(release.trained_takes):
        return "the release was trained on none of the expressions that were measured"
    return None


def _expressivity(posed: Mapping[str, TakeRecord]) -> Measure:
    """The headline: geometric mean of the main amplitudes of the Core expressions, in % IOD.

    On the scale of ratios a loss of a third counts the same in a small and in a large movement.
    Amplitudes that cannot be told from noise count as the smallest that can. The region names the
    expressions: sessions with other ones are another series.
    """
    codes = [code for code in CORE if code in posed]
    region = ", ".join(codes).replace("_", " ") or "face"
    amplitudes = [_main_amplitude(posed[code]) for code in codes]
    if not codes or None in amplitudes:
        reason = "the main movement of each Core expression is needed"
        return Measure("expressivity", region, Side.BOTH, "% IOD", None, absent=reason)
    logs = [np.log(max(value, SMALLEST)) for value in amplitudes if value is not None]
    return Measure(
        "expressivity", region, Side.BOTH, "% IOD", float(np.exp(np.mean(logs))), len(logs)
    )


def _main_amplitude(take: TakeRecord) -> float | None:
    assert take.task.expression is not None
    region = measures.PLANS[take.task.expression].main.region
    return next(
        m.value
        for m in take.measures
        if (m.name, m.region, m.side) == ("amplitude", region, Side.BOTH)
    )


def _curves(take: TakeRecord, config: AnalysisConfig) -> Floats:
    """(n, channels) what the classifier reads of a take: see `curves.Curves`."""
    traces = {trace.name: trace for trace in take.traces}
    names = [f"movement:{name}" for name in curves.MOVEMENTS]
    end = min(len(traces[name].values) * traces[name].step for name in names)
    t = np.arange(int(end * config.network_hz)) / config.network_hz
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
