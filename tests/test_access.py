"""Who may use which address: one table of every route and role, and a proof that none is missing.

To add a route, add a line to ROUTES: method, name, then the expected answer for anonymous, link (a
patient who holds the capture cookie of `session`), assistant, clinician, researcher, admin and
outsider (admin and clinician of another clinic). LOGIN is a redirect to the sign-in page.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from clinic.accounts import services as accounts
from clinic.accounts.models import Role
from clinic.api.urls import router
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.live_urls import websocket_urlpatterns
from clinic.patients.models import Patient
from clinic.recordings import links
from clinic.recordings.models import Protocol, RecordingSession
from clinic.reminders import services as reminders
from clinic.therapy.models import Stage
from clinic.uploads.models import Upload
from tests.api.filled import fill
from tests.clinic.analysed import film, sitting
from tests.clinic.replayed import keep_landmarks
from tests.clinic.reporting import signed
from tests.clinic.test_live import Socket, socket_of
from tests.conftest import RIGHT_ANSWERS

World = dict[str, Any]  # what the addresses are made of, by the name of the route's argument
ROLES = ("anonymous", "link", "assistant", "clinician", "researcher", "admin", "outsider")
LOGIN = "sign-in page"


def tus(world: World) -> dict[str, str]:
    session = base64.b64encode(str(world["session_id"]).encode()).decode()
    told = f"session {session},task c21pbGU=,mime dmlkZW8vd2VibQ=="  # smile, video/webm
    return {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": told}


@dataclasses.dataclass(frozen=True)
class Route:
    method: str
    name: str
    answers: tuple[int | str, ...]
    data: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def route(method: str, name: str, *answers: int | str, **more: Any) -> Route:
    assert len(answers) == len(ROLES), name
    return Route(method, name, answers, **more)


def everyone(method: str, name: str, answer: int | str, **more: Any) -> Route:
    return Route(method, name, (answer,) * len(ROLES), **more)


def members(method: str, name: str, answer: int | str, **more: Any) -> Route:
    return Route(method, name, (LOGIN, LOGIN, *(answer,) * 5), **more)


# A patient's page, of which researcher, admin and outsider must not learn that it exists.
CARE = (LOGIN, LOGIN, 200, 200, 404, 404, 404)
JUDGES = (LOGIN, LOGIN, 404, 200, 404, 404, 404)
ADMIN = (LOGIN, LOGIN, 404, 404, 404, 200, 404)
CAPTURE = (404, 200, 200, 200, 404, 404, 404)
STAFF = (LOGIN, LOGIN, 200, 200, 200, 200, 200)
ENTRIES = ("regimen", "clinical-event", "stage")  # of clinic.therapy
API_LIST = (403, 403, 200, 200, 200, 200, 200)  # of what one may see: tests/api looks inside

# fmt: off
ROUTES = [
    #                                       anon.  link   assist clinic resear admin  outsider
    route("GET", "accounts:home",           LOGIN, LOGIN, 302,   302,   302,   302,   302),
    route("GET", "accounts:members",        *ADMIN[:6], 200),  # their own clinic's
    route("GET", "accounts:add",            *ADMIN[:6], 200),
    route("POST", "accounts:add",           *ADMIN[:6], 200, data={"email": "wrong"}),
    route("POST", "accounts:invite",        *ADMIN),
    route("POST", "accounts:end",           LOGIN, LOGIN, 404,   404,   404,   302,   404),
    route("GET", "accounts:releases",       *ADMIN[:6], 200),
    route("POST", "accounts:choose_release", LOGIN, LOGIN, 404, 404, 404, 302,   404,
          data={"release": ""}),
    route("GET", "audit:events",            *ADMIN[:6], 200),
    route("GET", "patients:list",           *CARE[:6], 200),  # their own clinic's
    route("POST", "patients:list",          LOGIN, LOGIN, 302,   302,   404,   404,   302),
    route("GET", "patients:new",            *CARE[:6], 200),
    route("POST", "patients:new",           *CARE[:6], 200, data={"first_name": ""}),
    route("GET", "patients:edit",           *CARE),
    route("POST", "patients:edit",          *CARE, data={"first_name": ""}),
    route("POST", "patients:archive",       LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("GET", "patients:consents",       *CARE),
    route("POST", "patients:consents",      *CARE, data={"signed": ""}),
    route("POST", "patients:withdraw",      LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("GET", "reminders:home",          *CARE[:6], 200),  # their own clinic's
    route("GET", "reminders:plan",          *CARE),
    route("POST", "reminders:plan",         *CARE, data={"started": ""}),
    route("POST", "reminders:pause",        LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("GET", "patients:consent_texts",  *ADMIN[:6], 200),  # their own clinic's
    route("GET", "patients:new_consent_text", *ADMIN),
    route("POST", "patients:new_consent_text", *ADMIN, data={"en": ""}),
    route("GET", "work:list",               *CARE[:6], 200),  # their own clinic's
    route("GET", "work:queue",              *CARE[:6], 200),
    route("POST", "work:retry",             LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("GET", "ratings:page",            *JUDGES[:6], 200),  # their own clinic's
    route("GET", "ratings:rate",            *JUDGES),
    route("POST", "ratings:rate",           *JUDGES, data={"score": ""}),
    route("GET", "therapy:page",            *CARE),
    route("GET", "therapy:add",             LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "therapy:add",            LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("GET", "therapy:correct",         LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "therapy:correct",        LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "therapy:remove",         LOGIN, LOGIN, 404,   302,   404,   404,   404),
    route("GET", "dashboards:patient",      *CARE),
    route("GET", "dashboards:patient_progress", *CARE),
    route("GET", "dashboards:session",      *CARE),
    route("GET", "dashboards:video",        *CARE),
    route("GET", "dashboards:curves",       LOGIN, LOGIN, 404,   200,   200,   404,   404),
    route("GET", "dashboards:compare",      LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("GET", "dashboards:mesh",         LOGIN, LOGIN, 200,   200,   200,   404,   404),
    route("GET", "dashboards:coded_list",   LOGIN, LOGIN, 404,   404,   200,   404,   404),
    route("GET", "dashboards:coded",        LOGIN, LOGIN, 404,   404,   200,   404,   404),
    route("GET", "dashboards:coded_compare", LOGIN, LOGIN, 404,  404,   200,   404,   404),
    route("GET", "verdicts:reliability",    *JUDGES[:6], 200),  # their own clinic's
    route("GET", "reports:draft",           *JUDGES),
    route("POST", "reports:sign",           *JUDGES),
    route("GET", "reports:pdf",             *JUDGES),
    route("GET", "exports:patient",         LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "exports:measures",       LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "exports:fhir",           LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "exports:complete",       LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("GET", "exports:erase",           LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("POST", "exports:erase",          LOGIN, LOGIN, 404,   200,   404,   404,   404,
          data={"study_code": "wrong"}),
    route("GET", "exports:receipt",         LOGIN, LOGIN, 404,   200,   404,   404,   404),
    route("GET", "exports:research",        LOGIN, LOGIN, 404,   404,   200,   200,   200),
    route("POST", "exports:coded",          LOGIN, LOGIN, 404,   404,   200,   200,   404),
    route("GET", "recordings:new_session",  *CARE),
    route("POST", "recordings:new_session", *CARE, data={"place": ""}),
    route("POST", "recordings:make_link",   *CARE),
    route("POST", "recordings:revoke_link", LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("POST", "recordings:finish",      LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("POST", "recordings:retry",       LOGIN, LOGIN, 302,   302,   404,   404,   404),
    route("GET", "imports:page",            *CARE),
    route("POST", "imports:known",          LOGIN, LOGIN, 422,   422,   404,   404,   404),
    route("POST", "imports:sitting",        LOGIN, LOGIN, 422,   422,   404,   404,   404),
    route("POST", "imports:film",           LOGIN, LOGIN, 422,   422,   404,   404,   404),
    route("POST", "imports:finish",         LOGIN, LOGIN, 422,   422,   404,   404,   404),
    route("GET", "live:progress",           *CAPTURE),
    route("GET", "capture:start",           404,   302,   302,   302,   404,   404,   404),
    route("GET", "capture:consent",         404,   302,   302,   302,   404,   404,   404),
    route("POST", "capture:consent",        404,   302,   302,   302,   404,   404,   404),
    route("GET", "capture:context",         *CAPTURE),
    route("POST", "capture:context",        *CAPTURE, data={"medication": ""}),
    route("GET", "capture:too_ill",         404,   302,   302,   302,   404,   404,   404),
    route("POST", "capture:too_ill",        404,   302,   302,   302,   404,   404,   404),
    route("GET", "capture:record",          404,   302,   302,   302,   404,   404,   404),
    route("POST", "capture:submit",         404,   422,   422,   422,   404,   404,   404),
    route("POST", "capture:finish",         404,   302,   302,   302,   404,   404,   404),
    route("POST", "capture:close",          *CAPTURE),
    route("GET", "capture:done",            404,   302,   302,   302,   404,   404,   404),
    route("GET", "capture:film",            *CAPTURE),
    route("GET", "capture:withdraw",        *CAPTURE),
    route("POST", "capture:withdraw",       404,   302,   302,   302,   404,   404,   404),
    route("GET", "capture:open",            200,   302,   200,   200,   200,   200,   200),
    everyone("POST", "capture:open", 200, data={"first_name": "Saul"}),
    everyone("POST", "capture:open", 302, data=RIGHT_ANSWERS),  # whoever holds the address
    route("POST", "uploads:create",         404,   201,   201,   201,   404,   404,   404),
    everyone("OPTIONS", "uploads:create", 204),
    route("HEAD", "uploads:detail",         *CAPTURE),
    route("DELETE", "uploads:detail",       404,   204,   204,   204,   404,   404,   404),
    route("GET", "api:docs",                *STAFF),
    route("GET", "api:schema",              *API_LIST),
    *(route("GET", f"api:{name}-list", *API_LIST) for _, _, name in router.registry),
    *(route("GET", f"api:{name}-detail", 403, 403, 200, 200, 200, 404, 404)
      for name in ("patient", "session", "recording")),
    *(route("GET", f"api:{name}-detail", 403, 403, 404, 200, 200, 404, 404)
      for name in ("result", "trace")),
    *(route("GET", f"api:{name}-detail", 403, 403, 200, 200, 404, 404, 404)
      for name in ("consent", "link", "job")),
    *(route("GET", f"api:{name}-detail", 403, 403, 404, 200, 404, 404, 404)
      for name in ("report", "rating", "verdict", *ENTRIES)),
    # 415: whoever may write is told that a form is not JSON.
    *(route("POST", f"api:{name}-list", 403, 403, 415, 415, 404, 404, 415)
      for name in ("patient", "session", "link")),
    *(route("PATCH", f"api:{name}-detail", 403, 403, 200, 200, 404, 404, 404)
      for name in ("patient", "session")),
    *(route("POST", f"api:{name}-list", 403, 403, 404, 415, 404, 404, 415)
      for name in ("rating", *ENTRIES)),
    *(route("PATCH", f"api:{name}-detail", 403, 403, 404, 200, 404, 404, 404) for name in ENTRIES),
    *(route("DELETE", f"api:{name}-detail", 403, 403, 404, 204, 404, 404, 404) for name in ENTRIES),
    route("POST", "api:link-revoke",        403,   403,   200,   200,   404,   404,   404),
    route("POST", "api:job-retry",          403,   403,   409,   409,   404,   404,   404),
    route("GET", "api:unknown",             403,   403,   404,   404,   404,   404,   404),
    everyone("GET", "health", 200),
    everyone("POST", "set_language", 302),
    route("GET", "account_login",           200,   200,   302,   302,   302,   302,   302),
    route("POST", "account_login",          200,   200,   302,   302,   302,   302,   302),
    route("GET", "account_signup",          200,   200,   302,   302,   302,   302,   302),
    route("POST", "account_signup",         200,   200,   302,   302,   302,   302,   302),
    route("GET", "account_logout",          302,   302,   200,   200,   200,   200,   200),
    everyone("POST", "account_logout", 302),
    everyone("GET", "account_inactive", 200),
    everyone("GET", "account_email_verification_sent", 200),
    everyone("GET", "account_confirm_email", 200),  # says that the key is wrong
    everyone("GET", "account_reset_password", 200),
    everyone("GET", "account_reset_password_done", 200),
    everyone("GET", "account_reset_password_from_key", 200),  # says that the key is wrong
    everyone("GET", "account_reset_password_from_key_done", 200),
    members("GET", "account_email", 200),
    members("POST", "account_email", 302),
    members("GET", "account_reauthenticate", 403),  # they have no password yet
    members("GET", "account_confirm_login_code", 302),
    members("GET", "account_change_password", 302),  # to account_set_password
    members("GET", "account_set_password", 200),
    members("GET", "mfa_index", 200),
    members("GET", "mfa_authenticate", 302),
    members("GET", "mfa_reauthenticate", 403),
    members("GET", "mfa_activate_totp", 200),
    members("GET", "mfa_deactivate_totp", 404),  # theirs is not on
    members("GET", "mfa_view_recovery_codes", 404),
    members("GET", "mfa_generate_recovery_codes", 200),
    members("GET", "mfa_download_recovery_codes", 404),
]
# fmt: on

# For a websocket the answer is whether it opens.
SOCKETS = {
    "ws/sessions/<uuid:session_id>/": (False, True, True, True, False, False, False),
}

# What a role must not meet in any answer. The study code differs each time: see `secrets_of`.
NAMES = ("Paul", "MRN-0042", "14 March 1956", "1956-03-14", "Prefers the morning")
MEASURES = ("7.03", "7.25")


@pytest.fixture
def world(
    result,
    session,
    shared,
    anna_assistant,
    carl_clinician,
    rita_researcher,
    ada_admin,
    olga_outsider,
) -> World:
    """One of everything in `clinic`, and the people who ask for it."""
    link, address = links.make(session, actor=carl_clinician, days=1)
    patient = session.patient
    second = accounts.add_member(
        patient.clinic, email="new@example.org", name="New", role=Role.ADMIN, actor=ada_admin
    )
    plan = reminders.new_plan(patient, carl_clinician)
    plan.dose_time = datetime.time(8)
    reminders.save_plan(plan, "home@example.org", actor=carl_clinician)
    upload = Upload.objects.create(
        session=session,
        task=session.protocol.tasks.get(code="smile"),
        expires=timezone.now() + datetime.timedelta(hours=1),
    )
    upload.path.parent.mkdir(parents=True)
    upload.path.touch()
    record(Action.ERASE, patient, actor=carl_clinician, detail="as if it were")
    keep_landmarks(result)
    stage = Stage.objects.create(
        patient=patient, date=timezone.localdate(), stage=2, created_by=carl_clinician
    )
    known = fill(result, carl_clinician)
    people = (None, None, anna_assistant, carl_clinician, rita_researcher, ada_admin, olga_outsider)
    return {
        "people": dict(zip(ROLES, people, strict=True)),
        "session": session,
        "clinic_id": patient.clinic_id,
        "study_code": patient.study_code,
        "purpose": "care",
        "patient_id": patient.id,
        "kind": "stage",
        "entry_id": stage.id,
        "consent_id": patient.consents.first().id,
        "session_id": session.id,
        "recording_id": result.subject,
        "link_id": link.id,
        "token": address.rstrip("/").rpartition("/")[2],
        "membership_id": second.id,
        "upload_id": upload.id,
        "ratings:rate": rateable(patient, session.protocol).id,
        "report_id": signed(patient, carl_clinician).id,
        **{
            f"api:{name}-detail": known[f"/api/v1/{prefix}/{{id}}/"]
            for prefix, _, name in router.registry
        },
        "api:link-revoke": known["/api/v1/links/{id}/revoke/"],
        "api:job-retry": known["/api/v1/jobs/{id}/retry/"],
        "rest": "nothing",
        "uidb36": "1",
        "key": "0-0",
    }


def rateable(patient: Patient, protocol: Protocol) -> RecordingSession:
    """A finished session with a rest film."""
    session = sitting(patient, protocol)
    film(session, "rest")
    RecordingSession.objects.filter(pk=session.pk).update(submitted=timezone.now())
    return session


def browser_of(role: str, world: World) -> Client:
    browser = Client()
    if role == "link":
        browser.post(reverse("capture:open", args=[world["token"]]), RIGHT_ANSWERS)
    elif world["people"][role] is not None:
        browser.force_login(world["people"][role])
    return browser


def routes(
    patterns: list[URLPattern | URLResolver], space: str = "", arguments: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of every address of the site, with the names of its arguments."""
    for pattern in patterns:
        named = (*arguments, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner, named)
        else:
            yield f"{space}{pattern.name}", named


