"""Sign-ins that fail and sign-outs, on their way into the audit trail."""

from __future__ import annotations

from typing import Any

from clinic.accounts.models import User
from clinic.accounts.services import record_logout
from clinic.audit.services import record_no_login


def on_login_failed(credentials: dict[str, Any], **_: object) -> None:
    """Keeps whose account was tried, never what was typed."""
    email = credentials.get("email") or ""
    record_no_login(User.objects.filter(email__iexact=email).first())


def on_logged_out(user: User | None, **_: object) -> None:
    if user is not None:
        record_logout(user)
