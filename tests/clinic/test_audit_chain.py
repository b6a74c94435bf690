"""The trail is a chain: an event that is changed, removed or put in afterwards shows."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clinic import checks
from clinic.audit import chain, services
from clinic.audit.models import Action, Event, Head
from clinic.patients.models import Patient

pytestmark = pytest.mark.django_db


def rows() -> QuerySet[Event]:
    """The events as somebody with the database at hand may change them."""
    return QuerySet(Event)


def test_a_hash_is_that_of_the_canonical_words_of_an_event():
    event = Event(
        id=7,
        clinic_id=uuid.UUID(int=1),
        action="read",
        target_type="patient",
        target=uuid.UUID(int=2),
        patient=uuid.UUID(int=2),
        at=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        position=3,
        previous="ab",
    )
    # printf '{"action":"read","actor_id":null,"at":"2026-01-02T03:04:05.000000+00:00",...' |
    # sha256sum
    expected = "cd9a78e6d0ac7c1c940e1b09e91b9da4e6e9f94862e1e6cf742188993e42af6a"
    assert chain.digest(event) == expected


def test_all_that_an_event_holds_is_under_its_hash():
    fields = {field.attname for field in Event._meta.concrete_fields}
    assert fields == {*chain.FIELDS, "hash"}


def test_events_are_sealed_in_their_order_each_on_the_one_before(ten):
    assert [event.position for event in ten] == list(range(1, 11))
    assert [event.id for event in ten] == sorted(event.id for event in ten)
    assert [event.previous for event in ten] == ["", *(event.hash for event in ten[:-1])]
    head = Head.objects.get()
    assert (head.position, head.hash) == (10, ten[-1].hash)


def test_what_is_as_it_was_sealed_passes(ten):
    report = chain.verify()
    assert (report.count, report.head, report.unsealed) == (10, ten[-1].hash, 0)
    assert (report.broken, report.wrong, report.missing, report.expected) == (None, 0, 0, None)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "play"},
        {"actor": None},
        {"clinic": None},
        {"detail": "other"},
        {"target": uuid.UUID(int=1)},
        {"patient": None},
        {"at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
    ],
    ids=str,
)
def test_a_changed_event_is_found_where_it_is(ten, change):
    rows().filter(position=4).update(**change)
    report = chain.verify()
    assert (report.broken, report.wrong, report.missing) == (4, 1, 0)


def test_an_event_that_was_changed_and_hashed_anew_breaks_the_next(ten):
    changed = ten[3]
    changed.detail = "other"
    rows().filter(pk=changed.pk).update(detail="other", hash=chain.digest(changed))
    report = chain.verify()
    assert (report.broken, report.wrong) == (5, 1)


def test_removed_events_are_counted(ten):
    rows().filter(position__in=[3, 4, 8]).delete()
    report = chain.verify()
    assert (report.broken, report.missing, report.count) == (3, 3, 7)
    assert report.why == "2 events from here on are missing"


def test_a_trail_cut_short_is_found_by_its_head(ten):
    rows().filter(position__gt=7).delete()
    report = chain.verify()
    assert (report.broken, report.missing) == (8, 3)


def test_a_head_that_was_put_back_leaves_events_beyond_it(ten):
    Head.objects.update(position=7, hash=ten[6].hash)
    assert chain.verify().broken == 8
    Head.objects.all().delete()
    report = chain.verify()
    assert (report.broken, report.why) == (1, chain.LOST)


def test_a_chain_that_seals_no_more_is_told_by_a_check(ten):
    Head.objects.all().delete()
    services.record(Action.READ, Patient.objects.get(), actor=None)
    assert checks.audit_trail_is_sealed(None) == []
    rows().filter(position=None).update(at=timezone.now() - datetime.timedelta(hours=2))
    assert [message.id for message in checks.audit_trail_is_sealed(None)] == ["clinic.W003"]


def test_a_trail_cut_short_with_its_head_is_found_by_a_head_kept_elsewhere(ten):
    kept = ten[-1].hash
    rows().filter(position__gt=7).delete()
    Head.objects.update(position=7, hash=ten[6].hash)
    assert chain.verify().broken is None
    assert chain.verify(kept).expected is False
    assert chain.verify(ten[2].hash).expected is True


def test_a_known_head_beyond_a_break_proves_nothing(ten):
    rows().filter(position=4).update(detail="other")
    assert chain.verify(ten[1].hash).expected is True
    assert chain.verify(ten[8].hash).expected is False


def test_an_empty_trail_is_whole():
    report = chain.verify()
    assert (report.count, report.head, report.broken) == (0, "", None)


def test_events_are_neither_changed_nor_removed(ten):
    for refused in (
        lambda: Event.objects.update(detail="other"),
        lambda: Event.objects.filter(position=1).delete(),
        lambda: Event.objects.bulk_update(ten, ["detail"]),
        ten[0].save,
        ten[0].delete,
    ):
        with pytest.raises(TypeError, match="append-only"), transaction.atomic():
            refused()
    assert chain.verify().broken is None


def test_one_call_seals_a_part_of_a_long_backlog(patient, carl_clinician, monkeypatch):
    monkeypatch.setattr(chain, "AT_ONCE", 4)
    for _ in range(10):
        services.record(Action.READ, patient, actor=carl_clinician)
    assert [chain.seal(), chain.verify().unsealed, chain.seal_all(), chain.seal()] == [4, 6, 6, 0]
    assert chain.verify().broken is None


@pytest.mark.django_db(transaction=True)
def test_an_event_is_sealed_once_its_transaction_is_safe(patient, carl_clinician):
    with transaction.atomic():
        services.record(Action.READ, patient, actor=carl_clinician)
        services.record(Action.PLAY, patient, actor=carl_clinician)
        assert chain.verify().unsealed == 2
    assert (chain.verify().unsealed, chain.verify().count) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_transaction_that_failed_is_nowhere(patient, carl_clinician):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.record(Action.READ, patient, actor=carl_clinician)
        raise ZeroDivisionError
    assert (chain.verify().count, chain.verify().unsealed) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_a_failing_seal_leaves_the_next_one_takes(patient, carl_clinician, monkeypatch):
    def dies(event: Event) -> str:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(chain, "digest", dies)
        services.record(Action.READ, patient, actor=carl_clinician)
    assert chain.verify().unsealed == 1
    services.record(Action.READ, patient, actor=carl_clinician)
    report = chain.verify()
    assert (report.count, report.unsealed, report.broken) == (2, 0, None)


def test_the_command_prints_length_and_head_to_keep(ten, capsys):
    call_command("verify_audit", expect=ten[4].hash.upper())
    told = capsys.readouterr().out
    assert f"10 events in the chain, head {ten[-1].hash}" in told
    assert "0 events wait" in told
    assert "The expected head is in the chain." in told


def test_the_command_fails_for_a_broken_chain_and_for_an_unknown_head(ten):
    with pytest.raises(CommandError, match="expected head is not in the chain"):
        call_command("verify_audit", expect="0" * 64)
    rows().filter(position=4).update(detail="other")
    with pytest.raises(CommandError, match=r"broken at position 4.*1 events are not"):
        call_command("verify_audit")


def test_the_reaper_seals_what_was_left(patient, carl_clinician, capsys):
    services.record(Action.READ, patient, actor=carl_clinician)
    call_command("reap")
    assert "1 audit events sealed late" in capsys.readouterr().out
    assert chain.verify().unsealed == 0
