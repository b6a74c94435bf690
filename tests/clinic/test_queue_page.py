"""The queue one can see: place, state, reason and another try, of one's own clinic only."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.recordings.models import RecordingSession
from clinic.work import jobs
from diagnosis import queue
from diagnosis.models import Job
from tests.clinic.analysed import film, sitting
from tests.clinic.planning import another_patient
from tests.conftest import Login

QUEUE = "/worklist/queue/"


def shown(login: Login, user: User) -> str:
    response = login(user).get(QUEUE)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def job(session: RecordingSession, **fields: Any) -> Job:
    told: dict[str, Any] = {"kind": Job.Kind.SESSION, "subject": session.pk, "payload": {}}
    return Job.objects.create(group=session.pk, **(told | fields))


def running(session: RecordingSession, seconds_left: int = 60, **fields: Any) -> Job:
    lease = timezone.now() + datetime.timedelta(seconds=seconds_left)
    return job(session, state=Job.State.RUNNING, lease_until=lease, **fields)


def test_an_empty_queue_says_so(login, anna_assistant) -> None:
    assert "No analysis is under way or waits." in shown(login, anna_assistant)


def test_a_film_waits_for_the_rest_film_that_has_its_place(
    login, anna_assistant, consented_patient, protocol
) -> None:
    session = sitting(consented_patient, protocol)
    film(session, "rest", b"rest")
    film(session, "smile")
    found = jobs.visible(anna_assistant)
    assert [(row.title, row.words) for row in found.rows] == [
        ("Sit still", "number 1 in the queue"),
        ("Smile", "waiting for the rest film"),
    ]
    assert "Patient, Paul" in shown(login, anna_assistant)


def test_what_runs_tells_its_stage_and_how_far_it_is(anna_assistant, session) -> None:
    running(session, stage="landmarks", percent=40)
    (row,) = jobs.visible(anna_assistant).rows
    assert (row.title, row.words) == (jobs.SUMMARY, "following the face, 40 %")


def test_a_worker_that_has_stopped_is_told(anna_assistant, session) -> None:
    running(session, seconds_left=-5, stage="landmarks", percent=40)
    found = jobs.visible(anna_assistant)
    assert (found.rows[0].words, found.running) == (jobs.STOPPED, 0)


def test_a_queue_without_a_worker_says_whom_to_tell(login, anna_assistant, session) -> None:
    job(session)
    assert "tell whoever runs this site" in shown(login, anna_assistant)
    running(session)
    assert "tell whoever runs this site" not in shown(login, anna_assistant)


def test_tries_that_broke_off_show_their_error(login, anna_assistant, session) -> None:
    job(session, attempts=2, crashes=1, error="the decoder gave up")
    assert "1 try broke off: the decoder gave up" in shown(login, anna_assistant)


def test_jobs_of_other_clinics_are_counted_and_nothing_else(
    login, anna_assistant, olga_outsider, session, protocol, other_clinic
) -> None:
    theirs = sitting(another_patient(other_clinic, olga_outsider), protocol)
    for _ in range(3):
        job(theirs)
    running(theirs)
    job(session)
    page = shown(login, anna_assistant)
    assert "3 jobs of other clinics are before yours." in page
    assert "1 job of other clinics is being analysed." in page
    assert "number 4 in the queue" in page
    assert str(theirs.pk) not in page
    assert "Paul" not in shown(login, olga_outsider)


def test_the_first_in_the_queue_has_nobody_before(
    login, anna_assistant, olga_outsider, session, protocol, other_clinic
) -> None:
    job(session)
    job(sitting(another_patient(other_clinic, olga_outsider), protocol))
    assert jobs.visible(anna_assistant).before == 0


def test_failed_analyses_can_be_queued_again(
    login, anna_assistant, consented_patient, protocol
) -> None:
    made = film(sitting(consented_patient, protocol), "rest")
    claimed = queue.claim("worker")
    assert claimed is not None
    queue.finish(claimed, Job.State.FAILED, error="no such file")
    assert "no such file" in shown(login, anna_assistant)
    retry = reverse("work:retry", args=[made.session_id])
    answer = login(anna_assistant).post(retry, follow=True)
    assert answer.redirect_chain == [(QUEUE, 302)]
    assert "no such file" not in answer.content.decode()
    assert [row.title for row in answer.context["queue"].rows] == ["Sit still"]
    assert Event.objects.filter(action=Action.RETRY, target=made.session_id).exists()


def test_a_try_of_what_has_not_failed_changes_nothing(login, anna_assistant, session) -> None:
    retry = reverse("work:retry", args=[session.id])
    answer = login(anna_assistant).post(retry, follow=True)
    assert "Nothing of this session has failed any more." in answer.content.decode()
    assert not Job.objects.exists()
    assert not Event.objects.filter(action=Action.RETRY).exists()


def test_a_page_that_refreshes_itself_is_one_event(login, anna_assistant, carl_clinician) -> None:
    for user in (anna_assistant, anna_assistant, carl_clinician):
        shown(login, user)
    readers = Event.objects.filter(target_type="queue list").values_list("actor", flat=True)
    assert sorted(readers) == sorted([anna_assistant.pk, carl_clinician.pk])


def test_a_long_queue_shows_its_first_jobs_and_counts_the_rest(
    anna_assistant, session, monkeypatch
) -> None:
    monkeypatch.setattr(jobs, "SHOWN", 2)
    for _ in range(5):
        job(session)
    job(session, state=Job.State.WAITING)
    found = jobs.visible(anna_assistant)
    assert (len(found.rows), found.count, found.more) == (2, 6, 4)
    assert found.said == "5 in the queue, 1 waiting for the rest film."


def test_thirty_jobs_cost_as_many_queries_as_three(
    login,
    count_queries: Callable[[Callable[[], object]], int],
    clinic,
    anna_assistant,
    carl_clinician,
    protocol,
) -> None:
    browser = login(anna_assistant)

    def fill(count: int) -> None:
        for _ in range(count):
            session = sitting(another_patient(clinic, carl_clinician), protocol)
            job(session)
            job(sitting(session.patient, protocol), state=Job.State.FAILED, error="broken")

    fill(3)
    browser.get(QUEUE)
    few = count_queries(lambda: browser.get(QUEUE))
    fill(27)
    assert count_queries(lambda: browser.get(QUEUE)) == few
