"""What the report's sheet draws."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from clinic.reports import svg
from clinic.reports.content import INVESTIGATIONAL, Chart, Content

register = template.Library()


@register.simple_tag
def chart(content: Content, chart: Chart) -> SafeString:
    assert content.span is not None  # there is one as soon as there is a dot
    return svg.draw(chart, content.span, content.marks)


@register.simple_tag
def marker(state: str, apart: bool = False) -> SafeString:
    return svg.key(state, apart)


@register.simple_tag
def investigational() -> str:
    return INVESTIGATIONAL
