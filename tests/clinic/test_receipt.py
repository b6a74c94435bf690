"""A take becomes a Recording with a receipt, or is refused with words that say what to do."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.patients.models import Consent
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.uploads.models import Upload
from tests.clinic.takes import CUES, WEBM, live_film, page, send, submit

pytestmark = pytest.mark.django_db


class TestSubmitting:
    def test_an_upload_becomes_a_recording_with_a_receipt(
        self, paul: Client, described: RecordingSession, link: CaptureLink
    ) -> None:
        answer = submit(paul, send(described))
        assert answer.status_code == 201
        recording = Recording.objects.get()
        assert answer.json() == {
            "recording": str(recording.id),
            "task": "smile",
            "attempt": 1,
            "sha256": hashlib.sha256(WEBM).hexdigest(),
            "received": recording.created.isoformat(),
        }
        assert recording.cues == CUES
        assert recording.mime == "video/webm"  # as the file was found to be
        described.refresh_from_db()
        assert described.device == {"camera": "Front"}
        assert Event.objects.filter(action=Action.SUBMIT, link=link.id).exists()

    @pytest.mark.django_db(transaction=True)
    def test_the_part_file_is_gone_once_the_recording_is_safe(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        submit(paul, upload)
        assert not upload.path.exists()

    def test_asked_twice_it_gives_the_same_receipt(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        first, second = submit(paul, upload), submit(paul, upload)
        assert first.json() == second.json()
        assert Recording.objects.count() == 1

    def test_what_only_the_server_tells_of_a_film_is_not_taken_from_a_browser(
        self, paul: Client, described: RecordingSession
    ) -> None:
        told = {"salvaged": {}, "imported": True, "fps": 30}
        submit(paul, send(described), capture=told)
        assert Recording.objects.get().capture == {"fps": 30}

    def test_a_second_take_is_the_second_attempt(
        self, paul: Client, described: RecordingSession
    ) -> None:
        submit(paul, send(described))
        assert submit(paul, send(described)).json()["attempt"] == 2

    def test_an_older_film_does_not_replace_a_newer_one(
        self, paul: Client, described: RecordingSession
    ) -> None:
        older, newer = send(described), send(described)
        rest = send(described, task="rest")
        assert submit(paul, newer).status_code == 201
        answer = submit(paul, older)
        assert answer.status_code == 422
        assert "A newer film of this task has already arrived" in answer.json()["error"]  # type: ignore[attr-defined]
        assert Recording.objects.get().upload == newer
        assert submit(paul, rest, cues=[]).status_code == 201

    def test_a_text_file_named_mp4_is_refused(
        self, paul: Client, described: RecordingSession
    ) -> None:
        text = b"This is a letter, not a film. " * 20
        self.refused(submit(paul, send(described, text), text), "not a film that we can read")

    def test_an_empty_film_is_refused(self, paul: Client, described: RecordingSession) -> None:
        self.refused(submit(paul, send(described, b""), b""), "film is empty")

    def test_an_unfinished_upload_is_sent_again(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        Upload.objects.update(length=upload.length and upload.length + 1)
        self.refused(submit(paul, upload), "has not arrived in full", status=409)

    def test_other_bytes_than_the_browser_sent_are_sent_again(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        answer = submit(paul, upload, sha256="0" * 64)
        self.refused(answer, "did not arrive as it was sent", status=409)
        assert upload.path.read_bytes() == WEBM

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("cues", []),
            ("cues", [{"start": 4, "end": 2}, {"start": 6, "end": 8}]),
            ("cues", [{"start": 2, "end": 4}, {"start": 3, "end": 8}]),
            ("cues", [{"start": 2}, {}]),
            ("cues", [{"start": -1, "end": 4}, {"start": 6, "end": float("nan")}]),
            ("cues", "now"),
            ("sha256", "short"),
            ("capture", []),
            ("upload", "none"),
            ("task", "rest"),
            ("cues", [{"start": 2, "end": 4}, {"start": 6, "end": 10**400}]),
            ("capture", {"frames": {"fps": float("nan")}}),
            ("capture", {"frames": {"fps": float("inf")}}),
            ("capture", {"device": {"camera": ["Front\0"]}}),
            ("capture", {"device": {"Fro\0nt": 1}}),
            ("capture", {"device": {"camera": "\ud800"}}),
        ],
    )
    def test_a_description_that_makes_no_sense_is_refused(
        self, paul: Client, described: RecordingSession, part: str, value: Any
    ) -> None:
        self.refused(submit(paul, send(described), **{part: value}), "Please film this task again")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'"' + b"x" * 100_000 + b'"',
            b'{"capture": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        ],
    )
    def test_a_body_that_is_no_description_is_refused(
        self, paul: Client, described: RecordingSession, body: bytes
    ) -> None:
        self.refused(
            paul.post(page(described, "submit/"), body, "application/json"), "film this task again"
        )

    @pytest.mark.parametrize("number", ["1e999", "-1e999"])
    def test_a_number_beyond_all_numbers_is_refused(
        self, paul: Client, described: RecordingSession, number: str
    ) -> None:
        take = {
            "upload": str(send(described).id),
            "task": "smile",
            "cues": CUES,
            "capture": {"fps": 30},
            "sha256": hashlib.sha256(WEBM).hexdigest(),
        }
        body = json.dumps(take).replace('"fps": 30', f'"fps": {number}')
        answer = paul.post(page(described, "submit/"), body, "application/json")
        self.refused(answer, "without usable description")

    def test_withdrawn_consent_stops_a_film_on_its_way(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        Consent.objects.update(withdrawn=timezone.now())
        self.refused(submit(paul, upload), "no consent", status=403)

    def test_the_upload_of_another_session_is_refused(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(
            RecordingSession.objects.create(patient=described.patient, protocol=described.protocol)
        )
        upload.session = described  # only changes the address that is posted to
        self.refused(submit(paul, upload), "sent again from its start", status=410)

    def test_an_upload_that_has_ended_is_sent_again(
        self, paul: Client, described: RecordingSession
    ) -> None:
        upload = send(described)
        Upload.objects.all().delete()
        self.refused(submit(paul, upload), "sent again from its start", status=410)

    def refused(self, answer: HttpResponse, words: str, status: int = 422) -> None:
        """Refused with words for the person, and nothing stored half."""
        assert answer.status_code == status
        assert words in answer.json()["error"]  # type: ignore[attr-defined]
        assert not Recording.objects.exists()
        assert not Upload.objects.filter(recording__isnull=False).exists()


class TestFinishing:
    def test_leads_to_the_receipt(self, paul: Client, described: RecordingSession) -> None:
        submit(paul, send(described))
        answer = paul.post(page(described, "finish/"), follow=True)
        assert answer.redirect_chain[-1][0] == page(described, "done/")
        shown = answer.content.decode()
        assert "Thank you for your films" in shown
        assert ": 1 film." in shown

    def test_needs_a_film(self, paul: Client, described: RecordingSession) -> None:
        answer = paul.post(page(described, "finish/"), follow=True)
        assert "Nothing has been recorded yet" in answer.content.decode()
        described.refresh_from_db()
        assert described.submitted is None

    def test_leaves_the_session_open_only_for_films_that_are_missing(
        self, paul: Client, described: RecordingSession
    ) -> None:
        submit(paul, send(described))
        sitting_still = live_film(described.protocol.tasks.get(code="rest").seconds)
        again, rest = send(described), send(described, sitting_still, task="rest")
        paul.post(page(described, "finish/"))
        answer = submit(paul, again)
        assert answer.status_code == 406
        assert "has a film of this task already" in answer.json()["error"]
        assert submit(paul, rest, sitting_still, cues=[]).status_code == 201

    def test_long_ago_no_film_is_taken_and_no_new_link_is_asked_for(
        self, paul: Client, described: RecordingSession
    ) -> None:
        submit(paul, send(described))
        paul.post(page(described, "finish/"))
        late = send(described, task="rest")
        RecordingSession.objects.update(submitted=timezone.now() - RecordingSession.LATE)
        answer = submit(paul, late, cues=[])
        assert answer.status_code == 422
        assert answer.json()["error"] == (
            "This session was finished too long ago. This film can no longer be taken."
        )
