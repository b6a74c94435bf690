"""The researcher's pages: trends and meshes by study code, and nothing that tells who it is."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.audit import services as audit
from clinic.audit.models import Action, Event
from clinic.dashboards import coded
from clinic.exports import pseudonyms
from clinic.patients.models import Consent, Patient, Purpose
from clinic.patients.services import ask_anew, give_consent, withdraw
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.therapy.models import ClinicalEvent, Regimen, Stage
from clinic.verdicts.comparable import SAME_DEVICE
from diagnosis.config import Finding, Measure, Severity, Side
from tests.clinic.analysed import amplitude, analysed, expressivity, film, sitting
from tests.clinic.judged import DESK, PHONE, session, weekly
from tests.clinic.replayed import keep_landmarks
from tests.conftest import Login

IDENTIFYING = (
    *("Paul", "Patient", "MRN-0042", "Prefers the morning", "paul@example.org"),
    *("1956", "14 March"),
)


@pytest.fixture
def films(consented_patient: Patient, shared: Consent, protocol: Protocol) -> list[Recording]:
    Patient.objects.filter(pk=consented_patient.pk).update(email="paul@example.org")
    made = []
    for days, value in ((30, 7.25), (2, 6.5)):
        session = sitting(consented_patient, protocol, days)
        smile = film(session, "smile")
        keep_landmarks(analysed(smile, [amplitude(value)]))
        analysed(session, [expressivity(value)])
        made.append(smile)
    return made


@pytest.fixture
def page(login: Login, rita_researcher: User, consented_patient: Patient, shared: Consent) -> Any:
    def get(**asked: str) -> Any:
        address = reverse("dashboards:coded", args=[consented_patient.id])
        return login(rita_researcher).get(address, asked)

    return get


@pytest.fixture
def listed(login: Login, rita_researcher: User) -> Any:
    return lambda: login(rita_researcher).get(reverse("dashboards:coded_list"))


def people_of(clinic: Clinic, count: int) -> None:
    """Who all agree to sharing."""
    for i in range(count):
        person = Patient.objects.create(
            clinic=clinic, first_name="F", last_name=f"Last{i}", birth_date="1950-01-01"
        )
        give_consent(person, [Purpose.SHARING], by=Consent.By.STAFF, actor=None)


def test_who_never_agreed_to_sharing_is_not_there(
    listed: Any, page: Any, films: list[Recording], shared: Consent
) -> None:
    Consent.objects.filter(pk=shared.pk).delete()
    assert list(listed().context["page"]) == []
    assert page().status_code == 404


def test_who_takes_sharing_back_is_gone_at_once(
    listed: Any, page: Any, films: list[Recording], shared: Consent
) -> None:
    assert page().status_code == 200
    withdraw(shared, actor=None)
    assert list(listed().context["page"]) == []
    assert page().status_code == 404


def test_who_agreed_to_an_older_text_must_be_asked_again(
    page: Any, clinic: Clinic, films: list[Recording], ada_admin: User
) -> None:
    ask_anew(clinic, Purpose.SHARING, {"en": "Another text."}, actor=ada_admin)
    assert page().status_code == 404


def test_people_are_listed_by_study_code_with_their_sessions(
    listed: Any, films: list[Recording], patient: Patient, clinic: Clinic
) -> None:
    people_of(clinic, 5)
    found = [(person.study_code, person.session_count) for person in listed().context["page"]]
    assert (patient.study_code, 2) in found
    assert found == sorted(found)
    assert len(found) == 6


def test_the_list_and_the_page_tell_no_name_number_birth_date_or_note(
    listed: Any, page: Any, films: list[Recording], patient: Patient
) -> None:
    for response in (listed(), page()):
        text = response.content.decode()
        assert [word for word in IDENTIFYING if word in text] == []
        assert patient.study_code in text
        assert f"{patient.age}" in text


def treat(patient: Patient, by: User) -> list[datetime.date]:
    """Medicines, an event and a stage; their days."""
    days = [timezone.localdate() - datetime.timedelta(days=ago) for ago in (20, 25, 30)]
    written = {"patient": patient, "created_by": by}
    Regimen.objects.create(start=days[0], text="as Dr Wilkins advised", ledd_mg=450, **written)
    kind = ClinicalEvent.Kind.PROGRAMMING
    ClinicalEvent.objects.create(date=days[1], kind=kind, note="the wedding in Rye", **written)
    Stage.objects.create(date=days[2], stage=3, **written)
    return days


def test_therapy_and_events_are_left_out(
    page: Any, films: list[Recording], patient: Patient, carl_clinician: User
) -> None:
    treat(patient, carl_clinician)
    text = page().content.decode()
    told = ("Wilkins", "450", "LEDD", "Medicines", "DBS", "Rye", "Hoehn", "1 event")
    assert [word for word in told if word in text] == []


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> datetime.timedelta:
    """What moves everybody's dates: far enough that no month is in both."""
    by = datetime.timedelta(days=-200)
    monkeypatch.setattr(pseudonyms, "shift", lambda patient: by)
    return by


