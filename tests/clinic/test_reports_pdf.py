"""The report on paper: one page, the same points as the page on screen, no colour, no fetching."""

from __future__ import annotations

import dataclasses
import datetime
import re
import uuid
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from weasyprint.urls import FatalURLFetchingError

from clinic.accounts.models import User
from clinic.dashboards import drawing
from clinic.dashboards.series import trends
from clinic.dashboards.timeline import timeline
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol
from clinic.reports import checks, pdf, services, svg
from clinic.reports.content import Answer, Chart, Content, Mark
from clinic.reports.forms import COMMENT_MAX
from clinic.reports.gather import CHARTS, MARKS, NOTE, gather
from clinic.reports.models import Report
from clinic.therapy.models import ClinicalEvent, Regimen
from clinic.verdicts.comparable import comparison
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting

SVG = "{http://www.w3.org/2000/svg}"
COLOUR = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)


@pytest.fixture
def content(consented_patient: Patient, protocol: Protocol) -> Content:
    """Sessions in ON, OFF and neither, the first of them practice."""
    protocol.headline = "expressivity"
    protocol.save()
    states = ("on", "off", "unsure", "on", "on", "on", "on", "on")
    for number, state in enumerate(states):
        session = sitting(consented_patient, protocol, 60 - 7 * number, state)
        session.practice = number == 0
        session.save()
        analysed(film(session, "smile"), [amplitude(9 - number / 3)])
        analysed(session, [expressivity(8 - number / 7)])
    return gather(consented_patient)


def report_of(content: Content, author: User, comment: str = "Seen.") -> Report:
    return Report(
        patient_id=content.patient, author=author, comment=comment, digest=content.digest,
        signed_at=timezone.now(),
    )  # fmt: skip


def dots(content: Content, chart: Chart) -> list[ElementTree.Element]:
    assert content.span is not None
    drawn = ElementTree.fromstring(svg.draw(chart, content.span, content.marks))
    return [element for element in drawn.iter() if "data-value" in element.attrib]


def test_page_and_paper_show_the_same_points(content: Content) -> None:
    patient = Patient.objects.get(pk=content.patient)
    page = drawing.payload(timeline(comparison(patient, trends(patient))), str)
    on_screen = {
        measure["id"]: {
            (page["sessions"][place]["href"], value, page["sessions"][place]["state"], bool(why))
            for place, value, _, _, *why in measure["points"]
        }
        for measure in page["measures"]
    }
    on_paper = {
        chart.id: {
            (
                dot.attrib["data-session"],
                float(f"{float(dot.attrib['data-value']):.5g}"),  # as many digits as on the page
                dot.attrib["data-state"],
                bool(dot.attrib["data-apart"]),
            )
            for dot in dots(content, chart)
        }
        for chart in content.charts
    }
    assert on_paper == on_screen
    assert len(on_paper) == 2
    assert all(len(points) == 8 for points in on_paper.values())


def test_page_and_paper_show_the_same_bands(content: Content) -> None:
    patient = Patient.objects.get(pk=content.patient)
    page = drawing.payload(timeline(comparison(patient, trends(patient))), str)
    on_screen = {
        (measure["id"], band["state"], band["low"], band["high"])
        for measure in page["measures"]
        for band in measure["bands"]
    }
    on_paper = {
        (chart.id, band.state, float(f"{band.low:.5g}"), float(f"{band.high:.5g}"))
        for chart in content.charts
        for band in chart.bands
    }
    assert on_paper == on_screen
    assert len(on_paper) == 2
    drawn = svg.draw(content.charts[0], content.span, ())
    assert drawn.count("data-band=") == 1


def test_states_differ_in_shape_and_filling(content: Content) -> None:
    shapes = {
        (dot.attrib["data-state"], bool(dot.attrib["data-apart"])): (
            dot.tag.removeprefix(SVG),
            dot.attrib["fill"],
            re.sub(r"[\d.,-]+", "", dot.attrib.get("d", "")),
        )
        for dot in dots(content, content.charts[0])
    }
    assert shapes["on", False][:2] == ("circle", "#000")
    assert shapes["off", False][:2] == ("path", "#fff")
    assert len(set(shapes.values())) == len(shapes) == 4


def test_a_higher_value_stands_higher_and_a_later_one_further_right(content: Content) -> None:
    shown = [dot for dot in dots(content, content.charts[0]) if dot.tag == f"{SVG}circle"]
    assert len(shown) > 2
    by_value = sorted(shown, key=lambda dot: float(dot.attrib["data-value"]))
    heights = [float(dot.attrib["cy"]) for dot in by_value]
    assert heights == sorted(heights, reverse=True)
    by_time = sorted(shown, key=lambda dot: dot.attrib["data-at"])
    places = [float(dot.attrib["cx"]) for dot in by_time]
    assert places == sorted(places)


def test_everything_stays_inside_the_frame(content: Content) -> None:
    """A band that goes below zero, too."""
    assert content.span is not None
    chart = content.charts[0]
    bands = tuple(dataclasses.replace(band, low=-3.0) for band in chart.bands)
    drawn = ElementTree.fromstring(
        svg.draw(dataclasses.replace(chart, bands=bands), content.span, content.marks)
    )
    limits = dict.fromkeys(("x1", "x2", "cx"), svg.WIDTH)
    limits |= dict.fromkeys(("y1", "y2", "cy"), svg.HEIGHT)
    places = [
        (name, float(element.attrib[name]))
        for element in drawn.iter()
        for name in limits
        if name in element.attrib
    ]
    assert places
    assert [(name, place) for name, place in places if not 0 <= place <= limits[name]] == []
    heights = [float(rect.attrib["height"]) for rect in drawn.iter(f"{SVG}rect")]
    assert all(height >= 0 for height in heights)


