"""What each verification found is kept, and tells the admin and the operator by itself."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic import checks
from clinic.accounts.models import Membership, Role
from clinic.audit import chain, services
from clinic.audit.models import Action, Head, Verification

pytestmark = pytest.mark.django_db

WARNING = "The audit trail is not as it was written."


@pytest.fixture
def ada(login, ada_admin) -> Client:
    return login(ada_admin)


def sql(words: str, *values: object) -> None:
    """What somebody does who holds the database."""
    with connection.cursor() as cursor:
        cursor.execute(words, values)


def tamper() -> None:
    sql("UPDATE audit_event SET detail = %s WHERE position = 4", "other")


def write_anew(until: int) -> None:
    """Changes event 4 and makes a chain of the first `until` events that fits in itself."""
    tamper()
    sql("DELETE FROM audit_event WHERE position > %s", until)
    sql("UPDATE audit_event SET position = NULL, previous = '', hash = ''")
    sql("UPDATE audit_head SET position = 0, hash = ''")
    chain.seal_all()


def warnings() -> list[str]:
    return [message.id for message in checks.audit_trail_is_whole(None)]


def page_of(browser: Client, name: str = "audit:events") -> str:
    return " ".join(browser.get(reverse(name)).content.decode().split())


def test_each_verification_is_kept_with_what_it_found(ten):
    before = timezone.now()
    call_command("verify_audit")
    tamper()
    with pytest.raises(CommandError):
        call_command("verify_audit")
    broken, whole = Verification.objects.all()
    assert before <= whole.at <= broken.at <= timezone.now()
    assert (whole.count, whole.position, whole.head) == (10, 10, ten[-1].hash)
    assert (whole.unsealed, whole.broken, whole.why, whole.is_whole) == (0, None, "", True)
    assert (broken.broken, broken.why) == (4, "the event is not as it was sealed")
    assert (broken.wrong, broken.missing, broken.is_whole) == (1, 0, False)


def test_what_was_kept_is_neither_changed_nor_removed(ten):
    kept = chain.verify()
    for refused in (
        lambda: Verification.objects.update(broken=None),
        Verification.objects.all().delete,
        kept.save,
        kept.delete,
    ):
        with pytest.raises(TypeError, match="append-only"):
            refused()


def test_a_whole_trail_is_told_with_its_head_to_copy(ten, ada):
    chain.verify()
    page = page_of(ada)
    assert "Every event is as it was sealed." in page
    assert "Events verified, all clinics of this site</dt><dd>10</dd>" in page
    assert f">{ten[-1].hash}</textarea>" in page
    assert WARNING not in page_of(ada, "accounts:members")
    assert warnings() == []


def test_a_row_that_was_changed_is_told_on_the_page_on_the_first_page_and_by_the_check(ten, ada):
    chain.verify()
    tamper()
    assert "Every event is as it was sealed." in page_of(ada)  # nobody has looked since
    chain.verify()
    page = page_of(ada)
    assert "At event 4 of the chain: the event is not as it was sealed." in page
    assert "up to event 10." in page
    assert "Have all backups kept" in page
    assert "</textarea>" not in page
    home = ada.get(reverse("accounts:home"), follow=True).content.decode()
    assert WARNING in home
    assert f'href="{reverse("audit:events")}">See what was found' in home
    assert warnings() == ["clinic.W004"]


def test_manage_py_check_tells_the_operator(ten, capsys):
    tamper()
    chain.verify()
    call_command("check", tags=["database"])
    assert "broken at event 4" in capsys.readouterr().err


def test_the_warning_ends_when_the_events_are_back(ten, ada):
    tamper()
    chain.verify()
    sql("UPDATE audit_event SET detail = '' WHERE position = 4")
    chain.verify()
    assert WARNING not in page_of(ada, "accounts:members")
    assert warnings() == []


def test_an_admin_with_a_second_role_is_warned_where_they_begin(ten, ada_admin, clinic, login):
    Membership.objects.create(user=ada_admin, clinic=clinic, role=Role.CLINICIAN)
    tamper()
    chain.verify()
    first = login(ada_admin).get(reverse("accounts:home"), follow=True)
    assert first.request["PATH_INFO"] == reverse("work:list")
    assert WARNING in first.content.decode()


def test_who_is_no_admin_is_not_warned(ten, login, carl_clinician):
    tamper()
    chain.verify()
    assert WARNING not in page_of(login(carl_clinician), "work:list")


@pytest.mark.parametrize("until", [10, 8])
def test_a_chain_that_was_written_anew_is_told_by_the_head_of_the_verification_before(
    ten, ada, until
):
    chain.verify()
    write_anew(until)
    report = chain.verify()
    assert report.broken == {10: 10, 8: 9}[until]
    assert f"At event {report.broken} of the chain" in page_of(ada)
    assert warnings() == ["clinic.W004"]


def test_a_chain_that_was_written_anew_is_told_when_more_events_came_after_it(
    ten, patient, carl_clinician
):
    kept = chain.verify()
    write_anew(8)
    for _ in range(5):
        services.record(Action.READ, patient, actor=carl_clinician)
    chain.seal_all()
    report = chain.verify()
    assert report.broken == 10
    assert report.why == (
        f"the verification of {kept} found another event here, so the chain up to it was written "
        "anew"
    )


def test_a_chain_that_was_written_anew_does_not_become_whole_by_looking_twice(ten):
    chain.verify()
    write_anew(10)
    assert [chain.verify().broken, chain.verify().broken] == [10, 10]


def test_without_an_earlier_verification_a_chain_that_was_written_anew_passes(ten):
    write_anew(10)
    assert chain.verify().is_whole


def test_a_trail_that_grew_is_whole_for_the_next_verification(ten, patient, carl_clinician):
    chain.verify()
    services.record(Action.READ, patient, actor=carl_clinician)
    chain.seal_all()
    report = chain.verify()
    assert (report.broken, report.position) == (None, 11)


def test_a_head_row_that_was_put_back_too_is_told_by_what_is_missing(ten):
    chain.verify()
    sql("DELETE FROM audit_event WHERE position > 7")
    Head.objects.update(position=7, hash=ten[6].hash)
    report = chain.verify()
    assert (report.broken, report.missing) == (8, 3)


def test_a_trail_that_nobody_has_verified_says_how(ada):
    assert "has not been verified yet" in page_of(ada)
    assert warnings() == []


def test_a_verification_that_is_overdue_is_told(ten, ada):
    chain.verify()
    overdue = "more than two days old"
    assert overdue not in page_of(ada)
    sql("UPDATE audit_verification SET at = %s", timezone.now() - datetime.timedelta(hours=49))
    assert overdue in page_of(ada)


def test_a_head_that_was_asked_for_in_vain_is_told(ten, ada):
    with pytest.raises(CommandError, match="expected head is not in the chain"):
        call_command("verify_audit", expect="0" * 64)
    assert "The head that was asked for is not in the chain." in page_of(ada)
