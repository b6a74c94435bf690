"""What has arrived of a film that was never handed in becomes a recording, as far as it goes.

A tab that was closed for good, an empty battery, a link that ended: when no more can come, the
part that is here is kept, labelled and analysed. A task that has any film needs no such part, and
one that has a whole film needs no other that had arrived in full.
"""

from __future__ import annotations

import datetime
import logging
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.recordings import checking, services
from clinic.recordings.models import CaptureLink, ProtocolTask, Recording, RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from clinic.uploads.problems import Gone, TryLater, UploadProblem, server_trouble
from diagnosis.config import Cue

logger = logging.getLogger(__name__)

SILENCE = datetime.timedelta(hours=1)  # once the link has ended or the session is finished
AGAIN = datetime.timedelta(hours=2)  # the reaper spares a part until the next try
TRIED_FOR = datetime.timedelta(days=7)  # from when the film was begun
TOLERANCE_S = 1.0  # by which a whole film may be shorter than its task
MOST_FAILURES = 3  # while a person waits; the reaper takes up the rest


def salvage_session(
    session: RecordingSession, *, actor: User | None, link: CaptureLink | None
) -> list[Recording]:
    """For a session that is being finished: parts of films of the tasks that have none.

    Checks each part, which takes a while: call it outside of transactions.
    """
    kept: dict[int, Recording] = {}  # by task
    failures = 0
    for part in list(_parts().filter(session=session)):
        if part.task_id in kept or failures == MOST_FAILURES:
            continue
        recording = _salvage(part, actor, link)
        if recording is None:
            failures += 1
        else:
            kept[part.task_id] = recording
    return list(kept.values())


def salvage_left() -> list[Recording]:
    """Parts of which no more will come: of finished sessions, of ended links, and long silent."""
    now = timezone.now()
    links = CaptureLink.objects.filter(session=OuterRef("session"))
    just_revoked = links.filter(revoked__gt=now - CaptureLink.GRACE)
    link_ended = Exists(links) & ~Exists(links.serving()) & ~Exists(just_revoked)
    no_more_comes = Q(session__submitted__isnull=False) | link_ended
    quiet = datetime.timedelta(hours=min(settings.SALVAGE_HOURS, settings.UPLOAD_KEEP_HOURS))
    due = _parts().filter(
        Q(expires__lte=expiry_after(quiet)) | Q(no_more_comes, expires__lte=expiry_after(SILENCE))
    )
    kept = [_salvage(part, None, None) for part in list(due)]
    return [recording for recording in kept if recording]


def _parts() -> QuerySet[Upload]:
    """Uploads with bytes that were not handed in, of tasks that need them: those that are complete
    first, of these the newest, and of the others the longest.

    Of an imported film the clinic has the whole file.
    """
    complete = Q(length=F("offset"))
    films = Recording.objects.filter(session=OuterRef("session"), task=OuterRef("task"))
    needed = ~Exists(films) | complete & ~Exists(films.filter(partial=False))
    waiting = Upload.objects.filter(
        needed, recording__isnull=True, offset__gt=0, session__imported=False
    )
    newest_complete = Case(When(complete, then="created")).desc(nulls_last=True)
    return waiting.select_related("session__patient", "task").order_by(newest_complete, "-offset")


def expiry_after(quiet: datetime.timedelta) -> datetime.datetime:
    """When an upload expires whose last byte came `quiet` ago."""
    return timezone.now() - quiet + datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)


def _salvage(part: Upload, actor: User | None, link: CaptureLink | None) -> Recording | None:
    """None where it cannot be done, whatever the reason: the other parts come next."""
    try:
        with server_trouble():
            return _keep(part, actor, link)
    except checking.FilmRefused as refusal:
        if refusal.is_hopeless:
            logger.warning("%s is hopeless and deleted: %s", part.id, refusal.staff)
            with suppress(UploadProblem, DatabaseError):
                uploads.remove(part)
        else:
            logger.warning("%s is left to the reaper: %s", part.id, refusal.staff)
    except TryLater as problem:
        logger.warning("%s is salvaged later: %s", part.id, problem)
        _spare(part)
    except (UploadProblem, services.SubmitRefused, FileNotFoundError) as problem:
        logger.info("%s is not salvaged: %s", part.id, problem)
    except (OSError, DatabaseError):
        logger.exception("%s cannot be salvaged", part.id)
    return None


def _spare(part: Upload) -> None:
    again = timezone.now() + AGAIN
    if part.created > timezone.now() - TRIED_FOR:
        with suppress(DatabaseError):
            Upload.objects.filter(id=part.id, expires__lt=again).update(expires=again)


def _keep(part: Upload, actor: User | None, link: CaptureLink | None) -> Recording:
    """Holds the file all the while, so that nothing more can be added to it."""
    with checking.turn(part.session_id), uploads.held(part) as file:
        _still_left(part)
        uploads.cut_to_offset(part, file)
        facts = checking.check(part.path)
        sent = "" if not facts.sound else services.digest(part.path)
        with checking.silent(part.path, facts) as (film, facts), transaction.atomic():
            RecordingSession.objects.select_for_update().get(id=part.session_id)
            upload = _still_left(part)
            cues = _cues_within(upload, facts.seconds)
            recording = services.submit(
                upload.session,
                upload.task,
                film,
                mime=facts.container,
                cues=cues,
                capture=_capture(upload, facts) | ({"sent_sha256": sent} if sent else {}),
                partial=not upload.is_complete or _breaks_off(upload.task, facts.seconds),
                actor=actor,
                link=link,
                filmed=upload.created,
                action=Action.SALVAGE,
            )
            uploads.hand_over(upload, recording)
            transaction.on_commit(lambda: upload.path.unlink(missing_ok=True))
    return recording


def _still_left(part: Upload) -> Upload:
    """The part as it is now. Raises Gone if it went on, or was handed in, at this moment."""
    upload = _parts().filter(id=part.id, offset=part.offset).first()
    if upload is None:
        raise Gone
    return upload


def _breaks_off(task: ProtocolTask, seconds: float) -> bool:
    """Whether a film of this length lacks a cue or, of a task without any, some of its time."""
    if task.repeats:
        return task.planned_cues()[-1].end > seconds
    return seconds < task.seconds - TOLERANCE_S


def _cues_within(upload: Upload, seconds: float) -> list[Cue]:
    """The beeps as they were planned: when they sounded, only the browser knew."""
    return [cue for cue in upload.task.planned_cues() if cue.end <= seconds]


def _capture(upload: Upload, facts: checking.Facts) -> dict[str, Any]:
    return {
        "filmed": {"at": upload.created.isoformat(), "clock": "server"},
        "salvaged": {
            "seconds": round(facts.seconds, 3),
            "bytes": upload.offset,
            "complete": upload.is_complete,
            "cues": "planned",
        },
    }
