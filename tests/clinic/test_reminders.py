"""One e-mail for each planned session: never two, never late, never where it must not go."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command

from clinic.audit.models import Action, Event
from clinic.patients import services as patients
from clinic.patients.models import ConsentText, Purpose
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from clinic.reminders import services
from clinic.reminders.models import PlannedSession
from clinic.reminders.services import remind

from .mailing import accept, link_in, refuse
from .planning import forget_address

State = PlannedSession.State
FIRST = "2027-03-01 09:00"


def test_one_mail_goes_out_two_hours_ahead_with_a_link_that_opens_a_session_at_home(clock, plan):
    clock.at("2027-03-01 06:59")
    assert remind() == 0
    clock.at("2027-03-01 07:00")
    assert remind() == 1
    (message,) = mail.outbox
    assert message.to == ["home@example.org"]
    planned = PlannedSession.objects.get()
    session = link_in(message).session
    assert planned.session == session
    assert (planned.state, planned.sent) == (State.SENT, clock.now)
    newest_core = Protocol.objects.filter(code="core").latest("version")
    assert (session.place, session.protocol, session.patient) == ("home", newest_core, plan.patient)
    event = Event.objects.get(action=Action.REMIND)
    assert (event.target, event.patient, event.actor) == (
        link_in(message).id,
        plan.patient_id,
        None,
    )


def test_nobody_is_reminded_twice_of_one_session(clock, plan):
    for time in ("07:00", "07:05", "09:00", "12:00", "23:00"):
        clock.at(f"2027-03-01 {time}")
        call_command("remind")
    assert len(mail.outbox) == 1


def test_the_command_says_how_many_went_out_and_nothing_when_none(clock, plan, capsys):
    call_command("remind")
    assert capsys.readouterr().out == ""
    clock.at(FIRST)
    call_command("remind")
    assert capsys.readouterr().out == "1 reminders sent\n"


def test_the_link_ends_when_the_next_one_comes(clock, plan):
    clock.at("2027-03-01 07:00")
    remind()
    first = link_in(mail.outbox[0])
    clock.at("2027-03-05 07:00")
    remind()
    assert first.expires == clock.now
    assert len(mail.outbox) == 2


def test_a_second_process_finds_the_slot_taken_while_the_first_sends(clock, plan, mail_server):
    at_the_same_time = []
    mail_server(lambda messages: at_the_same_time.append(remind()))
    clock.at(FIRST)
    assert remind() == 1
    assert set(at_the_same_time) == {0}
    assert len(mail.outbox) == 1


def test_a_process_that_read_the_slot_before_another_sent_it_does_not_send(
    clock, plan, monkeypatch
):
    real = services.hindrance

    def slow(patient) -> str:
        monkeypatch.setattr(services, "hindrance", real)
        assert remind() == 1  # the other process
        return real(patient)

    monkeypatch.setattr(services, "hindrance", slow)
    clock.at(FIRST)
    assert remind() == 0
    assert len(mail.outbox) == 1


def test_a_patient_who_was_archived_at_this_moment_gets_no_mail(
    clock, plan, carl_clinician, monkeypatch
):
    real = services._is_ready

    def archived_meanwhile(*args: Any) -> bool:
        patients.archive(plan.patient, actor=carl_clinician)
        return real(*args)

    monkeypatch.setattr(services, "_is_ready", archived_meanwhile)
    clock.at("2027-03-01 07:00")
    assert remind() == 0
    assert "archived" in PlannedSession.objects.get().problem


def test_what_mimia_does_by_itself_is_not_told_as_the_planners_deed(clock, plan, carl_clinician):
    clock.at("2027-03-01 07:00")
    remind()
    events = Event.objects.filter(target_type__in=["session", "link"])
    assert {event.action for event in events} == {Action.CREATE, Action.INVITE, Action.REMIND}
    assert {event.actor for event in events} == {None}
    assert CaptureLink.objects.get().created_by == carl_clinician


def test_sessions_missed_while_nothing_ran_are_not_sent_late(clock, plan):
    clock.at("2027-03-14 12:00")  # 1, 5 and 10 March are long past; the next is due at nine
    assert remind() == 1
    states = list(PlannedSession.objects.values_list("state", flat=True))
    assert states == [State.DROPPED, State.DROPPED, State.DROPPED, State.SENT]
    assert "Mimia was not running" in PlannedSession.objects.first().problem
    assert len(mail.outbox) == 1


def archive(plan, actor) -> None:
    patients.archive(plan.patient, actor=actor)


def withdraw(plan, actor) -> None:
    care = plan.patient.consents.get(text__purpose=Purpose.CARE)
    patients.withdraw(care, actor=actor)


def lose_address(plan, actor) -> None:
    forget_address(plan)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (archive, "archived"),
        (withdraw, "no consent to care"),
        (lose_address, "no e-mail"),
    ],
)
def test_nothing_is_sent_where_it_must_not_be(clock, plan, carl_clinician, change, words):
    change(plan, carl_clinician)
    clock.at(FIRST)
    assert remind() == 0
    planned = PlannedSession.objects.get()
    assert words in planned.problem
    assert not RecordingSession.objects.exists()
    assert mail.outbox == []


def test_nothing_is_sent_that_leads_to_a_page_without_a_camera(clock, plan, settings):
    settings.SITE_URL, settings.SITE_HOST = "http://clinic.example", "clinic.example"
    settings.SITE_IS_HTTPS = False
    clock.at(FIRST)
    assert remind() == 0
    assert "Set SITE_URL to an https address" in PlannedSession.objects.get().problem


def test_what_was_mended_in_time_is_sent(clock, plan):
    forget_address(plan)
    clock.at("2027-03-01 07:00")
    remind()
    plan.patient.email = "new@example.org"
    plan.patient.save()
    clock.at("2027-03-01 07:05")
    assert remind() == 1
    assert mail.outbox[0].to == ["new@example.org"]


def test_consent_to_an_older_text_is_enough_for_the_mail_whose_link_asks_anew(clock, plan):
    ConsentText.objects.create(purpose=Purpose.CARE, version=2, body="New words.")
    clock.at(FIRST)
    assert remind() == 1


def test_a_session_that_was_finished_meanwhile_gets_no_mail_that_asks_for_films(
    clock, plan, mail_server
):
    mail_server(refuse(ConnectionRefusedError()))
    clock.at("2027-03-01 07:00")
    remind()
    RecordingSession.objects.update(submitted=clock.now)
    mail_server(accept)
    clock.at("2027-03-01 08:00")
    assert remind() == 0
    assert "finished already" in PlannedSession.objects.get().problem