SITE = dict(routes(get_resolver().url_patterns))


def ask(browser: Client, route: Route, world: World) -> HttpResponse:
    arguments = {name: world.get(route.name, world.get(name)) for name in SITE[route.name]}
    send = getattr(browser, route.method.lower())
    body = {"data": route.data} if route.method == "POST" else {}
    headers = tus(world) if route.name.startswith("uploads:") else {}
    return send(reverse(route.name, kwargs=arguments), headers=headers, **body)


def secrets_of(role: str, world: World) -> tuple[str, ...]:
    return {
        "anonymous": (*NAMES, *MEASURES, world["study_code"]),
        "link": (*NAMES[1:], *MEASURES, world["study_code"]),
        "assistant": MEASURES,
        "clinician": (),
        "researcher": NAMES,
        "admin": (*NAMES, *MEASURES),
        "outsider": (*NAMES, *MEASURES, world["study_code"]),
    }[role]


def answer(route: Route, role: str, world: World) -> int | str:
    """The status, or LOGIN; what the request changed is undone."""
    with transaction.atomic():
        response = ask(browser_of(role, world), route, world)
        transaction.set_rollback(True)
    shown = "" if response.streaming else response.content.decode()
    assert [word for word in secrets_of(role, world) if word in shown] == [], role
    signs_in = response.status_code == 302 and response.url.startswith(reverse("account_login"))
    return LOGIN if signs_in else response.status_code


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_answers_each_role_as_the_table_says(world, route):
    answers = {role: answer(route, role, world) for role in ROLES}
    assert answers == dict(zip(ROLES, route.answers, strict=True))


@pytest.mark.parametrize("route", [r for r in ROUTES if "session_id" in SITE[r.name]], ids=str)
def test_a_link_opens_its_own_session_only(world, route):
    session = world["session"]
    other = type(session).objects.create(patient=session.patient, protocol=session.protocol)
    response = ask(browser_of("link", world), route, {**world, "session_id": other.id})
    assert response.status_code == 404 or response.url.startswith(reverse("account_login"))


def test_every_route_is_in_the_table():
    assert {route.name for route in ROUTES} == set(SITE)


@pytest.fixture
def sockets(world) -> dict[str, Socket]:
    return {role: socket_of(world["session"], browser_of(role, world)) for role in ROLES}


@pytest.mark.django_db(transaction=True)
async def test_the_websocket_opens_for_each_role_as_the_table_says(sockets):
    opened = {}
    for role, socket in sockets.items():
        opened[role] = await socket.open()
        if opened[role]:
            await socket.leave()
    (expected,) = SOCKETS.values()
    assert opened == dict(zip(ROLES, expected, strict=True))


def test_every_websocket_is_in_the_table():
    assert {str(route.pattern) for route in websocket_urlpatterns} == set(SOCKETS)
