"""`/health/`: whether the site works, for programs that watch it. It tells nothing else.

Whoever asks how often, the database and the disk are looked at once in KEPT_S.
"""

from __future__ import annotations

import datetime

from django.core.cache import cache
from django.db import Error
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import disk
from diagnosis import queue
from diagnosis.models import Job

KEPT_S = 5
STUCK_AFTER = datetime.timedelta(minutes=10)
ANALYSED = (Job.State.DONE, Job.State.FAILED)

Health = dict[str, bool | None]


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503."""
    found: Health | None = cache.get("health")
    if found is None:
        found = look()
        cache.set("health", found, KEPT_S)
    return JsonResponse(found, status=200 if all(found.values()) else 503)


def look() -> Health:
    """What works; None where nobody can tell while the database is away."""
    try:
        workers: bool | None = queue_moves()
    except Error:
        workers = None
    return {
        "database": workers is not None,
        "disk": not disk.is_full(),
        "workers": workers,
    }


def queue_moves() -> bool:
    """Whether nothing has waited long for a worker, or some worker has shown itself meanwhile."""
    now = timezone.now()
    then = now - STUCK_AFTER
    ready = Q(not_before__isnull=True) | Q(not_before__lt=then)
    in_trouble = Q(attempts__gt=queue.MAX_CRASHES)  # tried again without end: the machine's
    waits = Q(state=Job.State.QUEUED, created__lt=then) & (ready | in_trouble)
    left = Q(state=Job.State.RUNNING, lease_until__lt=then)
    if not Job.objects.filter(waits | left).exists():
        return True
    # One that is only tried again and again is leased now and then.
    leased = Q(state=Job.State.RUNNING, lease_until__gte=now, attempts=1)
    finished = Q(state__in=ANALYSED, finished__gte=then)
    return Job.objects.filter(leased | finished).exists()
