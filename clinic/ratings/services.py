"""Rating a session, whether that was blind, and how far raters agree."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils.crypto import salted_hmac

from clinic.accounts.models import Clinic, Permission, User
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, Purpose
from clinic.ratings.models import Rating
from clinic.recordings.models import Recording, RecordingSession
from diagnosis import agreement
from diagnosis.agreement import Coefficient
from diagnosis.config import TaskKind

RATED = (TaskKind.REST, TaskKind.TALK)  # the films that the item is about
SCORES = range(5)


@transaction.atomic
def rate(
    session: RecordingSession, rater: User, *, score: int | None, obstacle: str = ""
) -> Rating:
    """Adds a score, or the `obstacle` to one, with whether it was blind."""
    rating = Rating.objects.create(
        session=session,
        rater=rater,
        score=score,
        obstacle=obstacle,
        blind=not has_seen_results(rater, session),
    )
    audit.record(Action.RATE, rating, actor=rater)
    return rating


def has_seen_results(user: User, session: RecordingSession) -> bool:
    """Whether the trail knows that `user` saw results of the session, or exported or signed them.

    A look at the patient as a whole counts once this session could be part of it: its films are
    analysed as they come, before it is finished.
    """
    targets = [session.id, *session.recordings.values_list("id", flat=True)]
    since = session.created
    of_session = Q(target__in=targets, detail=audit.RESULTS)
    of_patient = Q(target=session.patient_id, detail=audit.RESULTS, at__gte=since)
    taken_away = Q(
        patient=session.patient_id, action__in=(Action.EXPORT, Action.SIGN), at__gte=since
    )
    found = Event.objects.filter(of_session | of_patient | taken_away, actor=user)
    return found.exists()


def rateable(user: User) -> QuerySet[RecordingSession]:
    """The finished sessions with whole rest or talk films, with pictures, that `user` may rate."""
    films = Recording.objects.filter(
        session=OuterRef("pk"), task__kind__in=RATED, partial=False
    ).exclude(mime=Recording.LANDMARKS)
    mine = RecordingSession.objects.visible_to(user, Permission.JUDGE)
    return mine.filter(Exists(films), submitted__isnull=False)


def awaiting(user: User) -> QuerySet[RecordingSession]:
    """What `user` has not rated yet, in an order of their own that tells nothing of the sessions:
    by a keyed hash, so that nobody can tell which of a person's is the later one. By MD5, for every
    PostgreSQL has it."""
    rated = Rating.objects.filter(session=OuterRef("pk"), rater=user)
    key = Value(salted_hmac("clinic.ratings.awaiting", str(user.pk)).hexdigest())
    place = MD5(Concat(key, Cast("pk", CharField())))
    return rateable(user).filter(~Exists(rated)).order_by(place)


@dataclasses.dataclass(frozen=True)
class PairAgreement:
    """Two raters' blind scores of the `n` sessions that both have rated.

    `same` is in how many they gave the same score; a coefficient is None with too few sessions.
    """

    first: User
    second: User
    n: int
    same: int
    kappa: Coefficient | None
    icc: Coefficient | None


def agreements(
    clinics: QuerySet[Clinic], raters: Collection[UUID] | None = None
) -> list[PairAgreement]:
    """Every pair of raters, of `raters` if given, that have sessions of `clinics` in common; two
    queries."""
    found = Rating.objects.first_blind().filter(session__patient__clinic__in=clinics)
    if raters is not None:
        found = found.filter(rater__in=raters)
    scores: dict[User, dict[UUID, int]] = defaultdict(dict)
    for rating in found.select_related("rater").order_by("rater__name", "created"):
        assert rating.score is not None
        scores[rating.rater][rating.session_id] = rating.score
    pairs = itertools.combinations(scores, 2)
    compared = [_compare(a, b, scores[a], scores[b]) for a, b in pairs]
    return [pair for pair in compared if pair.n]


def _compare(first: User, second: User, a: dict[UUID, int], b: dict[UUID, int]) -> PairAgreement:
    common = sorted(a.keys() & b.keys())
    of_a, of_b = [a[pk] for pk in common], [b[pk] for pk in common]
    return PairAgreement(
        first,
        second,
        n=len(common),
        same=sum(x == y for x, y in zip(of_a, of_b, strict=True)),
        kappa=agreement.weighted_kappa(of_a, of_b, SCORES),
        icc=agreement.icc(list(zip(of_a, of_b, strict=True))),
    )


def training_labels(clinics: QuerySet[Clinic]) -> Iterable[Rating]:
    """The blind scores that may teach a model: of people whose consent to that stands."""
    agreed = Consent.objects.standing(Purpose.TRAINING)
    mine = Rating.objects.first_blind().filter(session__patient__clinic__in=clinics)
    return mine.filter(Exists(agreed.filter(patient=OuterRef("session__patient")))).select_related(
        "session__patient", "rater"
    )
