"""Films as meshes, for those who may not see faces, or would rather not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Permission
from clinic.recordings import playback
from clinic.recordings.models import Recording
from diagnosis import replay
from diagnosis.models import Result

MAY_REPLAY = (Permission.WATCH, Permission.SEE_CODED, Permission.SEE_MEASURES)
HEADERS = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
KIND = "application/octet-stream"


@login_required
@require_safe
def mesh(request: StaffRequest, recording_id: UUID) -> HttpResponseBase:
    """The replay of a recording, in the bytes of `diagnosis.replay.stream`."""
    recordings = Recording.objects.visible_to(request.user, *MAY_REPLAY)
    found = get_object_or_404(recordings.select_related("session__patient"), pk=recording_id)
    path = files([found.id]).get(found.id)
    if path is None:
        raise Http404("this film has no landmarks")
    if request.method == "HEAD":
        return HttpResponse(content_type=KIND, headers=HEADERS)
    playback.record_play(found, actor=request.user, detail=playback.MESH)
    pieces = _in_threads(replay.stream(path))
    return StreamingHttpResponse(pieces, content_type=KIND, headers=HEADERS)


def files(recordings: Iterable[UUID]) -> dict[UUID, Path]:
    """The newest landmarks file of each recording that has one on this site's disk; one query."""
    results = Result.objects.filter(subject__in=list(recordings)).exclude(landmarks="")
    newest = dict(results.order_by("job__created").values_list("subject", "landmarks"))
    paths = {id: Path(settings.MEDIA_ROOT) / name for id, name in newest.items()}
    return {id: path for id, path in paths.items() if path.is_file()}


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reading and aligning landmarks holds up nobody else's page."""
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece
