"""Who may record a session: staff of its clinic, or the holder of an open capture link's cookie.

A capture link's token becomes a cookie by POST, with the right answers; the cookie then stands for
the link, and for a while longer, so that films under way when the link ends still arrive. It is
checked against the link's row on every call, so that revoking the link ends access at once. Each
session has a cookie of its own: two patients may share a tablet.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext

from clinic import languages
from clinic.accounts.models import Permission, User
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, RecordingSession

COOKIES = "__Host-capture-" if settings.SITE_IS_HTTPS else "capture-"
SALT = "clinic.recordings.access"
AFTER_FINISH = datetime.timedelta(hours=24)  # then the link asks again who it is
MOST_COOKIES = 10  # of one browser: more would not fit into a request


class NoAccess(Http404):
    """The same words whether the session exists or not: they are for whoever had access once."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "This page may not send films any more. Open your link again (staff: sign in "
                "again). If it does not open, ask your clinic."
            )
        )


@dataclasses.dataclass(frozen=True)
class Access:
    """A session with the one who records it: `user` is set for staff, `link` for a patient."""

    session: RecordingSession
    user: User | None
    link: CaptureLink | None

    @property
    def link_id(self) -> UUID | None:
        return self.link.id if self.link else None


def may_capture(
    user: User | AnonymousUser, cookies: Mapping[str, str], session_id: UUID
) -> Access | None:
    """The access to a session that a user or a capture cookie gives; None when neither does.

    A function of user and cookies alone, so that pages, uploads and sockets share it.
    """
    by_user = _by_user(user, session_id)
    return by_user or _by_cookie(cookies, session_id)


def capture_session(request: HttpRequest, session_id: UUID) -> Access:
    """`may_capture` for a view, which from here on speaks the patient's language.

    NoAccess, a 404, for everyone else.
    """
    access = may_capture(request.user, request.COOKIES, session_id)
    if access is None:
        if request.user.is_anonymous:
            languages.speak(request, None)
        raise NoAccess
    languages.speak(request, access.session.patient)
    return access


def opened_before(cookies: Mapping[str, str], token: str) -> CaptureLink | None:
    """The link of `token`, if this browser holds its cookie: nothing need be asked again."""
    asked = CaptureLink.objects.filter(token_sha256=links.digest(token)).first()
    return asked if asked and asked == _link(cookies, asked.session_id) else None


def cookie_name(session_id: UUID) -> str:
    return COOKIES + session_id.hex


def set_cookie(request: HttpRequest, response: HttpResponseBase, link: CaptureLink) -> None:
    """Gives the browser the link's cookie, which lasts as long as the link serves.

    Once the session is finished, AFTER_FINISH at most. The oldest of too many others go.
    """
    name = cookie_name(link.session_id)
    others = [held for held in request.COOKIES if held.startswith(COOKIES) and held != name]
    for held in others[: 1 - MOST_COOKIES]:
        response.delete_cookie(held)
    ends = link.expires + link.GRACE
    if link.session.submitted is not None:
        ends = min(ends, timezone.now() + AFTER_FINISH)
    response.set_cookie(
        name,
        signing.dumps([str(link.id), link.token_sha256], salt=SALT),
        expires=ends,
        path="/",
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: HttpResponseBase, session_id: UUID) -> None:
    """From here on this browser has to open the session's link again."""
    response.delete_cookie(cookie_name(session_id))


def _by_user(user: User | AnonymousUser, session_id: UUID) -> Access | None:
    sessions = RecordingSession.objects.visible_to(user, Permission.RECORD)
    session = sessions.select_related("patient__clinic", "protocol").filter(id=session_id).first()
    return Access(session, user, None) if session and user.is_authenticated else None


def _by_cookie(cookies: Mapping[str, str], session_id: UUID) -> Access | None:
    link = _link(cookies, session_id)
    return Access(link.session, None, link) if link else None


def _link(cookies: Mapping[str, str], session_id: UUID) -> CaptureLink | None:
    """The session's link whose cookie the browser holds, if it still serves."""
    cookie = cookies.get(cookie_name(session_id), "")
    try:
        link_id, token_sha256 = signing.loads(cookie, salt=SALT)
        link = CaptureLink.objects.select_related(
            "session__patient__clinic", "session__protocol"
        ).get(id=link_id, session=session_id)
        if _is_long_finished(link.session):
            signing.loads(cookie, salt=SALT, max_age=AFTER_FINISH)
    except (signing.BadSignature, ValueError, CaptureLink.DoesNotExist):
        return None
    same = constant_time_compare(link.token_sha256, token_sha256)
    return link if same and link.serves else None


def _is_long_finished(session: RecordingSession) -> bool:
    return session.submitted is not None and session.submitted + AFTER_FINISH < timezone.now()
