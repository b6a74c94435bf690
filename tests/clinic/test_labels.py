"""The words and number formats of the pages."""

from __future__ import annotations

import pytest

from clinic.dashboards import labels


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7.456, "7.46"),
        (74.56, "74.6"),
        (745.6, "746"),
        (0.01234, "0.0123"),
        (0, "0"),
        (None, labels.NO_NUMBER),
    ],
)
def test_numbers_have_three_significant_digits(value: float | None, written: str) -> None:
    assert labels.significant(value) == written


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"browser": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4) Version/18.4 Safari/604.1"},
         "Safari 18, iPhone"),
        ({"browser": "Mozilla/5.0 (Linux; Android 15) Chrome/141.0.0.0 Mobile Safari/537.36"},
         "Chrome 141, Android"),
        ({"browser": "Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0"},
         "Edge 141, Windows"),
        ({"name": "Simulated camera"}, "Simulated camera"),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_device_is_named_by_browser_and_system(facts: dict[str, str], name: str) -> None:
    assert labels.device(facts) == name
