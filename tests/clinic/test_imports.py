"""Old clips of a clinic become sessions: which, once each, and analysed after everything else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient, Purpose
from clinic.recordings import checking
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.uploads.models import Upload
from diagnosis.models import Job
from tests.clinic import clips
from tests.conftest import Login
from tests.diagnosis.films import shared_clip, write

DAY = "2024-05-03"
PART = 256 * 1024


@pytest.fixture
def browser(login: Login, carl_clinician: User, protocol: Protocol) -> Client:
    return login(carl_clinician)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mp4", [i / 30 for i in range(30)])


def ask(browser: Client, patient: Patient, step: str, **body: Any) -> HttpResponse:
    address = f"/patients/{patient.id}/import/{step}/"
    return browser.post(address, json.dumps(body), "application/json")


def sha256(film: Path) -> str:
    return hashlib.sha256(film.read_bytes()).hexdigest()


def sitting(
    browser: Client, patient: Patient, date: str = DAY, state: str = "on", task: str = "smile"
) -> str:
    answer = ask(browser, patient, "sitting", date=date, medication=state, task=task)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


def upload(browser: Client, session: str, film: Path, task: str, mime: str = "video/mp4") -> str:
    """Sends the film part by part, as the page does; the upload's id."""
    told = {"session": session, "task": task, "mime": mime}
    pairs = [f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items()]
    tus = {"Tus-Resumable": "1.0.0"}
    data = film.read_bytes()
    created = browser.post(
        "/uploads/",
        headers={**tus, "Upload-Length": str(len(data)), "Upload-Metadata": ",".join(pairs)},
    )
    assert created.status_code == 201, created.content
    for at in range(0, len(data), PART):
        answer = browser.patch(
            created["Location"],
            data[at : at + PART],
            "application/offset+octet-stream",
            headers={**tus, "Upload-Offset": str(at)},
        )
        assert answer.status_code == 204, answer.content
    return str(created["Location"].rpartition("/")[2])


def hand_in(
    browser: Client,
    patient: Patient,
    session: str,
    film: Path,
    task: str = "smile",
    mime: str = "video/mp4",
    cues: object = (),
) -> HttpResponse:
    sent = upload(browser, session, film, task, mime)
    return ask(
        browser, patient, "film", session=session, upload=sent, cues=cues, sha256=sha256(film)
    )


def test_clips_of_a_day_and_state_become_one_finished_session(
    browser: Client, consented_patient: Patient, carl_clinician: User, clip: Path, tmp_path: Path
) -> None:
    session = sitting(browser, consented_patient)
    rest = write(tmp_path / "rest.mp4", [i / 25 for i in range(30)])
    assert hand_in(browser, consented_patient, session, rest, "rest").status_code == 201
    cues = [{"start": 0.1, "end": 0.5}]
    assert hand_in(browser, consented_patient, session, clip, cues=cues).status_code == 201
    assert sitting(browser, consented_patient, task="talk") == session
    assert ask(browser, consented_patient, "finish", session=session).status_code == 200

    found = RecordingSession.objects.get(id=session)
    assert found.submitted is not None
    assert (found.imported, found.practice, found.place, found.medication) == (
        *(True, False, "site", "on"),
    )
    assert found.protocol.code == "full"
    assert found.created_by == carl_clinician
    assert timezone.localtime(found.recorded).isoformat()[:16] == f"{DAY}T12:00"
    films = {r.task.code: r.cues for r in found.recordings.select_related("task")}
    assert films == {"rest": [], "smile": cues}


def test_nothing_of_an_import_is_analysed_before_what_people_wait_for(
    browser: Client, consented_patient: Patient, clip: Path
) -> None:
    session = sitting(browser, consented_patient)
    hand_in(browser, consented_patient, session, clip)
    ask(browser, consented_patient, "finish", session=session)
    priorities = set(Job.objects.filter(group=session).values_list("priority", flat=True))
    assert priorities == {Job.Priority.HISTORY}
    # No rest film will come: the smile waits for none.
    assert Job.objects.filter(group=session, state=Job.State.QUEUED).count() == 1


@pytest.mark.parametrize(("date", "state"), [("2024-05-04", "on"), (DAY, "off")])
def test_another_day_or_state_is_another_session(
    browser: Client, consented_patient: Patient, date: str, state: str
) -> None:
    assert sitting(browser, consented_patient) != sitting(browser, consented_patient, date, state)


