"""The tokens in set-password addresses: good once, and only while the person's roles stay the same.

A link made while somebody worked in one clinic must not open what another clinic entrusts to them.
"""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from clinic.accounts.models import Membership, User


class SetPasswordTokens(PasswordResetTokenGenerator):
    """Django's tokens, which a new password or login ends; an added or ended role does as well."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        current = Membership.objects.filter(user=user.pk, ended__isnull=True).order_by("id")
        roles = ",".join(str(pk) for pk in current.values_list("id", flat=True))
        return f"{super()._make_hash_value(user, timestamp)}{roles}"
