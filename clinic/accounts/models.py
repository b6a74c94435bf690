"""Who works here: clinics (the tenants), users, and their roles in clinics."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    AnyUser = "User | AnonymousUser"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff. Patients have no account: they come by capture link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    ASSISTANT = "assistant", "Assistant"
    CLINICIAN = "clinician", "Clinician"
    RESEARCHER = "researcher", "Researcher"
    ADMIN = "admin", "Admin"


# What each role may do, in design.md's words; views ask for a permission, never for a role.
class Permission(models.TextChoices):
    SEE_NAMES = "see_names"  # names, MRN, patient pages
    RECORD = "record"  # invite, record, import
    WATCH = "watch"  # play video
    SEE_MEASURES = "see_measures"  # measures and traces with the patient's name
    SEE_CODED = "see_coded"  # measures and traces by study code only
    JUDGE = "judge"  # rate, sign, keep the regimen
    EXPORT = "export"  # with names; and erase
    EXPORT_CODED = "export_coded"  # by study code, dates shifted
    MANAGE = "manage"  # members, releases, audit


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ASSISTANT: frozenset({Permission.SEE_NAMES, Permission.RECORD, Permission.WATCH}),
    Role.CLINICIAN: frozenset(
        {
            Permission.SEE_NAMES,
            Permission.RECORD,
            Permission.WATCH,
            Permission.SEE_MEASURES,
            Permission.JUDGE,
            Permission.EXPORT,
        }
    ),
    Role.RESEARCHER: frozenset({Permission.SEE_CODED, Permission.EXPORT_CODED}),
    Role.ADMIN: frozenset({Permission.MANAGE, Permission.EXPORT_CODED}),
}


def roles_with(permissions: Iterable[Permission]) -> list[Role]:
    """The roles that hold at least one of `permissions`."""
    wanted = set(permissions)
    return [role for role, held in PERMISSIONS.items() if held & wanted]


class ClinicQuerySet(models.QuerySet["Clinic"]):
    def where(self, user: User | AnonymousUser, *permissions: Permission) -> ClinicQuerySet:
        """The clinics in which `user` holds at least one of `permissions`; none once the account
        is closed, whatever page or socket is still open."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            id__in=Membership.objects.filter(
                user=user,
                user__is_active=True,
                role__in=roles_with(permissions),
                ended__isnull=True,
            ).values("clinic")
        )


class Clinic(models.Model):
    """The tenant: every patient, session, member and model choice belongs to one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    phone = models.CharField(max_length=40, blank=True, help_text="shown on every patient page")
    release = models.CharField(max_length=80, blank=True, help_text="empty: the embedded release")
    is_demo = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = ClinicQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a clinic; a person may hold several."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "clinic", "role"],
                condition=models.Q(ended__isnull=True),
                name="one_current_membership_per_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} in {self.clinic}"
