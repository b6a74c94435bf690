"""The trail holds who read and changed what, without names, and cannot be rewritten."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import Membership
from clinic.audit import services
from clinic.audit.models import Action, Event
from clinic.recordings import links
from clinic.reminders.models import Plan


def test_an_event_finds_clinic_and_patient_of_every_kind_of_record(
    clinic, recording, carl_clinician
):
    session, patient = recording.session, recording.session.patient
    link, _ = links.make(session, actor=carl_clinician, days=1)
    for target, kind in [
        (patient, "patient"),
        (session, "session"),
        (recording, "recording"),
        (link, "link"),
        (patient.consents.first(), "consent"),
        (Plan(patient=patient), "plan"),
    ]:
        services.record(Action.READ, target, actor=carl_clinician)
        event = Event.objects.first()
        assert (event.target_type, event.clinic, event.patient) == (kind, clinic, patient.id)
        assert event.detail == ""


def test_a_membership_is_told_by_its_user(clinic, carl_clinician):
    services.record(Action.CREATE, Membership.objects.get(), actor=carl_clinician)
    event = Event.objects.get()
    assert (event.target, event.clinic, event.patient) == (carl_clinician.id, clinic, None)


def test_a_change_of_the_clinic_itself_is_in_its_own_trail(clinic, carl_clinician):
    services.record(Action.CHOOSE, clinic, actor=carl_clinician)
    event = Event.objects.get()
    assert (event.target_type, event.target, event.clinic) == ("clinic", clinic.id, clinic)


def test_the_trail_says_what_was_chosen(login, ada_admin, clinic):
    services.record(Action.CHOOSE, clinic, actor=ada_admin, detail="site-2 (of this site)")
    page = login(ada_admin).get(reverse("audit:events")).content.decode()
    assert "chose the release: site-2 (of this site)" in page


def test_an_unknown_kind_of_record_is_a_programming_error(carl_clinician):
    with pytest.raises(TypeError, match="User"):
        services.record(Action.READ, carl_clinician, actor=carl_clinician)


def test_events_cannot_be_changed(patient, carl_clinician):
    services.record(Action.READ, patient, actor=carl_clinician)
    event = Event.objects.get()
    event.action = Action.PLAY
    with pytest.raises(TypeError, match="append-only"):
        event.save()


def test_reading_is_recorded(login, carl_clinician, session):
    browser = login(carl_clinician)
    for page in (
        reverse("patients:edit", args=[session.patient_id]),
        reverse("patients:consents", args=[session.patient_id]),
        reverse("recordings:new_session", args=[session.patient_id]),
        reverse("dashboards:patient", args=[session.patient_id]),
        reverse("dashboards:session", args=[session.id]),
    ):
        before = Event.objects.filter(patient=session.patient_id, action=Action.READ).count()
        assert browser.get(page).status_code == 200
        after = Event.objects.filter(patient=session.patient_id, action=Action.READ).count()
        assert after == before + 1, page


def test_reading_the_list_is_recorded(login, carl_clinician, clinic, patient):
    login(carl_clinician).get(reverse("patients:list"))
    event = Event.objects.get()
    assert (event.target_type, event.target, event.actor) == (
        "patient list",
        clinic.id,
        carl_clinician,
    )


def test_the_admin_reads_the_trail_of_the_own_clinic_by_study_code(
    login, ada_admin, carl_clinician, olga_outsider, other_clinic, patient
):
    services.record(Action.READ, patient, actor=carl_clinician)
    services.record_list("patient", [other_clinic], actor=olga_outsider)
    page = login(ada_admin).get(reverse("audit:events"))
    shown = page.content.decode()
    assert page.context["page"].paginator.count == 1
    assert patient.study_code in shown
    assert "Carl Clinician" in shown
    assert patient.last_name + "," not in shown
    assert "Hilltop" not in shown


def test_what_a_patient_did_by_link_is_said_so(login, ada_admin, patient):
    services.record(Action.SUBMIT, patient, actor=None, link=patient.id)
    assert "patient, by link" in login(ada_admin).get(reverse("audit:events")).content.decode()


def test_the_trail_is_narrowed_by_member_action_and_study_code(
    login, ada_admin, anna_assistant, carl_clinician, patient
):
    services.record(Action.READ, patient, actor=carl_clinician)
    services.record(Action.PLAY, patient, actor=anna_assistant)
    browser = login(ada_admin)

    def count(**query: str) -> int:
        return browser.get(reverse("audit:events"), query).context["page"].paginator.count

    assert count() == 2
    assert count(actor=str(carl_clinician.id)) == 1
    assert count(action="play") == 1
    assert count(study_code=patient.study_code.lower()) == 2
    assert count(study_code="S-NOBODY") == 0
    today = timezone.localdate()
    tomorrow = (today + datetime.timedelta(days=1)).isoformat()
    assert count(since=today.isoformat(), until=today.isoformat()) == 2
    assert count(since=tomorrow) == 0
    assert count(since="0001-01-01", until="9999-12-31") == 2  # no such day: as if not asked


def test_long_trails_have_pages_and_a_constant_number_of_queries(
    login, ada_admin, carl_clinician, patient, count_queries
):
    services.record(Action.READ, patient, actor=carl_clinician)
    browser = login(ada_admin)
    few = count_queries(lambda: browser.get(reverse("audit:events")))
    for _ in range(60):
        services.record(Action.READ, patient, actor=carl_clinician)
    many = count_queries(lambda: browser.get(reverse("audit:events")))
    assert many == few
    assert len(browser.get(reverse("audit:events"), {"page": 2}).context["page"]) == 11


def test_the_admin_sees_who_failed_to_sign_in_as_whom(
    login, ada_admin, carl_clinician, olga_outsider
):
    for user in (carl_clinician, olga_outsider, None):
        services.record_no_login(user)
    browser = login(ada_admin)
    page = browser.get(reverse("audit:events")).content.decode()
    assert page.count("<td>Failed") + page.count("<td>failed to sign in") == 2
    assert "member: Carl Clinician" in page
    assert "address without an account" in page
    assert "Olga" not in page
    asked = {"actor": str(carl_clinician.id)}
    assert browser.get(reverse("audit:events"), asked).context["page"].paginator.count == 1
