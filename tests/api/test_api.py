"""The API shows to each role what its pages would, and says that it is not for diagnosis."""

from __future__ import annotations

from itertools import groupby

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.accounts.models import Membership, Role
from clinic.api.pagination import NOTICE
from clinic.api.urls import router
from clinic.audit.models import Event
from clinic.exports import pseudonyms
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent, withdraw
from clinic.recordings.models import Recording, RecordingSession
from clinic.verdicts.models import Verdict
from clinic.verdicts.services import refresh
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting

LISTS = [f"api:{basename}-list" for _, _, basename in router.registry]


def rows(browser, name: str, **query: str) -> list[dict]:
    response = browser.get(reverse(name), query)
    assert response.status_code == 200
    return response.json()["results"]


@pytest.mark.parametrize("name", LISTS)
def test_a_clinician_reads_every_list(login, carl_clinician, known, name):
    row, *_ = rows(login(carl_clinician), name)
    assert row["notice"] == NOTICE


@pytest.mark.parametrize("name", LISTS)
def test_every_payload_is_labelled(login, carl_clinician, known, name):
    browser = login(carl_clinician)
    page = browser.get(reverse(name)).json()
    assert page["notice"] == NOTICE
    single = browser.get(f"{reverse(name)}{page['results'][0]['id']}/").json()
    assert single["notice"] == NOTICE


@pytest.mark.parametrize("name", LISTS)
def test_another_clinic_sees_nothing(login, olga_outsider, carl_clinician, known, name):
    row, *_ = rows(login(carl_clinician), name)
    outsider = login(olga_outsider)
    assert rows(outsider, name) == []
    assert outsider.get(f"{reverse(name)}{row['id']}/").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_the_admin_sees_no_patients_here(login, ada_admin, result, name):
    assert rows(login(ada_admin), name) == []


@pytest.mark.parametrize("thing", ["recording", "result", "trace", "verdict", "report", "consent"])
def test_what_is_computed_or_signed_is_read_only(login, carl_clinician, thing):
    browser = login(carl_clinician)
    for method in (browser.post, browser.put, browser.patch, browser.delete):
        assert method(reverse(f"api:{thing}-list")).status_code == 405


def test_an_assistant_reads_recordings_but_no_measures(login, anna_assistant, result):
    browser = login(anna_assistant)
    assert len(rows(browser, "api:recording-list")) == 1
    assert rows(browser, "api:result-list") == []
    assert rows(browser, "api:trace-list") == []
    assert browser.get(reverse("api:result-detail", args=[result.id])).status_code == 404
    trace = f"{result.id}:{result.traces.get().name}"
    assert browser.get(reverse("api:trace-detail", args=[trace])).status_code == 404


def test_a_researcher_knows_people_by_study_code_and_age(login, rita_researcher, shared, patient):
    (row,) = rows(login(rita_researcher), "api:patient-list")
    assert set(row) == {
        "notice", "id", "clinic", "study_code", "age", "sex", "diagnosis_status",
    }  # fmt: skip
    assert (row["study_code"], row["age"]) == (patient.study_code, patient.age)


def test_a_researcher_reads_measures_and_curves(login, rita_researcher, shared, result):
    browser = login(rita_researcher)
    (measure,) = rows(browser, "api:result-list")[0]["measures"]
    assert (measure["value"], measure["unit"]) == (7.03125, "% IOD")
    for name in LISTS:
        page = browser.get(reverse(name)).content.decode()
        for secret in ("Paul", "Patient", "MRN-0042", "1956", "Prefers"):
            assert secret not in page, name


@pytest.mark.parametrize("name", LISTS)
def test_a_researcher_sees_nothing_of_people_who_took_sharing_back(
    login, rita_researcher, shared, known, name
):
    browser = login(rita_researcher)
    seen = rows(browser, name)
    withdraw(shared, actor=None)
    assert rows(browser, name) == []
    for row in seen:
        if "id" in row:
            assert browser.get(f"{reverse(name)}{row['id']}/").status_code == 404


