"""What a fault did to the takes: the rows of the fault table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from tests.faults.drill import Film
from tests.faults.witness import Filmed


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Takes that were begun, that arrived whole (with equal SHA-256), and in part; bytes."""

    what: str
    started: int
    whole: int
    parts: int
    recorded: int
    lost: int
    note: str = ""


def compare(what: str, recorded: Sequence[Filmed], kept: Iterable[Film], note: str = "") -> Outcome:
    """Takes as the recorder gave them against the films that the server keeps.

    A part is the beginning of a take that has not arrived whole: it may lack bytes at its end, or
    have some that the recorder gave when nobody could witness it any more.
    """
    films = list(kept)
    whole = {film.sha256 for film in films if not film.partial}
    parts = [film for film in films if film.partial]
    broken = [take for take in recorded if take.sha256 not in whole]
    return Outcome(
        what,
        started=len(recorded),
        whole=len(recorded) - len(broken),
        parts=len(parts),
        recorded=sum(take.size for take in recorded),
        lost=max(0, sum(take.size for take in broken) - sum(part.size for part in parts)),
        note=note,
    )


def table(outcomes: Iterable[Outcome]) -> str:
    head = ("what was done", "takes", "whole", "parts", "bytes", "lost", "")
    rows = [
        (o.what, o.started, o.whole, o.parts, f"{o.recorded:,}", f"{o.lost:,}", o.note)
        for o in outcomes
    ]
    lines = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at in (0, len(head) - 1) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