def written(day: datetime.date) -> set[str]:
    """The day as pages and their data write it, and its month."""
    return {
        date_format(day, "j F Y"),
        date_format(day, "F Y"),
        day.isoformat(),
        day.isoformat()[:7],
    }


def test_no_page_tells_a_true_day_or_a_time_of_day(
    shifted: datetime.timedelta,
    login: Login,
    rita_researcher: User,
    carl_clinician: User,
    consented_patient: Patient,
    shared: Consent,
) -> None:
    patient = consented_patient
    weeks = weekly(patient, 10, 12, 11, 13, 30, 31, last=1)
    ill, off = session(patient, 11, 9, "on", ill=True), session(patient, 11, 50, "off")
    unusable = [Finding("too_dark", Severity.BLOCKS, "It is dark.", "Mean brightness 41.")]
    for sat in (weeks[0], *weeks[-2:], off):
        keep_landmarks(analysed(film(sat, "smile"), [amplitude(7.25)]))
    dark = film(ill, "smile")
    analysed(dark, usable=False, findings=unusable)
    true = [timezone.localdate(one.recorded) for one in RecordingSession.objects.all()]
    therapy = treat(patient, carl_clinician)
    compare = reverse("dashboards:coded_compare", args=[patient.id])
    pairs = [(weeks[0], weeks[-1]), (weeks[0], ill), (weeks[-2], off)]
    addresses = [
        reverse("dashboards:coded_list"),
        reverse("dashboards:coded", args=[patient.id]),
        reverse("dashboards:coded", args=[patient.id]) + f"?session={off.id}",
        *(f"{compare}?first={first.id}&second={second.id}" for first, second in pairs),
    ]
    text = " ".join(login(rita_researcher).get(at).content.decode() for at in addresses)
    for day in {*true, *therapy, timezone.localdate()}:
        assert [word for word in written(day) if word in text] == []
    for day in true:
        assert date_format(day + shifted, "j F Y") in text
    since = date_format(timezone.localdate(weeks[4].recorded) + shifted, "j F Y")
    assert f"Reliable change since {since}" in text
    assert set(re.findall(r"\d\d:\d\d", text)) == {"12:00"}


def test_what_is_collected_counts_back_from_the_newest_session_and_tells_no_today(
    shifted: datetime.timedelta, page: Any, patient: Patient
) -> None:
    weekly(patient, 10, 12, 11, last=20)
    assert "Collecting: 3 of 4 recordings" in page().content.decode()


def test_clinicians_read_true_dates(
    shifted: datetime.timedelta, login: Login, carl_clinician: User, films: list[Recording]
) -> None:
    address = reverse("dashboards:patient", args=[films[0].session.patient_id])
    text = login(carl_clinician).get(address).content.decode()
    for one in films:
        assert date_format(timezone.localdate(one.session.recorded), "j F Y") in text


def test_the_page_shows_the_trends_with_their_release(page: Any, films: list[Recording]) -> None:
    text = page().content.decode()
    assert "7.25" in text
    assert "6.50" in text
    assert "Smile: amplitude, mouth corner" in text
    assert "trained on simulated faces only" in text


def test_nothing_on_the_page_leads_to_a_page_with_names(page: Any, films: list[Recording]) -> None:
    text = page().content.decode()
    assert "/sessions/" not in text
    assert "/patients/" not in text
    assert "/video/" not in text


def test_a_point_of_a_chart_leads_to_the_meshes_of_its_session(
    page: Any, films: list[Recording]
) -> None:
    hrefs = [session["href"] for session in page().context["charts"]["sessions"]]
    assert hrefs == [f"?session={one.session_id}#films" for one in films]


def test_the_newest_session_is_replayed_unless_another_is_asked_for(
    page: Any, films: list[Recording]
) -> None:
    old, new = films
    assert reverse("dashboards:mesh", args=[new.id]) in page().content.decode()
    asked = page(session=str(old.session_id)).content.decode()
    assert reverse("dashboards:mesh", args=[old.id]) in asked
    assert f'data-zero="{old.cues[0]["start"]}"' in asked


def test_a_session_of_another_page_can_be_replayed(
    page: Any, films: list[Recording], patient: Patient, protocol: Protocol
) -> None:
    for _ in range(coded.SESSIONS_PER_PAGE):
        sitting(patient, protocol)
    response = page(session=str(films[0].session_id))
    assert response.context["shown"].session.id == films[0].session_id
    listed = [one.session.id for one in response.context["sittings"]]
    assert len(listed) == coded.SESSIONS_PER_PAGE
    assert films[0].session_id not in listed


def test_films_without_landmarks_are_not_replayed(
    page: Any, consented_patient: Patient, protocol: Protocol
) -> None:
    analysed(film(sitting(consented_patient, protocol), "smile"), [amplitude(3.0)])
    response = page()
    assert response.context["shown"] is None
    assert "data-replay" not in response.content.decode()


