"""The one e-mail of a planned session, in the patient's language.

It names neither the patient nor a disease: mail is read on locked screens and shared calendars,
and the first name is one of the two answers that open the link.
"""

from __future__ import annotations

import datetime
import smtplib
from email.mime.text import MIMEText

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from clinic.recordings.models import CaptureLink
from clinic.reminders.models import PlannedSession

SESSION_LENGTH = datetime.timedelta(minutes=15)


def message(planned: PlannedSession, link: CaptureLink, address: str) -> EmailMessage:
    """`address` is the address of `link`. A mail that goes out after the slot's time names none."""
    patient = planned.plan.patient
    is_late = planned.due < timezone.now()
    context = {
        "clinic": patient.clinic,
        "due": planned.due,
        "is_late": is_late,
        "minutes": planned.plan.minutes_after_dose,
        "address": address,
        "link": link,
    }
    with translation.override(patient.language):
        mail = EmailMessage(
            subject=_("Your next films at home"),
            body=render_to_string("reminders/mail.txt", context),
            to=[patient.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        if not is_late:
            mail.attach(_part(calendar(planned)))
    return mail


def calendar(planned: PlannedSession) -> bytes:
    """An iCalendar file with one event, in the language that is active."""
    event = Event()
    event.add("uid", f"{planned.id}@{settings.SITE_HOST}")
    event.add("dtstamp", timezone.now().astimezone(datetime.UTC))
    event.add("dtstart", planned.due.astimezone(datetime.UTC))
    event.add("dtend", (planned.due + SESSION_LENGTH).astimezone(datetime.UTC))
    event.add("summary", _("Make your films"))
    event.add("description", _("Open the link in the e-mail that came with this entry."))
    event.add("class", "PRIVATE")
    whole = Calendar()
    whole.add("prodid", "-//Mimia//Mimia//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add_component(event)
    file: bytes = whole.to_ical()
    return file


class PerhapsSent(Exception):
    """The mail server was silent or gone before it said whether it had taken the e-mail."""


def send(message: EmailMessage) -> None:
    """Raises PerhapsSent, or an error after which the e-mail is certainly on no way."""
    with get_connection() as connection:  # by opening it: whoever cannot be reached
        try:
            connection.send_messages([message])
        except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
            raise PerhapsSent from error


def failure(error: Exception) -> str:
    """What staff can do about mail that did not go out."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return (
                "The mail server refuses the patient's e-mail address. Check it with the patient."
            )
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPSenderRefused():
            return (
                "The mail server refuses this site. Whoever runs Mimia should check "
                "EMAIL_HOST_USER, EMAIL_HOST_PASSWORD and DEFAULT_FROM_EMAIL."
            )
        case smtplib.SMTPException():
            return "The mail server did not take the e-mail."
        case ValueError():
            return "No e-mail can be sent to the patient's address. Check it with the patient."
    return (
        "The mail server cannot be reached. If this stays, whoever runs Mimia should check "
        "EMAIL_HOST and EMAIL_PORT."
    )


def _part(file: bytes) -> MIMEText:
    """As base64, which keeps the line endings that the format asks for."""
    part = MIMEText(file.decode(), "calendar", "utf-8")
    part.set_param("method", "PUBLISH")
    part.add_header("Content-Disposition", "attachment", filename="films.ics")
    return part
