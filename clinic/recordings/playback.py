"""The copy of a recording that plays: remuxed so that browsers can seek, without sound.

The worker that ends a recording's analysis makes it. A film that is played earlier, or is never
analysed, gets its copy at the first play: under a second where the pictures are only copied.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.recordings.models import Recording
from diagnosis import copies, video
from diagnosis.models import Job

log = logging.getLogger(__name__)
ENDINGS = {"video/webm": "webm", "video/mp4": "mp4"}
ONE_VIEWING = datetime.timedelta(minutes=10)  # a player asks for many parts of one film
MESH = "mesh"


class Unplayable(Exception):
    """There is nothing to play: the file is gone or was never a film. The message says which."""


def on_analysis_finished(job: Job, **_: object) -> None:
    """Once the transaction that ends the analysis is over: remuxing is no part of it."""
    if job.kind == Job.Kind.TAKE:
        transaction.on_commit(lambda: _prepare_analysed(job), robust=True)


def _prepare_analysed(job: Job) -> None:
    recording = Recording.objects.filter(pk=job.subject).first()
    if recording is not None:
        try:
            source(recording)
        except Unplayable as error:
            log.info("recording %s: %s", recording.id, error)


def source(recording: Recording) -> tuple[Path, str]:
    """The file to play and its content type; made now if it is not there. Raises Unplayable."""
    if not recording.has_pictures:
        raise Unplayable("There are no pictures of this film, only its landmarks.")
    if not recording.playback:
        _prepare(recording)
    path = _media(recording.playback)
    if not path.is_file():
        raise Unplayable("The film is no longer on this site's disk.")
    return path, f"video/{path.suffix[1:]}"


def is_there(recording: Recording) -> bool:
    """Whether there still is a file; it may be none that plays."""
    return _media(recording.playback or recording.file).is_file()


def record_play(
    recording: Recording,
    *,
    actor: User | None,
    link: uuid.UUID | None = None,
    detail: str = "",
) -> None:
    """Once for each viewing by a person, not for each part of the film that the player fetches.

    `detail` is MESH where no face was seen.
    """
    begun = Event.objects.filter(
        actor=actor,
        link=link,
        target=recording.id,
        action=Action.PLAY,
        detail=detail,
        at__gt=timezone.now() - ONE_VIEWING,
    )
    if not begun.exists():
        audit.record(Action.PLAY, recording, actor=actor, link=link, detail=detail)


def _prepare(recording: Recording) -> None:
    original = _media(recording.file)
    part = original.with_name(f"{uuid.uuid4()}.part")
    try:
        ending = ENDINGS[copies.remux(original, part)]
        part.chmod(0o400)
        recording.playback = str(Path(recording.file).with_name(f"playback.{ending}"))
        part.replace(_media(recording.playback))
    except FileNotFoundError as error:
        raise Unplayable("The film is no longer on this site's disk.") from error
    except video.VideoError as error:
        raise Unplayable(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    recording.save(update_fields=["playback"])


def _media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name
