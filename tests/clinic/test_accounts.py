"""Who gets in, who may do what, and how members join and leave a clinic."""

from __future__ import annotations

import io
import re

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from clinic.accounts import services
from clinic.accounts.models import Clinic, Membership, Permission, Role, User
from clinic.audit.models import Action, Event

PASSWORD = "correct horse battery staple"
LOGIN = reverse("account_login")


@pytest.fixture
def with_password(carl_clinician):
    carl_clinician.set_password(PASSWORD)
    carl_clinician.save()
    return carl_clinician


def add(clinic, actor, email="new@example.org", role=Role.ASSISTANT, name="Newton New"):
    return services.add_member(clinic, email=email, name=name, role=role, actor=actor)


def test_staff_sign_in_by_email_and_the_clinics_trail_says_so(login, with_password, clinic):
    browser = login(None)
    answer = browser.post(LOGIN, {"login": "CARL@example.org", "password": PASSWORD})
    assert answer.url == "/"
    assert browser.get("/").url == reverse("work:list")
    event = Event.objects.get(action=Action.LOGIN)
    assert (event.actor, event.clinic) == (with_password, clinic)


def test_a_person_with_two_roles_in_a_clinic_is_recorded_once(login, with_password, clinic):
    Membership.objects.create(user=with_password, clinic=clinic, role=Role.ADMIN)
    login(None).post(LOGIN, {"login": with_password.email, "password": PASSWORD})
    assert Event.objects.filter(action=Action.LOGIN).count() == 1


def test_a_wrong_password_opens_nothing(login, with_password):
    browser = login(None)
    answer = browser.post(LOGIN, {"login": with_password.email, "password": "wrong"})
    assert "There is a problem" in answer.content.decode()
    assert browser.get(reverse("patients:list")).status_code == 302


def test_a_wrong_password_is_in_the_trail_of_the_accounts_clinic(login, with_password, clinic):
    login(None).post(LOGIN, {"login": "CARL@example.org", "password": "wrong"})
    event = Event.objects.get()
    assert (event.action, event.clinic, event.actor) == (Action.NO_LOGIN, clinic, None)
    assert (event.target_type, event.target) == ("member", with_password.id)


def test_an_address_that_nobody_has_is_in_the_trail_without_its_words(login, db):
    login(None).post(LOGIN, {"login": "secret@example.org", "password": "typed here by mistake"})
    event = Event.objects.get()
    assert (event.action, event.clinic, event.target) == (Action.NO_LOGIN, None, Event.NOBODY)
    written = str(Event.objects.values().get())
    assert "secret" not in written
    assert "typed" not in written


def test_signing_out_is_recorded(login, carl_clinician, clinic):
    browser = login(carl_clinician)
    browser.post(reverse("account_logout"))
    event = Event.objects.get(action=Action.LOGOUT)
    assert (event.actor, event.clinic) == (carl_clinician, clinic)
    browser.post(reverse("account_logout"))  # nobody is signed in
    assert Event.objects.count() == 1


def test_guessing_passwords_is_slowed_down(login, with_password):
    browser = login(None)
    for _ in range(20):
        browser.post(LOGIN, {"login": with_password.email, "password": "wrong"})
    browser.post(LOGIN, {"login": with_password.email, "password": PASSWORD})
    assert browser.get(reverse("patients:list")).status_code == 302


def test_many_attempts_from_one_place_are_refused_with_words(login, db):
    browser = login(None)
    for number in range(40):
        answer = browser.post(LOGIN, {"login": f"guess{number}@example.org", "password": "wrong"})
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()


def test_signing_in_needs_the_second_step_once_it_is_on(login, with_password):
    secret = generate_totp_secret()
    TOTP.activate(with_password, secret)
    browser = login(None)
    answer = browser.post(LOGIN, {"login": with_password.email, "password": PASSWORD})
    assert answer.url == reverse("mfa_authenticate")
    assert browser.get(reverse("patients:list")).status_code == 302
    counter = next(yield_hotp_counters_from_time())
    code = format_hotp_value(hotp_value(secret, counter))
    assert browser.post(answer.url, {"code": code}).url == "/"
    assert browser.get(reverse("patients:list")).status_code == 200


