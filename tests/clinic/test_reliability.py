"""The page of reliability: how alike the measures of one person are, over a clinic's patients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from django.urls import reverse

from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.audit.models import Event
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.recordings.models import Protocol
from clinic.verdicts import services
from clinic.verdicts.models import Spread
from clinic.verdicts.reliability import Repeats, tables
from diagnosis.config import Measure, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.judged import weekly
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(login: Login, carl_clinician: User) -> Any:
    def get(**asked: str) -> Any:
        response = login(carl_clinician).get(reverse("verdicts:reliability"), asked)
        assert response.status_code == 200
        return response

    return get


def person(clinic: Clinic, values: Sequence[float], medication: str = "on") -> Patient:
    """With a baseline of these values."""
    made = Patient.objects.create(
        clinic=clinic, first_name="F", last_name="Last", birth_date="1950-01-01"
    )
    give_consent(made, [Purpose.CARE], by=Consent.By.STAFF, actor=None)
    weekly(made, *values, medication=medication)
    services.refresh(made)
    return made


def powers(*logarithms: float) -> tuple[float, ...]:
    """Values of expressivity, which is compared as a logarithm."""
    return tuple(map(math.exp, logarithms))


def only(clinic: Clinic) -> Any:
    (table,) = tables(Clinic.objects.filter(pk=clinic.pk))
    return table


def test_the_spread_within_a_person_is_pooled_over_the_baselines(clinic: Clinic) -> None:
    person(clinic, powers(1, 3, 1, 3))  # squares 4 over 3
    person(clinic, powers(2, 2, 2, 2))  # and 0 over 3
    (row,) = only(clinic).rows
    assert row.people == 2
    assert row.sw == pytest.approx(math.sqrt(4 / 6))
    assert row.mdc95 == pytest.approx(1.96 * math.sqrt(2) * math.sqrt(4 / 6))


def test_agreement_is_of_the_first_two_sessions_of_each_baseline(clinic: Clinic) -> None:
    person(clinic, powers(1, 3, 2.5, 2.6))
    person(clinic, powers(3, 3, 2.5, 2.6))
    (row,) = only(clinic).rows
    assert sorted(row.pairs) == [pytest.approx((1, 3)), pytest.approx((3, 3))]
    assert row.limits.bias == pytest.approx(1)
    assert row.limits.high == pytest.approx(1 + 1.96 * math.sqrt(2))


def test_ten_people_have_an_icc_and_nine_have_not(clinic: Clinic, page: Any) -> None:
    for i in range(9):
        person(clinic, (10 + i, 10 + i, 10 + i, 11 + i))
    assert only(clinic).rows[0].icc is None
    assert "from 10 people on" in page().content.decode()
    person(clinic, (30, 30, 30, 30))
    assert only(clinic).rows[0].icc.value == 1
    assert "1.00 (1.00 to 1.00)" in page().content.decode()


def test_a_time_is_told_as_shares_and_ratios(clinic: Clinic) -> None:
    made = Patient.objects.create(
        clinic=clinic, first_name="F", last_name="Last", birth_date="1950-01-01"
    )
    protocol = Protocol.objects.get(code="core")
    for i, value in enumerate((0.5, 1.0, 0.5, 1.0)):
        slowness = Measure("slowness", "smile", Side.BOTH, "s", value, 1)
        analysed(sitting(made, protocol, 30 - 7 * i), [expressivity(10), slowness])
    services.refresh(made)
    row = next(row for row in only(clinic).rows if row.measure.startswith("slowness"))
    ((mean, ratio),) = row.points
    assert mean == pytest.approx(math.sqrt(0.5))
    assert ratio == pytest.approx(2)
    assert row.sw == pytest.approx(math.log(2) / math.sqrt(3))
    assert row.sw_words == "49 %"
    assert row.difference(math.log(2)) == "\N{MULTIPLICATION SIGN} 2.00"


def test_a_measure_that_is_no_logarithm_is_told_in_its_unit() -> None:
    pairs = ((10.0, 12.0), (20.0, 20.0))
    row = Repeats("rest-blink_rate", "Blinks", "1/min", "on", log=False, sw=1.5, pairs=pairs)
    assert row.points == [(11, 2), (20, 0)]
    assert (row.sw_words, row.mdc95_words) == ("1.50 1/min", "4.16 1/min")
    assert "the value changed by 1.00 1/min on average" in row.said


def test_states_and_measures_are_apart_the_headline_first(clinic: Clinic) -> None:
    made = person(clinic, (10, 11, 12, 13))
    for one in made.sessions.all():
        analysed(film(one, "smile"), [amplitude(5.0)])
    weekly(made, 7, 8, 7, 8, medication="off", last=1)
    services.refresh(made)
    found = [(row.title, row.medication) for row in only(clinic).rows]
    headline, _, task = found
    assert [state for _, state in found] == ["on", "off", "on"]
    assert headline[0] == found[1][0]
    assert task[0].startswith("Smile: amplitude")


def test_each_release_and_clinic_has_its_own_numbers(
    clinic: Clinic, other_clinic: Clinic, carl_clinician: User, page: Any
) -> None:
    person(clinic, (10, 11, 12, 13))
    person(other_clinic, (1, 2, 3, 4))
    assert [table.clinic for table in page().context["tables"]] == [clinic]
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.CLINICIAN)
    second = page().context["tables"][1]
    assert page(table=second.id).context["table"].clinic == second.clinic
    text = page().content.decode()
    assert "made-up-2" in text
    assert "simulated faces only" in text


def test_the_measure_that_is_asked_for_is_drawn_and_told(clinic: Clinic, page: Any) -> None:
    person(clinic, (9, 16, 11, 13))
    person(clinic, (20, 20, 21, 19))
    response = page()
    (plot,) = response.context["plots"]
    assert plot["points"] == [pytest.approx((12, 16 / 9)), pytest.approx((20, 1))]
    assert plot["lines"][1] == pytest.approx(4 / 3)
    text = response.content.decode()
    assert "the value changed by \N{MULTIPLICATION SIGN} 1.33 on average" in text
    assert page(measure="nonsense").context["measure"] == response.context["measure"]


def test_without_a_baseline_the_page_says_what_is_needed(page: Any, patient: Patient) -> None:
    weekly(patient, 10, 11, 12)
    services.refresh(patient)
    text = page().content.decode()
    assert "4 comparable sessions on different days within 28 days" in text


def test_one_person_is_not_drawn(clinic: Clinic, page: Any) -> None:
    person(clinic, (10, 11, 12, 13))
    response = page()
    assert response.context["plots"] == []
    assert "needs the baselines of two people" in response.content.decode()


def test_nobody_is_named_and_the_reading_is_on_record(
    clinic: Clinic, page: Any, carl_clinician: User
) -> None:
    people = [person(clinic, (10, 11, 12, 13 + i)) for i in range(3)]
    text = page().content.decode()
    assert not [one for one in people if one.study_code in text or one.last_name in text]
    read = Event.objects.get(actor=carl_clinician)
    assert (read.target_type, read.clinic, read.detail) == ("reliability list", clinic, "")


def test_more_people_cost_no_more_queries(clinic: Clinic, page: Any, count_queries: Any) -> None:
    person(clinic, (10, 11, 12, 13))
    own = Spread.objects.get()

    def add(count: int) -> None:
        for i in range(count):
            own.pk = own._state.adding = None
            own.patient = Patient.objects.create(
                clinic=clinic, first_name="F", last_name=f"L{i}", birth_date="1950-01-01"
            )
            Spread.objects.create(
                **{
                    f.attname: getattr(own, f.attname)
                    for f in Spread._meta.fields
                    if f.name != "id"
                }
            )

    add(2)
    few = count_queries(page)
    add(27)
    assert count_queries(page) == few
    assert page().context["table"].people == 30
