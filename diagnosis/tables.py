"""An analysis as text for a terminal, and as plain data for other programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from diagnosis.config import Finding, Measure
from diagnosis.pipeline import TakeAnalysis

NOTICE = "Investigational software, not for diagnosis."
_HEADINGS = ("measure", "region", "side", "value", "unit", "windows", "SD")


def as_data(take: TakeAnalysis, evidence: str) -> dict[str, Any]:
    """Everything but the traces and landmarks, ready for JSON; `evidence` is the release's."""
    return {
        "notice": NOTICE,
        "task": take.task.to_json(),
        "release": take.release,
        "evidence": evidence,
        "config_hash": take.config_hash,
        "usable": take.usable,
        "neutral": take.neutral.source if take.neutral else None,
        "capture": take.capture.to_json(),
        "findings": [dataclasses.asdict(found) for found in take.findings],
        "measures": [dataclasses.asdict(measure) for measure in take.measures],
    }


def as_text(take: TakeAnalysis, evidence: str) -> str:
    """Capture facts, findings, and the measures in a table."""
    parts = [_capture(take), _findings(take.findings)]
    if take.measures:
        parts.append(_measures(take.measures))
    return "\n\n".join([*parts, f"Release {take.release}, evidence: {evidence}. {NOTICE}"])


def _capture(take: TakeAnalysis) -> str:
    capture = take.capture
    neutral = take.neutral.source if take.neutral else "none"
    return (
        f"{capture.duration_s:.1f} s, {capture.width} x {capture.height}, {capture.codec}, "
        f"{capture.fps:.1f} frames/s{' (uneven)' if capture.variable else ''}; "
        f"task: {take.task.code}; neutral face: {neutral}"
    )


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Quality: nothing to note"
    lines = [f"  {found.severity}: {found.code}: {found.staff}" for found in findings]
    return "\n".join(["Quality:", *lines])


def _measures(measures: Sequence[Measure]) -> str:
    rows = [_HEADINGS, *(_row(measure) for measure in measures)]
    # The reason for an absent value stands where the value would, and may run over the rest.
    columns = [[row[i] for row in rows if i < len(row) - 1] for i in range(len(_HEADINGS) - 1)]
    widths = [*(max(map(len, column)) for column in columns), 0]
    return "\n".join(_line(row, widths) for row in rows)


def _row(measure: Measure) -> tuple[str, ...]:
    name = (measure.name.replace("_", " "), measure.region, measure.side.value)
    if measure.value is None:
        return (*name, f"- ({measure.absent})")
    sd = "" if measure.sd is None else _number(measure.sd)
    return (*name, _number(measure.value), measure.unit, str(measure.n), sd)


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "  ".join(cells).rstrip()
