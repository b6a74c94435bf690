"""What can go wrong with a film on its way in, in words for the person who films."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.utils.translation import gettext

logger = logging.getLogger(__name__)

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_POSTGRESQL_DISK_FULL = "53100"


class UploadProblem(Exception):
    """Why an upload cannot go on, in words for the person; `status` is tus' answer for it."""

    status = 400


class WrongOffset(UploadProblem):
    """`offset` is where the server stands and the sender must go on."""

    status = 409

    def __init__(self, offset: int) -> None:
        super().__init__(f"The next part must start at byte {offset}.")
        self.offset = offset


class WrongLength(UploadProblem):
    def __init__(self) -> None:
        super().__init__(
            gettext("The film's length does not fit what was sent. Please film it again.")
        )


class TooLarge(UploadProblem):
    status = 413

    def __init__(self) -> None:
        super().__init__(
            gettext("The film is too large. Please film this task again, as it is asked for.")
        )


class TooManyUploads(UploadProblem):
    status = 429

    def __init__(self) -> None:
        super().__init__(
            gettext("This session holds as many films as it can. Please ask your clinic for help.")
        )


class NotAFilm(UploadProblem):
    status = 415

    def __init__(self) -> None:
        super().__init__(
            gettext("This file is not a film that we can read. Please film this task again.")
        )


class EmptyFilm(UploadProblem):
    def __init__(self) -> None:
        super().__init__(
            gettext("The film is empty: nothing was recorded. Please film this task again.")
        )


class Incomplete(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__(gettext("The film has not arrived in full. Please keep this page open."))


class UnknownTask(UploadProblem):
    def __init__(self) -> None:
        super().__init__(
            gettext("This task is not part of the session. Please load the page again.")
        )


class Closed(UploadProblem):
    status = 422

    def __init__(self) -> None:
        super().__init__(
            gettext("This session was finished too long ago. This film can no longer be taken.")
        )


class NotNeeded(UploadProblem):
    """The one answer after which the sender need not keep the film."""

    status = 406

    def __init__(self) -> None:
        super().__init__(
            gettext("Your clinic has a film of this task already. This one is not needed.")
        )


class NoConsent(UploadProblem):
    status = 403

    def __init__(self) -> None:
        super().__init__(
            gettext("There is no consent to recording yet. Please agree first, then film.")
        )


class Gone(UploadProblem):
    """The upload has ended, or the server has lost its bytes: the sender begins a new one."""

    status = 410

    def __init__(self) -> None:
        super().__init__(
            gettext("This upload has ended. The film must be sent again from its start.")
        )


class Overtaken(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "A newer film of this task has already arrived. It is the one that counts; "
                "please go on."
            )
        )


class AlreadySubmitted(UploadProblem):
    status = 409

    def __init__(self) -> None:
        super().__init__(gettext("This film has been received and cannot be removed here."))


class TryLater(UploadProblem):
    """Nothing is wrong with the film: the same again succeeds once the server can."""

    status = 503


class ServerBusy(TryLater):
    def __init__(self) -> None:
        super().__init__(gettext("The clinic's computer is busy. We keep trying."))


class ServerFull(TryLater):
    status = 507

    def __init__(self) -> None:
        super().__init__(
            gettext("The clinic's computer is full. We keep trying. Please call your clinic.")
        )


@contextmanager
def server_trouble() -> Iterator[None]:
    """Turns a full disk and a database that is locked or away into TryLater."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        logger.error("no space left for films: %s", error)
        raise ServerFull from error
    except OperationalError as error:
        logger.error("the database cannot take a film now: %s", error)
        raise (ServerFull if _is_full(error) else ServerBusy) from error


def _is_full(error: OperationalError) -> bool:
    cause = error.__cause__
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == _POSTGRESQL_DISK_FULL
    )
