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
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from clinic.uploads.problems import ServerBusy
from diagnosis.config import AnalysisConfig

logger = logging.getLogger(__name__)

WALL_S = 60.0  # the probe's own limit of processor time is far below
# Of each web process: more at once would make one film's check wait for another's all the same.
TURN_S = 20.0
_turn = threading.BoundedSemaphore(2)
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
    elsewhere.
    """

    def __init__(self, problem: str, staff: str) -> None:
        super().__init__(_words(problem))
        self.problem = problem
        self.staff = staff


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a film is: `container` as "video/webm", `seconds` from first to last picture."""

    container: str
    codec: str
    width: int
    height: int
    seconds: float
    frames: int


def check(path: Path) -> Facts:
    """Takes up to seconds: call it outside of transactions. Raises FilmRefused or TryLater."""
    if not _turn.acquire(timeout=TURN_S):
        raise ServerBusy
    try:
        answer = _ask(path)
    finally:
        _turn.release()
    if "problem" in answer:
        logger.info("%s refused: %s", path.name, answer["words"])
        raise FilmRefused(answer["problem"], answer["words"])
    return Facts(**answer)


def _ask(path: Path) -> dict[str, Any]:
    try:
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "diagnosis.probe", str(path)],
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
        return {"problem": "unreadable", "words": f"Reading the file ended with {name}. {said}"}
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
