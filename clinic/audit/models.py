"""Who did what to which record, and when. Append-only; rows hold identifiers, never names.

Every event becomes a link of one chain of hashes over the whole site: see `chain`.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from clinic.accounts.models import Clinic, User


class Action(models.TextChoices):
    READ = "read", "read"
    PLAY = "play", "played"
    CREATE = "create", "created"
    CHANGE = "change", "changed"
    ARCHIVE = "archive", "archived"
    INVITE = "invite", "made a link"
    REVOKE = "revoke", "revoked"
    OPEN_LINK = "open_link", "opened the link"
    CONSENT = "consent", "consented"
    WITHDRAW = "withdraw", "withdrew consent"
    SUBMIT = "submit", "submitted"
    CHOOSE = "choose", "chose the release"
    RETRY = "retry", "asked for another analysis"
    LOGIN = "login", "signed in"
    LOGOUT = "logout", "signed out"
    NO_LOGIN = "no_login", "failed to sign in"
    RATE = "rate", "rated"
    SIGN = "sign", "signed"
    EXPORT = "export", "exported"
    ERASE = "erase", "erased"
    WRONG = "wrong", "answered wrongly"
    SALVAGE = "salvage", "kept what had arrived of"
    REMIND = "remind", "sent a reminder"


class EventQuerySet(models.QuerySet["Event"]):
    """Reads and adds; what was written is neither changed nor removed."""

    def update(self, **fields: Any) -> int:
        raise TypeError("audit events are append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("audit events are append-only")


class Event(models.Model):
    """`actor` is None when the patient acted by capture link, which `link` then tells, and when
    Mimia acted by itself, as a plan or the reaper has it. For a NO_LOGIN nobody is known: `target`
    is the account that was tried, or NOBODY for an address without one.

    `position`, `previous` and `hash` are the event's place in the chain, empty until it is sealed.
    """

    NOBODY = uuid.UUID(int=0)

    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    link = models.UUIDField(null=True)
    action = models.CharField(max_length=12, choices=Action)
    target_type = models.CharField(max_length=20)
    target = models.UUIDField()
    patient = models.UUIDField(null=True, db_index=True)
    detail = models.CharField(max_length=120, blank=True)  # of CHOOSE: the release
    at = models.DateTimeField(auto_now_add=True)
    position = models.PositiveBigIntegerField(null=True, unique=True, editable=False)
    previous = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.target_type} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("audit events are append-only")


class Head(models.Model):
    """The end of the chain, and what its last verification found: the only row of its kind.

    `broken` is the first position that was not as it had been sealed; None when all were.
    """

    ONLY = 1

    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    verified = models.DateTimeField(null=True)
    verified_position = models.PositiveBigIntegerField(default=0)
    broken = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.position} {self.hash}"
