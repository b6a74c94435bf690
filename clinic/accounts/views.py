"""The way in, and the pages of a clinic's admin: members and releases."""

from __future__ import annotations

import uuid

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts import services
from clinic.accounts.forms import MemberForm
from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Membership, Permission, Role
from clinic.accounts.releases import installed
from diagnosis.config import SHOWN_FROM

FIRST_PAGES = [
    (Permission.SEE_NAMES, "work:list"),
    (Permission.SEE_CODED, "dashboards:coded_list"),
    (Permission.MANAGE, "accounts:members"),
]


@login_required
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """The first page of what the person may do anywhere."""
    for permission, page in FIRST_PAGES:
        if Clinic.objects.where(request.user, permission).exists():
            return redirect(page)
    return render(request, "accounts/no_role.html")


def _clinics(request: StaffRequest) -> QuerySet[Clinic]:
    """The clinics that the person manages; Http404 when none."""
    clinics = Clinic.objects.where(request.user, Permission.MANAGE)
    if not clinics:
        raise Http404
    return clinics


def _membership(request: StaffRequest, membership_id: int) -> Membership:
    mine = Membership.objects.filter(clinic__in=_clinics(request), ended__isnull=True)
    return get_object_or_404(mine.select_related("user", "clinic"), id=membership_id)


@login_required
@require_safe
def members(request: StaffRequest) -> HttpResponse:
    clinics = _clinics(request)
    two_steps = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    memberships = (
        Membership.objects.filter(clinic__in=clinics)
        .select_related("user", "clinic")
        .annotate(two_steps=Exists(two_steps))
        .order_by("clinic__name", "user__name", "role")
    )
    current = memberships.filter(ended__isnull=True)
    ended = memberships.filter(ended__isnull=False)
    return render(
        request,
        "accounts/members.html",
        {"current": current, "ended": ended, "several_clinics": len(clinics) > 1},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    form = MemberForm(request.POST or None, clinics=_clinics(request))
    if form.is_valid():
        data = form.cleaned_data
        try:
            membership = services.add_member(
                data["clinic"],
                email=data["email"],
                name=data["name"],
                role=Role(data["role"]),
                actor=request.user,
            )
        except services.AlreadyMember as problem:
            form.add_error("role", str(problem))
        except services.WorksElsewhere as problem:
            form.add_error("email", str(problem))
        else:
            return _added(request, membership)
    return render(request, "accounts/add.html", {"form": form})


def _added(request: StaffRequest, membership: Membership) -> HttpResponse:
    if services.may_invite(request.user, membership.user):
        return _show_invitation(request, membership)
    messages.success(request, f"{membership}. They sign in as before.")
    return redirect("accounts:members")


def _show_invitation(request: StaffRequest, membership: Membership) -> HttpResponse:
    """The only page that ever shows this address."""
    address = services.invite(membership, actor=request.user)
    return render(
        request, "accounts/invitation.html", {"membership": membership, "address": address}
    )


@login_required
@require_POST
def invite(request: StaffRequest, membership_id: int) -> HttpResponse:
    membership = _membership(request, membership_id)
    try:
        return _show_invitation(request, membership)
    except services.NotYoursToInvite as problem:
        messages.warning(request, str(problem))
        return redirect("accounts:members")


@login_required
@require_POST
def end(request: StaffRequest, membership_id: int) -> HttpResponse:
    membership = _membership(request, membership_id)
    try:
        services.end_membership(membership, actor=request.user)
    except services.LastAdmin as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, f"Ended: {membership}.")
    return redirect("accounts:members")


@login_required
@require_safe
def releases(request: StaffRequest) -> HttpResponse:
    clinics = _clinics(request)
    found = installed(clinics)
    served = {clinic for release in found if not release.problem for clinic in release.used_by}
    context = {
        "clinics": clinics,
        "releases": found,
        "stuck": [clinic for clinic in clinics if clinic not in served],
        "shown_from": SHOWN_FROM,
    }
    return render(request, "accounts/releases.html", context)


@login_required
@require_POST
def choose_release(request: StaffRequest, clinic_id: uuid.UUID) -> HttpResponse:
    clinics = _clinics(request)
    clinic = get_object_or_404(clinics, id=clinic_id)
    usable = [release for release in installed(clinics) if not release.problem]
    chosen = next((r for r in usable if r.choice == request.POST.get("release")), None)
    if chosen is None:
        messages.warning(
            request,
            "What was chosen is not among the releases that are installed here and can be used. "
            "Nothing was changed. Choose one from this page.",
        )
    else:
        services.choose_release(clinic, chosen, actor=request.user)
        messages.success(request, f"{clinic}: sessions that begin now are analysed with {chosen}.")
    return redirect("accounts:releases")
