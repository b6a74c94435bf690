"""Filters with which templates write numbers and the engine's names."""

from __future__ import annotations

from django import template

from clinic.dashboards import labels
from clinic.exports import columns

register = template.Library()
register.filter("significant", labels.significant)
register.filter("first_upper", labels.first_upper)
register.filter("in_words", lambda name: labels.first_upper(labels.words(name)))
register.filter("evidence_in_words", labels.evidence)
register.filter("device_in_words", labels.device)
register.filter("apart_in_words", lambda reason: labels.APART[reason])
register.filter("grouped_age", columns.grouped_age)
register.filter("medication", lambda code: labels.MEDICATION[code])


@register.filter
def measure_label(row: object) -> str:
    """The words for anything with a name, a region and a side."""
    return labels.measure(row.name, row.region, row.side)  # type: ignore[attr-defined]
