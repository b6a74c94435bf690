"""How far a movement can be trusted: the share of it that the tracker reports.

The shares were measured on the animated portrait, through decoder and tracker, where the truth is
known; `python -m diagnosis.gains --write` keeps them in gains.json, per movement signal and
direction (see `plans.Channel.direction`) at half and at full amplitude.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("gains.json")
LOWEST_GAIN: Final = 0.4  # of what is reported less than this, the reliability is low
# What even movements of the portrait and its mirror image read, left over right.
EVEN_READS: Final = (0.6, 1.6)


@functools.cache
def gains() -> Mapping[str, Mapping[str, float]]:
    """direction -> {"half", "full"}: measured over true amplitude."""
    read: Mapping[str, Mapping[str, float]] = json.loads(PATH.read_text(encoding="utf-8"))
    return read


def caution(direction: str) -> str:
    """Why measures of this movement are of low reliability; empty if they are not."""
    gain = gains().get(direction)
    if gain is None:
        return "how much of this movement the tracker reports is not known"
    if gain["full"] < LOWEST_GAIN:
        return f"the tracker reports only {100 * gain['full']:.0f} % of this movement"
    return ""


def symmetry_caution(ratio: float | None) -> str:
    """Why a ratio of left over right does not show that a movement is uneven."""
    low, high = EVEN_READS
    if ratio is not None and low <= ratio <= high:
        return f"an even movement may read {low:g} to {high:g}"
    return ""
