"""A mail server that does as told, and what is read from the e-mails that it took."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from clinic.recordings import links
from clinic.recordings.models import CaptureLink

Deliver = Callable[[Any], object]


class Server(EmailBackend):
    """Takes the messages that `deliver` does not refuse by an error; with none it connects."""

    deliver: Any = None

    def open(self) -> bool:
        type(self).deliver([])
        return True

    def send_messages(self, messages: Any) -> int:
        type(self).deliver(messages)
        return super().send_messages(messages)


def refuse(error: BaseException) -> Deliver:
    def deliver(messages: Any) -> None:
        raise error

    return deliver


def break_off(messages: Any) -> None:
    """As a server that has taken the message and is gone before it says so."""
    if messages:
        raise smtplib.SMTPServerDisconnected


def accept(messages: Any) -> None:
    pass


def link_in(message: EmailMessage) -> CaptureLink:
    found = re.search(r"http\S+/c/\S+", message.body)
    assert found is not None
    return links.resolve(found.group().rstrip("/").rpartition("/")[2])
