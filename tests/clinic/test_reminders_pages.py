"""Staff make and change a plan, and see what the patient answered."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.audit.models import Action, Event
from clinic.patients.models import Patient
from clinic.recordings.models import RecordingSession
from clinic.reminders import adherence
from clinic.reminders.models import Plan, PlannedSession
from clinic.reminders.services import remind

from .planning import Clock, film, make_plan

FORM = {
    "started": "2027-03-01",
    "dose_time": "08:00",
    "minutes_after_dose": "45",
    "email": "paul@example.org",
}
DAYS = ("2027-03-01", "2027-03-05", "2027-03-10", "2027-03-14", "2027-03-19", "2027-03-26")


def page(patient: Patient) -> str:
    return reverse("reminders:plan", args=[patient.id])


def shown(browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


def remind_on(clock: Clock, day: str) -> RecordingSession:
    """The session that the reminder of this day leads to."""
    clock.at(f"{day} 07:00")
    assert remind() == 1
    session = PlannedSession.objects.get(day=day).session
    assert session is not None
    return session


def record_all(session: RecordingSession, *, but: tuple[str, ...] = (), finish: bool = True):
    for task in session.protocol.tasks.exclude(code__in=but):
        film(session, task.code)
    if finish:
        session.submitted = timezone.now()
        session.save()


def answers(plan: Plan) -> adherence.Adherence:
    return adherence.of(plan.planned.with_answers())


def test_an_assistant_makes_a_plan(clock, login, anna_assistant, consented_patient, protocol):
    browser = login(anna_assistant)
    answer = browser.post(page(consented_patient), FORM, follow=True)
    assert "The plan is saved." in answer.content.decode()
    plan = Plan.objects.get()
    assert (plan.started, plan.dose_time) == (datetime.date(2027, 3, 1), datetime.time(8))
    assert (plan.minutes_after_dose, plan.created_by) == (45, anna_assistant)
    assert plan.protocol.code == "core"
    assert plan.patient.email == "paul@example.org"
    changes = Event.objects.exclude(action=Action.READ).values_list("action", "target_type")
    assert set(changes) == {("change", "patient"), ("create", "plan")}
    text = " ".join(answer.content.decode().split())
    assert "Mon 1 Mar 2027,</span> 08:45" in text
    assert text.count("to come") == 3


def test_the_form_offers_tomorrow(clock, login, anna_assistant, consented_patient, protocol):
    assert 'value="2027-03-01"' in shown(login(anna_assistant), page(consented_patient))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"started": "2027-02-27"}, "Choose today or a later day."),
        ({"email": ""}, "This field is required."),
        ({"email": "paul"}, "Enter a valid email address."),
        ({"dose_time": "25:00"}, "Enter a valid time."),
        ({"minutes_after_dose": "601"}, "less than or equal to 600"),
    ],
)
def test_what_is_filled_in_wrongly_is_named(
    clock, login, anna_assistant, consented_patient, protocol, wrong, words
):
    answer = login(anna_assistant).post(page(consented_patient), FORM | wrong)
    assert words in answer.content.decode()
    assert not Plan.objects.exists()


def test_a_first_session_whose_time_is_past_is_refused_not_lost(
    clock, login, anna_assistant, consented_patient, protocol
):
    clock.at("2027-03-01 12:00")
    browser = login(anna_assistant)
    answer = browser.post(page(consented_patient), FORM)
    assert "the time of the first session, 08:45, is past" in answer.content.decode()
    assert not Plan.objects.exists()
    browser.post(page(consented_patient), FORM | {"dose_time": "13:00"})
    assert Plan.objects.get().dose_time == datetime.time(13)
    answer = browser.post(page(consented_patient), FORM)
    assert "is past" in answer.content.decode()


def test_a_dose_moved_after_the_first_mail_went_out_is_no_lost_session(
    clock, login, anna_assistant, plan
):
    remind_on(clock, "2027-03-01")
    clock.at("2027-03-01 12:00")
    login(anna_assistant).post(page(plan.patient), FORM | {"dose_time": "07:00"})
    plan.refresh_from_db()
    assert plan.dose_time == datetime.time(7)


def test_a_plan_that_has_begun_can_be_changed(clock, login, anna_assistant, plan):
    clock.at("2027-04-01 12:00")
    login(anna_assistant).post(page(plan.patient), FORM | {"dose_time": "19:30"})
    plan.refresh_from_db()
    assert plan.dose_time == datetime.time(19, 30)
    assert Event.objects.filter(action=Action.CHANGE, target_type="plan").count() == 1


def test_a_wrong_form_leaves_the_planned_sessions_as_they_are(clock, login, anna_assistant, plan):
    answer = login(anna_assistant).post(page(plan.patient), FORM | {"email": ""})
    assert "Mon 1 Mar 2027,</span> 09:00" in " ".join(answer.content.decode().split())


def test_a_plan_is_paused_and_resumed(clock, login, anna_assistant, plan):
    browser = login(anna_assistant)
    pause = reverse("reminders:pause", args=[plan.patient_id])
    answer = browser.post(pause, follow=True).content.decode()
    assert "No reminders go out." in answer
    assert "to come" not in answer
    plan.refresh_from_db()
    assert plan.paused is not None
    answer = browser.post(pause, {"resume": "1"}, follow=True).content.decode()
    assert "Reminders go out again." in answer
    assert "to come" in answer


def test_the_page_says_what_is_in_the_way(clock, login, anna_assistant, patient, protocol):
    assert "There is no consent to care." in shown(login(anna_assistant), page(patient))


def test_the_page_says_that_home_needs_https(clock, login, anna_assistant, plan, settings):
    settings.SITE_URL, settings.SITE_HOST = "http://clinic.example", "clinic.example"
    settings.SITE_IS_HTTPS = False
    assert "Set SITE_URL to an https address" in shown(login(anna_assistant), page(plan.patient))


def test_the_page_says_when_mail_only_goes_to_the_log(clock, login, anna_assistant, plan, settings):
    words = "This site sends no e-mail yet"
    assert words not in shown(login(anna_assistant), page(plan.patient))
    settings.EMAIL_BACKEND = settings.CONSOLE_MAIL
    assert words in shown(login(anna_assistant), page(plan.patient))


def test_who_reads_a_plan_is_in_the_trail(clock, login, anna_assistant, plan):
    browser = login(anna_assistant)
    browser.get(page(plan.patient))
    browser.get(reverse("reminders:home"))
    read = Event.objects.filter(action=Action.READ).values_list("target_type", flat=True)
    assert list(read) == ["plan list", "plan"]


def test_the_patients_page_leads_to_the_plan(clock, login, anna_assistant, consented_patient):
    patients_page = reverse("dashboards:patient", args=[consented_patient.id])
    assert f'href="{page(consented_patient)}"' in shown(login(anna_assistant), patients_page)


def test_too_ill_is_an_answer_and_what_is_still_open_counts_nowhere(
    clock, login, anna_assistant, plan
):
    for day in DAYS[:4]:
        record_all(remind_on(clock, day))
    session = remind_on(clock, DAYS[4])
    session.too_ill = timezone.now()
    session.save()
    remind_on(clock, DAYS[5])
    found = answers(plan)
    assert [row.answer for row in found.rows] == [*["recorded"] * 4, "too_ill", "awaited"]
    assert found.line == "4 of 5 recorded, 1 too ill"
    assert "4 of 5 recorded, 1 too ill" in shown(login(anna_assistant), page(plan.patient))


def test_some_of_the_tasks_or_part_of_a_film_is_recorded_in_part(clock, plan):
    record_all(remind_on(clock, DAYS[0]), but=("smile",))
    cut_off = remind_on(clock, DAYS[1])
    record_all(cut_off, but=("smile",), finish=False)
    film(cut_off, "smile", partial=True)
    clock.at(f"{DAYS[2]} 06:00")
    assert [row.answer for row in answers(plan).rows] == ["part", "awaited"]
    clock.at(f"{DAYS[2]} 07:00")
    assert answers(plan).line == "0 of 2 recorded, 2 recorded in part"


def test_who_was_ill_and_filmed_after_all_has_recorded(clock, plan):
    session = remind_on(clock, DAYS[0])
    session.too_ill = timezone.now()
    record_all(session)
    assert answers(plan).line == "1 of 1 recorded"


def test_two_left_out_in_a_row_suggest_a_call_and_an_answer_ends_that(
    clock, login, anna_assistant, plan
):
    home = reverse("reminders:home")
    remind_on(clock, DAYS[0])
    remind_on(clock, DAYS[1])
    assert not answers(plan).needs_call  # the second is still open
    session = remind_on(clock, DAYS[2])
    browser = login(anna_assistant)
    assert "a call may help" in shown(browser, page(plan.patient))
    assert "a call may help" in shown(browser, home)
    assert answers(plan).line == "0 of 2 recorded, 2 not recorded"
    record_all(session)
    assert "a call may help" not in shown(browser, home)


def test_a_reminder_that_did_not_go_out_is_not_held_against_the_patient(
    clock, login, anna_assistant, plan
):
    plan.patient.email = ""
    plan.patient.save()
    clock.at(f"{DAYS[0]} 09:00")
    remind()
    found = answers(plan)
    assert ([row.answer for row in found.rows], found.line) == (["unsent"], "")
    text = shown(login(anna_assistant), page(plan.patient))
    assert "not asked" in text
    assert "There is no e-mail address." in text


def test_the_list_shows_last_and_next(clock, login, anna_assistant, plan):
    record_all(remind_on(clock, DAYS[0]))
    text = shown(login(anna_assistant), reverse("reminders:home"))
    assert "Patient, Paul" in text
    assert "1 Mar 2027" in text
    assert "Fri 5 Mar, 09:00" in text
    assert "1 of 1 recorded" in text


def test_an_outsider_sees_no_plan_of_this_clinic(clock, login, olga_outsider, plan):
    text = shown(login(olga_outsider), reverse("reminders:home"))
    assert "Patient, Paul" not in text
    assert "No plans yet" in text


def test_the_pages_cost_the_same_with_more_plans_and_more_sessions(
    clock, login, anna_assistant, carl_clinician, plan, clinic, count_queries
):
    def costs() -> list[int]:
        browser = login(anna_assistant)
        home, own = reverse("reminders:home"), page(plan.patient)
        return [count_queries(lambda: browser.get(home)), count_queries(lambda: browser.get(own))]

    record_all(remind_on(clock, DAYS[0]))
    before = costs()
    for day in DAYS[1:]:
        record_all(remind_on(clock, day))
    for number in range(3):
        other = Patient.objects.create(
            clinic=clinic,
            first_name=f"P{number}",
            last_name="Other",
            birth_date=datetime.date(1950, 1, 1),
        )
        make_plan(other, carl_clinician)
    assert costs() == before


def test_the_form_names_the_clock_that_counts(login, anna_assistant, consented_patient, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    assert "Times are those of Asia/Shanghai." in shown(
        login(anna_assistant), page(consented_patient)
    )