def test_nobody_signs_up(login, db):
    browser = login(None)
    details = {"email": "stranger@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = browser.post(reverse("account_signup"), details)
    assert "Nobody can sign up here" in answer.content.decode()
    assert not User.objects.exists()


def test_nobody_takes_an_address_that_they_cannot_prove_to_be_theirs(login, carl_clinician):
    page = reverse("account_email")
    browser = login(carl_clinician)
    browser.post(page, {"action_add": "", "email": "victim@example.org"})
    browser.post(page, {"action_primary": "", "email": "victim@example.org"})
    carl_clinician.refresh_from_db()
    assert carl_clinician.email == "carl@example.org"


@pytest.mark.parametrize(
    ("person", "page"),
    [
        ("anna_assistant", "work:list"),
        ("carl_clinician", "work:list"),
        ("rita_researcher", "dashboards:coded_list"),
        ("ada_admin", "accounts:members"),
    ],
)
def test_everyone_starts_where_their_work_is(request, login, person, page):
    browser = login(request.getfixturevalue(person))
    assert browser.get("/").url == reverse(page)


def test_somebody_without_a_role_is_told_whom_to_ask(login, db):
    page = login(User.objects.create_user("free@example.org", name="Free")).get("/")
    assert "Ask your clinic's admin to add you" in page.content.decode()


def test_a_role_counts_in_its_own_clinic_only(carl_clinician, clinic, other_clinic):
    Membership.objects.create(user=carl_clinician, clinic=other_clinic, role=Role.RESEARCHER)
    assert list(Clinic.objects.where(carl_clinician, Permission.SEE_NAMES)) == [clinic]
    assert list(Clinic.objects.where(carl_clinician, Permission.SEE_CODED)) == [other_clinic]


def test_a_new_member_sets_a_password_by_the_link_once(login, ada_admin, clinic):
    page = login(ada_admin).post(
        reverse("accounts:add"),
        {"clinic": clinic.id, "email": "New@Example.org", "name": "Newton", "role": "assistant"},
    )
    address = page.context["address"]
    assert address in page.content.decode()
    newcomer = login(None)
    form = newcomer.get(address, follow=True)
    url = form.redirect_chain[-1][0]
    newcomer.post(url, {"password1": PASSWORD, "password2": PASSWORD})
    answer = newcomer.post(LOGIN, {"login": "new@example.org", "password": PASSWORD})
    assert answer.url == "/"
    assert newcomer.get(reverse("patients:list")).status_code == 200
    again = login(None).get(address, follow=True).content.decode()
    assert "has been used or has ended" in again


def test_somebody_with_an_account_gets_a_role_without_a_new_password(
    login, ada_admin, clinic, with_password
):
    answer = login(ada_admin).post(
        reverse("accounts:add"),
        {"clinic": clinic.id, "email": "CARL@example.org", "name": "x", "role": "researcher"},
    )
    assert answer.url == reverse("accounts:members")
    with_password.refresh_from_db()
    assert with_password.name == "Carl Clinician"
    assert with_password.memberships.filter(clinic=clinic, role=Role.RESEARCHER).exists()


@pytest.mark.parametrize("ended", [False, True])
def test_an_account_that_another_clinic_made_is_not_trusted(
    login, ada_admin, clinic, olga_outsider, ended
):
    if ended:
        olga_outsider.memberships.update(ended=timezone.now())
    answer = login(ada_admin).post(
        reverse("accounts:add"),
        {"clinic": clinic.id, "email": "OLGA@example.org", "name": "x", "role": "clinician"},
    )
    assert "Ask the person for another address" in answer.context["form"].errors["email"][0]
    assert not olga_outsider.memberships.filter(clinic=clinic).exists()


def test_an_admin_of_both_clinics_adds_somebody_from_one_to_the_other(
    ada_admin, other_clinic, carl_clinician
):
    Membership.objects.create(user=ada_admin, clinic=other_clinic, role=Role.ADMIN)
    assert add(other_clinic, ada_admin, email=carl_clinician.email).user == carl_clinician


def test_an_admin_cannot_set_the_password_of_another_clinics_member(
    login, ada_admin, olga_outsider, clinic
):
    membership = add(clinic, None, email=olga_outsider.email)
    with pytest.raises(services.NotYoursToInvite):
        services.invite(membership, actor=ada_admin)
    answer = login(ada_admin).post(reverse("accounts:invite", args=[membership.id]), follow=True)
    assert "belongs to another clinic" in answer.content.decode()


def test_an_admin_cannot_reset_a_password_that_is_in_use(ada_admin, with_password):
    with pytest.raises(services.NotYoursToInvite):
        services.invite(with_password.memberships.get(), actor=ada_admin)


def test_a_lost_link_can_be_made_again(login, ada_admin, clinic):
    membership = add(clinic, ada_admin)
    page = login(ada_admin).post(reverse("accounts:invite", args=[membership.id]))
    assert re.search(r"/accounts/password/reset/key/", page.context["address"])


def test_a_set_password_link_ends_when_a_role_is_added_or_ended(login, ada_admin, clinic):
    def opens(address: str) -> bool:
        page = login(None).get(address, follow=True).content.decode()
        return "has been used or has ended" not in page

    assistant = add(clinic, ada_admin)
    first = services.invite(assistant, actor=ada_admin)
    assert opens(first)
    add(clinic, ada_admin, role=Role.RESEARCHER)
    assert not opens(first)
    second = services.invite(assistant, actor=ada_admin)
    assert opens(second)
    services.end_membership(assistant, actor=ada_admin)
    assert not opens(second)


def test_the_same_role_is_given_once(login, ada_admin, anna_assistant, clinic):
    with pytest.raises(services.AlreadyMember, match="already assistant"):
        add(clinic, ada_admin, email=anna_assistant.email)
    answer = login(ada_admin).post(
        reverse("accounts:add"),
        {"clinic": clinic.id, "email": anna_assistant.email, "name": "x", "role": "assistant"},
    )
    assert "already assistant" in answer.content.decode()


def test_an_ended_membership_ends_access_and_may_be_given_again(
    login, ada_admin, anna_assistant, clinic
):
    browser = login(anna_assistant)
    membership = anna_assistant.memberships.get()
    login(ada_admin).post(reverse("accounts:end", args=[membership.id]))
    assert browser.get(reverse("patients:list")).status_code == 404
    add(clinic, ada_admin, email=anna_assistant.email)
    assert browser.get(reverse("patients:list")).status_code == 200
    assert Event.objects.filter(action=Action.CHANGE, target=anna_assistant.id).count() == 1


def test_the_last_admin_stays(login, ada_admin, clinic):
    membership = ada_admin.memberships.get()
    answer = login(ada_admin).post(reverse("accounts:end", args=[membership.id]), follow=True)
    assert "Add another admin first" in answer.content.decode()
    add(clinic, ada_admin, role=Role.ADMIN)
    services.end_membership(membership, actor=ada_admin)
    assert clinic.memberships.get(role=Role.ADMIN, ended=None).user.email == "new@example.org"


def test_an_admin_manages_the_own_clinic_only(login, ada_admin, olga_outsider, other_clinic):
    membership = olga_outsider.memberships.get(role=Role.CLINICIAN)
    browser = login(ada_admin)
    assert "Olga" not in browser.get(reverse("accounts:members")).content.decode()
    assert browser.post(reverse("accounts:end", args=[membership.id])).status_code == 404
    answer = browser.post(
        reverse("accounts:add"),
        {"clinic": other_clinic.id, "email": "a@example.org", "name": "A", "role": "admin"},
    )
    assert "clinic" in answer.context["form"].errors


def test_the_members_page_tells_who_signs_in_with_two_steps(
    login, ada_admin, clinic, with_password
):
    add(clinic, ada_admin)
    TOTP.activate(with_password, generate_totp_secret())
    page = login(ada_admin).get(reverse("accounts:members")).content.decode()
    assert "two steps" in page
    assert "no password yet" in page


def test_the_members_page_costs_the_same_for_few_and_many(login, ada_admin, clinic, count_queries):
    browser = login(ada_admin)
    few = count_queries(lambda: browser.get(reverse("accounts:members")))
    for number in range(10):
        add(clinic, ada_admin, email=f"member{number}@example.org")
    assert count_queries(lambda: browser.get(reverse("accounts:members"))) == few


def test_what_was_searched_for_goes_when_the_login_is_over(login, carl_clinician):
    for user in (carl_clinician, carl_clinician):
        browser = login(user)
        browser.post(reverse("patients:list"), {"q": "Wilkins"})
    old = Session.objects.first()
    Session.objects.filter(pk=old.pk).update(expire_date=timezone.now())
    said = io.StringIO()
    call_command("reap", stdout=said)
    assert said.getvalue() == "1 expired logins deleted\n"
    (kept,) = Session.objects.all()
    assert kept.pk != old.pk
