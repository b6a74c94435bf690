"""The work list: what waits for somebody, for whom, and when it stops waiting."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import Clinic, User
from clinic.audit.models import Action, Event
from clinic.audit.services import record
from clinic.patients.models import Patient
from clinic.ratings.services import has_seen_results
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.reminders import adherence
from clinic.reminders.models import Plan, PlannedSession
from clinic.reminders.services import remind
from clinic.verdicts.models import Verdict
from clinic.verdicts.services import refresh
from clinic.work import found
from clinic.work.sections import CALL_AFTER
from diagnosis.config import Finding, Severity
from diagnosis.models import Job
from tests.clinic.analysed import analysed, expressivity, film, sitting
from tests.clinic.judged import BASELINE, session, weekly
from tests.clinic.planning import Clock, another_patient, make_plan
from tests.clinic.planning import film as filmed
from tests.conftest import Login

WORK = "/worklist/"
DARK = Finding("too_dark", Severity.BLOCKS, "Turn on a light.", "Mean luma of the face is 12.")


def shown(login: Login, user: User, show: str = "") -> str:
    response = login(user).get(WORK, {"show": show} if show else {})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def finished(patient: Patient, protocol: Protocol, days_ago: int = 0) -> RecordingSession:
    session = sitting(patient, protocol, days_ago)
    session.submitted = session.recorded
    session.save()
    return session


def whole(patient: Patient, protocol: Protocol, days_ago: int = 0) -> RecordingSession:
    """Finished and analysed."""
    session = finished(patient, protocol, days_ago)
    analysed(session, [expressivity(5)])
    return session


def unscored(patient: Patient, protocol: Protocol, days_ago: int = 0) -> Recording:
    """The smile of a session that is finished, too dark to be used."""
    session = finished(patient, protocol, days_ago)
    RecordingSession.objects.filter(pk=session.pk).update(submitted=None)
    session.refresh_from_db()
    made = film(session, "smile")
    RecordingSession.objects.filter(pk=session.pk).update(submitted=session.recorded)
    analysed(made, usable=False, findings=[DARK])
    return made


def verdict(patient: Patient, word: str = "change", **fields: Any) -> Verdict:
    told: dict[str, Any] = {"medication": "on", "collected": 4, "needed": 4, "title": "Smile"}
    told["engine"] = 3
    return Verdict.objects.create(patient=patient, word=word, **(told | fields))


def fail(made: Recording | RecordingSession, error: str = "out of memory") -> Job:
    is_film = isinstance(made, Recording)
    Job.objects.filter(subject=made.pk).update(state=Job.State.CANCELLED)
    return Job.objects.create(
        kind=Job.Kind.TAKE if is_film else Job.Kind.SESSION,
        group=made.session_id if is_film else made.pk,
        subject=made.pk,
        payload={"neutral": None, "release": ""},
        state=Job.State.FAILED,
        error=error,
    )


def test_the_work_list_is_the_start_page(login, carl_clinician) -> None:
    assert login(carl_clinician).get("/").url == WORK
    assert 'href="/worklist/" aria-current="page">Work list' in shown(login, carl_clinician)


def test_an_empty_list_says_what_to_do(login, carl_clinician) -> None:
    page = shown(login, carl_clinician)
    for words in (
        "Every verdict was read.",
        "Start one from a patient's page.".replace("'", "&#x27;"),
        "can be used, or were recorded again",
        "left a reminder unanswered",
        "No analysis has failed.",
        "None waits. Finished sessions",
    ):
        assert words in page


def test_neither_words_nor_order_of_new_answers_tell_what_they_are(
    login, carl_clinician, consented_patient, protocol
) -> None:
    session = finished(consented_patient, protocol)
    changed = verdict(consented_patient, "change", direction="less", since=timezone.now())
    usual = verdict(consented_patient, "usual", medication="off")
    for show in ("", "verdicts"):
        page = shown(login, carl_clinician, show)
        assert page.count("A new answer waits") == 2
        for word in ("changed", "usual", "less", "sign--", "since"):
            assert word not in page.partition("<main")[2], word
    assert list(found.unread_verdicts(carl_clinician)) == [usual, changed]
    assert not has_seen_results(carl_clinician, session)


def test_whoever_was_shown_verdicts_on_the_list_of_patients_rates_no_more_blindly(
    login, carl_clinician, anna_assistant, consented_patient, protocol, count_queries
) -> None:
    session = finished(consented_patient, protocol)
    browser = login(carl_clinician)
    browser.get("/patients/")
    assert not has_seen_results(carl_clinician, session)
    verdict(consented_patient, "change", direction="less")
    one = count_queries(lambda: browser.get("/patients/"))
    login(anna_assistant).get("/patients/")
    assert has_seen_results(carl_clinician, session)
    assert not has_seen_results(anna_assistant, session)
    for _ in range(9):
        verdict(another_patient(consented_patient.clinic, carl_clinician))
    assert count_queries(lambda: browser.get("/patients/")) == one


def test_a_session_that_only_a_researcher_has_read_is_new(
    login, carl_clinician, rita_researcher, shared, consented_patient, protocol
) -> None:
    session = whole(consented_patient, protocol)
    record(Action.READ, session, actor=rita_researcher)
    assert list(found.new_sessions(carl_clinician)) == [session]
    record(Action.READ, session, actor=carl_clinician)
    assert not found.new_sessions(carl_clinician).exists()


def test_a_verdict_waits_until_a_clinician_opens_the_patient(
    login, carl_clinician, patient
) -> None:
    verdict(patient, direction="less")
    assert "A new answer waits" in shown(login, carl_clinician)
    login(carl_clinician).get(reverse("dashboards:patient", args=[patient.id]))
    assert not found.unread_verdicts(carl_clinician).exists()


def test_only_the_newest_verdict_of_a_state_waits(carl_clinician, patient) -> None:
    verdict(patient, "usual")
    newest = verdict(patient, "outside", direction="more")
    assert list(found.unread_verdicts(carl_clinician)) == [newest]


def test_a_change_that_nobody_read_waits_on_and_is_told_when_the_patient_is_opened(
    login, carl_clinician, patient, protocol
) -> None:
    weekly(patient, *BASELINE, 5, 4, last=14)
    refresh(patient)
    session(patient, 11, 7)
    session(patient, 12, 0)
    refresh(patient)
    assert [row.word for row in Verdict.objects.all()] == ["usual", "change"]
    assert shown(login, carl_clinician).count("A new answer waits") == 1
    opened = login(carl_clinician).get(reverse("dashboards:patient", args=[patient.id]))
    assert "A change, less movement, was called on" in opened.content.decode()
    assert not found.unread_verdicts(carl_clinician).exists()


def test_an_assistant_sees_no_verdict(login, anna_assistant, patient) -> None:
    verdict(patient, direction="less")
    page = shown(login, anna_assistant)
    assert "Unread verdicts" not in page
    assert "changed" not in page
    assert "Sessions to rate" not in page
    assert login(anna_assistant).get(WORK, {"show": "verdicts"}).status_code == 404


def test_a_session_is_new_until_somebody_opens_it(
    login, anna_assistant, carl_clinician, consented_patient, protocol
) -> None:
    session = whole(consented_patient, protocol)
    assert list(found.new_sessions(carl_clinician)) == [session]
    login(anna_assistant).get(reverse("dashboards:session", args=[session.id]))
    assert not found.new_sessions(carl_clinician).exists()


def test_a_look_before_the_patient_had_finished_does_not_count(
    login, carl_clinician, consented_patient, protocol
) -> None:
    session = sitting(consented_patient, protocol)
    login(carl_clinician).get(reverse("dashboards:session", args=[session.id]))
    RecordingSession.objects.filter(pk=session.pk).update(submitted=timezone.now())
    assert list(found.new_sessions(carl_clinician)) == [session]


def test_a_session_that_is_open_or_not_yet_analysed_or_old_is_not_new(
    carl_clinician, consented_patient, protocol
) -> None:
    sitting(consented_patient, protocol)
    made = film(sitting(consented_patient, protocol), "smile")
    RecordingSession.objects.filter(pk=made.session_id).update(submitted=timezone.now())
    whole(consented_patient, protocol, days_ago=29)
    assert not found.new_sessions(carl_clinician).exists()


def test_what_cannot_be_scored_says_why_and_what_to_ask(
    login, anna_assistant, consented_patient, protocol
) -> None:
    unscored(consented_patient, protocol)
    page = shown(login, anna_assistant)
    assert "Mean luma of the face is 12." in page
    assert "Next time: Turn on a light." in page


def test_a_newer_result_or_a_later_session_settles_what_could_not_be_scored(
    carl_clinician, consented_patient, protocol
) -> None:
    made = unscored(consented_patient, protocol, days_ago=3)
    assert list(found.cannot_score(carl_clinician)) == [made.session]
    finished(consented_patient, protocol, days_ago=1)
    assert not found.cannot_score(carl_clinician).exists()
    again = unscored(consented_patient, protocol)
    analysed(again)
    assert not found.cannot_score(carl_clinician).exists()


def test_a_failed_analysis_waits_until_it_is_tried_again(
    login, anna_assistant, consented_patient, protocol
) -> None:
    made = unscored(consented_patient, protocol)
    fail(made)
    assert "out of memory" in shown(login, anna_assistant)
    login(anna_assistant).post(reverse("work:retry", args=[made.session_id]))
    assert Job.objects.filter(subject=made.pk, state=Job.State.QUEUED).exists()
    assert not found.failed_sessions(anna_assistant).exists()


def test_a_failure_of_a_replaced_film_is_nobodys_work(
    carl_clinician, consented_patient, protocol
) -> None:
    session = sitting(consented_patient, protocol)
    first = film(session, "smile")
    fail(first)
    film(session, "smile", b"another film")
    assert not found.failed_sessions(carl_clinician).exists()


@pytest.mark.parametrize("missed", [0, 1, 2, 3])
def test_overdue_counts_the_last_reminders_left_out_as_the_plan_does(
    clock, plan, carl_clinician, missed
) -> None:
    days = ("2027-03-01", "2027-03-05", "2027-03-10", "2027-03-14", "2027-03-19", "2027-03-26")
    for day in days[: missed + 1]:
        clock.at(f"{day} 07:00")
        assert remind() == 1
        if day == days[0]:
            session = PlannedSession.objects.get(day=day).session
            assert session is not None
            for task in session.protocol.tasks.all():
                filmed(session, task.code)
            RecordingSession.objects.filter(pk=session.pk).update(
                submitted=clock.now, recorded=clock.now
            )
    clock.now += datetime.timedelta(days=8)  # the link is open until the next
    rows = [row["missed"] for row in found.overdue(carl_clinician)]
    assert rows == ([missed] if missed else [])
    told = adherence.of(plan.planned.with_answers())
    assert told.needs_call == (bool(rows) and rows[0] >= CALL_AFTER)


def test_without_a_plan_nobody_is_overdue(carl_clinician, consented_patient, protocol) -> None:
    whole(consented_patient, protocol, days_ago=300)
    assert not found.overdue(carl_clinician).exists()


def test_who_was_filmed_in_the_clinic_since_is_not_overdue(
    login, clock, plan, protocol, carl_clinician
) -> None:
    missed_on(clock, "2027-03-01")
    assert "1 reminder without an answer" in shown(login, carl_clinician)
    filmed(sitting(plan.patient, protocol), "smile")
    assert not found.overdue(carl_clinician).exists()


def test_a_paused_plan_misses_nothing(clock, plan, carl_clinician) -> None:
    missed_on(clock, "2027-03-01")
    Plan.objects.update(paused=clock.now)
    assert not found.overdue(carl_clinician).exists()


def missed_on(clock: Clock, day: str) -> None:
    clock.at(f"{day} 07:00")
    assert remind() == 1
    clock.now += datetime.timedelta(days=8)  # the link is open until the next


def test_other_clinics_and_archived_patients_are_not_shown(
    login, olga_outsider, carl_clinician, consented_patient, protocol
) -> None:
    made = unscored(consented_patient, protocol)
    whole(consented_patient, protocol, days_ago=2)
    verdict(consented_patient)
    assert "Paul" not in shown(login, olga_outsider)
    Patient.objects.update(archived=timezone.now())
    assert "Paul" not in shown(login, carl_clinician)
    assert made.session.patient.first_name == "Paul"


def test_the_trail_tells_who_read_the_list(login, carl_clinician, clinic) -> None:
    shown(login, carl_clinician)
    event = Event.objects.get(target_type="work list")
    assert (event.action, event.actor, event.clinic) == (Action.READ, carl_clinician, clinic)


def fill(clinic: Clinic, actor: User, protocol: Protocol, count: int) -> None:
    for _ in range(count):
        patient = another_patient(clinic, actor)
        verdict(patient)
        whole(patient, protocol, days_ago=1)
        made = filmed(finished(patient, protocol), "smile")
        analysed(made, usable=False, findings=[DARK])
        fail(filmed(made.session, "surprise"))
        missed = timezone.now() - datetime.timedelta(days=5)
        plan = make_plan(patient, actor)
        PlannedSession.objects.create(
            plan=plan, day=missed.date(), due=missed, state=PlannedSession.State.SENT
        )
        RecordingSession.objects.filter(patient=patient).update(
            recorded=missed - datetime.timedelta(days=1)
        )


def test_thirty_patients_cost_as_many_queries_as_three(
    login, count_queries: Callable[[Callable[[], object]], int], clinic, carl_clinician, protocol
) -> None:
    browser = login(carl_clinician)
    fill(clinic, carl_clinician, protocol, 3)
    sections = browser.get(WORK).context["sections"]
    assert [section.count for section in sections] == [3] * 5
    few = count_queries(lambda: browser.get(WORK))
    fill(clinic, carl_clinician, protocol, 27)
    assert count_queries(lambda: browser.get(WORK)) == few


def test_a_long_section_shows_its_first_rows_and_leads_to_all(
    login, clinic, carl_clinician, protocol
) -> None:
    for _ in range(7):
        verdict(another_patient(clinic, carl_clinician))
    response = login(carl_clinician).get(WORK)
    assert len(response.context["sections"][0].rows) == 5
    assert "All 7: unread verdicts" in response.content.decode()
    everything = login(carl_clinician).get(WORK, {"show": "verdicts"})
    assert len(everything.context["section"].rows) == 7
