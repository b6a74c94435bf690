"""Progress reaches those who may see the session, by socket and by polling, and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session as SignedIn
from django.test import Client
from django.urls import reverse

from clinic import live
from clinic.accounts.models import Membership, User
from clinic.asgi import application
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import queue
from diagnosis.models import Job
from tests.conftest import Login


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    recording = Recording.objects.create(
        session=session,
        task=session.protocol.tasks.get(code="smile"),
        attempt=1,
        file="recordings/x/video.webm",
        size=1,
        sha256="0" * 64,
        mime="video/webm",
    )
    payload = {"neutral": None, "release": ""}
    queue.enqueue(Job.Kind.TAKE, group=session.id, subject=recording.id, payload=payload)
    return recording


def test_the_snapshot_tells_stage_percent_and_place(session, recording):
    take = live.snapshot(session)["takes"][0]
    assert (take["task"], take["state"], take["place"]) == ("smile", "queued", 1)
    queue.report(queue.claim("worker"), "landmarks", 40)
    take = live.snapshot(session)["takes"][0]
    assert (take["state"], take["stage"], take["percent"], take["place"]) == (
        "running", "landmarks", 40, None,
    )  # fmt: skip


def test_a_session_is_done_when_it_is_finished_and_nothing_is_left_to_do(session, recording):
    queue.finish(queue.claim("worker"), Job.State.DONE)
    assert live.snapshot(session)["done"] is False
    RecordingSession.objects.filter(pk=session.pk).update(submitted=session.created)
    session.refresh_from_db()
    assert live.snapshot(session)["done"] is True


def test_polling_gives_the_same_snapshot(session, recording, login, carl_clinician):
    response = login(carl_clinician).get(reverse("live:progress", args=[session.id]))
    assert response.json() == live.snapshot(session)


def test_the_patient_is_told_nothing_that_is_meant_for_staff(session, recording):
    for _ in range(queue.MAX_CRASHES):
        queue.crashed(queue.claim("worker"), "LinAlgError: SVD did not converge")
        Job.objects.update(not_before=None)
    told = live.for_patient(live.snapshot(session))["takes"][0]
    assert "LinAlgError" in live.snapshot(session)["takes"][0]["error"]
    assert told["error"] == live.FAILED


def test_an_outsider_polls_in_vain(session, login, olga_outsider):
    response = login(olga_outsider).get(reverse("live:progress", args=[session.id]))
    assert response.status_code == 404


class Socket(ApplicationCommunicator):
    """A websocket to the whole application, spoken in ASGI messages."""

    def __init__(self, path: str, headers: dict[str, str]) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "subprotocols": [],
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        super().__init__(application, scope)

    async def open(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(timeout=5))["type"] == "websocket.accept"

    async def message(self) -> dict[str, Any]:
        return json.loads((await self.receive_output(timeout=5))["text"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


def socket_of(session: RecordingSession, browser: Client) -> Socket:
    cookies = browser.cookies.output(header="", sep=";").strip()
    headers = {"origin": "http://localhost:8000", "cookie": cookies}
    return Socket(f"/ws/sessions/{session.id}/", headers)


@pytest.fixture
def carls_socket(session: RecordingSession, login: Login, carl_clinician: User) -> Socket:
    return socket_of(session, login(carl_clinician))


@pytest.fixture
def olgas_socket(session: RecordingSession, login: Login, olga_outsider: User) -> Socket:
    return socket_of(session, login(olga_outsider))


@pytest.mark.django_db(transaction=True)
async def test_the_socket_sends_a_snapshot_and_then_each_change(recording, carls_socket):
    assert await carls_socket.open()
    for _ in ("at connection", "at the watcher's first look"):
        assert (await carls_socket.message())["takes"][0]["state"] == "queued"
    job = await database_sync_to_async(queue.claim)("worker")
    await database_sync_to_async(queue.report)(job, "landmarks", 40)
    message = await carls_socket.message()
    assert message["takes"][0]["percent"] == 40
    await carls_socket.leave()


@pytest.mark.django_db(transaction=True)
async def test_an_outsider_gets_no_socket(olgas_socket):
    assert not await olgas_socket.open()


@pytest.mark.django_db(transaction=True)
async def test_a_member_who_leaves_the_clinic_hears_no_more(
    session, recording, carl_clinician, carls_socket
):
    await carls_socket.open()
    for _ in ("at connection", "at the watcher's first look"):
        await carls_socket.message()
    await Membership.objects.filter(user=carl_clinician).aupdate(ended=session.created)
    await database_sync_to_async(queue.claim)("worker")
    message = await carls_socket.receive_output(timeout=5)
    assert (message["type"], message.get("code")) == ("websocket.close", 4404)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["signs out", "is closed"])
async def test_a_socket_outlives_neither_sign_out_nor_account(
    session, recording, carl_clinician, carls_socket, end
):
    await carls_socket.open()
    for _ in ("at connection", "at the watcher's first look"):
        await carls_socket.message()
    if end == "signs out":
        await SignedIn.objects.all().adelete()
    else:
        await User.objects.filter(pk=carl_clinician.pk).aupdate(is_active=False)
    await database_sync_to_async(queue.claim)("worker")
    message = await carls_socket.receive_output(timeout=5)
    assert (message["type"], message.get("code")) == ("websocket.close", 4404)


def test_a_closed_account_is_a_member_nowhere(session, carl_clinician):
    cookies: dict[str, str] = {}
    assert live.visible_snapshot(carl_clinician, cookies, session.id)
    User.objects.filter(pk=carl_clinician.pk).update(is_active=False)
    assert live.visible_snapshot(carl_clinician, cookies, session.id) is None
