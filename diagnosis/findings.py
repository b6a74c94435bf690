"""The findings about recordings, in words for patients and staff, from the file that the browser
reads as well."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from diagnosis.config import AnalysisConfig, Finding, Severity

PATH: Final = Path(__file__).with_name("quality.json")


@functools.cache
def rules() -> Mapping[str, Any]:
    """The whole of quality.json: "thresholds", "live" (limits and times that only the browser
    needs) and "findings", where "retake" says what asks for another film: {n} is how many."""
    read: Mapping[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return read


def threshold(name: str) -> float:
    return float(rules()["thresholds"][name])


def finding(code: str, **values: object) -> Finding:
    """The finding `code`, with `values` filled into the words for staff."""
    words = rules()["findings"][code]
    return Finding(
        code=code,
        severity=Severity(words["severity"]),
        patient=words["patient"],
        staff=words["staff"].format(**values),
    )


def settings(config: AnalysisConfig) -> tuple[object, ...]:
    """Everything that decides what is measured and what is refused, for the hash."""
    return config, rules()["thresholds"]
