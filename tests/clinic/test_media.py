"""Films are sent in parts, to those who may watch, and each viewing is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.dashboards import media
from clinic.recordings import playback, strays
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import video
from diagnosis.models import Job
from diagnosis.queue import finish
from diagnosis.simulate import VideoScript, animate
from tests.clinic.analysed import film
from tests.conftest import Login

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")
BYTES = bytes(range(256)) * 4


@pytest.fixture
def recording(session: RecordingSession) -> Recording:
    """Its playback copy is BYTES: what is sent can be told byte by byte."""
    made = film(session, "smile")
    made.playback = made.file.replace("video.webm", "playback.webm")
    (Path(settings.MEDIA_ROOT) / made.playback).write_bytes(BYTES)
    made.save()
    return made


@pytest.fixture(scope="module")
def webm(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("films") / "film.webm"
    animate(path, VideoScript(1.0, codec="vp8", width=320, height=180))
    return path.read_bytes()


def get(browser: Client, recording: Recording, asked: str | None = None) -> Any:
    headers = {} if asked is None else {"Range": asked}
    return browser.get(reverse("dashboards:video", args=[recording.id]), headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response) if isinstance(response, StreamingHttpResponse) else response.content


def test_a_whole_film(login: Login, carl_clinician: User, recording: Recording) -> None:
    response = get(login(carl_clinician), recording)
    assert (response.status_code, body(response)) == (200, BYTES)
    assert response["Content-Type"] == "video/webm"
    assert response["Accept-Ranges"] == "bytes"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, 1023),
        ("bytes=100-199", 100, 199),
        ("bytes=1000-5000", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-5000", 0, 1023),
    ],
)
def test_a_part_of_a_film(
    login: Login, anna_assistant: User, recording: Recording, asked: str, start: int, end: int
) -> None:
    response = get(login(anna_assistant), recording, asked)
    assert (response.status_code, body(response)) == (206, BYTES[start : end + 1])
    assert response["Content-Range"] == f"bytes {start}-{end}/1024"
    assert response["Content-Length"] == str(end - start + 1)


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused(
    login: Login, carl_clinician: User, recording: Recording, asked: str
) -> None:
    response = get(login(carl_clinician), recording, asked)
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */1024")


@pytest.mark.parametrize(
    "asked",
    ["bytes=9-3", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "?", f"bytes=0-{'9' * 5000}"],
    ids=str.__len__,
)
def test_what_is_no_single_range_gives_the_whole_film(
    login: Login, carl_clinician: User, recording: Recording, asked: str
) -> None:
    assert get(login(carl_clinician), recording, asked).status_code == 200


def test_head_tells_the_size_and_is_no_viewing(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    response = login(carl_clinician).head(reverse("dashboards:video", args=[recording.id]))
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == "1024"
    assert not Event.objects.filter(action=Action.PLAY).exists()


def test_each_persons_viewing_is_on_record_once(
    login: Login, carl_clinician: User, anna_assistant: User, recording: Recording
) -> None:
    for user in (carl_clinician, anna_assistant):
        for asked in ("bytes=0-", "bytes=500-", "bytes=900-"):
            body(get(login(user), recording, asked))
    played = Event.objects.filter(action=Action.PLAY, target=recording.id)
    assert {event.actor for event in played} == {carl_clinician, anna_assistant}
    assert played.count() == 2


def test_nobody_else_gets_the_film(
    login: Login,
    olga_outsider: User,
    rita_researcher: User,
    ada_admin: User,
    recording: Recording,
) -> None:
    for user in (olga_outsider, rita_researcher, ada_admin):
        assert get(login(user), recording).status_code == 404
    assert get(login(None), recording).status_code == 302


def test_a_film_whose_file_is_gone_is_not_found(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    (Path(settings.MEDIA_ROOT) / recording.playback).unlink()
    assert get(login(carl_clinician), recording).status_code == 404


async def test_only_one_piece_is_in_memory_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * (3 * media.PIECE + 10))
    sizes = [len(piece) async for piece in media.pieces(path, 5, 3 * media.PIECE + 9)]
    assert sizes == [media.PIECE, media.PIECE, media.PIECE, 5]


def test_the_first_play_makes_a_copy_that_can_be_sought_in(
    login: Login, carl_clinician: User, session: RecordingSession, webm: bytes
) -> None:
    made = film(session, "smile", webm)
    response = get(login(carl_clinician), made)
    assert (response.status_code, response["Content-Type"]) == (200, "video/webm")
    made.refresh_from_db()
    copy = Path(settings.MEDIA_ROOT) / made.playback
    with video.open_video(copy) as container:
        assert container.duration is not None
    assert body(response) == copy.read_bytes()
    assert (Path(settings.MEDIA_ROOT) / made.file).read_bytes() == webm


@pytest.mark.django_db(transaction=True)
def test_the_end_of_the_analysis_makes_the_copy_outside_its_transaction(
    session: RecordingSession, webm: bytes
) -> None:
    made = film(session, "rest", webm)
    job = Job.objects.get(subject=made.id)
    job.state, job.attempts = Job.State.RUNNING, 1
    job.save()
    with transaction.atomic():
        finish(job, Job.State.DONE)
        made.refresh_from_db()
        assert made.playback == ""
    made.refresh_from_db()
    assert made.playback.endswith("playback.webm")


@pytest.mark.parametrize("kept", [15, 300])
def test_what_is_no_film_cannot_be_played_and_leaves_no_file(
    login: Login, carl_clinician: User, session: RecordingSession, webm: bytes, kept: int
) -> None:
    """The first 300 bytes of a WebM name its stream, but hold no picture."""
    made = film(session, "smile", webm[:kept])
    assert get(login(carl_clinician), made).status_code == 404
    folder = (Path(settings.MEDIA_ROOT) / made.file).parent
    assert {path.name for path in folder.iterdir()} - {strays.UNSETTLED} == {"video.webm"}
    with pytest.raises(playback.Unplayable, match=r"again"):
        playback.source(made)
