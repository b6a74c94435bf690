"""Peak memory of a process that analyses a short film and of one that analyses a long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from diagnosis import pipeline, release
from diagnosis.bench.films import SIZES, TASK, film, repeat
from diagnosis.bench.peak import peak_mb

LENGTHS_S: Final = (10, 600)
GOAL_MB: Final = 60


def print_memory(folder: Path) -> None:
    peaks = []
    for length in LENGTHS_S:
        path = folder / f"{length}s.mp4"
        repeat(film(folder, *SIZES[1]), path, length)
        command = [sys.executable, "-m", "diagnosis.bench", "--peak", str(path)]
        shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        peaks.append(float(shown.stdout.split()[-1]))
        print(f"\nPeak memory of an analysis of {length} s: {peaks[-1]:.0f} MB", end="")
    print(f"; difference {peaks[1] - peaks[0]:.0f} MB, goal at most {GOAL_MB} MB")


def analysis_mb(path: Path) -> float:
    """Analyse in this process and keep the landmarks; its peak resident memory in MB."""
    model = release.load(release.DEFAULT)
    take = pipeline.analyse(path, TASK, model, None, lambda stage, _: None)
    take.track.save(path.with_suffix(".npz"))
    return peak_mb()
