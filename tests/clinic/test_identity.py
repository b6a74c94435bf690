"""A name counts as the patient's however people write it, and nobody else's does."""

from __future__ import annotations

import datetime

import pytest

from clinic.patients.models import Patient
from clinic.recordings.identity import answers_match


def match(first: str, typed: str, last: str = "Patient", year: int = 1956) -> bool:
    patient = Patient(first_name=first, last_name=last, birth_date=datetime.date(1956, 3, 14))
    return answers_match(patient, typed, year)


@pytest.mark.parametrize(
    ("first", "typed"),
    [
        ("Paul", "Paul"),
        ("Paul", " pAUL "),
        ("Paul", "Paul Patient"),
        ("Paul", "Patient, Paul"),
        ("Anna Maria", "Anna"),
        ("Anna Maria", "maria"),
        ("Anna Maria", "Annamaria"),
        ("Anna-Maria", "Anna Maria"),
        ("Anna-Maria", "Maria"),
        ("José", "Jose"),
        ("Jose", "JOSÉ"),
        ("José", "Jose\u0301"),
        ("Jürgen", "Juergen"),
        ("Søren", "Soren"),
        ("Łukasz", "lukasz"),
        ("İpek", "ipek"),
        ("O'Neal", "ONeal"),
        ("O'Neal", "O\u2019Neal"),
        ("Paul", "Ｐａｕｌ"),  # noqa: RUF001  (as a Chinese keyboard may write it)
        ("小明", "小明"),
        ("小明", "小 明"),
    ],
)
def test_the_patients_name_counts(first: str, typed: str) -> None:
    assert match(first, typed)


def test_a_family_name_may_stand_first_without_a_space() -> None:
    assert match("小明", "王小明", last="王")


@pytest.mark.parametrize(
    ("first", "typed"),
    [
        ("Paul", "Paula"),
        ("Paul", "Pau"),
        ("Paul", "Patient"),
        ("Paul", ""),
        ("Paul", "..."),
        ("Anna Maria", "Anna Paul"),
        ("Anna Maria", "Peter Paul Mary Anna Maria"),
        ("J. Robert", "J"),
        ("-", "Patient"),
        ("-", "-"),
        ("小明", "小"),
    ],
)
def test_another_name_does_not(first: str, typed: str) -> None:
    assert not match(first, typed)


@pytest.mark.parametrize("year", [1955, 1957, 56])
def test_another_year_does_not(year: int) -> None:
    assert not match("Paul", "Paul", year=year)
