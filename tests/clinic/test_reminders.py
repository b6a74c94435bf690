"""One e-mail for each planned session: never two, never late, never where it must not go."""

from __future__ import annotations

import datetime
import re
import smtplib
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.patients import services as patients
from clinic.patients.models import Consent, ConsentText, Patient, Purpose
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, Protocol, Recording, RecordingSession
from clinic.reminders import services
from clinic.reminders.models import PlannedSession
from clinic.reminders.services import remind

from .planning import STARTED, make_plan

State = PlannedSession.State
FIRST = "2027-03-01 09:00"
SECOND = "2027-03-05 09:00"


@pytest.fixture
def mail_server(settings, monkeypatch):
    """Fails as told; a function that is called with the messages, in place of a mail server."""

    def use(deliver) -> None:
        monkeypatch.setattr(Server, "deliver", staticmethod(deliver))
        settings.EMAIL_BACKEND = f"{__name__}.Server"

    return use


class Server(EmailBackend):
    deliver: Any = None

    def send_messages(self, messages: Any) -> int:
        type(self).deliver(messages)
        return super().send_messages(messages)


def refuse(error: Exception):
    def deliver(messages: Any) -> None:
        raise error

    return deliver


def accept(messages: Any) -> None:
    pass


def address_in(message) -> str:
    return re.search(r"http\S+/c/\S+", message.body).group()


def link_in(message) -> CaptureLink:
    return links.resolve(address_in(message).rstrip("/").rpartition("/")[2])


def film(session: RecordingSession, task: str = "smile", **fields: Any) -> Recording:
    return Recording.objects.create(
        session=session,
        task=session.protocol.tasks.get(code=task),
        attempt=1,
        size=5,
        sha256="0" * 64,
        **fields,
    )


def another_patient(clinic, actor) -> Patient:
    born = datetime.date(1950, 1, 1)
    other = patients.save_patient(
        Patient(clinic=clinic, first_name="A", last_name="B", birth_date=born), actor=actor
    )
    patients.give_consent(other, [Purpose.CARE], by=Consent.By.STAFF, actor=actor)
    return other


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
    assert at_the_same_time == [0]
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


def forget_address(plan, actor) -> None:
    plan.patient.email = ""
    plan.patient.save()


@pytest.mark.parametrize(
    ("change", "words"),
    [(archive, "archived"), (withdraw, "no consent to care"), (forget_address, "no e-mail")],
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
    forget_address(plan, None)
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
    forget_address(plan, None)
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
        forget_address(plan, None)
        clock.at("2027-03-01 07:30")
        assert remind() == 0
        replan(plan, carl_clinician, **change)
        assert remind() == 0
        planned = PlannedSession.objects.get()
        assert (planned.state, planned.problem) == (State.DROPPED, services.CHANGED)


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
