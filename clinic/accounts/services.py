"""Who joins and leaves a clinic, and which release it uses.

Nobody signs up: an admin adds members.
"""

from __future__ import annotations

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import Clinic, Membership, Permission, Role, User
from clinic.accounts.releases import InstalledRelease
from clinic.accounts.tokens import SetPasswordTokens
from clinic.audit.models import Action
from clinic.audit.services import record


class MemberProblem(Exception):
    """A change of members that cannot be; the message tells the admin why and what to do."""


class AlreadyMember(MemberProblem):
    def __init__(self, role: Role) -> None:
        super().__init__(
            f"This person is already {role.label.lower()} in this clinic. "
            "Choose another role, or see the list of members."
        )


class WorksElsewhere(MemberProblem):
    def __init__(self) -> None:
        super().__init__(
            "This address has an account that another clinic made. Ask the person for another "
            "address of theirs, and add them with that one."
        )


class LastAdmin(MemberProblem):
    def __init__(self) -> None:
        super().__init__(
            "This is the clinic's only admin. Add another admin first, then end this membership."
        )


class NotYoursToInvite(MemberProblem):
    def __init__(self) -> None:
        super().__init__(
            "This person already has a password, or belongs to another clinic as well. "
            "They can set a new password with “Forgotten your password?” on the sign-in page."
        )


class ClinicExists(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a clinic of the name {name} already. Its admins add members on its pages."
        )


@transaction.atomic
def create_clinic(name: str, *, admin_email: str, phone: str) -> str | None:
    """A clinic with its first admin; the address at which a new admin sets a password, once.

    None for an admin who has an account with a password already. Raises ClinicExists.
    """
    clinic, new = Clinic.objects.get_or_create(name=name, defaults={"phone": phone})
    if not new:
        raise ClinicExists(name)
    admin = add_member(clinic, email=admin_email, name=admin_email, role=Role.ADMIN, actor=None)
    return None if admin.user.has_usable_password() else _password_address(admin.user)


@transaction.atomic
def add_member(
    clinic: Clinic, *, email: str, name: str, role: Role, actor: User | None
) -> Membership:
    """Gives the person with this address a role; makes an account without a password if none is.

    `actor` is None for the operator of the site, who vouches for any account. An admin cannot:
    whoever had an account made may know its password. Raises AlreadyMember or WorksElsewhere.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email.lower(), name=name)
    elif actor is not None and _foreign(user.memberships.all(), actor).exists():
        raise WorksElsewhere
    try:
        with transaction.atomic():
            membership = Membership.objects.create(user=user, clinic=clinic, role=role)
    except IntegrityError:
        raise AlreadyMember(role) from None
    record(Action.CREATE, membership, actor=actor)
    return membership


def may_invite(actor: User, user: User) -> bool:
    """Whether `actor` may hand out a set-password link: else it would open other clinics' records.

    Only for somebody who never had a password and works nowhere that `actor` does not manage.
    """
    theirs = user.memberships.filter(ended__isnull=True)
    return (
        not user.has_usable_password() and theirs.exists() and not _foreign(theirs, actor).exists()
    )


def _foreign(memberships: QuerySet[Membership], actor: User) -> QuerySet[Membership]:
    """Those in clinics that `actor` does not manage."""
    return memberships.exclude(clinic__in=Clinic.objects.where(actor, Permission.MANAGE))


@transaction.atomic
def invite(membership: Membership, *, actor: User) -> str:
    """The address at which a new member sets a password, once, within PASSWORD_RESET_TIMEOUT.

    Raises NotYoursToInvite.
    """
    user = membership.user
    if not may_invite(actor, user):
        raise NotYoursToInvite
    record(Action.INVITE, membership, actor=actor)
    return _password_address(user)


def _password_address(user: User) -> str:
    key = SetPasswordTokens().make_token(user)
    return settings.SITE_URL + reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": key},
    )


@transaction.atomic
def end_membership(membership: Membership, *, actor: User) -> None:
    """Takes the role away at once; the account and what it did stay. Raises LastAdmin."""
    current = Membership.objects.select_for_update().filter(
        clinic=membership.clinic, ended__isnull=True
    )
    admins = current.filter(role=Role.ADMIN)
    if membership.role == Role.ADMIN and not admins.exclude(id=membership.id).exists():
        raise LastAdmin
    if current.filter(id=membership.id).update(ended=timezone.now()):
        record(Action.CHANGE, membership, actor=actor)


@transaction.atomic
def choose_release(clinic: Clinic, release: InstalledRelease, *, actor: User) -> None:
    """Sessions of the clinic whose first film comes after this use the release; those that have
    begun, and all results, keep theirs."""
    others = Clinic.objects.filter(id=clinic.id).exclude(release=release.choice)
    if others.update(release=release.choice):
        record(Action.CHOOSE, clinic, actor=actor, detail=str(release))


def record_login(user: User) -> None:
    """One event in the trail of each clinic where the person works now."""
    _record_presence(Action.LOGIN, user)


def record_logout(user: User) -> None:
    """As `record_login`."""
    _record_presence(Action.LOGOUT, user)


def _record_presence(action: Action, user: User) -> None:
    earlier = Membership.objects.filter(
        user=user, clinic=OuterRef("clinic"), ended__isnull=True, id__lt=OuterRef("id")
    )
    for membership in user.memberships.filter(~Exists(earlier), ended__isnull=True):
        record(action, membership, actor=user)


def forget_logins() -> int:
    """Deletes the logins whose time is over, with what was searched for in them; how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return deleted
