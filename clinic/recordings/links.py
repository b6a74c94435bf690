"""Capture links: made by staff, opened by the patient, good for one session until they end.

Who opens one tells the patient's first name and year of birth, and has a few tries. The address
carries a signed token. Only the token's SHA-256 is stored, so that a copy of the database opens
no session.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient
from clinic.recordings.models import CaptureLink, RecordingSession

MAX_DAYS = 30


class LinkRefused(Exception):
    """A link cannot be made; the message tells staff why and what to do."""


class HomeNeedsHttps(LinkRefused):
    def __init__(self) -> None:
        super().__init__(
            f"Browsers open the camera on https pages only, and this site's address is "
            f"{settings.SITE_URL}. Set SITE_URL to an https address, then make the link."
        )


class SessionImported(LinkRefused):
    def __init__(self) -> None:
        super().__init__(
            "This session is made of old clips. Start a new session and make its link."
        )


class PatientArchived(LinkRefused):
    def __init__(self) -> None:
        super().__init__("This patient is archived. Restore the patient, then make the link.")


class LinkProblem(Exception):
    """A link that does not open; the message is for the patient. `link` is None if unknown."""

    message: str | Promise = ""

    def __init__(self, link: CaptureLink | None = None) -> None:
        super().__init__(self.message)
        self.link = link


class LinkUnknown(LinkProblem):
    message = _(
        "This link is not complete. Open it again from the message that your clinic sent you, "
        "or ask your clinic for a new one."
    )


class LinkExpired(LinkProblem):
    message = _("This link has ended. Please ask your clinic for a new one.")


class LinkRevoked(LinkProblem):
    message = _("Your clinic has closed this link. Please ask your clinic for a new one.")


class LinkLocked(LinkProblem):
    message = _(
        "The answers did not match too many times, so this link is locked. Please call your clinic."
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt="clinic.recordings.links")


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def require_camera_address() -> None:
    if not settings.SITE_IS_HTTPS and settings.SITE_HOST not in settings.LOCAL_HOSTS:
        raise HomeNeedsHttps


@transaction.atomic
def make(
    session: RecordingSession, *, actor: User, days: int, automatic: bool = False
) -> tuple[CaptureLink, str]:
    """A link to `session` that is open for `days` days, and its address, which is not kept.

    To a finished session it leads to the receipt. An `automatic` one is made by a plan of the
    `actor`'s, at a moment when nobody was there. Raises HomeNeedsHttps, PatientArchived or
    SessionImported.
    """
    require_camera_address()
    if session.patient.archived is not None:
        raise PatientArchived
    if session.imported:
        raise SessionImported
    link_id = uuid.uuid4()
    token = _signer().sign(link_id.hex)
    link = CaptureLink.objects.create(
        id=link_id,
        session=session,
        token_sha256=digest(token),
        created_by=actor,
        expires=timezone.now() + datetime.timedelta(days=days),
    )
    record(Action.INVITE, link, actor=None if automatic else actor)
    return link, settings.SITE_URL + reverse("capture:open", args=[token])


def resolve(token: str) -> CaptureLink:
    """The open link of `token`. Raises LinkUnknown, LinkRevoked, LinkExpired or LinkLocked."""
    try:
        _signer().unsign(token)
        link = CaptureLink.objects.select_related("session__patient__clinic").get(
            token_sha256=digest(token)
        )
    except (signing.BadSignature, CaptureLink.DoesNotExist):
        raise LinkUnknown from None
    if link.revoked is not None:
        raise LinkRevoked(link)
    if not link.is_open:
        raise LinkExpired(link)
    if link.is_locked:
        raise LinkLocked(link)
    return link


@transaction.atomic
def revoke(link: CaptureLink, *, actor: User | None) -> None:
    """Closes the link at once, for a person who is recording by it as well."""
    if link.revoked is None:
        link.revoked = timezone.now()
        link.save(update_fields=["revoked"])
        record(Action.REVOKE, link, actor=actor)


@transaction.atomic
def revoke_all(patient: Patient, *, actor: User) -> None:
    """Closes every link of the patient's that still serves."""
    mine = CaptureLink.objects.filter(session__patient=patient, revoked__isnull=True)
    for link in mine.select_related("session__patient"):
        if link.serves:
            revoke(link, actor=actor)
