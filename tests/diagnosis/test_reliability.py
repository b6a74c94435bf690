"""What is known of the tracker's gains, and what is said of low ones."""

import pytest

from diagnosis import reliability
from diagnosis.plans import PLANS, TALKING, UPPER_FACE


@pytest.fixture
def gains(monkeypatch):
    known = {
        "brow_raise": {"half": 0.3, "full": 0.41},
        "brows_together": {"half": 0.9, "full": 0.12},
    }
    monkeypatch.setattr(reliability, "gains", lambda: known)


def test_a_low_gain_at_full_amplitude_is_a_reason_for_caution(gains):
    assert reliability.caution("brows_together") == (
        "the tracker reports only 12 % of this movement"
    )
    assert reliability.caution("brow_raise") == ""


def test_an_unknown_gain_is_a_reason_for_caution(gains):
    assert "not known" in reliability.caution("cheek_raise")


def test_the_gain_of_everything_that_is_measured_is_known():
    channels = (channel for plan in PLANS.values() for channel in plan.channels)

    measured = {channel.direction for channel in (*channels, *TALKING, *UPPER_FACE)}

    assert measured <= set(reliability.gains())
    assert all({"half", "full"} <= set(gain) for gain in reliability.gains().values())


def test_a_smile_is_reliable_and_brows_drawn_together_are_not():
    assert reliability.caution("mouth_corner") == ""
    assert reliability.caution("brows_together")


@pytest.mark.parametrize(("ratio", "said"), [(0.5, False), (0.9, True), (1.5, True), (2.0, False)])
def test_a_ratio_that_an_even_movement_may_read_is_a_reason_for_caution(ratio, said):
    assert bool(reliability.symmetry_caution(ratio)) == said


def test_where_there_is_no_ratio_there_is_nothing_to_caution():
    assert reliability.symmetry_caution(None) == ""
