"""Plans are made and changed; when a planned session comes near, its one e-mail goes out.

Between two processes a conditional update decides who sends. Whatever fails before the mail leaves
leads back to waiting. Nothing is sent twice: if a process ends while it sends, nobody knows whether
the mail left, and the slot is given up; as it is where the mail server breaks off at the end.
"""

from __future__ import annotations

import datetime
import logging
from contextlib import suppress

from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Action
from clinic.audit.services import record
from clinic.patients.models import Patient, Purpose
from clinic.patients.services import agreed, save_patient
from clinic.recordings import links
from clinic.recordings.models import CaptureLink, Protocol, RecordingSession
from clinic.recordings.services import start_session
from clinic.reminders import mail
from clinic.reminders.models import Plan, PlannedQuerySet, PlannedSession

logger = logging.getLogger(__name__)

# The mail comes a little ahead, so that its calendar entry still can ring; not a day ahead, when
# people would film at once, in another state of their medicine.
AHEAD = datetime.timedelta(hours=2)
LATEST = datetime.timedelta(days=1)  # after which no mail goes out any more
FIRST_PAUSE = datetime.timedelta(minutes=15)  # between tries; doubles each time
LONGEST_SENDING = datetime.timedelta(minutes=15)
LOST = (
    "The mail server broke off while it took this e-mail: it may or may not have arrived. "
    "Its link works; where it is asked for again, send a new one from the patient's page."
)
PAUSED = "The plan was paused when this e-mail was due."
CHANGED = "The plan was changed before this e-mail went out."
FAILED = "This e-mail could not be made; it is tried again. The reason is in Mimia's log."
State = PlannedSession.State


def new_plan(patient: Patient, actor: User) -> Plan:
    """Not yet saved: from tomorrow, with the newest Core protocol."""
    return Plan(
        patient=patient,
        protocol=Protocol.objects.filter(code="core", retired=False).latest("version"),
        started=timezone.localdate() + datetime.timedelta(days=1),
        created_by=actor,
    )


@transaction.atomic
def save_plan(plan: Plan, email: str, *, actor: User) -> None:
    """Saves a new or a changed plan, and the patient's e-mail address.

    Nothing goes out for a moment that has become past by the change.
    """
    if plan.patient.email != email:
        plan.patient.email = email
        save_patient(plan.patient, actor=actor)
    new = plan._state.adding
    now = timezone.now()
    plan.rows_until = now if new else max(plan.rows_until, now)
    plan.save()
    _move_waiting(plan, now)
    record(Action.CREATE if new else Action.CHANGE, plan, actor=actor)


def _move_waiting(plan: Plan, now: datetime.datetime) -> None:
    """Gives the slots whose mail has not gone out the times of the plan as it is now."""
    for planned in plan.planned.select_for_update().filter(state=State.WAITING):
        slot = plan.schedule.on(planned.day)
        if slot is not None and slot.due == planned.due:
            continue
        if slot is not None and slot.due > now:
            planned.due = slot.due
        else:
            planned.state, planned.problem = State.DROPPED, CHANGED
        planned.save(update_fields=["due", "state", "problem"])


@transaction.atomic
def pause(plan: Plan, *, actor: User) -> None:
    """From now on no reminders; what falls into the pause is not counted."""
    if plan.paused is None:
        plan.paused = timezone.now()
        plan.save(update_fields=["paused"])
        record(Action.CHANGE, plan, actor=actor)


@transaction.atomic
def resume(plan: Plan, *, actor: User) -> None:
    if plan.paused is not None:
        plan.paused = None
        now = timezone.now()
        plan.rows_until = max(plan.rows_until, now)
        plan.save(update_fields=["paused", "rows_until"])
        plan.planned.filter(state=State.WAITING, due__lte=now).update(
            state=State.DROPPED, problem=PAUSED
        )
        record(Action.CHANGE, plan, actor=actor)


def hindrance(patient: Patient) -> str:
    """Why nothing can be sent to the patient now, and what to do; empty when all is well."""
    if patient.archived is not None:
        return "This patient is archived. Restore the patient to send reminders."
    if not agreed(patient, Purpose.CARE):
        return "There is no consent to care. Record it on the patient's Consents page first."
    try:
        links.require_camera_address()
    except links.HomeNeedsHttps as refusal:
        return str(refusal)
    return "" if patient.email else "There is no e-mail address. Enter it in the patient's plan."


def remind() -> int:
    """Sends what is due; the number of e-mails that went out."""
    now = timezone.now()
    running = Plan.objects.filter(paused__isnull=True)
    for plan in running:
        _add_rows(plan, now + AHEAD)
    _give_up(now)
    waiting = PlannedSession.objects.filter(
        state=State.WAITING, plan__in=running, due__lte=now + AHEAD
    )
    rows = waiting.select_related("session", "plan__protocol", "plan__created_by")
    return sum(_try_to_send(planned) for planned in rows if _is_ready(planned, now))


