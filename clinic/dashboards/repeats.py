"""The mean over a task's repeats, against the time since the cue: as charts, words and a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from clinic.dashboards import curves, labels
from clinic.recordings.models import Recording
from diagnosis.models import Trace

TABLE_STEP_S = 0.5
LATE_S = 0.5  # after the cue, for those who react late: as long as in the measures


@dataclasses.dataclass(frozen=True)
class MeanCurve:
    """The mean over the repeats and their standard deviation at the same times; `caution` says why
    it is of low reliability, if it is."""

    mean: Trace
    sd: Trace
    caution: str

    @property
    def label(self) -> str:
        return labels.trace(self.mean.name)[0]

    def at(self, t: float) -> tuple[float, float]:
        """Mean and SD at `t` seconds since the cue; NaN where they are not known."""
        i = round((t - self.mean.t0) / self.mean.step)
        return float(self.mean.array()[i]), float(self.sd.array()[i])

    def said(self, cue_s: float) -> str:
        """Its peak after a cue that lasts `cue_s`, in a sentence."""
        peak = curves.peak(self.mean, 0, cue_s + LATE_S)
        if peak.at is None:
            return f"{self.label} has no mean."
        mean, sd = self.at(peak.at)
        words = (
            f"{self.label} reaches {labels.significant(mean)} ± {labels.significant(sd, 2)} "
            f"{self.mean.unit} {peak.at:.1f} s after the cue."
        )
        return f"{words} {curves.warning(self.label, self.caution)}" if self.caution else words


@dataclasses.dataclass(frozen=True)
class Repeats:
    """The means over up to `n` repeats, the longest of whose cue windows lasts `cue_s`; one curve
    at least."""

    n: int
    cue_s: float
    curves: tuple[MeanCurve, ...]

    @property
    def said(self) -> str:
        return " ".join(curve.said(self.cue_s) for curve in self.curves)

    @property
    def table(self) -> list[tuple[float, list[tuple[float, float]]]]:
        """Every half second since the cue, with the mean and SD of each curve."""
        means = [curve.mean for curve in self.curves]
        first = max(mean.t0 for mean in means)
        last = min(mean.t0 + (len(mean.array()) - 1) * mean.step for mean in means)
        times = np.arange(first, last + 1e-6, TABLE_STEP_S).tolist()
        return [(t, [curve.at(t) for curve in self.curves]) for t in times]


def of(recording: Recording, traces: Sequence[Trace]) -> Repeats | None:
    """The means of the expression network's curves and of the main movement, which the engine
    lists first; None for a task without repeats."""
    by_name = {trace.name: trace for trace in traces}
    means = [trace for trace in traces if trace.name.startswith(labels.MEAN)]
    network = [mean for mean in means if not curves.is_movement(mean)]
    main = [mean for mean in means if curves.is_movement(mean)][:1]
    found = tuple(
        MeanCurve(
            mean,
            by_name[labels.SD + mean.name.removeprefix(labels.MEAN)],
            curves.caution(mean, recording.task.expression),
        )
        for mean in (*network, *main)
    )
    if not found:
        return None
    longest = max(cue["end"] - cue["start"] for cue in recording.cues)
    return Repeats(len(recording.cues), longest, found)


def payload(repeats: Repeats) -> dict[str, Any]:
    """{"n", "cues", "charts"} as a film's curves, over the time since the cue; each curve has its
    standard deviation, "sd", beside its "values"."""
    by_name = {curve.mean.name: curve for curve in repeats.curves}

    def drawn(mean: Trace) -> dict[str, Any]:
        curve = by_name[mean.name]
        return curves.drawn(mean, curve.caution) | {"sd": curves.numbers(curve.sd)}

    charts = curves.charts([curve.mean for curve in repeats.curves], drawn)
    return {"n": repeats.n, "cues": [{"start": 0, "end": repeats.cue_s}], "charts": charts}
