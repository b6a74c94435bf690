"""Is a file that was sent a film that can be analysed? Asked in a process of its own.

Decoders are large programs fed with files from outside: `diagnosis.probe` runs them with little
memory and time, and without this process' secrets.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext

from clinic.uploads.problems import ServerBusy
from diagnosis.config import AnalysisConfig
from diagnosis.probe import UNDECIDED, VANISHED

logger = logging.getLogger(__name__)

WALL_S = 60.0  # the probe's own limit of processor time is far below
# Of each web process: more at once would make one film's check wait for another's all the same.
TURN_S = 20.0
AT_ONCE = 2
REFUSED_FOR_S = 24 * 3600  # the same bytes are not read again for so long
_turns = threading.Condition()
_reading: set[UUID] = set()  # the sessions whose films are
# The file made the decoder crash, or kept it busy beyond its limit of processor time.
_FILE_IS_TO_BLAME = (
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
    signal.SIGXCPU,
)


class FilmRefused(Exception):
    """The file is no film that can be analysed, in words for the person who films.

    `problem` is its code and `staff` what the engine said, for those who bring films from
    elsewhere. `is_hopeless` tells that it is certainly no film.
    """

    def __init__(self, problem: str, staff: str) -> None:
        super().__init__(_words(problem))
        self.problem = problem
        self.staff = staff

    @property
    def is_hopeless(self) -> bool:
        return self.problem == "unreadable"


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a film is: `container` as "video/webm", `seconds` from first to last picture;
    `sound` tells whether there is any."""

    container: str
    codec: str
    width: int
    height: int
    seconds: float
    frames: int
    sound: bool


@contextmanager
def turn(session: UUID) -> Iterator[None]:
    """To read whole films in: few at once, and one of a session. Raises ServerBusy."""
    with _turns:
        free = _turns.wait_for(
            lambda: len(_reading) < AT_ONCE and session not in _reading, timeout=TURN_S
        )
        if not free:
            raise ServerBusy
        _reading.add(session)
    try:
        yield
    finally:
        with _turns:
            _reading.remove(session)
            _turns.notify_all()


def check(path: Path) -> Facts:
    """Takes up to seconds: call it in a `turn`, outside of transactions.

    Raises FilmRefused, TryLater, and FileNotFoundError for a file that is gone, if only by now.
    """
    bytes_here = f"refused-film:{path.name}:{path.stat().st_size}"
    answer = cache.get(bytes_here) or _ask(path)
    if "problem" not in answer:
        return Facts(**answer)
    if answer["problem"] == VANISHED:
        raise FileNotFoundError(path)
    logger.info("%s refused: %s", path.name, answer["words"])
    cache.set(bytes_here, answer, REFUSED_FOR_S)
    raise FilmRefused(answer["problem"], answer["words"])


@contextmanager
def silent(path: Path, facts: Facts) -> Iterator[tuple[Path, Facts]]:
    """The film without its sound, to which nobody has agreed, and what it is: in a file that is
    gone afterwards, unless `path` itself has none. Call it in a `turn`, outside of transactions.

    Raises FilmRefused, TryLater, and FileNotFoundError for a film that is gone.
    """
    if not facts.sound:
        yield path, facts
        return
    copy = path.with_name(f"{path.name}.silent")
    try:
        answer = _ask(path, "--silent", str(copy))
        if answer.get("problem") == VANISHED:
            raise FileNotFoundError(path)
        if "problem" in answer:
            raise FilmRefused(UNDECIDED, answer["words"])
        yield copy, dataclasses.replace(facts, container=answer["container"], sound=False)
    finally:
        copy.unlink(missing_ok=True)


def _ask(path: Path, *options: str) -> dict[str, Any]:
    try:
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "diagnosis.probe", str(path), *options],
            cwd=settings.BASE_DIR,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        logger.error("%s could not be checked: %s", path.name, error)
        raise ServerBusy from error
    if run.returncode == 0:
        answer: dict[str, Any] = json.loads(run.stdout)
        return answer
    said = run.stderr.decode(errors="replace")[-1000:]
    if -run.returncode in _FILE_IS_TO_BLAME:
        name = signal.Signals(-run.returncode).name
        return {"problem": UNDECIDED, "words": f"Reading the file ended with {name}. {said}"}
    logger.error("%s could not be checked: %s, %s", path.name, run.returncode, said)
    raise ServerBusy


def _words(problem: str) -> str:
    minutes = AnalysisConfig().max_duration_s / 60
    match problem:
        case "too_long":
            return gettext(
                "A film may last at most %(minutes)d minutes. Please film this task again, by "
                "itself."
            ) % {"minutes": minutes}
        case "picture_too_large":
            return gettext(
                "The pictures of this film are too large for us. Please choose a lower video "
                "quality in your camera's settings, and film this task again."
            )
    return gettext("This file is not a film that we can read. Please film this task again.")
