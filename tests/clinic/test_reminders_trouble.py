"""E-mails that fail are told of, tried again, and in the end given up."""

from __future__ import annotations

import datetime
import smtplib
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError

from clinic.audit.models import Action, Event
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, RecordingSession
from clinic.reminders import services
from clinic.reminders.models import PlannedSession
from clinic.reminders.services import remind

from .mailing import accept, break_off, link_in, refuse
from .planning import another_patient, make_plan

State = PlannedSession.State
FIRST = "2027-03-01 09:00"


def test_a_process_that_read_the_slot_before_another_failed_to_send_it_waits_too(
    clock, plan, monkeypatch, mail_server
):
    real = services.hindrance

    def slow(patient) -> str:
        monkeypatch.setattr(services, "hindrance", real)
        mail_server(refuse(ConnectionRefusedError()))
        assert remind() == 0  # the other process
        mail_server(accept)
        return real(patient)

    monkeypatch.setattr(services, "hindrance", slow)
    clock.at(FIRST)
    assert remind() == 0
    assert PlannedSession.objects.get().tries == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "The mail server cannot be reached."),
        (TimeoutError(), "check EMAIL_HOST and EMAIL_PORT"),
        (smtplib.SMTPRecipientsRefused({}), "Check it with the patient."),
        (smtplib.SMTPAuthenticationError(535, b"no"), "check EMAIL_HOST_USER"),
        (smtplib.SMTPDataError(451, b"later"), "did not take the e-mail"),
    ],
)
def test_mail_that_fails_is_told_in_words_and_its_link_closed(
    clock, plan, mail_server, error, words
):
    mail_server(refuse(error))
    clock.at(FIRST)
    assert remind() == 0
    planned = PlannedSession.objects.get()
    assert planned.state == State.WAITING
    assert words in planned.problem
    assert CaptureLink.objects.get().revoked is not None
    assert not Event.objects.filter(action=Action.REMIND).exists()


def test_a_locked_database_before_the_mail_leaves_only_delays_it(clock, plan, monkeypatch):
    real = links.make

    def locked(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        raise OperationalError("database is locked")

    monkeypatch.setattr(links, "make", locked)
    clock.at("2027-03-01 07:00")
    assert remind() == 0
    planned = PlannedSession.objects.get()
    assert (planned.state, planned.problem) == (State.WAITING, services.FAILED)
    assert not CaptureLink.objects.exists()
    monkeypatch.setattr(links, "make", real)
    clock.at("2027-03-01 07:05")
    assert remind() == 1


def test_an_address_that_cannot_be_written_to_is_named_and_keeps_nobody_elses_mail(
    clock, plan, carl_clinician, clinic
):
    make_plan(another_patient(clinic, carl_clinician), carl_clinician)
    type(plan.patient).objects.filter(pk=plan.patient_id).update(email="home@example.org\nBcc: x")
    clock.at("2027-03-01 07:00")
    assert remind() == 1
    planned = plan.planned.get()
    assert (planned.state, "Check it with the patient" in planned.problem) == (State.WAITING, True)
    assert CaptureLink.objects.get(session=planned.session).revoked is not None


def test_mail_that_failed_is_tried_again_after_longer_and_longer_pauses(clock, plan, mail_server):
    mail_server(refuse(ConnectionRefusedError()))
    tries = {}
    start = datetime.datetime(2027, 3, 1, 7, tzinfo=datetime.UTC)
    for minutes in range(0, 9 * 60, 5):
        clock.now = start + datetime.timedelta(minutes=minutes)
        remind()
        tries[PlannedSession.objects.get().tries] = minutes
    first_seen = [0, *(last + 5 for last in tries.values())][:-1]
    assert first_seen == [0, 15, 45, 105, 225, 465]
    mail_server(accept)
    clock.at("2027-03-02 08:00")
    assert remind() == 1
    planned = PlannedSession.objects.get()
    assert (planned.state, planned.problem) == (State.SENT, "")
    assert link_in(mail.outbox[0]).session == planned.session
    assert RecordingSession.objects.count() == 1


def test_mail_that_fails_for_a_day_is_given_up(clock, plan, mail_server):
    mail_server(refuse(ConnectionRefusedError()))
    clock.at(FIRST)
    remind()
    mail_server(accept)
    clock.at("2027-03-02 09:01")
    assert remind() == 0
    planned = PlannedSession.objects.get()
    assert planned.state == State.DROPPED
    assert "The mail server cannot be reached." in planned.problem


def test_what_a_killed_process_may_have_sent_is_not_sent_again(clock, plan, mail_server):
    mail_server(refuse(KeyboardInterrupt()))
    clock.at(FIRST)
    with pytest.raises(KeyboardInterrupt):
        remind()
    mail_server(accept)
    for time in ("09:05", "09:20", "12:00"):
        clock.at(f"2027-03-01 {time}")
        assert remind() == 0
    planned = PlannedSession.objects.get()
    assert planned.state == State.DROPPED
    assert "may or may not have arrived" in planned.problem


def test_mail_that_the_server_perhaps_took_is_not_sent_again_and_its_link_works(
    clock, plan, mail_server
):
    mail_server(break_off)
    clock.at(FIRST)
    assert remind() == 0
    mail_server(accept)
    clock.at("2027-03-01 12:00")
    assert remind() == 0
    planned = PlannedSession.objects.get()
    assert planned.state == State.DROPPED
    assert "may or may not have arrived" in planned.problem
    assert CaptureLink.objects.get().revoked is None


def test_one_slot_that_fails_does_not_stop_the_others(
    clock, plan, mail_server, carl_clinician, clinic
):
    make_plan(another_patient(clinic, carl_clinician), carl_clinician)

    errors: list[Exception] = [smtplib.SMTPRecipientsRefused({})]

    def deliver(messages) -> None:
        if errors:
            raise errors.pop()

    mail_server(deliver)
    clock.at(FIRST)
    assert remind() == 1
