"""The export by study code: who is in it, what is not, and that nobody can be found by it."""

from __future__ import annotations

import datetime
import io
import zipfile

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.exports import pseudonyms, sittings
from clinic.exports.archive import NOTICE
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent, withdraw
from clinic.recordings.models import RecordingSession
from diagnosis.landmarks import LandmarkTrack
from diagnosis.models import Result

from . import analysed as made
from .exporting import furnish, opened, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(consented_patient, protocol, carl_clinician):
    return furnish(consented_patient, protocol, carl_clinician)


@pytest.fixture
def export(clinic, rita_researcher, login):
    address = reverse("exports:coded", args=[clinic.id])
    return lambda: opened(login(rita_researcher).post(address))


def contents(found: zipfile.ZipFile) -> bytes:
    """All names and bytes, those of the arrays inside included."""
    parts = [found.comment]
    for entry in found.infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0), "a true date"
        parts += [entry.filename.encode(), found.read(entry), entry.extra, entry.comment]
        if entry.filename.endswith(".npz"):
            parts.append(contents(zipfile.ZipFile(io.BytesIO(found.read(entry)))))
    return b"\n".join(parts)


def test_nobody_can_be_found_by_what_is_in_it(first, export, carl_clinician):
    patient = first.patient
    patient.email = "paul@example.org"
    patient.save()
    sessions = list(patient.sessions.all())
    moments = [s.recorded for s in sessions] + [r.created for r in Result.objects.all()]
    results = Result.objects.filter(group__in=[s.id for s in sessions])
    uuids = [
        patient.id, patient.clinic_id, *(s.id for s in sessions), *(r.id for r in results),
        *(film.id for s in sessions for film in s.recordings.all()),
    ]  # fmt: skip
    secrets = [
        patient.first_name, patient.last_name, patient.mrn, patient.email, patient.notes,
        patient.birth_date.isoformat(), patient.clinic.name, "Pauls Telefon", carl_clinician.name,
        *(str(key) for key in uuids), *(key.hex for key in uuids),
        *(film.file for s in sessions for film in s.recordings.all()),
        *(form for at in moments for form in (f"{at:%Y-%m-%d}", f"{at:%d/%m/%Y}", f"{at:%Y%m%d}")),
    ]  # fmt: skip
    everything = contents(export()).lower()
    assert [word for word in secrets if word and word.lower().encode() in everything] == []


def test_measures_come_under_the_study_code(first, export):
    found = export()
    rows = table(found, "measures.csv")
    assert {row["study_code"] for row in rows} == {first.patient.study_code}
    assert "7.03125" in {row["value"] for row in rows}
    assert {row["medication"] for row in rows} == {"on", "off"}
    assert {entry["identifiable"] for entry in table(found, "dictionary.csv")} == {"no"}
    assert NOTICE in found.read("README.txt").decode()


def test_landmarks_are_there_and_can_be_read_and_no_film_is(first, export, tmp_path):
    found = export()
    code = first.patient.study_code
    films = sorted(name for name in found.namelist() if name.startswith("landmarks/"))
    assert films == [f"landmarks/{code}/001-{task}-1.npz" for task in ("rest", "smile")]
    (tmp_path / "one.npz").write_bytes(found.read(films[0]))
    track = LandmarkTrack.load(tmp_path / "one.npz")
    assert track.landmarks(slice(None)).shape == (3, 478, 3)
    assert b"the smile film" not in contents(found)


def test_dates_are_shifted_by_one_number_of_days_so_that_intervals_are_true(first, export):
    rows = {row["session_number"]: row["recorded"] for row in table(export(), "measures.csv")}
    told = [datetime.datetime.fromisoformat(rows[number]) for number in ("1", "2")]
    true = [
        at.replace(second=0, microsecond=0)
        for at in first.patient.sessions.order_by("recorded").values_list("recorded", flat=True)
    ]
    assert {a - b for a, b in zip(told, true, strict=True)} == {pseudonyms.shift(first.patient)}


def test_a_shifted_nine_o_clock_is_nine_o_clock_in_summer_and_winter_to_the_minute():
    person = Patient()
    person.shift = datetime.timedelta(days=-10)
    days = [datetime.datetime(2026, 3, day, 9, 0, 31, 99) for day in (28, 29)]  # then summer
    with timezone.override("Europe/London"):
        told = [timezone.localtime(person.dated(timezone.make_aware(day))) for day in days]
    assert [f"{moment:%d.%m. %H:%M:%S.%f}" for moment in told] == [
        "18.03. 09:00:00.000000",
        "19.03. 09:00:00.000000",
    ]


