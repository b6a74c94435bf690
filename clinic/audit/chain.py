"""The chain of hashes through the audit trail: whoever changes or removes an event breaks it.

An event is written unsealed, inside its caller's transaction. After the commit `seal` gives it its
place: a short transaction of its own that locks nothing but the one Head row, so that no two
transactions ever wait for each other. An event whose process died in between is sealed by the next
call. A hash covers all fields of its event and the hash before it; therefore the head's hash, kept
elsewhere, vouches for everything up to it. An event that is removed before it is sealed leaves no
trace. A chain that is written anew from its beginning shows by an earlier head only: that of the
last whole Verification, which whoever writes to the whole database can write anew too, or one that
was kept elsewhere (`verify`'s `expect`).
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Min, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.audit.models import Event, Head, Verification

AT_ONCE = 200  # events that one call seals: a request never waits for a long backlog
CHUNK = 2000  # events in memory while the chain is verified
LOST = "the row that keeps the chain's end is lost, and no event is sealed any more"
FIELDS = (
    "id",
    "clinic_id",
    "actor_id",
    "link",
    "action",
    "target_type",
    "target",
    "patient",
    "detail",
    "at",
    "position",
    "previous",
)


def digest(event: Event) -> str:
    """The hash of all of the event's fields but `hash`: SHA-256 of canonical JSON, in hex."""
    told = {name: _told(getattr(event, name)) for name in FIELDS}
    words = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(words.encode()).hexdigest()


def _told(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)


def seal() -> int:
    """Adds up to AT_ONCE unsealed events, in the order of their ids; how many they were."""
    if not _unsealed().exists():
        return 0
    with transaction.atomic():
        head, _ = Head.objects.select_for_update().get_or_create(pk=Head.ONLY)
        events = list(_unsealed().order_by("id")[:AT_ONCE])
        for event in events:
            event.position, event.previous = head.position + 1, head.hash
            event.hash = digest(event)
            _rows().filter(pk=event.pk).update(
                position=event.position, previous=event.previous, hash=event.hash
            )
            head.position, head.hash = event.position, event.hash
        head.save(update_fields=["position", "hash"])
    return len(events)


def seal_all() -> int:
    """Adds every unsealed event, a part at a time; how many they were."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def oldest_unsealed() -> datetime.datetime | None:
    """When the event that has waited longest for its place was written; None when none waits."""
    at: datetime.datetime | None = _unsealed().aggregate(oldest=Min("at"))["oldest"]
    return at


def _rows() -> QuerySet[Event]:
    """Events whose place in the chain may be written, which `Event.objects` refuses."""
    return QuerySet(Event)


def _unsealed() -> QuerySet[Event]:
    return _rows().filter(position__isnull=True)


class _Walk:
    """Goes along the chain and keeps what does not fit; `last` and `hash` are where it stands."""

    def __init__(self, expect: str, earlier: Verification | None) -> None:
        self.expect, self.earlier = expect, earlier
        self.found = False
        self.last, self.hash = 0, ""
        self.count = self.wrong = self.missing = 0
        self.broken: int | None = None
        self.why = ""

    def step(self, event: Event) -> None:
        assert event.position is not None
        self.gap(event.position - 1)
        if why := self.wrong_with(event):
            self.fault(event.position, why)
            self.wrong += 1
        elif event.hash == self.expect and self.broken is None:
            self.found = True
        self.count += 1
        self.last, self.hash = event.position, event.hash

    def wrong_with(self, event: Event) -> str:
        if event.hash != digest(event):
            return "the event is not as it was sealed"
        if event.previous != self.hash:
            return "it does not follow from the event before it"
        earlier = self.earlier
        if earlier and event.position == earlier.position and event.hash != earlier.head:
            return (
                f"the verification of {earlier} found another event here, so the chain up to it "
                "was written anew"
            )
        return ""

    def gap(self, until: int) -> None:
        """Counts the positions after `last` up to `until` as missing."""
        if until > self.last:
            self.fault(self.last + 1, f"{until - self.last} events from here on are missing")
            self.missing += until - self.last

    def fault(self, position: int, why: str) -> None:
        if self.broken is None:
            self.broken, self.why = position, why


def verify(expect: str = "") -> Verification:
    """Computes every hash anew, in constant memory, and keeps the outcome.

    Looks for the head of the last whole verification, and for `expect`, the hash of an earlier
    head. Events may be sealed meanwhile.
    """
    walk = _Walk(expect, Verification.last_whole())
    while (head := _head()).position > walk.last:
        for event in _events(walk.last, head.position):
            walk.step(event)
        walk.gap(head.position)
        walk.last = max(walk.last, head.position)
    _check_end(walk, head)
    return Verification.objects.create(
        count=walk.count,
        position=walk.last,
        head=walk.hash,
        unsealed=_unsealed().count(),
        broken=walk.broken,
        why=walk.why,
        wrong=walk.wrong,
        missing=walk.missing,
        expected=walk.found if expect else None,
    )


def _head() -> Head:
    return Head.objects.filter(pk=Head.ONLY).first() or Head(pk=Head.ONLY)


def _events(after: int, until: int) -> Iterator[Event]:
    between = Event.objects.filter(position__gt=after, position__lte=until)
    return between.order_by("position").iterator(chunk_size=CHUNK)


def _check_end(walk: _Walk, head: Head) -> None:
    """The Head row's hash is that of the last event, and no event lies beyond it."""
    if head.hash != walk.hash:
        walk.fault(head.position, "the chain's end is not the event that was sealed last")
    now = Subquery(Head.objects.filter(pk=Head.ONLY).values("position"))
    beyond = Event.objects.filter(position__gt=Coalesce(now, 0))
    first = beyond.order_by("position").values_list("position", flat=True).first()
    if first is not None:
        walk.fault(first, "events lie beyond the chain's end" if head.position else LOST)
    if walk.broken is None and walk.earlier is not None:
        walk.gap(walk.earlier.position)
