"""E-mails of a plan that was changed or paused, and the sessions that they lead to."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from clinic.recordings.models import RecordingSession
from clinic.reminders import services
from clinic.reminders.models import PlannedSession
from clinic.reminders.services import remind

from .mailing import accept, link_in, refuse
from .planning import STARTED, film, forget_address

State = PlannedSession.State
FIRST = "2027-03-01 09:00"
SECOND = "2027-03-05 09:00"


def test_a_pause_is_silent_and_does_not_count(clock, plan, carl_clinician):
    services.pause(plan, actor=carl_clinician)
    clock.at(FIRST)
    assert remind() == 0
    clock.at("2027-03-06 12:00")
    services.resume(plan, actor=carl_clinician)
    remind()
    assert not PlannedSession.objects.exists()
    clock.at("2027-03-10 09:00")
    assert remind() == 1


def test_mail_that_was_ready_and_fell_due_in_a_pause_does_not_go_out_after_it(
    clock, plan, carl_clinician, mail_server
):
    mail_server(refuse(ConnectionRefusedError()))
    clock.at("2027-03-01 07:30")
    remind()
    services.pause(plan, actor=carl_clinician)
    mail_server(accept)
    clock.at("2027-03-01 20:00")
    services.resume(plan, actor=carl_clinician)
    assert remind() == 0
    assert PlannedSession.objects.get().state == State.DROPPED


def test_another_time_on_the_same_day_brings_no_second_mail(clock, plan, carl_clinician):
    clock.at("2027-03-01 07:00")
    remind()
    plan.refresh_from_db()
    plan.dose_time = datetime.time(15)
    services.save_plan(plan, "home@example.org", actor=carl_clinician)
    clock.at("2027-03-01 16:00")
    assert remind() == 0
    clock.at("2027-03-05 15:00")
    assert remind() == 1


def replan(plan, actor, **fields: Any) -> None:
    plan.refresh_from_db()
    for name, value in fields.items():
        setattr(plan, name, value)
    services.save_plan(plan, "home@example.org", actor=actor)


def test_a_moved_dose_moves_what_waits_and_its_link_stays_open_until_the_next_slot(
    clock, plan, carl_clinician
):
    forget_address(plan)
    clock.at("2027-03-01 07:30")
    assert remind() == 0
    clock.at("2027-03-01 08:30")
    replan(plan, carl_clinician, dose_time=datetime.time(17))
    assert remind() == 0  # 18:00 is not near
    clock.at("2027-03-01 16:00")
    assert remind() == 1
    assert "Monday, 1 March 2027, 18:00" in mail.outbox[0].body
    assert link_in(mail.outbox[0]).expires == clock.now + datetime.timedelta(days=4)


def test_a_dose_that_was_moved_into_the_past_brings_no_mail_at_once(clock, plan, carl_clinician):
    clock.at("2027-03-01 12:00")
    plan.dose_time = datetime.time(18)
    plan.save()
    replan(plan, carl_clinician, dose_time=datetime.time(8))
    assert remind() == 0
    clock.at("2027-03-05 07:00")
    assert remind() == 1


def test_a_waiting_mail_whose_moment_became_past_or_no_slot_is_dropped_with_the_reason(
    clock, plan, carl_clinician
):
    for change in ({"dose_time": datetime.time(6)}, {"started": datetime.date(2027, 3, 3)}):
        PlannedSession.objects.all().delete()
        replan(plan, carl_clinician, started=STARTED, dose_time=datetime.time(8))
        type(plan).objects.update(rows_until=clock.now)
        forget_address(plan)
        clock.at("2027-03-01 07:30")
        assert remind() == 0
        replan(plan, carl_clinician, **change)
        assert remind() == 0
        planned = PlannedSession.objects.get()
        assert (planned.state, planned.problem) == (State.DROPPED, services.CHANGED)


def test_a_session_that_nobody_began_moves_on_to_the_next_slot(clock, plan):
    clock.at(FIRST)
    remind()
    clock.at(SECOND)
    remind()
    first, second = PlannedSession.objects.all()
    assert first.session is None
    assert second.session == RecordingSession.objects.get()
    assert link_in(mail.outbox[1]).session == second.session


@pytest.mark.parametrize(
    "begin",
    [
        lambda session: film(session),
        lambda session: RecordingSession.objects.update(too_ill=timezone.now()),
        lambda session: RecordingSession.objects.update(medication="on", dyskinesia="none"),
        lambda session: RecordingSession.objects.update(submitted=timezone.now()),
    ],
    ids=["a film", "too ill", "how they were", "finished"],
)
def test_a_session_that_was_begun_stays_with_its_day(clock, plan, begin):
    clock.at(FIRST)
    remind()
    begin(RecordingSession.objects.get())
    clock.at(SECOND)
    remind()
    first, second = PlannedSession.objects.all()
    assert first.session is not None
    assert second.session not in (None, first.session)