def test_the_shift_is_the_persons_own_and_hangs_on_the_secret_key(patient):
    mine = pseudonyms.shift(patient)
    assert mine == pseudonyms.shift(Patient.objects.get(pk=patient.pk))
    with override_settings(SECRET_KEY="another key of another site"):
        others = {pseudonyms.shift(Patient()) for _ in range(40)}
        assert pseudonyms.shift(patient) != mine
    assert len(others) > 20
    assert all(datetime.timedelta(days=-365) <= shift < datetime.timedelta(0) for shift in others)


def test_scores_are_labels_only_of_people_who_agreed_to_training(first, export, carl_clinician):
    (label,) = table(export(), "labels.csv")
    assert label == {
        "study_code": first.patient.study_code,
        "session_number": "1",
        "rater": pseudonyms.rater(carl_clinician),
        "score": "2",
    }
    withdraw(first.patient.consents.get(text__purpose=Purpose.TRAINING), actor=None)
    found = export()
    assert table(found, "labels.csv") == []
    assert table(found, "measures.csv")


def test_without_standing_consent_to_sharing_nobody_is_in_it(first, export):
    sharing = first.patient.consents.get(text__purpose=Purpose.SHARING)
    withdraw(sharing, actor=None)
    found = export()
    assert table(found, "measures.csv") == []
    assert first.patient.study_code.encode() not in contents(found)


def test_only_people_of_the_clinic_are_in_it(first, export, other_clinic, protocol, carl_clinician):
    stranger = Patient.objects.create(
        clinic=other_clinic, first_name="Sue", last_name="Strange", birth_date="1950-01-01"
    )
    furnish(stranger, protocol, carl_clinician)
    codes = {row["study_code"] for row in table(export(), "measures.csv")}
    assert codes == {first.patient.study_code}


def test_people_over_89_are_one_group(clinic, protocol, export, consent_texts):
    today = timezone.localdate()
    for age in (89, 90, 97):
        person = Patient.objects.create(
            clinic=clinic, first_name="Old", last_name=str(age),
            birth_date=datetime.date(today.year - age, 1, 1), study_code=f"S-{age}",
        )  # fmt: skip
        give_consent(person, list(Purpose), by=Consent.By.STAFF, actor=None)
        session = made.sitting(person, protocol)
        RecordingSession.objects.filter(pk=session.pk).update(
            recorded=datetime.datetime(today.year, 1, 2, tzinfo=datetime.UTC)
        )
        made.analysed(session, [made.expressivity(1.0)])
    ages = {row["study_code"]: row["age"] for row in table(export(), "measures.csv")}
    assert ages == {"S-89": "89", "S-90": "over 89", "S-97": "over 89"}


def test_the_audit_tells_it_of_the_clinic_and_of_each_person(first, export, rita_researcher):
    export()
    told = Event.objects.filter(actor=rita_researcher, action=Action.EXPORT)
    assert {(event.target_type, event.detail) for event in told} == {
        ("clinic", "research, 1 people"),
        ("patient", "research"),
    }


def test_it_costs_the_same_queries_for_few_and_many_people(
    clinic, protocol, consent_texts, login, rita_researcher, count_queries
):
    def cost(number: int) -> int:
        for _ in range(number):
            person = Patient.objects.create(
                clinic=clinic, first_name="A", last_name="B", birth_date="1950-01-01"
            )
            give_consent(person, [Purpose.SHARING], by=Consent.By.STAFF, actor=None)
            made.analysed(made.sitting(person, protocol), [made.expressivity(1.0)])
        address = reverse("exports:coded", args=[clinic.id])
        return count_queries(lambda: login(rita_researcher).post(address))

    assert cost(3) == cost(sittings.AT_A_TIME - 3)


def test_the_page_counts_who_shares_and_names_nobody(first, login, rita_researcher):
    page = login(rita_researcher).get(reverse("exports:research")).content.decode()
    assert "Patients who agree to sharing: 1 of 1." in page
    assert "Paul" not in page
    assert "release_sha256" in page  # the list of columns
    assert "birth_date" not in page
