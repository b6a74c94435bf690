"""Who did what to which record, and when. Append-only; rows hold identifiers, never names.

Every event becomes a link of one chain of hashes over the whole site: see `chain`.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

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


REFUSED = "the audit trail is append-only"


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads and adds; what was written is neither changed nor removed."""

    def update(self, **fields: Any) -> int:
        raise TypeError(REFUSED)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(REFUSED)


class AppendOnly(models.Model):
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(REFUSED)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(REFUSED)


class Event(AppendOnly):
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

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.target_type} {self.target}"


class Head(models.Model):
    """The end of the chain: the only row of its kind."""

    ONLY = 1

    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.position} {self.hash}"


class Verification(AppendOnly):
    """What one verification of the chain found: `count` sealed events up to `position`, the last
    of them with the hash `head`, and `unsealed` ones beyond.

    `broken` is the first position that is not as it was sealed, None when there is none, and `why`
    says what is wrong there; `wrong` events in all are not as they were, `missing` ones are gone.
    `expected` tells whether a hash that was asked for is in the unbroken part; None when none was.

    The head of the last whole verification is looked for by the next, which so finds a chain that
    was written anew in between, as long as nobody wrote these rows anew as well: they stand in the
    same database, and no hash covers them. Only a head that is kept elsewhere proves more.
    """

    OLD = datetime.timedelta(days=2)

    at = models.DateTimeField(auto_now_add=True)
    count = models.PositiveBigIntegerField()
    position = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64, blank=True)
    unsealed = models.PositiveBigIntegerField()
    broken = models.PositiveBigIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)
    wrong = models.PositiveBigIntegerField(default=0)
    missing = models.PositiveBigIntegerField(default=0)
    expected = models.BooleanField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_whole(self) -> bool:
        return self.broken is None

    @property
    def is_old(self) -> bool:
        """One is due each day: the daily verification does not run any more."""
        return timezone.now() - self.at > self.OLD

    @classmethod
    def last(cls) -> Verification | None:
        found: Verification | None = cls.objects.first()
        return found

    @classmethod
    def last_whole(cls) -> Verification | None:
        found: Verification | None = cls.objects.filter(broken=None).first()
        return found
