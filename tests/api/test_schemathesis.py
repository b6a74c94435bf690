"""Whatever is sent to the API, it answers as its schema says: generated requests, bounded and the
same in every run, with the rights of a clinician and of a researcher."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, seed
from hypothesis import settings as bounds
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clinic.accounts.models import User
from clinic.api.throttling import WriteThrottle

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("clinician", "researcher")
TOKEN = "t" * 32

api = schemathesis.openapi.from_path(settings.BASE_DIR / "clinic/api/schema.yml")
api.app = WSGIHandler()


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The site answers inside the test's transaction: its requests leave the connection open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteThrottle, "rate", "100000/min", raising=False)


@pytest.fixture
def cookies(carl_clinician, rita_researcher) -> dict[str, dict[str, str]]:
    """Those of a signed-in browser, by role."""
    people = {"clinician": carl_clinician, "researcher": rita_researcher}
    return {role: _signed_in(user) for role, user in people.items()}


def _signed_in(user: User) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {name: browser.cookies[name].value, settings.CSRF_COOKIE_NAME: TOKEN}


@api.given(of_known=st.booleans(), role=st.sampled_from(ROLES))
@api.parametrize()
@seed(20260101)
@bounds(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_tells(case, known, cookies, of_known, role):
    """`of_known`: of a record that exists, so that not every answer is 404."""
    if of_known:
        if "id" in case.path_parameters:
            case.path_parameters["id"] = known[case.path]
        if isinstance(case.body, dict):
            case.body = {name: known.get(name, value) for name, value in case.body.items()}
    with transaction.atomic():
        response = case.call(cookies=cookies[role], headers={"X-CSRFToken": TOKEN})
        transaction.set_rollback(True)
    assert response.status_code != 403  # signed in: what the person may not see is 404
    case.validate_response(response, checks=CHECKS)
