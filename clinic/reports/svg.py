"""A report's chart as SVG in black and white: shape and dash tell ON from OFF, never a colour.

Sizes are in units of the view box; only presentation attributes are used, which a browser under a
strict content security policy and WeasyPrint both draw.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from clinic.reports.content import Chart, Dot, Mark, Usual

WIDTH, HEIGHT = 240.0, 114.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 232.0, 14.0, 96.0
LETTER = 9  # size of the letters
HALF = 2.9  # of a marker's width
TICKS = 4  # at most, above the lowest
DASHES = {"on": "none", "off": "3 2"}
INK, GREY, PALE = "#000", "#666", "#ddd"

Span = tuple[datetime.datetime, datetime.datetime]
Place = Callable[[float], float]


def draw(chart: Chart, span: Span, marks: Sequence[Mark]) -> SafeString:
    """Every dot carries its session's value in `data-value`, as it was measured."""
    ticks = _ticks(chart)
    across, up = _across(span), _up(ticks)
    parts = [
        *(_band(band, up) for band in chart.bands),
        *_value_axis(ticks, up),
        *_time_axis(span, across),
        *(_mark(mark, across) for mark in marks if mark.letter),
        *(_line(state, chart.dots, across, up) for state in DASHES),
        *(_dot(dot, across, up) for dot in chart.dots),
    ]
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}" '
        'font-family="DejaVu Sans, Liberation Sans, sans-serif" font-size="{}">{}</svg>',
        *(_n(WIDTH), _n(HEIGHT), f"{chart.title}: {chart.said}", LETTER, _joined(parts)),
    )


def key(state: str, apart: bool = False) -> SafeString:
    """A marker by itself, for the legend."""
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" width="8" height="8" '
        'aria-hidden="true">{}</svg>',
        _shape(state, apart, 4, 4, SafeString("")),
    )


def _ticks(chart: Chart) -> list[float]:
    """Round numbers from zero, or from below the lowest value if that is negative."""
    values = [dot.value for dot in chart.dots]
    values += [edge for band in chart.bands for edge in (band.low, band.high)]
    low, high = min(0.0, *values), max(0.0, *values)
    step = _round_step((high - low) / TICKS or 1.0)
    first, last = math.floor(low / step), math.ceil(high / step) or 1
    return [index * step for index in range(first, last + 1)]


def _round_step(rough: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((m * power for m in (1, 2, 5) if m * power >= rough * 0.999), 10 * power)


def _across(span: Span) -> Place:
    first, last = span[0].timestamp(), span[1].timestamp()
    room = HALF + 3

    def place(moment: float) -> float:
        part = (moment - first) / (last - first) if last > first else 0.5
        return LEFT + room + part * (RIGHT - LEFT - 2 * room)

    return place


def _up(ticks: Sequence[float]) -> Place:
    low, high = ticks[0], ticks[-1]
    return lambda value: BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)


def _band(band: Usual, up: Place) -> SafeString:
    """Of ON a pale field, of OFF its two edges."""
    top, bottom = up(band.high), max(up(band.low), up(band.high))
    bottom = min(bottom, BOTTOM)
    if band.state == "on":
        return format_html(
            '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" data-band="on"/>',
            *(_n(LEFT), _n(top), _n(RIGHT - LEFT), _n(bottom - top), PALE),
        )
    edges = _joined(_stroke(LEFT, y, RIGHT, y, GREY, 0.7, "6 2") for y in (top, bottom))
    return format_html('<g data-band="{}">{}</g>', band.state, edges)


def _value_axis(ticks: Sequence[float], up: Place) -> Iterator[SafeString]:
    every = math.ceil((len(ticks) - 1) / 3)
    for tick in ticks[::every]:
        y = up(tick)
        yield _stroke(LEFT - 3, y, LEFT, y, GREY, 0.7)
        yield _text(LEFT - 5, y + 3, f"{tick:.6g}", "end")
    yield _stroke(LEFT, TOP, LEFT, BOTTOM, GREY, 0.7)
    yield _stroke(LEFT, BOTTOM, RIGHT, BOTTOM, GREY, 0.7)


def _time_axis(span: Span, across: Place) -> Iterator[SafeString]:
    """The first and the last day, and the one in the middle where there is room for it."""
    first, last = span
    days = (last - first).days
    middle = first + (last - first) / 2
    for moment in [first, middle, last] if days > 2 else [first]:
        x = across(moment.timestamp())
        yield _stroke(x, BOTTOM, x, BOTTOM + 3, GREY, 0.7)
        end = "end" if moment is last else "middle"
        yield _text(min(x + 6, RIGHT) if end == "end" else x, BOTTOM + 13, _day(moment), end)


def _mark(mark: Mark, across: Place) -> SafeString:
    x = across(mark.at.timestamp())
    line = _stroke(x, TOP - 2, x, BOTTOM, GREY, 0.8, "1 2")
    return format_html(
        '<g data-mark="{}">{}{}</g>', mark.letter, line, _text(x, TOP - 5, mark.letter, "middle")
    )


def _line(state: str, dots: Iterable[Dot], across: Place, up: Place) -> SafeString:
    joined = [dot for dot in dots if dot.state == state and not dot.apart]
    points = " ".join(f"{_n(across(d.at.timestamp()))},{_n(up(d.value))}" for d in joined)
    return format_html(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="0.9" stroke-dasharray="{}"/>',
        *(points, INK, DASHES[state]),
    )


def _dot(dot: Dot, across: Place, up: Place) -> SafeString:
    told = format_html(
        'data-session="{}" data-at="{}" data-value="{}" data-state="{}" data-apart="{}"',
        *(dot.session, dot.at.isoformat(), repr(dot.value), dot.state, dot.apart),
    )
    return _shape(dot.state, bool(dot.apart), across(dot.at.timestamp()), up(dot.value), told)


def _shape(state: str, apart: bool, x: float, y: float, told: SafeString) -> SafeString:
    """ON a full circle, OFF an open square, other states an open diamond, apart a cross."""
    r = HALF
    if apart:
        path, fill = f"M{_n(x - r)},{_n(y - r)}l{2 * r},{2 * r}m0,{-2 * r}l{-2 * r},{2 * r}", "none"
    elif state == "on":
        return format_html(
            '<circle cx="{}" cy="{}" r="{}" fill="{}" {}/>', _n(x), _n(y), r, INK, told
        )
    elif state == "off":
        path, fill = f"M{_n(x - r)},{_n(y - r)}h{2 * r}v{2 * r}h{-2 * r}z", "#fff"
    else:
        d = r * 1.25
        path, fill = f"M{_n(x)},{_n(y - d)}l{d},{d}l{-d},{d}l{-d},{-d}z", "#fff"
    return format_html(
        '<path d="{}" fill="{}" stroke="{}" stroke-width="1.1" {}/>', path, fill, INK, told
    )


def _stroke(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dash: str = "none"
) -> SafeString:
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}" '
        'stroke-dasharray="{}"/>',
        *(_n(x1), _n(y1), _n(x2), _n(y2), colour, width, dash),
    )


def _text(x: float, y: float, words: str, anchor: str) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>', _n(x), _n(y), anchor, INK, words
    )


def _day(moment: datetime.datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y")


def _n(number: float) -> str:
    return f"{number:.2f}"


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join(mark_safe(""), "{}", ((part,) for part in parts))