def test_a_researcher_learns_neither_dates_nor_devices(
    login, rita_researcher, carl_clinician, shared, known, recording
):
    session = recording.session
    session.device, session.submitted = {"name": "Pauls Telefon"}, session.recorded
    session.save()
    Recording.objects.update(caption="filmed on Monday", capture={"label": "FaceTime of Paul"})
    dates = ("since", "change_since", "change_called", "change_ended")
    Verdict.objects.update(**dict.fromkeys(dates, session.recorded))
    browser, shift = login(rita_researcher), pseudonyms.shift(session.patient)
    minute = session.recorded.replace(second=0, microsecond=0) + shift
    (told,) = rows(browser, "api:session-list")
    assert parse_datetime(told["recorded"]) == minute
    (verdict,) = rows(browser, "api:verdict-list")
    assert {parse_datetime(verdict[name]) for name in dates} == {minute}
    days = {f"{timezone.localtime(session.recorded):%Y-%m-%d}", f"{session.recorded:%Y-%m-%d}"}
    for name in LISTS:
        page = browser.get(reverse(name)).content.decode()
        for secret in ("Telefon", "Monday", "FaceTime", recording.sha256, *days):
            assert secret not in page, (name, secret)
    assert "Telefon" in login(carl_clinician).get(reverse("api:session-list")).content.decode()


@pytest.fixture
def interleaved(consented_patient, other_clinic, protocol, consent_texts, carl_clinician):
    """Two people where Carl is researcher, filmed by turns; one where he is clinician.

    The first filmed have the last study code.
    """
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.RESEARCHER)
    people = [
        Patient.objects.create(
            clinic=other_clinic, first_name="A", last_name="B", birth_date="1950-01-01",
            study_code=code,
        )
        for code in ("S-9", "S-1")
    ]  # fmt: skip
    for person in people:
        give_consent(person, [Purpose.CARE, Purpose.SHARING], by=Consent.By.STAFF, actor=None)
    traces = {"movement:mouth_corners": [1.0, 2.0]}
    for days in (9, 8, 7, 6):
        for person in (*people, consented_patient):
            one = sitting(person, protocol, days)
            analysed(film(one, "smile"), [amplitude(3.0)], traces=traces)
            analysed(one, [expressivity(3.0)])
            refresh(person)


@pytest.mark.parametrize("thing", ["session", "recording", "result", "trace", "verdict"])
def test_rows_stand_person_by_person_for_whoever_reads_a_clinic_by_code(
    login, carl_clinician, interleaved, thing
):
    """Though the reader knows names in another."""
    listed = rows(login(carl_clinician), f"api:{thing}-list")
    assert len(listed) >= 12
    order = [person for person, _ in groupby(listed, key=person_of)]
    assert len(order) == len(set(order)) == 3


def person_of(row):
    if "patient" in row:
        return row["patient"]
    session = row.get("session") or Recording.objects.get(id=row["recording"]).session_id
    return str(RecordingSession.objects.get(id=session).patient_id)


def test_no_number_that_counts_over_all_people_is_told_with_a_study_code(
    login, rita_researcher, carl_clinician, shared, known
):
    researcher, clinician = login(rita_researcher), login(carl_clinician)
    for name in LISTS:
        assert not [row for row in rows(researcher, name) if isinstance(row.get("id"), int)], name
    address = known["/api/v1/verdicts/{id}/"]
    for browser, status in ((researcher, 404), (clinician, 200)):
        assert browser.get(reverse("api:verdict-detail", args=[address])).status_code == status


def test_a_researcher_finds_no_session_by_its_true_date(
    login, rita_researcher, carl_clinician, shared, session
):
    asked = {"recorded_after": "2000-01-01T00:00:00Z"}
    for user, number in ((carl_clinician, 1), (rita_researcher, 0)):
        found = login(user).get(reverse("api:session-list"), asked)
        assert (found.status_code, found.json()["count"]) == (200, number)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_no_calendar_holds_is_refused(login, carl_clinician, moment):
    for end in ("recorded_after", "recorded_before"):
        answer = login(carl_clinician).get(reverse("api:session-list"), {end: moment})
        assert answer.status_code == 400