def _add_rows(plan: Plan, until: datetime.datetime) -> None:
    slots = plan.schedule.due(plan.rows_until, until)
    if slots:
        rows = [PlannedSession(plan=plan, day=slot.day, due=slot.due) for slot in slots]
        with transaction.atomic():
            PlannedSession.objects.bulk_create(rows, ignore_conflicts=True)
            Plan.objects.filter(pk=plan.pk, rows_until__lt=until).update(rows_until=until)


def _give_up(now: datetime.datetime) -> None:
    """On what is too late to send, and on what a process that ended may or may not have sent."""
    late = PlannedSession.objects.filter(state=State.WAITING, due__lt=now - LATEST)
    late.filter(problem="").update(problem="Mimia was not running, or the plan was paused.")
    late.update(state=State.DROPPED)
    PlannedSession.objects.filter(state=State.SENDING, tried__lt=now - LONGEST_SENDING).update(
        state=State.DROPPED,
        problem="Mimia was stopped while it sent this e-mail: it may or may not have arrived.",
    )


def _is_ready(planned: PlannedSession, now: datetime.datetime) -> bool:
    return planned.tried is None or now >= planned.tried + FIRST_PAUSE * 2 ** (planned.tries - 1)


def _try_to_send(planned: PlannedSession) -> bool:
    """`_send`, whose failure must not keep the others from their mail."""
    try:
        return _send(planned)
    except Exception:
        logger.exception("the reminder of %s failed", planned.pk)
        with suppress(DatabaseError):
            _waiting(planned).update(problem=FAILED)
        return False


def _waiting(planned: PlannedSession) -> PlannedQuerySet:
    """The row, if it still is as it was read: if its tries have changed, another process has it."""
    return PlannedSession.objects.filter(
        pk=planned.pk,
        state=State.WAITING,
        due=planned.due,
        tries=planned.tries,
        plan__paused__isnull=True,
    )


def _send(planned: PlannedSession) -> bool:
    """Whether the e-mail went out."""
    try:
        invited = _invite(planned)
    except links.LinkRefused as refusal:
        _waiting(planned).update(problem=str(refusal))
        return False
    if invited is None:
        return False
    link, message = invited
    try:
        mail.send(message)
    except mail.PerhapsSent:
        logger.warning("the reminder of %s may or may not have been sent", planned.pk)
        PlannedSession.objects.filter(pk=planned.pk, state=State.SENDING).update(
            state=State.DROPPED, problem=LOST
        )
        return False
    except Exception as error:  # a bad address is no error of the mail server's
        logger.warning("the reminder of %s failed: %s", planned.pk, type(error).__name__)
        with transaction.atomic():
            links.revoke(link, actor=None)
            PlannedSession.objects.filter(pk=planned.pk, state=State.SENDING).update(
                state=State.WAITING, problem=mail.failure(error)
            )
        return False
    with transaction.atomic():
        PlannedSession.objects.filter(pk=planned.pk).update(
            state=State.SENT, sent=timezone.now(), problem=""
        )
        record(Action.REMIND, link, actor=None)
    return True


@transaction.atomic
def _invite(planned: PlannedSession) -> tuple[CaptureLink, EmailMessage] | None:
    """A link to the slot's session that ends when the next slot comes, and the e-mail with it.

    From here on the slot is this process'; None if it is another's. Raises LinkRefused.
    """
    plan = planned.plan
    plan.patient = Patient.objects.select_for_update().get(pk=plan.patient_id)
    if problem := hindrance(plan.patient):
        raise links.LinkRefused(problem)
    now = timezone.now()
    if not _waiting(planned).update(state=State.SENDING, tries=F("tries") + 1, tried=now):
        return None
    if planned.session is not None and planned.session.submitted is not None:
        raise links.LinkRefused("The session of this day is finished already.")
    planned.session = _session(planned)
    PlannedSession.objects.filter(pk=planned.pk).update(session=planned.session)
    days = min((plan.schedule.after(planned.day).day - planned.day).days, links.MAX_DAYS)
    link, address = links.make(planned.session, actor=plan.created_by, days=days, automatic=True)
    return link, mail.message(planned, link, address)


def _session(planned: PlannedSession) -> RecordingSession:
    """The slot's own session; else the last one, if nobody began it, so that none pile up.

    A session that was begun stays with its day: films of two days, or a medication state of
    another day, do not belong together.
    """
    if planned.session is not None:
        return planned.session
    untouched = planned.plan.planned.filter(
        session__submitted__isnull=True,
        session__recordings__isnull=True,
        session__medication="",
        session__too_ill__isnull=True,
        session__isnull=False,
    ).last()
    if untouched is None:
        return start_session(
            planned.plan.patient,
            planned.plan.protocol,
            place=RecordingSession.Place.HOME,
            actor=None,
        )
    session = untouched.session
    assert session is not None
    untouched.session = None
    untouched.save(update_fields=["session"])
    return session
