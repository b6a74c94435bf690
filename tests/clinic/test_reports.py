"""The report: what is previewed is what is signed, by its author, once, and nobody changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import Role, User
from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.ratings import services as ratings
from clinic.recordings.models import Protocol
from clinic.reports import pdf, services
from clinic.reports.forms import COMMENT_MAX
from clinic.reports.gather import gather
from clinic.reports.models import Report
from diagnosis.config import Finding, Severity
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.reporting import signed
from tests.conftest import Login, member

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")
PASSWORD = "correct horse battery"
WORDS = "Smaller since the dose was lowered."


@pytest.fixture
def measured(consented_patient: Patient, protocol: Protocol) -> Patient:
    """Six sessions in ON, a week apart, of which the last two are far below the four before."""
    protocol.headline = "expressivity"
    protocol.save()
    for week, value in enumerate((8.0, 8.4, 7.9, 8.2, 3.1, 3.0)):
        session = sitting(consented_patient, protocol, 50 - 7 * week)
        analysed(film(session, "smile"), [amplitude(value + 1)])
        analysed(session, [expressivity(value)])
    return consented_patient


@pytest.fixture
def carl(carl_clinician: User, login: Login) -> Client:
    carl_clinician.set_password(PASSWORD)
    carl_clinician.save()
    return login(carl_clinician)


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of WeasyPrint, for what is not about the file; the documents that it was given."""
    given: list[str] = []

    def one_page(html: str) -> bytes:
        given.append(html)
        return html.encode()

    monkeypatch.setattr(pdf, "one_page", one_page)
    return given


def draft(browser: Client, patient: Patient) -> HttpResponse:
    return browser.get(reverse("reports:draft", args=[patient.id]))


def sign(browser: Client, patient: Patient, **told: Any) -> HttpResponse:
    """Signs the draft that the page shows now, unless told otherwise."""
    shown = draft(browser, patient).context["digest"]
    data = {"digest": shown, "comment": WORDS, "password": PASSWORD} | told
    return browser.post(reverse("reports:sign", args=[patient.id]), data)


def test_the_draft_answers_in_the_order_of_reading(carl: Client, measured: Patient) -> None:
    _, _, shown = draft(carl, measured).content.decode().partition('<article class="sheet">')
    order = [
        "Riverside Movement Clinic",
        "Patient, Paul",
        "14 March 1956",
        "MRN-0042",
        "care, analysis",
        "6 analysed sessions",
        "Reliable change since",
        "Usual ",
        'data-value="3.0"',
        "Last session against the baseline",
        "Ratings by clinicians, MDS-UPDRS 3.2",
        "Release made-up-2, trained on simulated faces only",
        "not been validated on patients",
        "Draft, not signed",
    ]
    assert sorted(order, key=shown.index) == order
    assert "Investigational software, not for diagnosis" in shown


def test_before_the_first_measured_session_there_is_a_page_that_says_so(
    carl: Client, consented_patient: Patient
) -> None:
    shown = draft(carl, consented_patient).content.decode()
    assert "No session has been measured yet." in shown
    assert "<svg" not in shown.partition("Over sessions")[2]


def test_signing_keeps_comment_content_and_file_and_tells_the_trail(
    carl: Client, carl_clinician: User, measured: Patient, quick_pdf: list[str]
) -> None:
    content = gather(measured)
    response = sign(carl, measured)
    assert response.status_code == 302
    report = Report.objects.get()
    assert (report.author, report.comment) == (carl_clinician, WORDS)
    assert report.content == content.as_json()
    assert report.content["release"] == "made-up-2"
    assert report.content["answers"][0]["verdict"].startswith("Reliable change")
    file = Path(settings.MEDIA_ROOT) / report.pdf
    assert hashlib.sha256(file.read_bytes()).hexdigest() == report.sha256
    assert file.stat().st_mode & 0o777 == 0o400
    assert WORDS in quick_pdf[0]
    assert "Signed by Carl Clinician" in quick_pdf[0].replace("</strong>", "").replace("  ", " ")
    event = Event.objects.get(action=Action.SIGN)
    assert (event.actor, event.target, event.patient) == (carl_clinician, report.id, measured.id)
    assert event.detail == f"sha256 {report.sha256}"


def test_the_signed_file_is_a_pdf(carl: Client, measured: Patient) -> None:
    assert sign(carl, measured).status_code == 302
    file = Path(settings.MEDIA_ROOT) / Report.objects.get().pdf
    assert file.read_bytes().startswith(b"%PDF-1.7")