def test_a_clip_of_a_task_that_a_finished_session_has_makes_a_new_one(
    browser: Client, consented_patient: Patient, clip: Path
) -> None:
    session = sitting(browser, consented_patient)
    hand_in(browser, consented_patient, session, clip)
    ask(browser, consented_patient, "finish", session=session)
    assert sitting(browser, consented_patient) != session
    assert RecordingSession.objects.get(id=session).submitted is not None


def test_a_clip_imported_later_joins_the_finished_session_whose_rest_film_it_needs(
    browser: Client, consented_patient: Patient, carl_clinician: User, clip: Path, tmp_path: Path
) -> None:
    session = sitting(browser, consented_patient, task="rest")
    rest = write(tmp_path / "rest.mp4", [i / 25 for i in range(30)])
    hand_in(browser, consented_patient, session, rest, "rest")
    ask(browser, consented_patient, "finish", session=session)

    assert sitting(browser, consented_patient, task="smile") == session
    change = Event.objects.get(action=Action.CHANGE, target=session)
    assert change.actor == carl_clinician
    assert hand_in(browser, consented_patient, session, clip).status_code == 201
    assert ask(browser, consented_patient, "finish", session=session).status_code == 200
    found = RecordingSession.objects.get(id=session)
    assert found.submitted is not None
    assert set(found.recordings.values_list("task__code", flat=True)) == {"rest", "smile"}


def test_no_clip_of_a_session_that_is_opened_again_is_replaced(
    browser: Client, consented_patient: Patient, clip: Path, tmp_path: Path
) -> None:
    session = sitting(browser, consented_patient)
    hand_in(browser, consented_patient, session, clip)
    ask(browser, consented_patient, "finish", session=session)
    assert sitting(browser, consented_patient, task="talk") == session  # open again

    second = sitting(browser, consented_patient)
    assert second != session
    rest = sitting(browser, consented_patient, task="rest")
    assert rest == second  # for the newest open one


def test_a_session_without_any_clip_is_not_finished(
    browser: Client, consented_patient: Patient
) -> None:
    session = sitting(browser, consented_patient)
    answer = ask(browser, consented_patient, "finish", session=session)
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "No clip of this session has arrived. Import one, then finish it."},
    )
    assert RecordingSession.objects.get(id=session).submitted is None


def test_the_later_of_two_clips_of_a_task_is_another_attempt(
    browser: Client, consented_patient: Patient, clip: Path, tmp_path: Path
) -> None:
    session = sitting(browser, consented_patient)
    later = write(tmp_path / "later.mp4", [i / 25 for i in range(30)])
    for film in (clip, later):
        assert hand_in(browser, consented_patient, session, film).status_code == 201
    kept = Recording.objects.filter(session=session).kept().get()
    assert (kept.attempt, kept.sha256) == (2, sha256(later))


