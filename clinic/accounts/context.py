"""What the page frame needs to know about the person looking: what they may do."""

from __future__ import annotations

from django.http import HttpRequest

from clinic.accounts.models import PERMISSIONS, Role


def membership(request: HttpRequest) -> dict[str, object]:
    """`may`: the names of the permissions that the user holds in any clinic (for the menu only)."""
    if not request.user.is_authenticated:
        return {"may": frozenset()}
    roles = request.user.memberships.filter(ended__isnull=True).values_list("role", flat=True)
    return {"may": frozenset().union(*(PERMISSIONS[Role(role)] for role in roles))}