@pytest.mark.parametrize("password", ["wrong horse", ""])
def test_a_wrong_password_signs_nothing(carl: Client, measured: Patient, password: str) -> None:
    response = sign(carl, measured, password=password)
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()
    assert WORDS in response.content.decode()  # nothing has to be typed twice
    assert not Report.objects.exists()
    assert not (Path(settings.MEDIA_ROOT) / "reports").exists()


def test_passwords_cannot_be_guessed_at_this_form(carl: Client, measured: Patient) -> None:
    answers = [sign(carl, measured, password=f"guess {n}").status_code for n in range(11)]
    assert answers == [200] * 10 + [429]
    assert sign(carl, measured).status_code == 429


def test_an_account_with_a_code_signs_with_both(
    carl: Client, carl_clinician: User, measured: Patient, quick_pdf: list[str]
) -> None:
    secret = generate_totp_secret()
    TOTP.activate(carl_clinician, secret)
    assert Authenticator.objects.filter(user=carl_clinician).exists()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert sign(carl, measured).status_code == 200
    assert sign(carl, measured, code="000000" if code != "000000" else "111111").status_code == 200
    assert sign(carl, measured, code=code, password="wrong horse").status_code == 200
    assert not Report.objects.exists()
    assert sign(carl, measured, code=code).status_code == 302  # the code was not used up
    assert Report.objects.exists()


def test_what_was_changed_since_the_draft_is_told_and_not_signed(
    carl: Client, measured: Patient, protocol: Protocol, quick_pdf: list[str]
) -> None:
    old = draft(carl, measured).context["digest"]
    session = sitting(measured, protocol, 1)
    analysed(session, [expressivity(2.5)])
    response = sign(carl, measured, digest=old)
    assert "Something has changed since you opened this draft" in response.content.decode()
    assert 'data-value="2.5"' in response.content.decode()
    assert not Report.objects.exists()
    new = response.context["digest"]
    assert new != old
    assert f'name="digest" value="{new}"' in response.content.decode()
    assert sign(carl, measured, digest=new).status_code == 302


def test_a_second_press_of_the_button_signs_nothing_more(
    carl: Client, measured: Patient, quick_pdf: list[str]
) -> None:
    shown = draft(carl, measured).context["digest"]
    sign(carl, measured, digest=shown)
    assert sign(carl, measured, digest=shown).status_code == 200
    assert Report.objects.count() == 1


def test_another_report_signed_in_between_leaves_no_file_behind(
    carl_clinician: User, measured: Patient, quick_pdf: list[str]
) -> None:
    content = gather(measured)
    other = signed(measured, carl_clinician)
    with pytest.raises(services.Changed):
        services.sign(content, WORDS, replaces=False, author=carl_clinician)
    files = [file.name for file in (Path(settings.MEDIA_ROOT) / "reports").iterdir()]
    assert files == [Path(other.pdf).name]


def test_an_amended_report_is_another_row_that_names_the_one_it_replaces(
    carl: Client, measured: Patient, quick_pdf: list[str]
) -> None:
    sign(carl, measured)
    first = Report.objects.get()
    assert "replaces" in draft(carl, measured).context["form"].fields
    sign(carl, measured, comment="Corrected.", replaces="on")
    second = Report.objects.get(comment="Corrected.")
    assert second.replaces == first
    assert "It replaces the report of" in quick_pdf[1]
    assert 'class="tag">replaced<' in draft(carl, measured).content.decode()


def test_a_report_is_never_changed(carl_clinician: User, measured: Patient) -> None:
    report = signed(measured, carl_clinician)
    report.comment = "Something else."
    with pytest.raises(TypeError, match="append-only"):
        report.save()


def test_the_signed_file_is_served_and_its_reading_recorded(
    carl: Client, carl_clinician: User, measured: Patient, quick_pdf: list[str]
) -> None:
    sign(carl, measured)
    report = Report.objects.get()
    response = carl.get(reverse("reports:pdf", args=[report.id]))
    assert response.headers["Content-Type"] == "application/pdf"
    assert b"".join(response).decode() == quick_pdf[0]
    assert Event.objects.filter(action=Action.READ, target=report.id, actor=carl_clinician).exists()


@pytest.mark.parametrize("harm", ["other bytes", "gone"])
def test_a_file_that_is_not_the_signed_one_is_not_served(
    carl: Client, carl_clinician: User, measured: Patient, harm: str
) -> None:
    report = signed(measured, carl_clinician)
    file = Path(settings.MEDIA_ROOT) / report.pdf
    file.unlink()
    if harm == "other bytes":
        file.write_bytes(b"%PDF-1.7 of somebody else")
    response = carl.get(reverse("reports:pdf", args=[report.id]))
    assert response.status_code == 409
    assert "cannot be shown" in response.content.decode()