def test_clinicians_use_their_own_pages_and_outsiders_see_nothing(
    login: Login, patient: Patient, carl_clinician: User, ada_admin: User, olga_outsider: User
) -> None:
    for user in (carl_clinician, ada_admin, olga_outsider):
        browser = login(user)
        assert browser.get(reverse("dashboards:coded_list")).status_code == 404
        address = reverse("dashboards:coded", args=[patient.id])
        assert browser.get(address).status_code == 404


def test_reading_is_on_record(
    listed: Any, page: Any, patient: Patient, rita_researcher: User
) -> None:
    listed()
    page()
    read = Event.objects.filter(action=Action.READ, actor=rita_researcher).order_by("id")
    assert list(read.values_list("target_type", "target", "detail")) == [
        ("study code list", patient.clinic_id, ""),
        ("patient", patient.id, audit.RESULTS),
    ]


def test_more_people_and_sessions_cost_no_more_queries(
    listed: Any,
    page: Any,
    films: list[Recording],
    clinic: Clinic,
    patient: Patient,
    protocol: Protocol,
    count_queries: Any,
) -> None:
    before = count_queries(listed), count_queries(page)
    people_of(clinic, 10)
    for days in range(40, 46):
        smile = film(sitting(patient, protocol, days), "smile")
        keep_landmarks(analysed(smile, [amplitude(5.0)]))
    assert (count_queries(listed), count_queries(page)) == before


def test_the_change_verdict_is_there_without_a_link_to_a_page_with_names(
    page: Any, patient: Patient, shared: Consent
) -> None:
    before = weekly(patient, 10, 12, 11, 13, 11, medication="on", last=1)
    session(patient, 11, 0, "on", ill=True)
    text = page().content.decode()
    assert "Cannot compare: the person was ill or very tired" in text
    assert "Usual band" in text
    assert "1 session left out" in text
    assert "Next:" not in text
    assert "/sessions/" not in text
    assert "/patients/" not in text
    assert str(before[0].id) in text  # as one of two sessions side by side


def test_two_sessions_are_compared_by_study_code_and_as_meshes_only(
    login: Login,
    rita_researcher: User,
    carl_clinician: User,
    clinic: Clinic,
    films: list[Recording],
    patient: Patient,
    shared: Consent,
) -> None:
    old, new = films
    address = reverse("dashboards:coded_compare", args=[patient.id])
    asked = {"first": str(old.session_id), "second": str(new.session_id), "task": "smile"}
    response = login(rita_researcher).get(address, asked)
    text = response.content.decode()
    assert [word for word in IDENTIFYING if word in text] == []
    assert patient.study_code in text
    sides = response.context["player"]["takes"]
    assert [side["mesh"] for side in sides] == [
        reverse("dashboards:mesh", args=[one.id]) for one in films
    ]
    assert "/patients/" not in text
    assert "/sessions/" not in text
    Membership.objects.create(user=rita_researcher, clinic=clinic, role=Role.ASSISTANT)
    sides = login(rita_researcher).get(address, asked).context["player"]["takes"]
    assert [side["video"] for side in sides] == ["", ""]  # though an assistant may watch
    assert login(carl_clinician).get(address).status_code == 404
    withdraw(shared, actor=None)
    assert login(rita_researcher).get(address).status_code == 404


def test_devices_are_told_by_kind_and_never_by_name(
    login: Login, rita_researcher: User, consented_patient: Patient, shared: Consent
) -> None:
    firefox = {"browser": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    desk, fox, phone = (
        session(consented_patient, 10, days, device=device)
        for days, device in ((9, DESK), (5, firefox), (1, PHONE))
    )
    for made in (desk, fox, phone):
        film(made, "smile")
        slow = Measure("slowness", "smile", Side.BOTH, "s", 0.8, 1)
        analysed(made, [expressivity(10), slow])
    compare = reverse("dashboards:coded_compare", args=[consented_patient.id])
    browser = login(rita_researcher)
    beside = browser.get(f"{compare}?first={desk.id}&second={phone.id}").content.decode()
    assert "Filmed with different devices, computer and phone" in beside
    alone = browser.get(reverse("dashboards:coded", args=[consented_patient.id])).content.decode()
    assert "recorded on another kind of device (computer) than the baseline (phone)" in alone
    RecordingSession.objects.filter(pk=phone.pk).delete()
    alike = browser.get(reverse("dashboards:coded", args=[consented_patient.id])).content.decode()
    assert SAME_DEVICE in alike
    for name in ("Firefox", "Chrome", "Safari", "Linux", "iPhone"):
        assert name not in beside + alone + alike


def test_curves_go_to_researchers_only_while_the_person_agrees_to_sharing(
    login: Login, rita_researcher: User, films: list[Recording], shared: Consent
) -> None:
    address = reverse("dashboards:curves", args=[films[0].id])
    assert login(rita_researcher).get(address).status_code == 200
    withdraw(shared, actor=None)
    assert login(rita_researcher).get(address).status_code == 404


def test_people_over_89_are_one_group(page: Any, listed: Any, consented_patient: Patient) -> None:
    Patient.objects.filter(pk=consented_patient.pk).update(birth_date="1901-01-01")
    for shown in (page(), listed()):
        assert "over 89" in shown.content.decode()
