"""Who may record a session: staff of its clinic, or the holder of an open capture link's cookie.

A capture link's token becomes a cookie by POST, with the right answers; the cookie then stands for
the link, and for a while longer, so that films under way when the link ends still arrive. It is
checked against the link's row on every call, so that revoking the link ends access at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from clinic import languages
from clinic.accounts.models import Permission, User
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, RecordingSession, SessionQuerySet

COOKIE = "__Host-capture" if settings.SITE_IS_HTTPS else "capture"
SALT = "clinic.recordings.access"


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
    return by_user or _by_cookie(cookies.get(COOKIE, ""), session_id)


def capture_session(request: HttpRequest, session_id: UUID) -> Access:
    """`may_capture` for a view, which from here on speaks the patient's language.

    Http404 for everyone else, whether the session exists or not.
    """
    access = may_capture(request.user, request.COOKIES, session_id)
    if access is None:
        if request.user.is_anonymous:
            languages.speak(request, None)
        raise Http404("no such session")
    languages.speak(request, access.session.patient)
    return access


def opened_before(cookies: Mapping[str, str], token: str) -> CaptureLink | None:
    """The link of `token`, if this browser holds its cookie: nothing need be asked again."""
    link = _link(cookies.get(COOKIE, ""))
    return link if link and constant_time_compare(link.token_sha256, links.digest(token)) else None


def set_cookie(response: HttpResponseBase, link: CaptureLink) -> None:
    """Gives the browser the link's cookie, which lasts as long as the link serves."""
    response.set_cookie(
        COOKIE,
        signing.dumps([str(link.id), link.token_sha256], salt=SALT),
        expires=link.expires + link.GRACE,
        path="/",
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _by_user(user: User | AnonymousUser, session_id: UUID) -> Access | None:
    sessions = RecordingSession.objects.visible_to(user, Permission.RECORD)
    session = _with_context(sessions).filter(id=session_id).first()
    return Access(session, user, None) if session and user.is_authenticated else None


def _by_cookie(value: str, session_id: UUID) -> Access | None:
    link = _link(value)
    if link is None or link.session_id != session_id:
        return None
    session = _with_context(RecordingSession.objects.all()).get(id=link.session_id)
    return Access(session, None, link)


def _link(cookie: str) -> CaptureLink | None:
    try:
        link_id, token_sha256 = signing.loads(cookie, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    link = CaptureLink.objects.filter(id=link_id).first()
    if link is None or not link.serves:
        return None
    return link if constant_time_compare(link.token_sha256, token_sha256) else None


def _with_context(sessions: SessionQuerySet) -> SessionQuerySet:
    return sessions.select_related("patient__clinic", "protocol")
