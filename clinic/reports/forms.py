"""What a clinician fills in to sign a report, and the proof that it is they who sign."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeForm
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.http import QueryDict

from clinic.accounts.models import User

COMMENT_MAX = 600  # letters: what the page has room for


class SignForm(forms.Form):
    """`digest` is that of the draft on the page."""

    digest = forms.CharField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label="Your comment",
        max_length=COMMENT_MAX,
        required=False,
        help_text=f"Printed on the report. At most {COMMENT_MAX} letters.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    replaces = forms.BooleanField(label="This report replaces the last one", required=False)

    def __init__(self, *args: Any, can_replace: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_replace:
            del self.fields["replaces"]


def proofs(user: User) -> list[forms.Form]:
    """What is asked: the password again, and a code where the account needs one to sign in."""
    return [PasswordForm(user=user), *([CodeForm(user=user)] if is_mfa_enabled(user) else [])]


def prove(user: User, data: QueryDict) -> tuple[bool, list[forms.Form]]:
    """Whether `data` proves that it is `user`, and the forms with what is wrong.

    A check uses the code up, so that it is looked at only with the right password.
    """
    password = PasswordForm(data, user=user)
    right = password.is_valid()
    if not is_mfa_enabled(user):
        return right, [password]
    code = CodeForm(data if right else None, user=user)
    return right and code.is_valid(), [password, code]
