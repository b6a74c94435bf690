"""Meshes go to all who may know how a face moved, and each viewing is on record."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.dashboards import meshes
from clinic.patients.models import Consent
from clinic.patients.services import withdraw
from clinic.recordings.models import Recording, RecordingSession
from tests.clinic.analysed import analysed, film, sitting
from tests.clinic.replayed import keep_landmarks
from tests.conftest import Login

pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.django_db,
]


@pytest.fixture
def recording(session: RecordingSession, shared: Consent) -> Recording:
    made = film(session, "smile")
    keep_landmarks(analysed(made))
    return made


def get(browser: Client, recording: Recording):  # type: ignore[no-untyped-def]
    return browser.get(reverse("dashboards:mesh", args=[recording.id]))


def test_a_mesh_is_sent_as_a_header_times_and_points(
    login: Login, rita_researcher: User, recording: Recording
) -> None:
    response = get(login(rita_researcher), recording)
    sent = b"".join(response)
    header = json.loads(sent.partition(b"\n")[0])
    body = len(sent) - sent.index(b"\n") - 1
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Cache-Control"] == "private, no-store"
    assert header["frames"] == 30
    assert header["notice"] == "investigational software, not for diagnosis"
    assert body == 30 * 4 + 30 * header["points"] * 4


def test_only_those_who_may_see_faces_or_measures_get_a_mesh(
    login: Login,
    anna_assistant: User,
    carl_clinician: User,
    rita_researcher: User,
    ada_admin: User,
    olga_outsider: User,
    recording: Recording,
) -> None:
    people = (anna_assistant, carl_clinician, rita_researcher, ada_admin, olga_outsider, None)
    answers = [get(login(user), recording).status_code for user in people]
    assert answers == [200, 200, 200, 404, 404, 302]


def test_each_persons_viewing_is_on_record_once_and_apart_from_that_of_the_film(
    login: Login, carl_clinician: User, recording: Recording
) -> None:
    browser = login(carl_clinician)
    address = reverse("dashboards:mesh", args=[recording.id])
    browser.head(address)
    assert not Event.objects.filter(action=Action.PLAY).exists()
    for _ in range(2):
        get(browser, recording)
    played = Event.objects.filter(action=Action.PLAY, target=recording.id, actor=carl_clinician)
    assert [event.detail for event in played] == ["mesh"]


def test_a_film_without_landmarks_or_whose_file_is_gone_is_not_found(
    login: Login, carl_clinician: User, session: RecordingSession, recording: Recording
) -> None:
    other = film(session, "surprise")
    analysed(other)
    assert get(login(carl_clinician), other).status_code == 404
    meshes.files([recording.id])[recording.id].unlink()
    assert get(login(carl_clinician), recording).status_code == 404


def test_the_newest_landmarks_count(session: RecordingSession, recording: Recording) -> None:
    newer = keep_landmarks(analysed(recording))
    assert meshes.files([recording.id]) == {recording.id: newer}


def test_the_files_of_many_films_cost_one_query(
    session: RecordingSession, recording: Recording, django_assert_num_queries
) -> None:
    others = [film(sitting(session.patient, session.protocol), "smile") for _ in range(4)]
    for other in others:
        keep_landmarks(analysed(other))
    with django_assert_num_queries(1):
        assert len(meshes.files([recording.id, *(other.id for other in others)])) == 5


def test_researchers_get_meshes_only_while_the_person_agrees_to_sharing(
    login: Login,
    anna_assistant: User,
    rita_researcher: User,
    shared: Consent,
    recording: Recording,
) -> None:
    assert get(login(rita_researcher), recording).status_code == 200
    withdraw(shared, actor=None)
    assert get(login(rita_researcher), recording).status_code == 404
    assert get(login(anna_assistant), recording).status_code == 200
