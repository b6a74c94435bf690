"""The request as views behind `login_required` see it."""

from __future__ import annotations

from django.http import HttpRequest

from clinic.accounts.models import User


class StaffRequest(HttpRequest):
    user: User