def test_the_page_costs_the_same_for_few_and_many_sessions(
    carl: Client, measured: Patient, protocol: Protocol, count_queries: Callable[..., int]
) -> None:
    few = count_queries(lambda: draft(carl, measured))
    for days in range(60, 80):
        analysed(sitting(measured, protocol, days), [expressivity(5.0)])
    assert count_queries(lambda: draft(carl, measured)) == few


def test_ratings_stand_with_their_raters_and_agreement(
    carl: Client, carl_clinician: User, measured: Patient
) -> None:
    dora = member("Dora Doctor", measured.clinic, Role.CLINICIAN)
    newest = measured.sessions.latest("recorded")
    ratings.rate(newest, carl_clinician, score=2)
    ratings.rate(newest, dora, score=3)
    shown = " ".join(gather(measured).ratings)
    assert "2 of 4 (Carl Clinician, blind), 3 of 4 (Dora Doctor, blind)" in shown
    assert "the same score in 0 of 1 session" in shown
    assert "too few for a coefficient" in shown


def test_who_has_read_the_report_rates_no_longer_blind(
    carl: Client, carl_clinician: User, measured: Patient, quick_pdf: list[str]
) -> None:
    report = signed(measured, member("Dora Doctor", measured.clinic, Role.CLINICIAN))
    newest = measured.sessions.latest("recorded")
    assert not ratings.has_seen_results(carl_clinician, newest)
    carl.get(reverse("reports:pdf", args=[report.id]))
    assert ratings.has_seen_results(carl_clinician, newest)


def test_sessions_between_on_and_off_are_told_as_not_compared_and_have_no_last_value(
    measured: Patient, protocol: Protocol
) -> None:
    for days in (6, 4, 2, 0):
        analysed(sitting(measured, protocol, days, "between"), [expressivity(8.0)])
    content = gather(measured)
    assert "In between: 0 compared, 4 not: recorded between ON and OFF (4)." in content.quality
    assert [(one.state, one.size) for one in content.answers if one.state != "on"] == [
        ("between", "")
    ]


def test_where_nothing_could_be_measured_the_report_says_what_the_page_says(
    carl: Client, consented_patient: Patient, protocol: Protocol, quick_pdf: list[str]
) -> None:
    two = Finding("two_faces", Severity.BLOCKS, "Two faces.", "two faces were seen")
    analysed(film(sitting(consented_patient, protocol), "smile"), usable=False, findings=[two])
    said = "Cannot compare: Smile: two faces were seen"
    page = carl.get(reverse("dashboards:patient", args=[consented_patient.id]))
    assert said in page.content.decode()
    assert [answer.verdict for answer in gather(consented_patient).answers] == [said]
    assert sign(carl, consented_patient).status_code == 302
    assert f"<strong>{said}</strong>" in quick_pdf[0]
    assert "Next: Ask for one more recording without this problem." in quick_pdf[0]


def test_a_report_without_any_result_says_what_to_do_and_cannot_be_signed(
    carl: Client, consented_patient: Patient, protocol: Protocol, quick_pdf: list[str]
) -> None:
    sitting(consented_patient, protocol)
    shown = draft(carl, consented_patient).content.decode()
    assert "There is nothing to sign yet" in shown
    assert "Collecting: 0 of 4 recordings" in shown
    assert "Sign this report" not in shown
    response = sign(carl, consented_patient)
    assert "There is nothing to sign yet" in response.content.decode()
    assert not Report.objects.exists()


def test_ratings_alone_can_be_signed(
    carl: Client, carl_clinician: User, consented_patient: Patient, protocol: Protocol,
    quick_pdf: list[str],
) -> None:  # fmt: skip
    ratings.rate(sitting(consented_patient, protocol), carl_clinician, score=2)
    assert sign(carl, consented_patient).status_code == 302
    assert "2 of 4 (Carl Clinician, blind)" in quick_pdf[0]


def test_the_comment_has_an_end(carl: Client, measured: Patient) -> None:
    response = sign(carl, measured, comment="x" * (COMMENT_MAX + 1))
    assert response.status_code == 200
    assert not Report.objects.exists()


def test_a_machine_without_pango_says_what_to_install(
    carl: Client, measured: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "LIBRARIES", ("libnot-there.so.0",))
    assert "Debian packages libpango" in draft(carl, measured).content.decode()
    response = sign(carl, measured)
    assert "libnot-there.so.0 not found" in response.content.decode()
    assert not Report.objects.exists()