def test_the_order_of_study_codes_tells_no_names(login, rita_researcher, clinic, consent_texts):
    for name, code in (("Abel", "S-9"), ("Berg", "S-5"), ("Cole", "S-7")):
        person = Patient.objects.create(
            clinic=clinic, first_name="A", last_name=name, birth_date="1900-01-01", study_code=code
        )
        give_consent(person, [Purpose.SHARING], by=Consent.By.STAFF, actor=None)
    listed = rows(login(rita_researcher), "api:patient-list")
    assert [row["study_code"] for row in listed] == ["S-5", "S-7", "S-9"]
    assert {row["age"] for row in listed} == {"over 89"}


def test_names_show_only_where_the_person_may_see_them(
    login, carl_clinician, patient, other_clinic, consent_texts
):
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.RESEARCHER)
    hidden = Patient.objects.create(
        clinic=other_clinic, first_name="Hidden", last_name="Person", birth_date="1950-01-01"
    )
    give_consent(hidden, [Purpose.SHARING], by=Consent.By.STAFF, actor=None)
    page = rows(login(carl_clinician), "api:patient-list")
    assert {row.get("last_name") for row in page} == {"Patient", None}


def test_it_is_told_how_a_session_and_its_films_came_about(
    login, rita_researcher, shared, recording
):
    session = recording.session
    session.ill, session.helped, session.practice = True, True, True
    session.save()
    recording.partial = True
    recording.save()
    browser = login(rita_researcher)
    (row,) = rows(browser, "api:session-list")
    told = ("ill", "facial_procedure", "helped", "practice", "imported")
    assert [row[name] for name in told] == [True, None, True, True, False]
    (film,) = rows(browser, "api:recording-list")
    assert film["partial"] is True


def test_a_curve_is_listed_without_values_and_read_with_them(login, carl_clinician, result):
    browser = login(carl_clinician)
    (row,) = rows(browser, "api:trace-list", recording=str(result.subject))
    assert "values" not in row
    trace = browser.get(reverse("api:trace-detail", args=[row["id"]])).json()
    assert trace["values"] == [0.0, 7.25, None]
    assert trace["step"] == pytest.approx(1 / 30)


def test_a_curve_says_which_release_made_it_and_on_what_evidence(login, carl_clinician, result):
    (row,) = rows(login(carl_clinician), "api:trace-list")
    assert (row["release"], row["release_sha256"], row["evidence"]) == (
        "embedded-1",
        "0" * 64,
        "simulated",
    )


def test_a_caution_is_told_with_what_it_is_about(login, carl_clinician, result):
    result.measures.update(caution="little is seen of it")
    result.traces.update(caution="movement only")
    browser = login(carl_clinician)
    (measure,) = rows(browser, "api:result-list")[0]["measures"]
    assert measure["caution"] == "little is seen of it"
    (row,) = rows(browser, "api:trace-list")
    assert row["caution"] == "movement only"
    trace = browser.get(reverse("api:trace-detail", args=[row["id"]])).json()
    assert trace["caution"] == "movement only"


def test_a_simulated_likelihood_is_told_in_a_demo_clinic_only(
    login, carl_clinician, result, clinic
):
    browser = login(carl_clinician)
    assert rows(browser, "api:result-list")[0]["likelihood"] is None
    clinic.is_demo = True
    clinic.save()
    assert rows(browser, "api:result-list")[0]["likelihood"] == {"value": 0.75}


def test_lists_are_narrowed_by_what_they_belong_to(login, carl_clinician, result, recording):
    browser = login(carl_clinician)
    session = recording.session
    other = RecordingSession.objects.create(patient=session.patient, protocol=session.protocol)
    assert len(rows(browser, "api:session-list", patient=str(session.patient_id))) == 2
    assert len(rows(browser, "api:recording-list", session=str(session.id), task="smile")) == 1
    assert rows(browser, "api:recording-list", session=str(other.id)) == []
    assert len(rows(browser, "api:result-list", recording=str(recording.id))) == 1
    assert rows(browser, "api:result-list", session=str(other.id)) == []
    assert rows(browser, "api:result-list", release="another") == []


