"""A film is checked in a process with limits; what that process says becomes an answer."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from clinic.recordings import checking
from clinic.uploads.problems import ServerBusy
from tests.clinic.takes import WEBM


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "0b0e"
    path.write_bytes(WEBM)
    return path


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Has `program`, in Python, answer in place of the probe."""
    run = subprocess.run

    def instead(command: list[str], **options: Any) -> Any:
        return run([command[0], "-c", program], **options)

    monkeypatch.setattr(checking.subprocess, "run", instead)


def test_a_film_is_told_by_what_it_is_not_by_its_name(film: Path) -> None:
    facts = checking.check(film)
    assert (facts.container, facts.codec, facts.frames) == ("video/webm", "vp8", 90)
    assert facts.seconds == pytest.approx(8.9)


def test_what_is_no_film_is_refused_in_words_for_patients_and_for_staff(film: Path) -> None:
    film.write_text("a letter")
    with pytest.raises(checking.FilmRefused, match="Please film this task again") as refused:
        checking.check(film)
    assert refused.value.is_hopeless
    assert "Export the clip" in refused.value.staff


@pytest.mark.parametrize(
    ("problem", "words"),
    [("too_long", "at most 10 minutes"), ("picture_too_large", "lower video quality")],
)
def test_each_problem_has_its_words(
    film: Path, monkeypatch: pytest.MonkeyPatch, problem: str, words: str
) -> None:
    answer = json.dumps({"problem": problem, "words": "for staff"})
    stand_in(monkeypatch, f"print({answer!r})")
    with pytest.raises(checking.FilmRefused, match=words):
        checking.check(film)


@pytest.mark.parametrize("name", ["SIGXCPU", "SIGSEGV", "SIGABRT"])
def test_a_file_that_ends_the_decoder_is_refused_but_may_be_a_film(
    film: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stand_in(monkeypatch, f"import os, signal; os.kill(os.getpid(), signal.{name})")
    with pytest.raises(checking.FilmRefused) as refused:
        checking.check(film)
    assert not refused.value.is_hopeless


def test_the_same_bytes_are_refused_without_another_look(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = film.read_bytes()
    film.write_text("a letter")
    with pytest.raises(checking.FilmRefused) as first:
        checking.check(film)
    with monkeypatch.context() as patched:
        patched.setattr(checking.subprocess, "run", None)
        with pytest.raises(checking.FilmRefused) as second:
            checking.check(film)
    assert second.value.staff == first.value.staff
    film.write_bytes(whole)
    assert checking.check(film).frames == 90


def test_a_film_that_is_gone_by_now_is_neither_refused_nor_the_servers_trouble(
    film: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = subprocess.run

    def too_late(command: list[str], **options: Any) -> Any:
        film.unlink()
        return run(command, **options)

    monkeypatch.setattr(checking.subprocess, "run", too_late)
    for _ in range(2):  # gone in the middle, and gone before
        with pytest.raises(FileNotFoundError):
            checking.check(film)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",  # the machine ran out of memory
        "import time; time.sleep(60)",
        "raise SystemExit(1)",
    ],
)
def test_what_is_not_the_films_fault_is_tried_later(
    film: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(checking, "WALL_S", 1.0)
    stand_in(monkeypatch, program)
    with pytest.raises(ServerBusy):
        checking.check(film)


def test_the_check_sees_no_secrets(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SECRET_KEY", "shh")
    seen = tmp_path / "seen"
    stand_in(monkeypatch, f"import os, pathlib; pathlib.Path({str(seen)!r}).write_text("
             "' '.join(os.environ)); print('{\"problem\": \"x\", \"words\": \"\"}')")  # fmt: skip
    with pytest.raises(checking.FilmRefused):
        checking.check(film)
    assert set(seen.read_text().split()) <= {"PATH", "LANG", "LC_CTYPE", "OPENBLAS_NUM_THREADS"}


def test_few_films_are_read_at_once_and_one_of_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "TURN_S", 0.01)
    first, second, third = (uuid.uuid4() for _ in range(3))
    with checking.turn(first):
        with pytest.raises(ServerBusy), checking.turn(first):
            pass
        with checking.turn(second), pytest.raises(ServerBusy), checking.turn(third):
            pass
        with checking.turn(third):
            pass
    with checking.turn(first):
        pass
