"""`python -m diagnosis.bench`: all tables, in some minutes. Let the machine do nothing else."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from diagnosis import release
from diagnosis.bench.encoding import print_encoding
from diagnosis.bench.films import SIZES, film
from diagnosis.bench.memory import analysis_mb, print_memory
from diagnosis.bench.speed import print_sizes, print_times
from diagnosis.bench.workers import print_workers


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = release.load(release.DEFAULT)
        print_times(folder, model)
        print_sizes(folder, model)
        print_encoding()
        print_memory(folder)
        print_workers(film(folder, *SIZES[1]), folder / "site")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print(analysis_mb(Path(sys.argv[2])))
    else:
        main()
