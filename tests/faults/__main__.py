"""`python -m tests.faults`: breaks things around takes and prints what became of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.faults.outcome import table
from tests.faults.scenarios import SCENARIOS
from tests.faults.world import world


def main() -> None:
    wanted = sys.argv[1:]
    outcomes = []
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as here:
            outcomes.append(scenario(here))
            print(table(outcomes[-1:]), flush=True)
    print("\n" + table(outcomes))


if __name__ == "__main__":
    main()
