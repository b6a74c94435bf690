"""Two sessions side by side: which are chosen, what is said of them, and what is played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from clinic.accounts.models import PERMISSIONS, Clinic, Permission, Role, User
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings.models import Protocol, Recording, RecordingSession
from diagnosis.config import Finding, Severity
from diagnosis.models import Result
from tests.clinic.analysed import analysed, expressivity, film, sitting
from tests.clinic.replayed import keep_landmarks
from tests.conftest import Login

DARK = Finding("too_dark", Severity.ADVISES, "It is dark.", "Mean luma of the face is 41.")
TRACES = {"intensity": [0, 0.1, 0.3], "movement:mouth_corner": [0, 2, 6], "movement:cheek": [0, 9]}


def recorded(patient: Patient, protocol: Protocol, days_ago: int, state: str = "on") -> Recording:
    """A session with an analysed smile and a value of the headline measure."""
    session = sitting(patient, protocol, days_ago, state)
    made = film(session, "smile")
    keep_landmarks(analysed(made, traces=TRACES))
    analysed(session, [expressivity(8.0)])
    return made


@pytest.fixture
def films(consented_patient: Patient, protocol: Protocol) -> list[Recording]:
    """Four weeks of a patient in ON, oldest first; the first is practice."""
    made = [recorded(consented_patient, protocol, days) for days in (40, 35, 28, 21, 14, 7)]
    RecordingSession.objects.exclude(pk=made[0].session_id).update(practice=False)
    RecordingSession.objects.filter(pk=made[0].session_id).update(practice=True)
    return made


@pytest.fixture
def page(login: Login, carl_clinician: User, patient: Patient) -> Any:
    def get(**asked: str) -> Any:
        return login(carl_clinician).get(reverse("dashboards:compare", args=[patient.id]), asked)

    return get


def chosen(response: Any) -> tuple[Any, Any, str]:
    choice = response.context["choice"]
    return choice.first.id, choice.second.id, choice.task.code


def player(response: Any) -> dict[str, Any]:
    text = response.content.decode().partition('id="compare-data" type="application/json">')[2]
    return json.loads(text.partition("</script>")[0])


def test_the_newest_comparable_session_stands_against_the_first_of_its_baseline(
    page: Any, films: list[Recording]
) -> None:
    assert chosen(page()) == (films[1].session_id, films[-1].session_id, "smile")


def test_a_session_in_another_state_is_not_compared_unless_asked_for(
    page: Any, films: list[Recording], patient: Patient, protocol: Protocol
) -> None:
    off = recorded(patient, protocol, 1, "off")
    assert chosen(page())[1] == films[-1].session_id
    response = page(second=str(off.session_id))
    assert chosen(response)[:2] == (films[1].session_id, off.session_id)
    assert "The medication state differs: ON against OFF." in response.content.decode()


def test_a_session_of_the_baseline_is_never_compared_with_itself(
    page: Any, films: list[Recording]
) -> None:
    first = films[1].session_id
    assert chosen(page(second=str(first)))[:2] == (films[2].session_id, first)
    assert chosen(page(second=str(films[3].session_id)))[0] == first
    newest = films[-1].session_id
    assert chosen(page(first=str(newest)))[:2] == (newest, films[-2].session_id)


def test_an_off_session_stands_against_the_off_baseline(
    page: Any, films: list[Recording], patient: Patient, protocol: Protocol
) -> None:
    off = [recorded(patient, protocol, days, "off") for days in (27, 20, 13, 6, 1)]
    assert chosen(page(second=str(off[-1].session_id)))[0] == off[0].session_id
    assert chosen(page(second=str(off[0].session_id)))[0] == off[1].session_id
    assert chosen(page(second=str(films[-1].session_id)))[0] == films[1].session_id


def test_the_only_session_stands_on_both_sides_and_that_is_said(
    page: Any, consented_patient: Patient, protocol: Protocol
) -> None:
    only = recorded(consented_patient, protocol, 3)
    response = page(second=str(only.session_id))
    assert chosen(response)[:2] == (only.session_id, only.session_id)
    assert "There is only one session with films" in response.content.decode()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"dyskinesia": "troublesome"}, "troublesome dyskinesia"),
        ({"ill": True}, "the person was ill or very tired"),
        ({"practice": True}, "the first session, in which a person learns how it is done"),
    ],
)
def test_what_speaks_against_a_session_is_told(
    page: Any, films: list[Recording], facts: dict[str, Any], reason: str
) -> None:
    RecordingSession.objects.filter(pk=films[-1].session_id).update(**facts)
    text = page(second=str(films[-1].session_id)).content.decode()
    assert f"is compared with no other session: {reason}." in text
    assert "No difference is given" in text


def test_light_and_frame_rate_that_differ_are_told(page: Any, films: list[Recording]) -> None:
    assert "against" not in " ".join(page().context["cautions"])
    dark = analysed(films[-1], traces=TRACES, findings=[DARK])
    Result.objects.filter(pk=dark.pk).update(capture={"fps": 15, "fps_mean": 15})
    Result.objects.filter(subject=films[1].id).update(capture={"fps": 30, "fps_mean": 30})
    cautions = page(second=str(films[-1].session_id)).context["cautions"]
    assert "Light: without a remark against too dark." in cautions
    assert "Frame rate: 30 frames per second against 15 frames per second." in cautions


def test_the_difference_of_the_two_stands_beside_what_chance_makes(
    page: Any, films: list[Recording]
) -> None:
    for made, value in zip(films, (9, 10, 12, 11, 13, 8), strict=True):
        analysed(made.session, [expressivity(value)])
    text = page().content.decode()
    assert "Two single sessions differ by up to this by chance (MDC95)" in text
    assert "<td>0.800 times the first</td><td>1.37 times, up or down</td>" in text


def test_without_a_baseline_the_oldest_and_the_newest_are_shown(
    page: Any, consented_patient: Patient, protocol: Protocol
) -> None:
    made = [film(sitting(consented_patient, protocol, days), "rest") for days in (9, 5, 1)]
    assert chosen(page()) == (made[0].session_id, made[-1].session_id, "rest")


def test_what_was_asked_for_is_shown(page: Any, films: list[Recording]) -> None:
    rest = film(films[2].session, "rest")
    first, second = str(films[3].session_id), str(rest.session_id)
    assert chosen(page(first=first, second=second, task="rest")) == (
        films[3].session_id,
        films[2].session_id,
        "rest",
    )


@pytest.mark.parametrize("asked", [{"first": "no-uuid"}, {"second": "0" * 32}, {"task": "dance"}])
def test_what_is_not_there_is_answered_with_the_usual(
    page: Any, films: list[Recording], asked: dict[str, str]
) -> None:
    assert chosen(page(**asked)) == (films[1].session_id, films[-1].session_id, "smile")


def test_another_patients_session_is_never_shown(
    page: Any, films: list[Recording], clinic: Clinic
) -> None:
    other = Patient.objects.create(
        clinic=clinic, first_name="Else", last_name="Where", birth_date="1950-01-01"
    )
    RecordingSession.objects.filter(pk=films[3].session_id).update(patient=other)
    assert chosen(page(first=str(films[3].session_id)))[0] == films[1].session_id


def test_a_task_that_one_session_lacks_is_said(page: Any, films: list[Recording]) -> None:
    film(films[-1].session, "rest")
    response = page(task="rest")
    assert "This task was not filmed in this session." in response.content.decode()
    assert [take["curves"] for take in player(response)["takes"]] == ["", ""]


def test_the_player_gets_films_meshes_curves_and_cues(page: Any, films: list[Recording]) -> None:
    told = player(page())
    assert told["repeats"] == len(films[0].cues) > 1
    for take, recording in zip(told["takes"], (films[1], films[-1]), strict=True):
        assert take == {
            "video": reverse("dashboards:video", args=[recording.id]),
            "mesh": reverse("dashboards:mesh", args=[recording.id]),
            "curves": reverse("dashboards:curves", args=[recording.id]),
            "cues": recording.cues,
        }


def test_a_film_that_is_gone_leaves_its_mesh(page: Any, films: list[Recording]) -> None:
    (Path(settings.MEDIA_ROOT) / films[-1].file).unlink()
    first, second = player(page())["takes"]
    assert first["video"]
    assert second["video"] == ""
    assert second["mesh"] == reverse("dashboards:mesh", args=[films[-1].id])


def test_the_first_movement_and_the_intensity_are_said_in_words(
    page: Any, films: list[Recording]
) -> None:
    said = page().context["sides"][0].said
    assert said.startswith("Intensity reaches")
    assert "Mouth corner reaches" in said
    assert "Cheek" not in said


def test_an_intensity_that_pages_may_not_show_is_not_said(
    page: Any, films: list[Recording]
) -> None:
    analysed(films[-1], traces=TRACES, hidden="not good enough on real faces")
    assert page().context["sides"][1].said.startswith("Mouth corner reaches")


def test_different_releases_are_told_and_shown_with_their_evidence(
    page: Any, films: list[Recording]
) -> None:
    analysed(films[-1], traces=TRACES, release="another-3")
    text = page().content.decode()
    assert "Measured by different releases, made-up-2 and another-3" in text
    assert text.count("trained on simulated faces only") == 2


def test_films_without_cues_begin_together_at_their_start(
    page: Any, films: list[Recording]
) -> None:
    Recording.objects.filter(pk=films[-1].pk).update(cues=[])
    response = page(second=str(films[-1].session_id))
    assert player(response)["repeats"] == 0
    assert "One of the films has no cue times" in response.content.decode()


def test_other_devices_and_broken_films_are_told(page: Any, films: list[Recording]) -> None:
    Recording.objects.filter(pk=films[-1].pk).update(partial=True)
    RecordingSession.objects.filter(pk=films[-1].session_id).update(device={"name": "Tripod"})
    text = page(second=str(films[-1].session_id)).content.decode()
    assert "different devices, a device not known and Tripod" in text
    assert "only part of a film" in text


def test_meshes_instead_of_faces_stay_chosen(page: Any, films: list[Recording]) -> None:
    assert "data-faceless checked" in page(faceless="1").content.decode()
    assert "data-faceless checked" not in page().content.decode()


def test_whoever_may_not_watch_gets_meshes_only(
    login: Login, carl_clinician: User, films: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = PERMISSIONS[Role.CLINICIAN] - {Permission.WATCH}
    monkeypatch.setitem(PERMISSIONS, Role.CLINICIAN, held)
    patient = films[0].session.patient
    response = login(carl_clinician).get(reverse("dashboards:compare", args=[patient.id]))
    assert [take["video"] for take in player(response)["takes"]] == ["", ""]
    assert all(take["mesh"] for take in player(response)["takes"])


def test_only_who_sees_measures_with_names_sees_the_page(
    login: Login, films: list[Recording], anna_assistant: User, rita_researcher: User
) -> None:
    address = reverse("dashboards:compare", args=[films[0].session.patient_id])
    assert login(anna_assistant).get(address).status_code == 404
    assert login(rita_researcher).get(address).status_code == 404


def test_the_page_is_on_record_as_results(
    page: Any, films: list[Recording], carl_clinician: User
) -> None:
    page()
    event = Event.objects.get(action=Action.READ, target=films[0].session.patient_id)
    assert (event.actor, event.detail) == (carl_clinician, audit.RESULTS)


def test_a_patient_without_films_has_an_answer_too(page: Any, patient: Patient) -> None:
    assert "Nothing filmed yet" in page().content.decode()


def test_more_sessions_cost_no_more_queries(
    page: Any, films: list[Recording], count_queries: Any, patient: Patient, protocol: Protocol
) -> None:
    few = count_queries(page)
    for days in range(50, 58):
        recorded(patient, protocol, days)
    assert count_queries(page) == few
