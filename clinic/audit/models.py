"""Who did what to which record, and when. Append-only; rows hold identifiers, never names."""

from __future__ import annotations

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
    NO_LOGIN = "no_login", "failed to sign in"
    RATE = "rate", "rated"
    SIGN = "sign", "signed"
    EXPORT = "export", "exported"
    ERASE = "erase", "erased"
    WRONG = "wrong", "answered wrongly"
    SALVAGE = "salvage", "kept what had arrived of"
    REMIND = "remind", "sent a reminder"


class Event(models.Model):
    """`actor` is None when the patient acted by capture link, which `link` then tells, and when
    Mimia acted by itself, as a plan or the reaper has it."""

    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    link = models.UUIDField(null=True)
    action = models.CharField(max_length=12, choices=Action)
    target_type = models.CharField(max_length=20)
    target = models.UUIDField()
    patient = models.UUIDField(null=True, db_index=True)
    detail = models.CharField(max_length=120, blank=True)  # of CHOOSE: the release
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.target_type} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit events are append-only")
        super().save(*args, **kwargs)
