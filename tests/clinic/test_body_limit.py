"""A request that is too large is refused before anything of it is kept."""

from __future__ import annotations

from asgiref.testing import ApplicationCommunicator

from clinic.body_limit import BodyLimit


class Page:
    """Reads a whole body, as Django's handler does, and answers 200."""

    def __init__(self) -> None:
        self.read = b""
        self.cut_off = False

    async def __call__(self, scope, receive, send):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.cut_off = True
                return
            self.read += message["body"]
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def request(page: Page, **headers: str) -> ApplicationCommunicator:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return ApplicationCommunicator(BodyLimit(page, 10), {"type": "http", "headers": sent})


async def test_a_body_within_the_limit_reaches_the_page():
    page = Page()
    sender = request(page, content_length="10")
    await sender.send_input({"type": "http.request", "body": b"0123456789"})
    assert (await sender.receive_output())["status"] == 200
    assert page.read == b"0123456789"


async def test_a_body_that_says_it_is_too_large_is_refused_unread():
    page = Page()
    sender = request(page, content_length="11")
    assert (await sender.receive_output())["status"] == 413
    assert b"small parts" in (await sender.receive_output())["body"]
    assert page.read == b""


async def test_a_body_that_hides_its_size_is_cut_off():
    page = Page()
    sender = request(page, transfer_encoding="chunked")
    for _ in range(3):
        await sender.send_input({"type": "http.request", "body": b"01234", "more_body": True})
    await sender.wait()
    assert page.cut_off
    assert len(page.read) == 10
