"""What waits for somebody: each a queryset of what a person may see, the most urgent first.

None of them loops over rows here; what is looked for in the past is bounded by RECENT.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.accounts.models import Clinic, Membership, Permission, User, roles_with
from clinic.audit.models import Action, Event
from clinic.recordings.models import CaptureLink, Recording, RecordingSession, SessionQuerySet
from clinic.reminders.models import Plan, PlannedSession
from clinic.verdicts.models import Verdict
from diagnosis.models import Job, Result

RECENT = datetime.timedelta(days=28)


def unread_verdicts(user: User) -> QuerySet[Verdict]:
    """The newest first: an order by what they say would tell it to who is yet to rate."""
    clinics = Clinic.objects.where(user, Permission.SEE_MEASURES)
    return (
        Verdict.objects.unread()
        .filter(patient__clinic__in=clinics, patient__archived__isnull=True)
        .select_related("patient")
        .order_by("-created", "-id")
    )


def new_sessions(user: User) -> SessionQuerySet:
    """Finished within RECENT, not in the middle of their analysis, and opened by nobody since.

    Opened: the trail has a READ of the session itself, by one who sees names in its clinic.
    """
    jobs = Job.objects.filter(group=OuterRef("pk"))
    # Asked of the results: for a state of jobs SQLite would walk the whole index of states.
    whole = Result.objects.filter(subject=OuterRef("pk"))
    reads = Event.objects.filter(
        patient=OuterRef("patient"),
        target=OuterRef("pk"),
        action=Action.READ,
        at__gte=OuterRef("submitted"),
        actor__in=_who_see_names(OuterRef("clinic")),
    )
    return _recent(user).filter(Q(Exists(whole)) | ~Q(Exists(jobs)), ~Exists(reads))


def _who_see_names(clinic: Any) -> QuerySet[Membership, Any]:
    mine = Membership.objects.filter(clinic=clinic, ended__isnull=True)
    return mine.filter(role__in=roles_with([Permission.SEE_NAMES])).values("user")


def cannot_score(user: User) -> SessionQuerySet:
    """Finished within RECENT, with a film of no use, and no later session in the same state."""
    later = RecordingSession.objects.filter(
        patient=OuterRef("patient"),
        medication=OuterRef("medication"),
        recorded__gt=OuterRef("recorded"),
        submitted__isnull=False,
    )
    films = useless_films().filter(session=OuterRef("pk"))
    return _recent(user).filter(Exists(films), ~Exists(later))


def useless_films() -> QuerySet[Recording]:
    """The kept films whose newest result has a finding that blocks."""
    later = Result.objects.filter(subject=OuterRef("subject"), created__gt=OuterRef("created"))
    blocked = Result.objects.filter(subject=OuterRef("pk"), usable=False).filter(~Exists(later))
    return Recording.objects.kept().filter(Exists(blocked))


def overdue(user: User) -> QuerySet[PlannedSession, Any]:
    """Plans whose reminders were left without an answer since the last one.

    As {"plan": pk, "missed": count, "last": when the last was due}, the most missed first. Any
    film and any "too ill" is an answer; whoever has no plan, or a paused one, misses nothing.
    """
    plans = Plan.objects.visible_to(user, Permission.RECORD)
    running = plans.filter(paused__isnull=True, patient__archived__isnull=True)
    missed = _unanswered().filter(plan__in=running)
    counted = missed.order_by().values("plan").annotate(missed=Count("pk"), last=Max("due"))
    return counted.order_by("-missed", "last", "plan")


def _unanswered() -> QuerySet[PlannedSession]:
    """The reminders of RECENT that led to nothing, nor did the patient record afterwards."""
    now = timezone.now()
    open_links = CaptureLink.objects.filter(
        session=OuterRef("session"), revoked__isnull=True, expires__gt=now
    )
    films = Recording.objects.filter(session=OuterRef("session"))
    too_ill = RecordingSession.objects.filter(pk=OuterRef("session"), too_ill__isnull=False)
    filmed = Exists(Recording.objects.filter(session=OuterRef("pk")))
    answers = RecordingSession.objects.filter(
        Q(filmed, recorded__gt=OuterRef("due")) | Q(too_ill__gt=OuterRef("due")),
        patient=OuterRef("plan__patient"),
    )
    sent = PlannedSession.objects.filter(
        state=PlannedSession.State.SENT, due__gte=now - RECENT, due__lt=now
    )
    return sent.filter(~Exists(open_links), ~Exists(films), ~Exists(too_ill), ~Exists(answers))


def failed_sessions(user: User) -> SessionQuerySet:
    """Those for which `retry_failed` has something to do."""
    mine = RecordingSession.objects.visible_to(user).select_related("patient")
    return mine.filter(pk__in=failed_jobs().values("group")).order_by("-recorded")


def failed_jobs() -> QuerySet[Job]:
    """The newest job of a kept film or of a session, where that failed."""
    later = Job.objects.filter(subject=OuterRef("subject"), created__gt=OuterRef("created"))
    kept = Recording.objects.kept().filter(pk=OuterRef("subject"))
    newest = Job.objects.filter(state=Job.State.FAILED).filter(~Exists(later))
    return newest.filter(Q(kind=Job.Kind.SESSION) | Q(Exists(kept)))


def _recent(user: User) -> SessionQuerySet:
    return (
        RecordingSession.objects.visible_to(user)
        .filter(submitted__gte=timezone.now() - RECENT, patient__archived__isnull=True)
        .select_related("patient")
        .order_by("-recorded")
    )
