"""When a part of a film that was never handed in is kept: after silence, or with the session."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action, Event
from clinic.recordings import checking, links, salvage, services
from clinic.recordings.models import CaptureLink, Recording, RecordingSession
from clinic.uploads.models import Upload
from clinic.uploads.problems import ServerBusy
from tests.clinic.salvaging import PART, reap, silent_for
from tests.clinic.takes import page, send, submit
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(session: RecordingSession) -> Upload:
    """What arrived of a smile before the battery was empty."""
    return send(session, PART, whole=False)


@pytest.fixture
def anna(login: Login, anna_assistant: User) -> Client:
    return login(anna_assistant)


class TestWhen:
    def test_not_while_more_may_come(self, session: RecordingSession, part: Upload) -> None:
        silent_for(part, hours=23)
        assert reap() == ""
        assert not session.recordings.exists()

    def test_an_overdue_part_is_kept_before_it_would_be_deleted(
        self, session: RecordingSession, part: Upload
    ) -> None:
        silent_for(part, hours=200)
        reap()
        assert session.recordings.exists()

    @pytest.mark.parametrize("end", ["expires", "revoked"])
    def test_an_hour_of_silence_is_enough_once_the_link_has_ended(
        self, session: RecordingSession, part: Upload, link: CaptureLink, end: str
    ) -> None:
        silent_for(part, hours=1.5)
        now = timezone.now()
        link.opened = now
        setattr(link, end, now - CaptureLink.GRACE + datetime.timedelta(minutes=1))
        link.save()
        reap()
        assert not session.recordings.exists()
        setattr(link, end, now - CaptureLink.GRACE - datetime.timedelta(minutes=1))
        link.save()
        silent_for(part, minutes=50)
        reap()
        assert not session.recordings.exists()
        silent_for(part, hours=1.5)
        reap()
        assert session.recordings.exists()

    def test_another_link_that_is_open_keeps_the_part_waiting(
        self, session: RecordingSession, part: Upload, link: CaptureLink, carl_clinician: User
    ) -> None:
        CaptureLink.objects.update(expires=timezone.now() - datetime.timedelta(days=1))
        links.make(session, actor=carl_clinician, days=1)
        silent_for(part, hours=2)
        reap()
        assert not session.recordings.exists()

    def test_a_finished_session_may_still_be_sending(
        self, session: RecordingSession, part: Upload
    ) -> None:
        services.finish_session(session)
        silent_for(part, minutes=50)
        reap()
        assert not session.recordings.exists()
        silent_for(part, minutes=70)
        reap()
        assert session.recordings.exists()

    def test_a_check_that_is_never_possible_is_given_up(
        self, part: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(path: object) -> None:
            raise ServerBusy

        monkeypatch.setattr(checking, "check", busy)
        part.created -= salvage.TRIED_FOR
        silent_for(part, hours=200)
        reap()
        assert not part.path.exists()

    def test_a_check_that_is_not_possible_now_is_made_later(
        self, session: RecordingSession, part: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(path: object) -> None:
            raise ServerBusy

        silent_for(part, hours=200)
        with monkeypatch.context() as broken:
            broken.setattr(checking, "check", busy)
            reap()
        assert part.path.exists()
        reap()
        assert session.recordings.exists()


class TestFinishing:
    @pytest.mark.parametrize("address", ["/capture/{}/finish/", "/sessions/{}/finish/"])
    def test_a_finished_session_keeps_its_parts(
        self, anna: Client, session: RecordingSession, part: Upload, address: str
    ) -> None:
        anna.post(address.format(session.id))
        session.refresh_from_db()
        assert session.submitted is not None
        assert session.recordings.get().partial
        assert Event.objects.get(action=Action.SALVAGE).actor is not None

    def test_with_nothing_but_a_hopeless_part_there_is_nothing_to_finish(
        self, anna: Client, session: RecordingSession
    ) -> None:
        send(session, b"\x1a\x45\xdf\xa3", whole=False)
        anna.post(page(session, "finish/"))
        session.refresh_from_db()
        assert session.submitted is None

    def test_a_part_that_was_handed_in_does_not_keep_a_whole_film_out(
        self, anna: Client, session: RecordingSession
    ) -> None:
        submit(anna, send(session, PART), PART, cues=[], partial=True)
        whole = send(session)
        anna.post(page(session, "finish/"))
        assert session.recordings.kept().get().upload == whole

    def test_a_person_does_not_wait_for_many_hopeless_parts(
        self, session: RecordingSession, part: Upload
    ) -> None:
        for _ in range(salvage.MOST_FAILURES + 1):
            send(session, b"\x1a\x45\xdf\xa3" + bytes(100_000), whole=False)
        assert salvage.salvage_session(session, actor=None, link=None) == []
        assert session.uploads.count() == 2
        assert salvage.salvage_session(session, actor=None, link=None) != []

    def test_a_session_with_nothing_but_a_part_is_finished_in_the_end(
        self, session: RecordingSession, part: Upload
    ) -> None:
        silent_for(part, hours=settings.UPLOAD_KEEP_HOURS - 1)
        reap()
        session.refresh_from_db()
        assert session.recordings.exists()
        assert session.submitted is None
        silent_for(part, hours=settings.UPLOAD_KEEP_HOURS + 1)
        Upload.objects.update(recording=Recording.objects.get())
        reap()
        session.refresh_from_db()
        assert session.submitted is not None


def test_to_look_for_parts_costs_one_query(
    session: RecordingSession, part: Upload, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    assert count_queries(salvage.salvage_left) == 1
