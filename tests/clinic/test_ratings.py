"""Clinicians rate the face without results; what they had seen before is known to the server."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from clinic.accounts.models import Clinic, Role, User
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import give_consent
from clinic.ratings import services, views
from clinic.ratings.models import Rating
from clinic.recordings.models import Protocol, Recording, RecordingSession
from tests.clinic.analysed import amplitude, analysed, film, sitting
from tests.conftest import Login, member


@pytest.fixture
def rated(consented_patient: Patient, protocol: Protocol) -> RecordingSession:
    """A finished session with a rest and a smile film."""
    session = sitting(consented_patient, protocol)
    film(session, "rest")
    film(session, "smile", b"another film")
    RecordingSession.objects.filter(pk=session.pk).update(submitted=timezone.now())
    session.refresh_from_db()
    return session


def address(session: RecordingSession) -> str:
    return reverse("ratings:rate", args=[session.id])


def test_the_page_shows_rest_but_neither_name_nor_results_nor_state(
    login: Login, carl_clinician: User, rated: RecordingSession
) -> None:
    analysed(rated.recordings.get(task__code="rest"), [amplitude(12.3456)])
    page = login(carl_clinician).get(address(rated)).content.decode()
    rest, smile = rated.recordings.order_by("task__position")
    assert str(rest.id) in page
    assert str(smile.id) not in page
    for told in ("Paul", rated.patient.mrn, "12.3", "ON:", rated.recorded.strftime("%B")):
        assert told not in page


def test_landmarks_that_never_had_pictures_are_not_rated(
    login: Login, carl_clinician: User, rated: RecordingSession
) -> None:
    rated.recordings.update(mime=Recording.LANDMARKS)
    client = login(carl_clinician)
    assert address(rated) not in client.get(reverse("ratings:page")).content.decode()
    assert client.get(address(rated)).status_code == 404


def test_a_first_look_makes_a_blind_rating(
    login: Login, carl_clinician: User, rated: RecordingSession
) -> None:
    answer = login(carl_clinician).post(address(rated), {"score": "2"})
    assert answer.status_code == 302
    rating = Rating.objects.get()
    assert (rating.score, rating.blind, rating.rater) == (2, True, carl_clinician)
    event = Event.objects.filter(action=Action.RATE).get()
    assert (event.target, event.patient) == (rating.id, rated.patient_id)


@pytest.mark.parametrize("seen", ["dashboards:session", "dashboards:patient"])
def test_who_has_opened_the_results_does_not_rate_blind(
    login: Login, carl_clinician: User, rated: RecordingSession, seen: str
) -> None:
    client = login(carl_clinician)
    of = rated.id if seen == "dashboards:session" else rated.patient_id
    assert client.get(reverse(seen, args=[of])).status_code == 200
    assert "will not count as blind" in client.get(address(rated)).content.decode()
    client.post(address(rated), {"score": "2"})
    assert not Rating.objects.get().blind


def test_results_of_another_session_leave_a_rating_blind(
    login: Login, carl_clinician: User, rated: RecordingSession, protocol: Protocol
) -> None:
    other = sitting(rated.patient, protocol, days_ago=9)
    login(carl_clinician).get(reverse("dashboards:session", args=[other.id]))
    assert not services.has_seen_results(carl_clinician, rated)


def test_a_look_at_the_patient_before_the_session_leaves_it_blind(
    carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    audit.record(Action.READ, consented_patient, actor=carl_clinician, detail=audit.RESULTS)
    later = sitting(consented_patient, protocol)
    assert not services.has_seen_results(carl_clinician, later)


def test_a_look_at_the_patient_while_the_session_was_filmed_counts(
    carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    session = sitting(consented_patient, protocol)
    audit.record(Action.READ, consented_patient, actor=carl_clinician, detail=audit.RESULTS)
    session.submitted = timezone.now()
    session.save()
    assert services.has_seen_results(carl_clinician, session)


def test_an_exporter_is_not_blind(carl_clinician: User, rated: RecordingSession) -> None:
    audit.record(Action.EXPORT, rated.patient, actor=carl_clinician)
    assert services.has_seen_results(carl_clinician, rated)


@pytest.mark.parametrize(
    "told",
    [{"obstacle": ""}, {"score": "5"}, {"score": "cannot"}, {"score": "1", "obstacle": "not_seen"}],
    ids=str,
)
def test_half_an_answer_is_no_rating(
    login: Login, carl_clinician: User, rated: RecordingSession, told: dict[str, str]
) -> None:
    answer = login(carl_clinician).post(address(rated), told)
    assert answer.status_code == 200
    assert "field__error" in answer.content.decode()
    assert not Rating.objects.exists()


def test_what_cannot_be_scored_is_kept_with_its_reason(
    login: Login, carl_clinician: User, rated: RecordingSession
) -> None:
    told = {"score": "cannot", "obstacle": "dyskinesia"}
    login(carl_clinician).post(address(rated), told)
    assert (Rating.objects.get().score, Rating.objects.get().obstacle) == (None, "dyskinesia")


def test_a_rating_stays_as_it_is(carl_clinician: User, rated: RecordingSession) -> None:
    rating = services.rate(rated, carl_clinician, score=1)
    rating.score = 3
    with pytest.raises(TypeError):
        rating.save()


def finished(patient: Patient, protocol: Protocol, count: int) -> list[RecordingSession]:
    """So many that can be rated, each a day older than the one before."""
    made = [sitting(patient, protocol, days_ago=days) for days in range(count)]
    for session in made:
        film(session, "rest", f"{session.id}".encode())
    RecordingSession.objects.update(submitted=timezone.now())
    return made


def test_the_order_of_what_waits_is_each_raters_own_and_stays(
    clinic: Clinic, carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    made = finished(consented_patient, protocol, 20)
    dora = member("Dora Clinician", clinic, Role.CLINICIAN)
    mine, hers = list(services.awaiting(carl_clinician)), list(services.awaiting(dora))
    assert set(mine) == set(hers) == set(made)
    assert mine != hers
    assert list(services.awaiting(carl_clinician)) == mine
    services.rate(mine[0], carl_clinician, score=2)
    assert list(services.awaiting(carl_clinician)) == mine[1:]


def test_the_order_of_what_waits_follows_the_key_and_nothing_of_the_sessions(
    carl_clinician: User, consented_patient: Patient, protocol: Protocol, settings: Settings
) -> None:
    made = finished(consented_patient, protocol, 20)
    before = list(services.awaiting(carl_clinician))
    dates = [session.recorded for session in before]
    assert dates not in (sorted(dates), sorted(dates, reverse=True))
    for session, recorded in zip(made, reversed([one.recorded for one in made]), strict=True):
        RecordingSession.objects.filter(pk=session.pk).update(recorded=recorded)
    assert list(services.awaiting(carl_clinician)) == before
    settings.SECRET_KEY = "another key of a test, as long as one has to be to be one at all"
    assert list(services.awaiting(carl_clinician)) != before


def test_more_than_the_page_shows_are_told_without_a_word_of_their_age(
    login: Login, carl_clinician: User, consented_patient: Patient, protocol: Protocol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(views, "WAITING_SHOWN", 2)
    finished(consented_patient, protocol, 3)
    page = login(carl_clinician).get(reverse("ratings:page")).content.decode()
    assert page.count("Rate a session of") == 2
    assert "2 of 3, in an order that tells nothing of their dates" in page
    assert "newest" not in page


def test_agreement_takes_each_raters_first_blind_score(
    clinic: Clinic, carl_clinician: User, consented_patient: Patient, protocol: Protocol
) -> None:
    dora = member("Dora Clinician", clinic, Role.CLINICIAN)
    for number in range(12):
        session = sitting(consented_patient, protocol, days_ago=number)
        services.rate(session, carl_clinician, score=number % 5)
        services.rate(session, dora, score=number % 5)
        services.rate(session, dora, score=4 - number % 5)  # a second thought
    (pair,) = services.agreements(Clinic.objects.filter(pk=clinic.pk))
    assert (pair.n, pair.same) == (12, 12)
    assert pair.kappa is not None
    assert pair.kappa.value == pytest.approx(1)


def test_agreement_is_the_same_few_queries_for_many_ratings(
    clinic: Clinic,
    carl_clinician: User,
    consented_patient: Patient,
    protocol: Protocol,
    django_assert_num_queries: object,
) -> None:
    for number in range(3):
        services.rate(
            sitting(consented_patient, protocol, days_ago=number), carl_clinician, score=1
        )
    with django_assert_num_queries(1):  # type: ignore[operator]
        services.agreements(Clinic.objects.filter(pk=clinic.pk))


def test_the_page_tells_what_waits_and_what_was_done(
    login: Login, carl_clinician: User, rated: RecordingSession
) -> None:
    client = login(carl_clinician)
    assert address(rated) in client.get(reverse("ratings:page")).content.decode()
    services.rate(rated, carl_clinician, score=3)
    page = client.get(reverse("ratings:page")).content.decode()
    assert address(rated) not in page
    assert "3 of 4" in page


def test_scores_teach_a_model_only_under_the_consent_to_that(
    clinic: Clinic, carl_clinician: User, rated: RecordingSession
) -> None:
    mine = Clinic.objects.filter(pk=clinic.pk)
    services.rate(rated, carl_clinician, score=1)
    assert not list(services.training_labels(mine))
    give_consent(rated.patient, [Purpose.TRAINING], by=Consent.By.STAFF, actor=carl_clinician)
    assert [label.score for label in services.training_labels(mine)] == [1]
    rated.patient.consents.filter(text__purpose=Purpose.TRAINING).update(withdrawn=timezone.now())
    assert not list(services.training_labels(mine))
