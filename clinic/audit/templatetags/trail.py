"""What an admin must not miss about the audit trail, on whichever page they are."""

from __future__ import annotations

from django import template

from clinic.audit.models import Verification

register = template.Library()


@register.inclusion_tag("audit/warning.html")
def trail_warning() -> dict[str, Verification | None]:
    """A banner when the last verification found the chain broken, or nothing."""
    return {"last": Verification.last()}
