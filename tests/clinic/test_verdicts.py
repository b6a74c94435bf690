"""Verdicts are kept when their answer changes, and stay unread until a clinician looks."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from clinic.accounts.models import Clinic, Role, User
from clinic.patients.models import Patient
from clinic.recordings import capture_services
from clinic.recordings.access import Access
from clinic.recordings.models import Protocol
from clinic.verdicts import services
from clinic.verdicts.models import Spread, Verdict
from diagnosis.config import Finding, Severity
from diagnosis.models import Job
from diagnosis.signals import analysis_finished
from tests.clinic.analysed import analysed, film, sitting
from tests.clinic.judged import BASELINE, session, weekly
from tests.clinic.planning import another_patient
from tests.conftest import Login, member


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def words(patient: Patient) -> list[tuple[str, str]]:
    found = services.current([patient]).get(patient.id, [])
    return [(row.medication, row.word) for row in found]


def page(login: Login, user: User, patient: Patient) -> str:
    response = login(user).get(reverse("dashboards:patient", args=[patient.id]))
    return str(response.content.decode())


def patients_list(login: Login, user: User, **search: str) -> list[str]:
    browser = login(user)
    browser.post(reverse("patients:list"), search)
    return [str(patient) for patient, _ in browser.get(reverse("patients:list")).context["rows"]]


def test_a_verdict_tells_what_it_was_reached_from(patient: Patient) -> None:
    made = weekly(patient, *BASELINE, 5, 4)
    services.refresh(patient)
    (row,) = services.current([patient])[patient.id]
    assert (row.medication, row.word, row.direction) == ("on", "change", "less")
    assert (row.since, row.session) == (made[4].recorded, made[5].id)
    assert (row.latest, row.mean, row.unit) == (4, pytest.approx(11.4454, abs=1e-4), "% IOD")
    assert [row.low, row.high] == pytest.approx([7.6581, 17.1056], abs=1e-3)
    assert (row.release, row.evidence, row.title) == (
        "made-up-2",
        "simulated",
        "Expressivity, smile",
    )


def test_the_same_answer_again_keeps_its_row_and_that_it_was_read(
    patient: Patient, carl_clinician: User
) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    services.refresh(patient)
    services.mark_read(patient, carl_clinician)
    newest = session(patient, 12, 0)
    services.refresh(patient)
    row = Verdict.objects.get()
    assert (row.word, row.latest, row.session) == ("usual", 12, newest.id)
    assert row.read_by == carl_clinician


def test_another_answer_is_a_new_row_and_unread(patient: Patient, carl_clinician: User) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    services.refresh(patient)
    services.mark_read(patient, carl_clinician)
    session(patient, 5, 0)
    services.refresh(patient)
    assert Verdict.objects.count() == 2
    assert words(patient) == [("on", "outside")]
    assert Verdict.objects.unread().get().word == "outside"


def test_on_stands_before_off(patient: Patient) -> None:
    weekly(patient, 3, 4, medication="off")
    weekly(patient, *BASELINE, 11)
    services.refresh(patient)
    assert words(patient) == [("on", "usual"), ("off", "collecting")]


def test_a_state_without_any_session_loses_its_verdict(patient: Patient) -> None:
    made = session(patient, 10, 0)
    services.refresh(patient)
    made.medication = "off"
    made.save()
    services.refresh(patient)
    assert words(patient) == [("off", "collecting")]
    assert Verdict.objects.count() == 1


def test_a_baseline_is_kept_for_the_clinics_sd_once(patient: Patient) -> None:
    weekly(patient, *BASELINE, 11)
    services.refresh(patient)
    services.refresh(patient)
    row = Spread.objects.get()
    assert (row.medication, row.measure) == ("on", "expressivity-smile-both")
    assert (row.squares, row.df) == (pytest.approx(0.0382613, rel=1e-5), 3)  # of logarithms


def test_judging_everybody_uses_the_baselines_of_all(
    clinic: Clinic, patient: Patient, carl_clinician: User
) -> None:
    other = another_patient(clinic, carl_clinician)
    for one in (patient, other):
        weekly(one, *BASELINE, 11)
    call_command("judge", stdout=io.StringIO())
    first, second = Verdict.objects.all()
    # Of logarithms Sc^2 = 0.038261 / 3 with d0 = 3: S^2 is the same, and t of 6 degrees of freedom
    # is 2.4469.
    assert [first.low, first.high] == pytest.approx([8.4034, 15.5886], abs=1e-3)
    assert (second.low, second.high) == (first.low, first.high)


def test_a_look_keeps_the_answer_that_the_baselines_of_others_have_changed(
    login: Login, clinic: Clinic, patient: Patient, carl_clinician: User
) -> None:
    weekly(patient, *BASELINE, 16)
    services.refresh(patient)
    assert words(patient) == [("on", "usual")]
    other = another_patient(clinic, carl_clinician)
    weekly(other, *BASELINE, 11)
    services.refresh(other)
    assert "Outside usual variation once" in page(login, carl_clinician, patient)
    assert words(patient) == [("on", "outside")]


def test_the_analysis_of_a_session_brings_its_verdict(
    patient: Patient, django_capture_on_commit_callbacks
) -> None:
    made = session(patient, 10, 0)
    job = Job.objects.get(subject=made.id)
    with django_capture_on_commit_callbacks(execute=True) as later:
        analysis_finished.send(sender=Job, job=job)
    assert len(later) == 1
    assert words(patient) == [("on", "collecting")]


def test_the_analysis_of_a_film_brings_none(
    patient: Patient, django_capture_on_commit_callbacks
) -> None:
    made = session(patient, 10, 0)
    job = Job(kind=Job.Kind.TAKE, group=made.id, state=Job.State.DONE)
    with django_capture_on_commit_callbacks() as later:
        services.on_analysis_finished(job)
    assert later == []


def test_another_answer_to_how_are_you_today_brings_another_verdict(
    carl_clinician: User, consented_patient: Patient, django_capture_on_commit_callbacks
) -> None:
    made = session(consented_patient, 10, 0)
    film(made, "smile")
    services.refresh(consented_patient)
    made.medication = "off"
    with django_capture_on_commit_callbacks(execute=True):
        capture_services.describe(Access(made, carl_clinician, None), made)
    assert words(consented_patient) == [("off", "collecting")]


def test_refreshing_costs_the_same_for_few_and_many_sessions(
    patient: Patient, count_queries
) -> None:
    weekly(patient, *BASELINE, last=200)
    services.refresh(patient)
    few = count_queries(lambda: services.refresh(patient))
    weekly(patient, *[11.0] * 20)
    services.refresh(patient)
    assert count_queries(lambda: services.refresh(patient)) == few


def test_the_page_answers_first_and_names_the_sessions(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    made = weekly(patient, *BASELINE, 5)
    text = page(login, carl_clinician, patient)
    answer = text.index("Outside usual variation once: less movement")
    assert answer < text.index('id="movement-title"')
    assert "Ask for one more recording within two weeks" in text
    assert "7.66 to 17.1 % IOD" in text
    for one in made:
        assert reverse("dashboards:session", args=[one.id]) in text[answer:]
    assert "trained on simulated faces only" in text[:answer]


def test_a_clinician_who_opens_the_page_has_read_the_verdicts(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    page(login, carl_clinician, patient)
    row = Verdict.objects.get()
    assert (row.read_by, row.read_at is not None) == (carl_clinician, True)


def test_neither_another_release_nor_the_page_itself_reads_a_verdict(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    browser = login(carl_clinician)
    address = reverse("dashboards:patient", args=[patient.id])
    browser.get(address, {"release": "sha of made-up-2"})
    browser.get(address, headers={"X-Requested-With": "fetch"})
    assert Verdict.objects.unread().count() == 1


def test_a_patient_without_sessions_is_told_what_to_record(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    text = page(login, carl_clinician, patient)
    assert "Collecting: 0 of 4 recordings" in text
    assert "Ask for recordings on 4 more days" in text


def test_without_a_headline_value_the_page_says_why(
    login: Login, carl_clinician: User, consented_patient: Patient
) -> None:
    made = sitting(consented_patient, Protocol.objects.get(code="core"))
    bad = Finding("no_face", Severity.BLOCKS, "No face.", "No face was found")
    analysed(film(made, "smile"), [], usable=False, findings=[bad])
    text = page(login, carl_clinician, consented_patient)
    assert "Cannot compare: Smile: No face was found" in text
    assert "Ask for one more recording without this problem." in text


def test_an_assistant_sees_no_verdict_and_reads_none(
    login: Login, anna_assistant: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    assert "usual variation" not in page(login, anna_assistant, patient)
    assert Verdict.objects.unread().count() == 1
    listed = login(anna_assistant).get(reverse("patients:list")).content.decode()
    assert "outside once" not in listed
    assert "Did it change?" not in listed


@pytest.fixture
def others(clinic: Clinic, patient: Patient, carl_clinician: User) -> None:
    """Patient, Paul has changed; Able is as usual; Baker was outside once; Cole has no session."""
    weekly(patient, *BASELINE, 5, 4)
    for name, later in (("Able", [11.0]), ("Baker", [1.0]), ("Cole", None)):
        other = another_patient(clinic, carl_clinician)
        Patient.objects.filter(pk=other.pk).update(last_name=name)
        if later:
            weekly(other, *BASELINE, *later)
    for one in Patient.objects.all():
        services.refresh(one)


def test_the_list_tells_each_patients_verdicts_in_words(
    login: Login, carl_clinician: User, others: None
) -> None:
    text = login(carl_clinician).get(reverse("patients:list")).content.decode()
    for words in ("changed, less", "usual", "outside once, less", "none yet"):
        assert words in text


def test_the_list_is_narrowed_by_verdict(login: Login, carl_clinician: User, others: None) -> None:
    assert patients_list(login, carl_clinician, verdict="change") == ["Patient, Paul"]
    assert patients_list(login, carl_clinician, verdict="usual") == ["Able, A"]
    assert patients_list(login, carl_clinician, verdict="cannot") == []


def test_a_verdict_that_holds_no_more_finds_nobody(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5, 4, last=7)
    services.refresh(patient)
    session(patient, 11, 0)
    services.refresh(patient)
    assert patients_list(login, carl_clinician, verdict="change") == []


def test_those_that_changed_stand_first_when_asked(
    login: Login, carl_clinician: User, others: None
) -> None:
    changed_first = ["Patient, Paul", "Baker, A", "Able, A", "Cole, A"]
    assert patients_list(login, carl_clinician, order="changed") == changed_first
    assert patients_list(login, carl_clinician) == [
        "Able, A",
        "Baker, A",
        "Cole, A",
        "Patient, Paul",
    ]


def test_an_assistant_does_not_find_patients_by_verdict(
    login: Login, anna_assistant: User, others: None
) -> None:
    assert len(patients_list(login, anna_assistant, verdict="change")) == 4


def test_one_who_is_clinician_elsewhere_learns_no_verdict_here(
    login: Login, clinic: Clinic, other_clinic: Clinic, others: None
) -> None:
    both = member("Berta Both", clinic, Role.ASSISTANT)
    both.memberships.create(clinic=other_clinic, role=Role.CLINICIAN)
    assert patients_list(login, both, verdict="change") == []
    listed = login(both).get(reverse("patients:list")).content.decode()
    assert "changed, less" not in listed


def test_the_list_costs_the_same_for_few_and_many_verdicts(
    login: Login, carl_clinician: User, clinic: Clinic, patient: Patient, count_queries
) -> None:
    browser = login(carl_clinician)
    browser.post(reverse("patients:list"), {"order": "changed"})
    weekly(patient, 10)
    services.refresh(patient)
    few = count_queries(lambda: browser.get(reverse("patients:list")))
    for _ in range(8):
        other = another_patient(clinic, carl_clinician)
        weekly(other, 10, 11)
        weekly(other, 5, medication="off", last=2)
        services.refresh(other)
    assert count_queries(lambda: browser.get(reverse("patients:list"))) == few


def test_verdicts_go_with_their_patient(patient: Patient) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    patient.delete()
    assert not Verdict.objects.exists()
    assert not Spread.objects.exists()
