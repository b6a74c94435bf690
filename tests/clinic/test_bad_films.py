"""Films that arrive whole but cannot be measured as they are: what the person is told of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from clinic.recordings.models import RecordingSession
from diagnosis import queue, runner
from diagnosis.simulate import VideoScript, animate
from tests.clinic.takes import send, submit
from tests.diagnosis.films import write

pytestmark = pytest.mark.django_db


def told(browser: Client, session: RecordingSession, film: bytes) -> dict[str, Any]:
    """Sends a rest film, has it analysed, and returns what the progress tells of it."""
    upload = send(session, film, task="rest")
    answer = submit(browser, upload, film, cues=[])
    assert answer.status_code == 201, answer.content
    job = queue.claim("worker")
    assert job is not None
    runner.run(job, lambda stage, fraction: None)
    takes = browser.get(f"/sessions/{session.id}/progress/").json()["takes"]
    return dict(takes[0])


def codes(take: dict[str, Any], severity: str) -> list[str]:
    return [found["code"] for found in take["findings"] if found["severity"] == severity]


def test_a_truncated_film_is_accepted_and_measured_as_far_as_it_goes(
    paul: Client, described: RecordingSession, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.webm"
    animate(whole, VideoScript(seconds=10, codec="vp8"))
    film = whole.read_bytes()
    take = told(paul, described, film[: len(film) * 2 // 3])
    assert take["usable"]
    assert "truncated" in codes(take, "advises")


def test_a_film_without_a_face_is_asked_for_again(
    paul: Client, described: RecordingSession, tmp_path: Path
) -> None:
    film = tmp_path / "wall.webm"
    write(film, np.arange(90) / 30, codec="libvpx", container="webm")
    take = told(paul, described, film.read_bytes())
    assert not take["usable"]
    assert codes(take, "blocks") == ["no_face"]
    assert "do it again" in take["findings"][0]["patient"]


def test_a_film_of_more_than_ten_minutes_is_refused(
    paul: Client, described: RecordingSession, tmp_path: Path
) -> None:
    film = tmp_path / "long.webm"
    write(film, np.arange(0, 640, 10), codec="libvpx", container="webm")
    upload = send(described, film.read_bytes(), task="rest")
    answer = submit(paul, upload, film.read_bytes(), cues=[])
    assert answer.status_code == 422
    assert "at most 10 minutes" in answer.json()["error"]
