"""The people of the browser tests: a clinician, her patient, and the patient's sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.site import Site

PASSWORD = "a long enough password"
EMAIL = "carla@example.org"

CLINIC = f"""
import datetime
from clinic.accounts.models import Clinic, Membership, Role, User
from clinic.patients.models import Patient
clinic = Clinic.objects.create(name="Riverside Movement Clinic", phone="01632 960 001")
carla = User.objects.create_user("{EMAIL}", "{PASSWORD}", name="Carla Clinician")
Membership.objects.create(user=carla, clinic=clinic, role=Role.CLINICIAN)
patient = Patient.objects.create(
    clinic=clinic, first_name="Paul", last_name="Patient", birth_date=datetime.date(1956, 3, 14))
answer = patient.id
"""
SESSION = f"""
from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.recordings import links, services
from clinic.recordings.models import Protocol
carla = User.objects.get(email="{EMAIL}")
session = services.start_session(
    Patient.objects.get(last_name="Patient"), Protocol.objects.get(code="demo"),
    place="home", actor=carla)
link, address = links.make(session, actor=carla, days=1)
answer = [session.id, link.id, address]
"""
AGAIN = """
from clinic.recordings import links
from clinic.recordings.models import RecordingSession
session = RecordingSession.objects.get(id="{session}")
link, address = links.make(session, actor=session.created_by, days=1)
answer = [session.id, link.id, address]
"""
REVOKE = """
from clinic.recordings import links
from clinic.recordings.models import CaptureLink
link = CaptureLink.objects.get(id="{link}")
links.revoke(link, actor=link.created_by)
answer = True
"""


@dataclass(frozen=True)
class Invitation:
    session: str
    link: str
    address: str

    @property
    def capture(self) -> str:
        """The address of the session's flow, for a browser that holds the link's cookie."""
        return f"{self.address.partition('/c/')[0]}/capture/{self.session}/"


class People:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.patient = str(site.ask(CLINIC))

    def invite(self) -> Invitation:
        """A new session of the demo protocol with a link to it."""
        return Invitation(*self.site.ask(SESSION))

    def invite_again(self, invitation: Invitation) -> Invitation:
        """A new link to the same session."""
        return Invitation(*self.site.ask(AGAIN.format(session=invitation.session)))

    def revoke(self, invitation: Invitation) -> None:
        self.site.ask(REVOKE.format(link=invitation.link))

    def films(self, invitation: Invitation) -> dict[str, str]:
        """The SHA-256 of each film of the session, by task."""
        return dict(self._of_films(invitation, "sha256"))

    def attempts(self, invitation: Invitation) -> list[tuple[str, int, bool]]:
        """Each film's task, the number of its attempt, and whether it is a part only."""
        return self._of_films(invitation, "attempt", "partial")

    def cues(self, invitation: Invitation, task: str) -> list[dict[str, float]]:
        """Where the cues of a task fell, in seconds of its film."""
        return dict(self._of_films(invitation, "cues"))[task]

    def captures(self, invitation: Invitation) -> dict[str, dict[str, Any]]:
        """What the browser told of how each film was made, by task."""
        return dict(self._of_films(invitation, "capture"))

    def _of_films(self, invitation: Invitation, *fields: str) -> list[tuple[Any, ...]]:
        code = f"""
from clinic.recordings.models import Recording
films = Recording.objects.filter(session="{invitation.session}").order_by("created")
answer = list(films.values_list("task__code", *{fields}))
"""
        return [tuple(row) for row in self.site.ask(code)]
