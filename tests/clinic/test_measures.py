"""How pages list a result's measures."""

from __future__ import annotations

from clinic.dashboards.measures import Group, Note, table
from diagnosis.config import Side
from diagnosis.models import Measure

SMALL = "the tracker reports only 12 % of this movement"
UNKNOWN = "how much of this movement the tracker reports is not known"


def measure(name: str, side: Side = Side.BOTH, caution: str = "", region: str = "brow") -> Measure:
    return Measure(name=name, region=region, side=side, value=1.0, caution=caution)


def names(groups: tuple[Group, ...]) -> dict[str, list[str]]:
    return {group.title: [row.measure.name for row in group.rows] for group in groups}


def test_measures_stand_in_groups_in_the_order_of_the_engine() -> None:
    listed = ("amplitude", "time_to_peak", "hold_decay", "intensity", "peak_velocity", "new_one")
    assert names(table([measure(name) for name in listed]).groups) == {
        "Amplitude and resemblance": ["amplitude", "intensity"],
        "Speed": ["time_to_peak", "peak_velocity"],
        "Steadiness": ["hold_decay"],
        "Other": ["new_one"],
    }


def test_left_and_right_stand_apart() -> None:
    found = table([measure("amplitude", side) for side in Side])
    assert [row.measure.side for group in found.groups for row in group.rows] == ["both"]
    assert [row.measure.side for group in found.further for row in group.rows] == ["left", "right"]


def test_the_course_of_movements_beside_the_main_one_stands_apart_their_amplitude_does_not() -> (
    None
):
    listed = [
        measure(name, region=region)
        for region in ("brow", "mouth")
        for name in ("amplitude", "time_to_peak", "hold_decay")
    ]
    found = table(listed)
    assert names(found.groups) == {
        "Amplitude and resemblance": ["amplitude", "amplitude"],
        "Speed": ["time_to_peak"],
        "Steadiness": ["hold_decay"],
    }
    assert names(found.further) == {"Speed": ["time_to_peak"], "Steadiness": ["hold_decay"]}
    assert found.further[0].rows[0].measure.region == "mouth"


def test_each_reason_for_low_reliability_stands_once_rows_point_to_it_and_it_to_them() -> None:
    first, _, second, third = listed = [
        measure("amplitude", caution=caution) for caution in (SMALL, "", UNKNOWN, SMALL)
    ]
    found = table(listed)
    assert found.notes == (Note(SMALL, (first, third)), Note(UNKNOWN, (second,)))
    assert [row.note for row in found.groups[0].rows] == [1, None, 2, 1]


def test_no_measures_make_no_table() -> None:
    assert not table([])