@pytest.mark.parametrize("values", [(0.0,), (0.0, 0.0), (-2.0, 5.0), (1e-3, 2e-3), (9e5, 1e6)])
def test_a_chart_can_be_drawn_of_any_values(content: Content, values: tuple[float, ...]) -> None:
    some = content.charts[0]
    chosen = tuple(dataclasses.replace(some.dots[0], value=value) for value in values)
    chart = dataclasses.replace(some, dots=chosen, bands=())
    assert [float(dot.attrib["data-value"]) for dot in dots(content, chart)] == list(values)


def test_medicines_and_events_stand_in_the_charts_and_below_them(
    content: Content, carl_clinician: User
) -> None:
    """One outside the span of the sessions has no place in the charts."""
    patient = Patient.objects.get(pk=content.patient)
    today = timezone.localdate()
    for days, text in ((400, "levodopa 3 x 100 mg"), (30, "levodopa 4 x 100 mg")):
        Regimen.objects.create(
            patient=patient, created_by=carl_clinician, ledd_mg=days,
            start=today - datetime.timedelta(days=days), text=text,
        )  # fmt: skip
    ClinicalEvent.objects.create(
        patient=patient, created_by=carl_clinician, kind=ClinicalEvent.Kind.ILLNESS,
        date=today - datetime.timedelta(days=20),
    )  # fmt: skip
    marks = gather(patient).marks
    assert [(mark.letter, mark.words) for mark in marks] == [
        ("", "levodopa 3 x 100 mg, LEDD 400 mg"),
        ("A", "levodopa 4 x 100 mg, LEDD 30 mg"),
        ("B", "Illness"),
    ]
    assert content.span is not None
    drawn = ElementTree.fromstring(svg.draw(content.charts[0], content.span, marks))
    groups = drawn.iter(f"{SVG}g")
    letters = [group.attrib["data-mark"] for group in groups if "data-mark" in group.attrib]
    assert letters == ["A", "B"]


def test_the_fullest_report_is_one_page(content: Content, carl_clinician: User) -> None:
    long = "Reliable change since 24 November 2026: less movement than usual in this state"
    changed = (
        "Outside in 2 sessions within 5 days: not yet a change (more movement). A change, less "
        "movement, was called on 17 November 2026 and ended on 24 November 2026."
    )
    dates = "It rests on 22 Nov 2026, 25 Nov 2026, 26 Nov 2026"  # all within five days
    unknown = Answer("", long, long, "", "", "")
    doses = ("levodopa and carbidopa 4 x 100 mg, " * 3)[:NOTE]
    full = dataclasses.replace(
        content,
        charts=content.charts[:1] * CHARTS,
        is_demo=True,
        comparisons=content.comparisons[:1] * CHARTS,
        marks=(Mark("A", timezone.now(), "24 Nov 2026", doses),) * MARKS,
        earlier_marks=3,
        answers=(*(Answer("on", changed, long, long, long, dates),) * 2, unknown),
        quality=(long * 2,) * 5,
        ratings=(long,) * 3,
    )
    report = report_of(full, carl_clinician, "wide words " * (COMMENT_MAX // 11))
    html = services.document(full, report)
    assert pdf.one_page(html).startswith(b"%PDF")
    larger = pdf.laid_out(html, 14)
    assert len(larger.pages) > 1


def test_what_cannot_fit_is_refused(content: Content, carl_clinician: User) -> None:
    endless = dataclasses.replace(content, quality=("a line",) * 200)
    with pytest.raises(pdf.TooLong):
        pdf.one_page(services.document(endless, report_of(endless, carl_clinician)))


def test_a_report_fetches_nothing(content: Content, carl_clinician: User) -> None:
    html = services.document(content, report_of(content, carl_clinician))
    assert "url(" not in html
    assert not re.search(r"\b(?:src|href)=", html)


@pytest.mark.parametrize(
    "address", ["https://example.org/x.png", "file:///etc/hostname", "data:,x"]
)
def test_html_that_asks_for_a_file_is_refused(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf.laid_out(f'<img src="{address}" alt="">', 9)


def test_the_sheet_is_black_and_grey_only(content: Content, carl_clinician: User) -> None:
    html = services.document(content, report_of(content, carl_clinician))
    colours = set(COLOUR.findall(html.replace("screen", "")))
    assert colours
    assert [c for c in colours if len({*c[1::2], *c[2::2]}) > 1 and len(set(c[1:])) > 1] == []


def test_what_a_person_typed_is_text_on_the_sheet(content: Content, carl_clinician: User) -> None:
    report = report_of(content, carl_clinician, "<script>x</script>")
    html = services.document(dataclasses.replace(content, name="<b>Paul</b>"), report)
    assert "<script>" not in html
    assert "<b>Paul" not in html


def test_a_change_of_anything_changes_the_digest(content: Content) -> None:
    moved = dataclasses.replace(
        content.charts[0].dots[0], value=content.charts[0].dots[0].value + 1e-9
    )
    chart = dataclasses.replace(content.charts[0], dots=(moved, *content.charts[0].dots[1:]))
    others = [
        dataclasses.replace(content, name="Somebody else"),
        dataclasses.replace(content, previous=uuid.uuid4()),
        dataclasses.replace(content, charts=(chart, *content.charts[1:])),
    ]
    assert len({content.digest, *(other.digest for other in others)}) == 4


def test_the_operator_hears_of_missing_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.pdf_libraries_are_there(None) == []
    monkeypatch.setattr(pdf, "LIBRARIES", (*pdf.LIBRARIES, "libnot-there.so.0"))
    (warning,) = checks.pdf_libraries_are_there(None)
    assert "libnot-there.so.0" in warning.msg
    assert "libpangoft2-1.0-0" in str(warning.hint)
