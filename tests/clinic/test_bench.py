"""The benchmark of pages times real pages of people with real measures, and nothing else."""

from __future__ import annotations

import pytest
from django.test import Client

from clinic.accounts.models import User
from clinic.bench import fill, pages
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, RecordingSession
from clinic.verdicts.models import Verdict
from diagnosis.models import Measure


@pytest.fixture
def bench_clinician(protocol: Protocol, consent_texts: object) -> User:
    return fill.fill(2, 6)


def test_its_people_are_judged_by_their_measures(bench_clinician: User) -> None:
    assert RecordingSession.objects.count() == 12
    assert Measure.objects.filter(name="expressivity", value__gt=0).count() == 12
    assert {verdict.word for verdict in Verdict.objects.all()} <= {"usual", "outside"}
    assert Verdict.objects.count() == 2


def test_each_page_is_found_and_its_queries_are_counted(bench_clinician: User) -> None:
    client = Client()
    client.force_login(bench_clinician)
    patients = list(Patient.objects.all())
    found = pages.timed("patients", pages.PAGES["patient list"], client, patients)
    assert len(found.seconds) == pages.REQUESTS
    assert found.queries > 0
    assert found.size > 1000


def test_what_is_no_page_is_not_timed(bench_clinician: User) -> None:
    with pytest.raises(RuntimeError, match="302 instead of a page"):
        pages.timed("patients", pages.PAGES["patient list"], Client(), list(Patient.objects.all()))
