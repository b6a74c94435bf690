"""What has arrived of a film that was never handed in becomes a recording, as far as it goes.

A tab that was closed for good, an empty battery, a link that ended: when no more can come, the
part that is here is kept, labelled and analysed. A task that has any film needs no such part.
"""

from __future__ import annotations

import datetime
import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.recordings import checking, services
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.uploads import services as uploads
from clinic.uploads.models import Upload
from clinic.uploads.problems import Gone, TryLater, UploadProblem, server_trouble
from diagnosis.config import Cue

logger = logging.getLogger(__name__)

SILENCE = datetime.timedelta(hours=1)  # once the link has ended
AGAIN = datetime.timedelta(hours=2)  # the reaper spares a part until the next try


def salvage_session(
    session: RecordingSession, *, actor: User | None, link: CaptureLink | None
) -> list[Recording]:
    """For a session that is being finished: parts of films of the tasks that have none.

    Checks each part, which takes a while: call it outside of transactions.
    """
    return _salvage(_parts().filter(session=session), actor, link)


def salvage_left() -> list[Recording]:
    """Parts of which no more will come: of finished sessions, of ended links, and long silent."""
    now = timezone.now()
    links = CaptureLink.objects.filter(session=OuterRef("session"))
    serving = links.filter(revoked__isnull=True, expires__gt=now - CaptureLink.GRACE)
    just_revoked = links.filter(revoked__gt=now - CaptureLink.GRACE)
    link_ended = Exists(links) & ~Exists(serving) & ~Exists(just_revoked)
    quiet = datetime.timedelta(hours=min(settings.SALVAGE_HOURS, settings.UPLOAD_KEEP_HOURS))
    due = _parts().filter(
        Q(session__submitted__isnull=False)
        | Q(expires__lte=_expiry_after(quiet))
        | Q(link_ended, expires__lte=_expiry_after(SILENCE))
    )
    return _salvage(due, None, None)


def _parts() -> QuerySet[Upload]:
    """Uploads with bytes that were not handed in, of tasks without a film; the longest first.

    Of an imported film the clinic has the whole file.
    """
    films = Recording.objects.filter(session=OuterRef("session"), task=OuterRef("task"))
    waiting = Upload.objects.filter(
        ~Exists(films), recording__isnull=True, offset__gt=0, session__imported=False
    )
    return waiting.select_related("session__patient", "task").order_by("-offset")


def _expiry_after(quiet: datetime.timedelta) -> datetime.datetime:
    """When an upload expires whose last byte came `quiet` ago."""
    return timezone.now() - quiet + datetime.timedelta(hours=settings.UPLOAD_KEEP_HOURS)


def _salvage(
    parts: QuerySet[Upload], actor: User | None, link: CaptureLink | None
) -> list[Recording]:
    kept: list[Recording] = []
    for part in list(parts):
        try:
            with server_trouble():
                kept.append(_keep(part, actor, link))
        except checking.FilmRefused as refusal:
            logger.warning("%s is hopeless and deleted: %s", part.id, refusal.staff)
            uploads.remove(part)
        except TryLater as problem:
            logger.warning("%s is salvaged later: %s", part.id, problem)
            Upload.objects.filter(id=part.id, expires__lt=timezone.now() + AGAIN).update(
                expires=timezone.now() + AGAIN
            )
        except (UploadProblem, services.SubmitRefused) as problem:
            logger.info("%s is not salvaged: %s", part.id, problem)
        except OSError:
            logger.exception("%s cannot be read", part.id)
    return kept


def _keep(part: Upload, actor: User | None, link: CaptureLink | None) -> Recording:
    """Holds the file all the while, so that nothing more can be added to it."""
    with uploads.held(part) as file:
        _still_left(part)
        file.truncate(part.offset)
        facts = checking.check(part.path)
        sha256 = services.digest(part.path)
        with transaction.atomic():
            RecordingSession.objects.select_for_update().get(id=part.session_id)
            upload = _still_left(part)
            recording = services.submit(
                upload.session,
                upload.task,
                upload.path,
                mime=facts.container,
                cues=_cues_within(upload, facts.seconds),
                capture=_capture(upload, facts),
                sha256=sha256,
                partial=not upload.is_complete,
                actor=actor,
                link=link,
                filmed=upload.created,
                action=Action.SALVAGE,
            )
            upload.recording = recording
            upload.save(update_fields=["recording"])
    return recording


def _still_left(part: Upload) -> Upload:
    """The part as it is now. Raises Gone if it went on, or was handed in, at this moment."""
    upload = _parts().filter(id=part.id, offset=part.offset).first()
    if upload is None:
        raise Gone
    return upload


def _cues_within(upload: Upload, seconds: float) -> list[Cue]:
    """The beeps as they were planned: when they sounded, only the browser knew."""
    return [cue for cue in upload.task.planned_cues() if cue.end <= seconds]


def _capture(upload: Upload, facts: checking.Facts) -> dict[str, Any]:
    return {
        "salvaged": {
            "seconds": round(facts.seconds, 3),
            "bytes": upload.offset,
            "complete": upload.is_complete,
            "cues": "planned",
        }
    }
