"""Verdicts are kept when their answer changes, and stay unread until a clinician looks."""

from __future__ import annotations

import datetime
import io
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import Clinic, User
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
from tests.clinic.judged import BASELINE, DESK, read, session, weekly
from tests.clinic.planning import another_patient
from tests.conftest import Login


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def words(patient: Patient) -> list[tuple[str, str]]:
    found = services.current([patient]).get(patient.id, [])
    return [(row.medication, row.word) for row in found]


def page(login: Login, user: User, patient: Patient) -> str:
    response = login(user).get(reverse("dashboards:patient", args=[patient.id]))
    return str(response.content.decode())


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
    read(patient, carl_clinician)
    newest = session(patient, 12, 0)
    services.refresh(patient)
    row = Verdict.objects.get()
    assert (row.word, row.latest, row.session) == ("usual", 12, newest.id)
    assert row.read_by == carl_clinician


def test_another_answer_is_a_new_row_and_unread(patient: Patient, carl_clinician: User) -> None:
    weekly(patient, *BASELINE, 11, last=7)
    services.refresh(patient)
    read(patient, carl_clinician)
    session(patient, 5, 0)
    services.refresh(patient)
    assert Verdict.objects.count() == 2
    assert words(patient) == [("on", "outside")]
    assert Verdict.objects.unread().get().word == "outside"


def test_a_change_is_kept_with_the_answers_that_come_after_it(patient: Patient) -> None:
    made = weekly(patient, *BASELINE, 5, 4, last=21)
    services.refresh(patient)
    for value, days_ago in ((11, 14), (12, 7), (3, 0)):
        made.append(session(patient, value, days_ago))
        services.refresh(patient)
    rows = list(Verdict.objects.order_by("id"))
    assert [(row.word, row.unsettled) for row in rows] == [
        ("change", 0),
        ("change", 1),
        ("usual", 0),
        ("outside", 1),
    ]
    assert {row.change_since for row in rows} == {made[4].recorded}
    assert {row.change_called for row in rows} == {made[5].recorded}
    assert {row.change_direction for row in rows} == {"less"}
    ended = made[7].recorded
    assert [row.change_ended for row in rows] == [None, None, ended, ended]


def test_older_answers_get_the_change_that_they_called(
    patient: Patient, carl_clinician: User
) -> None:
    weekly(patient, *BASELINE, 5, 4)
    weekly(patient, *BASELINE, 5, medication="off")
    services.refresh(patient)
    read(patient, carl_clinician)
    blank = {"change_direction": "", "change_since": None, "change_called": None, "unsettled": 0}
    Verdict.objects.update(**blank)
    import_module("clinic.verdicts.migrations.0003_standing_changes").tell_changes(apps, None)
    services.refresh(patient)
    assert words(patient) == [("on", "change"), ("off", "outside")]
    assert not Verdict.objects.unread().exists()


def test_the_page_tells_of_a_change_that_ended(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5, 4, 11, 12)
    text = page(login, carl_clinician, patient)
    assert text.index("Within usual variation") < text.index("A change, less movement, was called")


def test_a_change_that_the_present_limits_know_nothing_of_is_told_on_the_page(
    login: Login, carl_clinician: User, patient: Patient
) -> None:
    weekly(patient, *BASELINE, 5, 4, last=30)
    services.refresh(patient)
    assert "was told before" not in page(login, carl_clinician, patient)
    for made in patient.sessions.all():
        made.device = DESK if made.recorded < timezone.now() - datetime.timedelta(days=50) else {}
        made.save()
    text = page(login, carl_clinician, patient)
    assert words(patient) != [("on", "change")]
    assert "ON: a reliable change since" in text
    assert "was told before (Expressivity, smile, less)" in text


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


def test_judging_all_anew_leaves_an_unchanged_verdict_read(
    patient: Patient, carl_clinician: User
) -> None:
    weekly(patient, *BASELINE, 11)
    services.refresh(patient)
    read(patient, carl_clinician)
    before = Verdict.objects.values().get()
    call_command("judge", stdout=io.StringIO())
    assert Verdict.objects.values().get() == before
    assert before["read_by_id"] == carl_clinician.pk


def test_a_collection_that_expired_is_told_without_a_look(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly(patient, 10, 11)
    services.refresh(patient)
    (before,) = services.current([patient])[patient.id]
    later = timezone.localdate() + datetime.timedelta(days=60)
    monkeypatch.setattr("clinic.verdicts.judging.timezone.localdate", lambda *_: later)
    call_command("judge", stdout=io.StringIO())
    (after,) = services.current([patient])[patient.id]
    assert (before.word, before.collected) == ("collecting", 2)
    assert (after.word, after.collected) == ("collecting", 0)


def test_an_error_in_one_patient_is_told_and_the_others_are_judged(
    clinic: Clinic,
    patient: Patient,
    carl_clinician: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = another_patient(clinic, carl_clinician)
    for one in (patient, other):
        weekly(one, *BASELINE, 11)
    broken, *_ = sorted((patient, other), key=lambda one: one.pk)
    sound = other if broken == patient else patient
    trends = services.series.trends

    def failing(one: Patient) -> object:
        if one == broken:
            raise ValueError("no such measure")
        return trends(one)

    monkeypatch.setattr(services.series, "trends", failing)
    said = io.StringIO()
    with pytest.raises(CommandError, match=f"1 patients keep the verdicts.*{broken.pk}"):
        call_command("judge", stdout=said)
    assert said.getvalue() == "1 patients judged\n"
    assert "no such measure" in caplog.text
    assert (words(sound), words(broken)) == ([("on", "usual")], [])


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


def test_verdicts_go_with_their_patient(patient: Patient) -> None:
    weekly(patient, *BASELINE, 5)
    services.refresh(patient)
    patient.delete()
    assert not Verdict.objects.exists()
    assert not Spread.objects.exists()
