"""How allauth behaves here: accounts are made by a clinic's admin, and every login is recorded."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from clinic.accounts.models import User
from clinic.accounts.services import record_login


class ClosedSignup(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        record_login(user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response
