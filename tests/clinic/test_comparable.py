"""A rest film that is no face at rest spoils what is measured against it."""

from __future__ import annotations

import pytest

from clinic.accounts.models import Clinic, User
from clinic.dashboards.series import trends
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.verdicts import judging
from clinic.verdicts.comparable import comparison
from clinic.verdicts.judging import StateJudgement
from diagnosis.change import Word
from diagnosis.config import Finding, Severity
from tests.clinic.analysed import analysed, film
from tests.clinic.judged import BASELINE, session, weekly
from tests.clinic.planning import another_patient

OF_THE_PICTURE = {
    "face_cut_off": "the face was partly outside the picture of the rest film",
    "face_hidden": "the face was partly hidden in the rest film",
    "hand_on_face": "a hand lay on the face in the rest film",
}
OF_THE_PERSON = {
    "smiling_at_rest": "the face was smiling in the rest film",
    "talking_at_rest": "the mouth was moving in the rest film",
    "not_at_rest": "the face was moving in the rest film",
}
SMILING = OF_THE_PERSON["smiling_at_rest"]


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def rest(made: RecordingSession, *codes: str) -> Recording:
    """Its rest film, about which these were found, none of which keeps it from being used."""
    filmed = film(made, "rest", f"{made.id} {codes}".encode())
    analysed(filmed, findings=[Finding(code, Severity.ADVISES, "", "") for code in codes])
    return filmed


def rested(patient: Patient, *codes: str, values: tuple[float, ...] = BASELINE) -> None:
    """Sessions of which the newest is a week old, each with such a rest film."""
    for made in weekly(patient, *values, last=7):
        rest(made, *codes)


def states(patient: Patient) -> tuple[StateJudgement, ...]:
    judgement = judging.judge(comparison(patient, trends(patient)))
    assert judgement is not None
    return judgement.states


def judged(patient: Patient) -> StateJudgement:
    return states(patient)[0]


@pytest.mark.parametrize(("code", "reason"), (OF_THE_PICTURE | OF_THE_PERSON).items())
def test_a_session_whose_rest_film_is_spoilt_is_not_compared(
    consented_patient: Patient, code: str, reason: str
) -> None:
    rested(consented_patient)
    rest(session(consented_patient, 4, 0), code)
    assert judged(consented_patient).answer == f"Cannot compare: {reason}"


def test_two_spoilt_rest_films_in_a_row_are_no_less_movement(consented_patient: Patient) -> None:
    rested(consented_patient)
    for days_ago in (6, 0):
        rest(session(consented_patient, 4, days_ago), "smiling_at_rest")
    found = judged(consented_patient)
    assert found.verdict.word == Word.CANNOT
    assert found.verdict.change is None
    assert [reason for _, reason in found.left_out] == [SMILING, SMILING]


def test_a_rest_film_that_was_taken_again_at_rest_compares(consented_patient: Patient) -> None:
    rested(consented_patient)
    newest = session(consented_patient, 11, 0)
    rest(newest, "smiling_at_rest")
    rest(newest)
    assert judged(consented_patient).verdict.word == Word.USUAL


@pytest.mark.parametrize("code", OF_THE_PERSON)
def test_what_a_persons_rest_films_carry_as_a_rule_is_their_own_and_compares(
    consented_patient: Patient, code: str
) -> None:
    rested(consented_patient, code)
    rest(session(consented_patient, 11, 0), code)
    found = judged(consented_patient)
    assert (found.verdict.word, found.left_out) == (Word.USUAL, ())


@pytest.mark.parametrize("code", OF_THE_PICTURE)
def test_what_hides_the_face_compares_never_however_often_it_does(
    consented_patient: Patient, code: str
) -> None:
    rested(consented_patient, code)
    assert len(judged(consented_patient).left_out) == len(BASELINE)


def test_films_that_come_later_make_no_rule_for_the_sessions_before(
    consented_patient: Patient,
) -> None:
    made = weekly(consented_patient, *BASELINE, 11, 11, 11, 11, 11)
    rest(made[0], "not_at_rest")
    for one in made[1:4]:
        rest(one)
    for one in made[4:]:
        rest(one, "not_at_rest")
    left_out = [pk for pk, _ in judged(consented_patient).left_out]
    assert left_out == [one.id for one in (made[0], *made[4:])]


def test_fewer_than_half_of_the_first_are_no_rule(consented_patient: Patient) -> None:
    made = weekly(consented_patient, *BASELINE, 11, last=7)
    for one in made[:1]:
        rest(one, "smiling_at_rest")
    for one in made[1:]:
        rest(one)
    newest = session(consented_patient, 4, 0)
    rest(newest, "smiling_at_rest")
    left_out = judged(consented_patient).left_out
    assert left_out == ((made[0].id, SMILING), (newest.id, SMILING))


def test_what_is_the_rule_in_off_is_none_in_on(consented_patient: Patient) -> None:
    for made in weekly(consented_patient, *BASELINE, *BASELINE, medication="off", last=8):
        rest(made, "talking_at_rest")
    rested(consented_patient)
    newest = session(consented_patient, 4, 0)
    rest(newest, "talking_at_rest")
    on, off = states(consented_patient)
    assert [pk for pk, _ in on.left_out] == [newest.id]
    assert off.left_out == ()


def test_the_rest_films_of_another_person_are_no_rule(
    clinic: Clinic, carl_clinician: User, consented_patient: Patient
) -> None:
    rested(another_patient(clinic, carl_clinician), "smiling_at_rest")
    rested(consented_patient)
    rest(session(consented_patient, 4, 0), "smiling_at_rest")
    assert judged(consented_patient).answer == f"Cannot compare: {SMILING}"


def test_a_session_whose_rest_film_broke_off_is_not_compared(consented_patient: Patient) -> None:
    rested(consented_patient)
    broken = rest(session(consented_patient, 4, 0))
    Recording.objects.filter(pk=broken.pk).update(partial=True)
    assert judged(consented_patient).answer == (
        "Cannot compare: the rest film broke off before its end"
    )
