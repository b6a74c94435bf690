"""What a clinician takes out of one patient."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from django.urls import reverse

from clinic.audit.models import Action, Event
from clinic.exports import archive, named
from clinic.exports.columns import ACCESS, CONSENTS, DICTIONARY, MEASURES, coded, rows
from clinic.exports.sittings import sittings
from clinic.patients.models import Patient
from clinic.ratings.services import has_seen_results
from clinic.recordings.models import Recording
from diagnosis.models import Result

from . import analysed as made
from .exporting import body, furnish, lines, opened, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(consented_patient, protocol, carl_clinician):
    return furnish(consented_patient, protocol, carl_clinician)


@pytest.fixture
def carl(login, carl_clinician):
    return login(carl_clinician)


def asked(browser, name: str, patient: Patient):
    return browser.post(reverse(f"exports:{name}", args=[patient.id]))


def test_measures_are_told_with_session_release_and_evidence(first, carl):
    found = opened(asked(carl, "measures", first.patient))
    rows = table(found, "measures.csv")
    (smile,) = [r for r in rows if r["task"] == "smile" and r["measure"] == "amplitude"]
    assert (smile["value"], smile["unit"], smile["n"]) == ("7.03125", "% IOD", "2")
    assert (smile["last_name"], smile["mrn"]) == ("Patient", "MRN-0042")
    assert (smile["release"], smile["evidence"]) == (made.RELEASE, "simulated")
    assert (smile["medication"], smile["session_number"]) == ("on", "1")
    assert smile["caution"] == "little is reported"
    assert smile["superseded"] == "no"


def test_a_film_that_cannot_be_measured_has_a_row_with_the_reason(first, carl):
    rows = table(opened(asked(carl, "measures", first.patient)), "measures.csv")
    (dark,) = [row for row in rows if row["session_number"] == "2"]
    assert (dark["value"], dark["usable"], dark["findings"]) == ("", "no", "dark")
    assert dark["absent"] == "too dark: luma 20"


def test_an_analysis_that_a_later_one_replaced_says_so(first, carl):
    smile = Recording.objects.get(session=first, task__code="smile")
    made.analysed(smile, [made.amplitude(8.0)])
    rows = table(opened(asked(carl, "measures", first.patient)), "measures.csv")
    told = {r["value"]: r["superseded"] for r in rows if r["task"] == "smile" and r["value"]}
    assert told == {"7.03125": "yes", "3.5": "yes", "8.0": "no"}


def test_csv_json_and_dictionary_have_the_same_columns(first, carl):
    found = opened(asked(carl, "measures", first.patient))
    names = [column.name for column in MEASURES]
    told = json.loads(found.read("measures.json"))
    assert list(table(found, "measures.csv")[0]) == names == list(told["rows"][0])
    assert [entry["name"] for entry in table(found, "dictionary.csv")] == names
    meant = json.loads(found.read("dictionary.json"))["columns"]
    assert {c["name"] for c in meant if c["identifiable"]} >= {"mrn", "birth_date", "recorded"}
    assert len(told["rows"]) == len(table(found, "measures.csv"))
    assert told["notice"] == archive.NOTICE
    assert archive.NOTICE in found.read("README.txt").decode()


def test_every_column_is_described_and_named_once():
    for columns in (MEASURES, DICTIONARY, CONSENTS, ACCESS):
        assert len({column.name for column in columns}) == len(columns)
        assert all(column.description for column in columns)


def test_an_export_by_code_keeps_no_identifiable_column():
    kept = coded(MEASURES)
    assert not any(column.identifiable for column in kept)
    gone = {column.name for column in MEASURES} - {column.name for column in kept}
    assert gone == {
        "patient", "mrn", "last_name", "first_name", "birth_date", "session", "device", "film",
    }  # fmt: skip


def test_what_a_spreadsheet_would_run_is_written_as_text(first, carl):
    Patient.objects.update(last_name="=1+1")
    rows = table(opened(asked(carl, "measures", first.patient)), "measures.csv")
    assert rows[0]["last_name"] == "'=1+1"


def test_everything_holds_films_landmarks_reports_consents_and_who_saw_what(first, carl):
    found = opened(asked(carl, "complete", first.patient))
    assert found.testzip() is None
    film = found.getinfo("films/001-smile-1.webm")
    assert found.read(film) == b"the smile film"
    assert film.compress_type == 0
    assert film.date_time == (1980, 1, 1, 0, 0, 0)
    names = found.namelist()
    assert sum(name.startswith("landmarks/001-rest-1") for name in names) == 2  # and the neutral
    (report,) = [name for name in names if name.startswith("reports/")]
    assert found.read(report) == b"%PDF"
    purposes = {row["purpose"] for row in table(found, "consents.csv")}
    assert purposes == {"care", "analysis", "training", "teaching", "sharing"}
    last = table(opened(asked(carl, "complete", first.patient)), "access.csv")[-1]
    assert (last["who"], last["did"]) == ("Carl Clinician", "exported")
    assert last["detail"] == "complete"
    assert archive.NOTICE in found.read("README.txt").decode()


def test_the_curves_of_everything_are_arrays(first, carl):
    found = opened(asked(carl, "complete", first.patient))
    (name,) = [name for name in found.namelist() if name.startswith("traces/")]
    with found.open(name) as file:
        curves = np.load(file, allow_pickle=False)
        assert curves["movement:mouth_corners"].tolist()[:2] == [0.0, 1.25]
        assert curves["movement:mouth_corners|step"] == 0.5


def test_everything_holds_a_row_of_every_table_but_no_key_to_the_site(first, carl):
    found = opened(asked(carl, "complete", first.patient))
    (patient,) = lines(found, "records/patients.patient.jsonl")
    assert (patient["notes"], patient["email"]) == ("Prefers the morning.", "paul@example.org")
    (link,) = lines(found, "records/recordings.capturelink.jsonl")
    assert "token_sha256" not in link
    assert link["created_by"] == "Carl Clinician"
    assert lines(found, "records/reminders.plan.jsonl")
    assert lines(found, "records/uploads.upload.jsonl")
    (regimen,) = lines(found, "records/therapy.regimen.jsonl")
    assert regimen["text"] == "Levodopa 100 mg three times a day"
    (rating,) = lines(found, "records/ratings.rating.jsonl")
    assert (rating["score"], rating["rater"]) == (2, "Carl Clinician")


def test_a_film_whose_file_is_gone_does_not_stop_the_export(first, carl, settings):
    smile = Recording.objects.get(session=first, task__code="smile")
    (settings.MEDIA_ROOT / smile.file).unlink()
    names = opened(asked(carl, "complete", first.patient)).namelist()
    assert "films/001-smile-1.webm" not in names
    assert "films/001-rest-1.webm" in names


def test_exports_are_in_the_audit_and_end_blindness(first, carl, carl_clinician):
    assert not has_seen_results(carl_clinician, first)
    for name in ("measures", "fhir", "complete"):
        asked(carl, name, first.patient)
    mine = Event.objects.filter(actor=carl_clinician, patient=first.patient_id)
    told = mine.filter(action=Action.EXPORT).order_by("id").values_list("detail", flat=True)
    assert list(told) == ["measures", "FHIR", "complete"]
    assert has_seen_results(carl_clinician, first)


def test_an_export_is_a_download_without_a_name_in_its_name(first, carl):
    answer = asked(carl, "measures", first.patient)
    name = answer["Content-Disposition"]
    assert name.startswith(f'attachment; filename="mimia-{first.patient.study_code}-')
    assert "Patient" not in name
    assert int(answer["Content-Length"]) == len(body(answer))
    assert answer["Cache-Control"] == "private, no-store"


def test_without_room_on_the_disk_everything_is_refused(first, carl, settings):
    settings.DISK_RESERVE_BYTES = 2**62
    answer = asked(carl, "complete", first.patient)
    assert answer.status_code == 302
    assert not Event.objects.filter(action=Action.EXPORT).exists()  # nothing was taken
    assert "no room" in carl.get(answer["Location"]).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_sessions_of_a_page(
    consented_patient, protocol, count_queries
):
    def cost(number: int) -> int:
        for _ in range(number):
            film = made.film(made.sitting(consented_patient, protocol), "smile")
            made.analysed(film, [made.amplitude(1.0)])
        return count_queries(lambda: [list(rows(s)) for s in sittings(consented_patient)])

    assert cost(2) == cost(10)


def test_films_come_out_as_they_were_received(first, carl):
    found = opened(asked(carl, "complete", first.patient))
    for film in Recording.objects.filter(session=first):
        inside = found.read(f"films/001-{film.task.code}-1.webm")
        assert hashlib.sha256(inside).hexdigest() == film.sha256


def test_only_results_of_the_patient_are_told(first, carl, clinic, protocol, carl_clinician):
    other = Patient.objects.create(
        clinic=clinic, first_name="Petra", last_name="Other", birth_date="1950-01-01"
    )
    furnish(other, protocol, carl_clinician)
    found = opened(asked(carl, "complete", first.patient))
    everything = b"".join(found.read(name) for name in found.namelist())
    assert b"Petra" not in everything
    assert str(other.id).encode() not in everything
    assert len(lines(found, "records/diagnosis.result.jsonl")) == Result.objects.count() / 2
    assert named.ABOUT_COMPLETE in found.read("README.txt").decode()


def test_the_patients_page_leads_clinicians_to_the_exports(first, carl, login, anna_assistant):
    address = reverse("exports:patient", args=[first.patient_id])
    page = reverse("dashboards:patient", args=[first.patient_id])
    assert address in carl.get(page).content.decode()
    assert address not in login(anna_assistant).get(page).content.decode()
