"""A patient's course: measures, ON less OFF, therapy, flags, and what 200 sessions cost."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.dashboards import drawing
from clinic.dashboards.flags import DEVICE, FRAMES, LIGHT, RELEASE, flags
from clinic.dashboards.series import trends
from clinic.dashboards.timeline import Pair, Timeline, paired, timeline
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.reports.gather import gather
from clinic.therapy.models import ClinicalEvent, Regimen, Stage
from clinic.verdicts.comparable import comparison
from diagnosis.change import Point
from diagnosis.config import Finding, Measure, Severity, Side
from diagnosis.models import Result
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.course import course
from tests.conftest import Login

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari"
COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0"
DARK = Finding("too_dark", Severity.ADVISES, "It is dark.", "Mean brightness 41.")
NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)


def drawn(patient: Patient) -> Timeline:
    return timeline(comparison(patient, trends(patient)))


def payload(patient: Patient) -> dict[str, Any]:
    found: dict[str, Any] = drawing.context(comparison(patient, trends(patient)))["charts"]
    return found


def session(patient: Patient, protocol: Protocol, days_ago: int, state: str, value: float) -> None:
    made = sitting(patient, protocol, days_ago, state)
    made.dyskinesia = "none"
    made.save()
    analysed(made, [expressivity(value)])


def point(number: int, days: float, value: float = 1.0) -> Point:
    return Point(UUID(int=number), NOW + datetime.timedelta(days=days), value)


@pytest.fixture
def core(protocol: Protocol) -> Protocol:
    return Protocol.objects.filter(code="core").latest("version")


def test_the_measures_are_the_same_for_everybody_the_headline_first(
    consented_patient: Patient, core: Protocol
) -> None:
    course(consented_patient, core, 2)
    keys = [(series.key.task, series.key.name) for series in drawn(consented_patient).series]
    assert keys == [
        ("", "expressivity"),
        ("", "slowness"),
        ("rest", "blink_rate"),
        ("smile", "amplitude"),
        ("surprise", "amplitude"),
        ("eye_closure", "amplitude"),
    ]


def test_a_measure_without_any_value_is_not_drawn(
    consented_patient: Patient, protocol: Protocol
) -> None:
    made = sitting(consented_patient, protocol)
    analysed(film(made, "smile"), [amplitude(None, "the face was not seen")])
    analysed(film(made, "surprise"), [amplitude(5.0)])
    assert [series.key.task for series in drawn(consented_patient).series] == ["surprise"]


def test_slowness_is_a_trend_of_its_own(consented_patient: Patient, protocol: Protocol) -> None:
    slow = Measure("slowness", "smile", Side.BOTH, "s", 0.625, 3)
    analysed(sitting(consented_patient, protocol), [expressivity(6.0), slow])
    found = trends(consented_patient)
    assert [[p.value for p in series.points] for series in found.sums] == [[0.625]]


def test_bands_come_with_their_measure_and_state(
    consented_patient: Patient, core: Protocol
) -> None:
    course(consented_patient, core, 12, days=3)
    found = drawn(consented_patient)
    key = found.series[0].key.id
    assert set(found.bands[key]) == {"on", "off"}
    bands = payload(consented_patient)["measures"][0]["bands"]
    assert [(b["state"], b["low"]) for b in bands] == [
        (state, pytest.approx(found.bands[key][state].low, rel=1e-4)) for state in ("on", "off")
    ]


def test_pairs_are_the_nearest_each_session_used_once_within_a_week() -> None:
    on = [point(1, 0), point(2, 10), point(3, 30)]
    off = [point(11, 1), point(12, 2), point(13, 16), point(14, 37.5)]
    assert paired(on, off) == [Pair(on[0], off[0]), Pair(on[1], off[2])]


def test_the_gap_is_on_less_off_over_pairs(consented_patient: Patient, protocol: Protocol) -> None:
    for days, state, value in ((40, "on", 8.0), (39, "off", 5.0), (9, "on", 7.0), (7, "off", 5.5)):
        session(consented_patient, protocol, days, state, value)
    found = drawn(consented_patient)
    assert found.gap is not None
    gap = found.gap
    assert (gap.mean, gap.values) == (2.25, [3.0, 1.5])
    assert "ON less OFF: 1.50 % IOD in the latest pair" in found.said[1]
    assert "2.25 on average over 2 pairs" in found.said[1]


def test_chart_and_table_show_the_same_pairs_at_the_later_session(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, state, value in ((40, "on", 8.0), (39, "off", 5.0), (9, "off", 5.5), (7, "on", 7.0)):
        session(consented_patient, protocol, days, state, value)
    context = drawing.context(comparison(consented_patient, trends(consented_patient)))
    gap, sessions = context["charts"]["gap"], context["charts"]["sessions"]
    assert gap == {
        "title": "ON less OFF",
        "unit": "% IOD",
        "mean": 2.25,
        "pairs": [[1, 0, 3.0], [3, 2, 1.5]],
    }
    listed = [(row.address, row.pair.value) for row in context["rows"] if row.pair]
    assert listed == [(sessions[later]["href"], value) for later, _, value in gap["pairs"]][::-1]


def test_sessions_too_far_apart_make_no_gap(consented_patient: Patient, protocol: Protocol) -> None:
    session(consented_patient, protocol, 40, "on", 8.0)
    session(consented_patient, protocol, 20, "off", 5.0)
    found = drawn(consented_patient)
    assert found.gap is None
    assert "no comparable ON and OFF sessions within 7 days" in found.said[1]


def test_sessions_that_are_not_compared_make_no_gap(
    consented_patient: Patient, protocol: Protocol
) -> None:
    session(consented_patient, protocol, 2, "on", 8.0)
    session(consented_patient, protocol, 1, "off", 5.0)
    RecordingSession.objects.filter(medication="on").update(dyskinesia="troublesome")
    assert drawn(consented_patient).gap is None


def test_a_session_that_is_not_compared_stands_beside_the_line(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days, value in ((20, 7.0), (10, 8.0), (0, 30.0)):
        session(consented_patient, protocol, days, "on", value)
    newest = consented_patient.sessions.latest("recorded")
    RecordingSession.objects.filter(pk=newest.pk).update(ill=True)
    context = drawing.context(comparison(consented_patient, trends(consented_patient)))
    points = context["charts"]["measures"][0]["points"]
    reason = "The person was ill or very tired"
    assert [point[4:] for point in points] == [[], [], [reason]]
    said = context["timeline"].said[0]
    assert "ON: first 7.00, latest 8.00" in said
    assert f"Apart from the line, {reason[0].lower()}{reason[1:]}: 30.0 % IOD." in said
    assert [row.cells[0].apart for row in context["rows"]] == [reason.replace("T", "t", 1), "", ""]
    (chart,) = gather(consented_patient).charts
    assert [bool(dot.apart) for dot in chart.dots] == [False, False, True]


def test_of_many_beside_the_line_the_range_is_told(
    consented_patient: Patient, protocol: Protocol
) -> None:
    for days in range(6):
        session(consented_patient, protocol, days, "on", 5.0 + days)
    consented_patient.sessions.update(ill=True)
    said = drawn(consented_patient).said[0]
    assert "ill or very tired: 6 sessions, between 5.00 and 10.0 % IOD." in said


def test_the_axis_has_the_time_of_the_clinics_clock(
    consented_patient: Patient, protocol: Protocol, settings: Any
) -> None:
    session(consented_patient, protocol, 0, "on", 7.0)
    moment = datetime.datetime(2026, 3, 2, 3, 30, tzinfo=datetime.UTC)
    consented_patient.sessions.update(recorded=moment)
    settings.TIME_ZONE = "America/New_York"
    chart = payload(consented_patient)
    assert chart["sessions"][0]["at"] == "2026-03-01T22:30"
    assert chart["sessions"][0]["date"] == "1 March 2026"
    assert chart["span"] == ["2026-03-01T22:30", "2026-03-01T22:30"]


def test_the_axis_reaches_to_what_happened_after_the_last_session(
    consented_patient: Patient, protocol: Protocol, carl_clinician: User
) -> None:
    session(consented_patient, protocol, 20, "on", 7.0)
    own = {"patient": consented_patient, "created_by": carl_clinician}
    today = timezone.localdate()
    day = today - datetime.timedelta(days=3)
    Regimen.objects.create(**own, start=day, text="levodopa")
    assert payload(consented_patient)["span"][1] == f"{day}T12:00"
    ClinicalEvent.objects.create(**own, date=today, kind="dose")
    consented_patient.refresh_from_db()
    assert payload(consented_patient)["span"][1] == f"{today}T12:00"


def test_flags_tell_what_changed_in_the_filming(
    consented_patient: Patient, protocol: Protocol
) -> None:
    filmed = [  # device, frame rate, findings, release
        (PHONE, 30.0, [], "r1"),
        (PHONE, 25.0, [], "r1"),
        (COMPUTER, 19.0, [DARK], "r1"),
        (COMPUTER, 30.0, [DARK], "r2"),
        (COMPUTER, 30.0, [], "r2"),
    ]
    for days, (browser, fps, findings, release) in enumerate(filmed):
        made = sitting(consented_patient, protocol, 10 - days)
        RecordingSession.objects.filter(pk=made.pk).update(device={"browser": browser})
        result = analysed(film(made, "smile"), [amplitude(7)], findings=findings, release=release)
        Result.objects.filter(pk=result.pk).update(capture={"fps": fps, "fps_mean": fps})
    order = {s.id: i for i, s in enumerate(consented_patient.sessions.order_by("recorded"))}
    found = [(order[f.session], f.kind, f.words) for f in flags(consented_patient)]
    assert found == [
        (2, DEVICE, "computer, before phone"),
        (2, FRAMES, "19 frames per second: fewer than 20"),
        (2, LIGHT, "too dark, before without a remark"),
        (3, FRAMES, "30 frames per second, before 19"),
        (3, RELEASE, "r2, before r1"),
        (4, LIGHT, "without a remark, before too dark"),
    ]


def test_what_is_not_known_is_not_flagged(consented_patient: Patient, protocol: Protocol) -> None:
    for days in (3, 2, 1):
        analysed(film(sitting(consented_patient, protocol, days), "smile"), [amplitude(7)])
    assert flags(consented_patient) == ()


@pytest.fixture
def treated(consented_patient: Patient, core: Protocol, carl_clinician: User) -> Patient:
    """Five sessions over twenty days, two medicines side by side, an event and a stage."""
    course(consented_patient, core, 5, days=5)
    today = timezone.localdate()

    def day(ago: int) -> datetime.date:
        return today - datetime.timedelta(days=ago)

    own = {"patient": consented_patient, "created_by": carl_clinician}
    old = {"start": day(900), "end": day(800), "text": "long ago"}
    Regimen.objects.create(**own, **old, ledd_mg=100)
    Regimen.objects.create(**own, start=day(90), end=day(11), text="levodopa", ledd_mg=300)
    Regimen.objects.create(**own, start=day(10), text="levodopa, more", ledd_mg=512.5)
    Regimen.objects.create(**own, start=day(30), text="rasagiline")
    ClinicalEvent.objects.create(**own, date=day(10), kind="dose", note="for slowness")
    ClinicalEvent.objects.create(**own, date=day(700), kind="dbs_surgery")
    Stage.objects.create(**own, date=day(4), stage=2)
    return consented_patient


def test_therapy_stands_below_on_the_axis_of_the_sessions(treated: Patient) -> None:
    lanes = payload(treated)["lanes"]
    assert [lane["label"] for lane in lanes] == ["Medicines", "", "Dose change", "Hoehn & Yahr"]
    bars = [[bar["text"] for bar in lane["bars"]] for lane in lanes]
    assert bars == [["LEDD 300 mg", "LEDD 512.5 mg"], ["rasagiline"], [], []]
    marks = [(mark["words"], mark["text"]) for lane in lanes for mark in lane["marks"]]
    assert marks == [("Dose change: for slowness", ""), ("Hoehn and Yahr 2", "2")]


def test_what_runs_now_is_said(treated: Patient) -> None:
    said = " ".join(drawn(treated).said)
    assert "Medicines now: rasagiline; levodopa, more, LEDD 512.5 mg." in said
    assert "2 events, the last: Dose change" in said


def test_who_sees_codes_reads_nothing_of_therapy_and_events(treated: Patient) -> None:
    context = drawing.context(comparison(treated, trends(treated)), coded=True)
    shown = json.dumps(context["charts"]) + " ".join(context["timeline"].said)
    assert {lane["kind"] for lane in context["charts"]["lanes"]} <= {"flag"}
    for word in ("LEDD", "levodopa", "rasagiline", "for slowness", "Dose", "Hoehn", "/sessions/"):
        assert word not in shown


def test_who_sees_codes_reads_the_days_of_sessions_and_no_time_of_day(treated: Patient) -> None:
    sessions = RecordingSession.objects.order_by("recorded")
    chart = drawing.context(comparison(treated, trends(treated)), coded=True)["charts"]
    days = [timezone.localdate(one.recorded).isoformat() for one in sessions]
    assert [one["at"] for one in chart["sessions"]] == [f"{day}T12:00" for day in days]
    assert chart["span"] == [f"{days[0]}T12:00", f"{days[-1]}T12:00"]


def test_the_table_has_every_value_of_the_chart(treated: Patient) -> None:
    context = drawing.context(comparison(treated, trends(treated)))
    table = {
        (row.address, float(f"{cell.value:.5g}"))
        for row in context["rows"]
        for cell in row.cells
        if cell is not None and cell.value is not None
    }
    chart = context["charts"]
    hrefs = [session["href"] for session in chart["sessions"]]
    points = {(hrefs[place], value) for m in chart["measures"] for place, value, *_ in m["points"]}
    assert len({href for href, _ in points}) == 5
    assert points == table


def test_the_page_has_controls_table_words_and_therapy(
    treated: Patient, login: Login, carl_clinician: User
) -> None:
    page = login(carl_clinician).get(reverse("dashboards:patient", args=[treated.id]))
    text = page.content.decode()
    for part in ('data-months="3"', 'data-state="off"', 'data-measure="smile-amplitude'):
        assert part in text
    assert "ON less OFF" in text
    assert reverse("therapy:page", args=[treated.id]) in text
    assert text.index("verdict-title") < text.index("movement-title") < text.index("sessions-title")


def test_two_hundred_sessions_cost_the_queries_of_five_and_little_json(
    consented_patient: Patient,
    core: Protocol,
    login: Login,
    carl_clinician: User,
    count_queries: Callable[[Callable[[], object]], int],
) -> None:
    browser = login(carl_clinician)
    address = reverse("dashboards:patient", args=[consented_patient.id])
    course(consented_patient, core, 5)
    browser.get(address)
    few = count_queries(lambda: browser.get(address))
    consented_patient.sessions.all().update(recorded=timezone.now() - datetime.timedelta(days=900))
    course(consented_patient, core, 200)
    browser.get(address)  # the first look keeps the verdicts that the new sessions brought
    assert count_queries(lambda: browser.get(address)) == few
    page = browser.get(address).content.decode()
    data = re.search(r'<script id="trends-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert len(json.loads(data[1])["sessions"]) == 205
    assert len(data[1].encode()) < 300_000