def test_filtering_by_another_clinics_id_tells_nothing(login, olga_outsider, recording):
    query = {"session": str(recording.session_id)}
    answer = login(olga_outsider).get(reverse("api:recording-list"), query)
    assert (answer.status_code, answer.json()["count"]) == (200, 0)


def test_long_lists_have_pages(login, carl_clinician, session):
    for _ in range(4):
        RecordingSession.objects.create(patient=session.patient, protocol=session.protocol)
    answer = login(carl_clinician).get(reverse("api:session-list"), {"limit": 2}).json()
    assert (answer["count"], len(answer["results"])) == (5, 2)
    assert "offset=2" in answer["next"]


@pytest.mark.parametrize("name", ["api:session-list", "api:recording-list"])
def test_lists_cost_the_same_for_few_and_many(
    login, carl_clinician, recording, count_queries, name
):
    browser = login(carl_clinician)
    few = count_queries(lambda: rows(browser, name))
    for attempt in range(2, 8):
        session = RecordingSession.objects.create(
            patient=recording.session.patient, protocol=recording.session.protocol
        )
        recording.pk = None
        recording.session, recording.attempt, recording._state.adding = session, attempt, True
        recording.save()
    assert count_queries(lambda: rows(browser, name)) == few


def test_reading_is_recorded(login, rita_researcher, shared, clinic, result):
    browser = login(rita_researcher)
    browser.get(reverse("api:result-list"))
    browser.get(reverse("api:result-detail", args=[result.id]))
    of_record, of_list = Event.objects.all()[:2]
    assert (of_list.target_type, of_list.clinic) == ("result list", clinic)
    assert (of_record.target_type, of_record.target) == ("session", result.group)
    assert of_record.actor == rita_researcher


@pytest.mark.parametrize(
    ("name", "narrowed_by"),
    [
        ("api:session-list", "patient"),
        ("api:recording-list", "session"),
        ("api:result-list", "session"),
        ("api:result-list", "recording"),
        ("api:trace-list", "recording"),
    ],
)
def test_reading_a_list_of_one_record_is_a_reading_of_that_record(
    login, carl_clinician, recording, result, name, narrowed_by
):
    ids = {
        "patient": recording.session.patient_id,
        "session": recording.session_id,
        "recording": recording.id,
    }
    assert len(rows(login(carl_clinician), name, **{narrowed_by: f" {ids[narrowed_by]} "})) == 1
    event = Event.objects.get()
    assert (event.target_type, event.target) == (narrowed_by, ids[narrowed_by])
    assert (event.patient, event.actor) == (ids["patient"], carl_clinician)


def test_a_filter_that_a_list_does_not_know_narrows_nothing(login, carl_clinician, recording):
    rows(login(carl_clinician), "api:session-list", recording=str(recording.id))
    assert Event.objects.get().target_type == "session list"


def test_another_clinics_record_is_not_named_in_the_trail(login, olga_outsider, recording):
    browser = login(olga_outsider)
    for name, narrowed_by, asked in (
        ("session list", "patient", recording.session.patient_id),
        ("recording list", "session", recording.session_id),
        ("result list", "recording", recording.id),
    ):
        page = f"api:{name.replace(' ', '-')}"
        assert rows(browser, page, **{narrowed_by: str(asked)}) == []
        assert Event.objects.first().target_type == name


def test_strangers_get_no_data(login, result):
    browser = login(None)
    for name in LISTS:
        assert browser.get(reverse(name)).status_code == 403


def test_the_docs_load_nothing_from_elsewhere(login, carl_clinician):
    page = login(carl_clinician).get(reverse("api:docs")).content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page
    script = login(carl_clinician).get(reverse("api:docs"), {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
