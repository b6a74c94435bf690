"""What the one e-mail says, and the calendar file with it."""

from __future__ import annotations

import datetime

from django.core import mail
from icalendar import Calendar

from clinic.reminders.models import PlannedSession
from clinic.reminders.services import remind

FIRST = "2027-03-01 09:00"


def calendar_of(message) -> bytes:
    (part,) = message.attachments
    return part.get_payload(decode=True)


def test_the_mail_says_what_to_do_and_names_nobody(clock, plan, clinic):
    clock.at("2027-03-01 07:00")
    remind()
    (message,) = mail.outbox
    assert message.subject == "Your next films at home"
    text = " ".join(message.body.split())
    assert "The best time: Monday, 1 March 2027, 09:00" in text
    assert "60 minutes after your usual medicine. Take your medicine as you always do." in text
    assert "works until Friday, 5 March 2027, 07:00" in text
    assert "Too ill or too tired to film? Open the link and say so there." in text
    assert "You can leave one out: nothing bad happens." in text
    assert f"call us: {clinic.phone}" in text
    whole = message.message().as_string() + calendar_of(message).decode()
    for secret in ("Paul", "Patient", "1956", "Parkinson", "MRN"):
        assert secret not in whole


def test_a_clinic_without_a_phone_is_not_given_one(clock, plan, clinic):
    clinic.phone = ""
    clinic.save()
    clock.at(FIRST)
    remind()
    assert "call your clinic." in mail.outbox[0].body
    assert "call us" not in mail.outbox[0].body


def test_a_session_at_the_time_of_the_dose_says_so(clock, plan):
    type(plan).objects.update(minutes_after_dose=0)
    clock.at("2027-03-01 07:00")
    remind()
    assert "That is when you usually take your medicine." in mail.outbox[0].body


def test_a_mail_that_goes_out_late_names_no_time_that_is_past(clock, plan):
    clock.at("2027-03-01 13:00")
    assert remind() == 1
    (message,) = mail.outbox
    text = " ".join(message.body.split())
    assert "this e-mail comes later than planned. You can still make these films." in text
    assert "The best time is 60 minutes after your usual medicine." in text
    assert "09:00" not in text
    assert "calendar" not in text
    assert message.attachments == []


def test_nothing_in_the_mail_is_escaped_for_html(clock, plan, clinic):
    clinic.name = "Smith & Sons' Clinic"
    clinic.save()
    clock.at(FIRST)
    remind()
    assert "Smith & Sons' Clinic" in mail.outbox[0].body


def test_the_mail_speaks_the_patients_language(clock, plan):
    plan.patient.language = "zh-hans"
    plan.patient.save()
    clock.at(FIRST)
    remind()
    assert "星期一" in mail.outbox[0].body


def test_times_are_the_clinics(clock, plan, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    clock.at("2027-02-28 23:00")
    assert remind() == 1  # nine there is one o'clock in UTC
    assert "Monday, 1 March 2027, 09:00" in mail.outbox[0].body
    event = Calendar.from_ical(calendar_of(mail.outbox[0])).walk("VEVENT")[0]
    assert event.decoded("dtstart") == datetime.datetime(2027, 3, 1, 1, tzinfo=datetime.UTC)


def test_the_calendar_file_holds_one_private_event_at_the_due_time(clock, plan):
    clock.at("2027-03-01 07:00")
    remind()
    (part,) = mail.outbox[0].attachments
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "films.ics")
    calendar = Calendar.from_ical(calendar_of(mail.outbox[0]))
    assert calendar["method"] == part.get_param("method") == "PUBLISH"
    (event,) = calendar.walk("VEVENT")
    due = datetime.datetime(2027, 3, 1, 9, tzinfo=datetime.UTC)
    assert event.decoded("dtstart") == due
    assert event.decoded("dtend") - due == datetime.timedelta(minutes=15)
    assert event["uid"] == f"{PlannedSession.objects.get().id}@localhost"
    assert event["class"] == "PRIVATE"
    assert "/c/" not in calendar_of(mail.outbox[0]).decode()


def test_the_calendar_files_lines_end_as_the_format_asks_after_their_way_by_mail(clock, plan):
    clock.at(FIRST)
    remind()
    parts = mail.outbox[0].message().walk()
    (file,) = (part for part in parts if part.get_content_type() == "text/calendar")
    lines = file.get_payload(decode=True).split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert not any(b"\n" in line or len(line) > 75 for line in lines)
