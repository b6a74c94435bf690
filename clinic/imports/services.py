"""Sessions made of a clinic's old clips: one per patient, day and medication state."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.patients.models import Patient
from clinic.recordings import services
from clinic.recordings.models import Protocol, Recording, RecordingSession

NOON = datetime.time(12)
PROTOCOL = "full"


class NothingArrived(Exception):
    """A session without a clip is not finished."""

    def __init__(self) -> None:
        super().__init__("No clip of this session has arrived. Import one, then finish it.")


def protocol() -> Protocol:
    """The newest version of the protocol that has all tasks."""
    return Protocol.objects.filter(code=PROTOCOL).order_by("-version")[:1].get()


def known(patient: Patient, sha256: str, *, actor: User) -> Recording | None:
    """A recording of the patient's clinic with the same bytes; telling of it is recorded."""
    found = (
        Recording.objects.visible_to(actor)
        .filter(session__patient__clinic=patient.clinic_id, sha256=sha256)
        .select_related("task", "session__patient")
        .order_by("created")
        .first()
    )
    if found is not None:
        audit.record(Action.READ, found, actor=actor)
    return found


@transaction.atomic
def sitting(
    patient: Patient, date: datetime.date, medication: str, task: str, *, actor: User
) -> RecordingSession:
    """The imported session of that day and state that a clip of the task (its code) joins.

    No film of an earlier import is replaced: it is the newest open one that lacks the task; else
    the newest finished one that does, which is opened again, so that all is measured against the
    day's rest film; else a new one at noon of the day.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)  # two windows make one session
    same = patient.sessions.filter(imported=True, recorded__date=date, medication=medication)
    lacking = same.exclude(recordings__task__code=task).order_by("-created")
    found = lacking.filter(submitted__isnull=True).first() or lacking.first()
    if found is not None:
        if found.submitted is not None:
            found.submitted = None
            found.save(update_fields=["submitted"])
            audit.record(Action.CHANGE, found, actor=actor)
        return found
    session = services.start_session(
        patient, protocol(), place=RecordingSession.Place.SITE, actor=actor
    )
    session.imported = True
    session.medication = medication
    session.recorded = timezone.make_aware(datetime.datetime.combine(date, NOON))
    session.save(update_fields=["imported", "medication", "recorded"])
    return session


def finish(session: RecordingSession, *, actor: User) -> None:
    """No further clips. Raises NothingArrived."""
    if not session.recordings.exists():
        raise NothingArrived
    services.finish_session(session, actor=actor)