FORMATS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "turned.mov": (clips.turned_mov, "video/quicktime"),
    "hevc.mov": (clips.hevc, "video/quicktime"),
    "uneven.mp4": (clips.uneven, "video/mp4"),
    "pictures.gif": (clips.gif, "image/gif"),
    "old.mpg": (clips.mpeg1, "video/mpeg"),
    "old.avi": (clips.avi, "video/x-msvideo"),
    "film.mkv": (clips.mkv, "video/x-matroska"),
    "film.webm": (clips.webm, "video/webm"),
    "shared.mov": (lambda _: shared_clip("face_noface.mov"), "video/quicktime"),
    "shared.gif": (lambda _: shared_clip("head_turns.gif"), "image/gif"),
    "shared.mpg": (lambda _: shared_clip("bbaf2n.mpg"), "video/mpeg"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_film_of_any_usual_kind_is_received_and_plays(
    browser: Client, consented_patient: Patient, tmp_path: Path, name: str
) -> None:
    make, mime = FORMATS[name]
    film = make(tmp_path / name)
    session = sitting(browser, consented_patient)
    answer = hand_in(browser, consented_patient, session, film, mime=mime)
    assert answer.status_code == 201, answer.content
    recording = Recording.objects.get(session=session)
    assert (recording.sha256, recording.mime) == (sha256(film), mime)
    assert name.partition(".")[0] not in recording.file
    played = browser.get(f"/recordings/{recording.id}/video/")
    assert played.status_code == 200
    assert played["Content-Type"] in ("video/mp4", "video/webm")
    played.close()


def test_what_is_no_film_is_refused_in_words_for_staff_and_leaves_nothing(
    browser: Client, consented_patient: Patient, tmp_path: Path
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_bytes(b"These are notes about the patient. " * 20)
    session = sitting(browser, consented_patient)
    answer = hand_in(browser, consented_patient, session, text)
    assert answer.status_code == 422
    assert "Export the clip" in answer.json()["error"]
    assert not Recording.objects.exists()


def test_a_film_that_is_too_long_is_refused(
    browser: Client, consented_patient: Patient, tmp_path: Path
) -> None:
    four_hours = write(tmp_path / "long.mp4", [4 * 3600 * i / 60 for i in range(60)])
    session = sitting(browser, consented_patient)
    answer = hand_in(browser, consented_patient, session, four_hours)
    assert answer.status_code == 422
    assert "longer than 10 minutes" in answer.json()["error"]


def test_a_film_that_the_clinic_has_is_known_before_it_is_sent(
    browser: Client, consented_patient: Patient, carl_clinician: User, clip: Path
) -> None:
    digest = sha256(clip)
    assert ask(browser, consented_patient, "known", sha256=digest).json() == {"known": None}
    session = sitting(browser, consented_patient)
    hand_in(browser, consented_patient, session, clip)
    told = ask(browser, consented_patient, "known", sha256=digest).json()
    assert told == {
        "known": {"words": "Already here: Smile, 3 May 2024", "href": f"/sessions/{session}/"}
    }
    read = Event.objects.filter(action=Action.READ, actor=carl_clinician).first()
    assert read is not None
    assert read.target == Recording.objects.get().id


def test_a_film_of_another_patient_is_told_with_the_name(
    browser: Client, consented_patient: Patient, clip: Path
) -> None:
    hand_in(browser, consented_patient, sitting(browser, consented_patient), clip)
    other = Patient.objects.create(
        clinic=consented_patient.clinic, first_name="O", last_name="Other", birth_date="1950-01-01"
    )
    told = ask(browser, other, "known", sha256=sha256(clip)).json()["known"]
    assert told["words"] == "Already here: Smile, 3 May 2024, of Patient, Paul"


def test_another_clinics_film_is_not_known_here(
    login: Login,
    browser: Client,
    olga_outsider: User,
    consented_patient: Patient,
    other_clinic: Any,
    clip: Path,
) -> None:
    hand_in(browser, consented_patient, sitting(browser, consented_patient), clip)
    theirs = Patient.objects.create(
        clinic=other_clinic, first_name="T", last_name="Theirs", birth_date="1950-01-01"
    )
    answer = ask(login(olga_outsider), theirs, "known", sha256=sha256(clip))
    assert answer.json() == {"known": None}


def test_a_film_that_came_meanwhile_is_not_kept_twice(
    browser: Client, consented_patient: Patient, clip: Path
) -> None:
    session = sitting(browser, consented_patient)
    hand_in(browser, consented_patient, session, clip)
    again = hand_in(browser, consented_patient, session, clip, "rest")
    assert again.status_code == 200
    assert again.json()["known"]["words"] == "Already here: Smile, 3 May 2024"
    kept = Recording.objects.get()
    assert Upload.objects.get().recording == kept
    uploads = settings.MEDIA_ROOT / "uploads"
    assert {path.name for path in uploads.iterdir()} <= {str(kept.upload.id)}


def test_asked_again_the_same_film_is_handed_in_once(
    browser: Client, consented_patient: Patient, clip: Path
) -> None:
    session = sitting(browser, consented_patient)
    told = {
        "session": session,
        "upload": upload(browser, session, clip, "smile"),
        "sha256": sha256(clip),
    }
    answers = [ask(browser, consented_patient, "film", **told).status_code for _ in range(2)]
    assert answers == [201, 201]
    assert Recording.objects.count() == 1


@pytest.mark.parametrize(
    "cues",
    [
        "2-5",
        [{"start": 2}],
        [{"start": 5, "end": 2}],
        [{"start": -1, "end": 2}],
        [{"start": 1, "end": 3}, {"start": 2, "end": 5}],
        [{"start": 0, "end": "nan"}],
    ],
)
def test_cue_times_that_make_no_sense_are_refused(
    browser: Client, consented_patient: Patient, clip: Path, cues: object
) -> None:
    session = sitting(browser, consented_patient)
    answer = hand_in(browser, consented_patient, session, clip, cues=cues)
    assert answer.status_code == 422
    assert not Recording.objects.exists()


@pytest.mark.parametrize(
    ("task", "words"),
    [("smile", "The clip ends at 1.0 seconds"), ("rest", "“Sit still” has no cue times")],
)
def test_cue_times_that_do_not_fit_the_clip_or_its_task_are_refused(
    browser: Client, consented_patient: Patient, clip: Path, task: str, words: str
) -> None:
    session = sitting(browser, consented_patient)
    cues = [{"start": 0.1, "end": 0.5}, {"start": 500, "end": 505}]
    answer = hand_in(browser, consented_patient, session, clip, task, cues=cues)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert not Recording.objects.exists()


def test_what_goes_wrong_is_told_to_staff_not_to_a_patient(
    browser: Client, consented_patient: Patient, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sitting(browser, consented_patient)
    sent = upload(browser, session, clip, "smile")
    told = {"session": session, "upload": sent, "cues": [], "sha256": sha256(clip)}

    def error(**changes: str) -> str:
        answer = ask(browser, consented_patient, "film", **{**told, **changes})
        assert answer.status_code >= 400
        return str(answer.json()["error"])

    assert error(sha256="0" * 64) == "The clip did not arrive as it was sent. Try it again."
    with monkeypatch.context() as busy:
        busy.setattr(checking, "TURN_S", 0)
        busy.setattr(checking, "AT_ONCE", 0)
        assert error() == "The server is busy. It is tried again."
    consented_patient.consents.update(withdrawn=timezone.now())
    assert "See the patient's Consents page" in error()


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("known", {}),
        ("known", {"sha256": "AB" * 32}),
        ("sitting", {"date": "yesterday", "medication": "on", "task": "smile"}),
        ("sitting", {"date": "2999-01-01", "medication": "on", "task": "smile"}),
        ("sitting", {"date": DAY, "medication": "", "task": "smile"}),
        ("sitting", {"date": DAY, "medication": "on"}),
        ("film", {"session": "1"}),
        ("finish", {}),
    ],
)
def test_questions_that_make_no_sense_are_refused_with_the_reason(
    browser: Client, consented_patient: Patient, step: str, body: dict[str, str]
) -> None:
    answer = ask(browser, consented_patient, step, **body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_clips_enter_imported_sessions_of_this_patient_only(
    browser: Client, consented_patient: Patient, session: RecordingSession, clip: Path
) -> None:
    session.medication = "on"
    session.save()
    sent = upload(browser, str(session.id), clip, "smile")
    told = {"session": str(session.id), "upload": sent, "sha256": sha256(clip)}
    assert ask(browser, consented_patient, "film", **told).status_code == 404
    assert ask(browser, consented_patient, "finish", session=told["session"]).status_code == 404


def test_the_page_tells_what_is_missing_without_consent(
    browser: Client, patient: Patient, consented_patient: Patient
) -> None:
    address = f"/patients/{patient.id}/import/"
    page = browser.get(address).content.decode()
    assert "Choose clips" in page
    assert "has not agreed" not in page
    patient.consents.filter(text__purpose=Purpose.ANALYSIS).update(withdrawn=timezone.now())
    assert "has not agreed to analysis" in browser.get(address).content.decode()
    patient.consents.update(withdrawn=timezone.now())
    page = browser.get(address).content.decode()
    assert "has not agreed to be recorded" in page
    assert "Choose clips" not in page


def test_nothing_is_imported_for_an_archived_patient(
    browser: Client, consented_patient: Patient
) -> None:
    consented_patient.archived = timezone.now()
    consented_patient.save()
    assert browser.get(f"/patients/{consented_patient.id}/import/").status_code == 404
    answer = ask(browser, consented_patient, "sitting", date=DAY, medication="on", task="smile")
    assert answer.status_code == 404
