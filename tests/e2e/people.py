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
SESSION = """
from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.recordings import links, services
from clinic.recordings.models import Protocol
carla = User.objects.get()
session = services.start_session(
    Patient.objects.get(), Protocol.objects.get(code="demo"), place="home", actor=carla)
link, address = links.make(session, actor=carla, days=1)
answer = [session.id, link.id, address]
"""
REVOKE = """
from clinic.accounts.models import User
from clinic.recordings import links
from clinic.recordings.models import CaptureLink
links.revoke(CaptureLink.objects.get(id="{link}"), actor=User.objects.get())
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

    def revoke(self, invitation: Invitation) -> None:
        self.site.ask(REVOKE.format(link=invitation.link))

    def films(self, invitation: Invitation) -> dict[str, str]:
        """The SHA-256 of each film of the session, by task."""
        return dict(self._of_films(invitation, "sha256"))

    def cues(self, invitation: Invitation, task: str) -> list[dict[str, float]]:
        """Where the cues of a task fell, in seconds of its film."""
        return dict(self._of_films(invitation, "cues"))[task]

    def _of_films(self, invitation: Invitation, field: str) -> list[tuple[str, Any]]:
        code = f"""
from clinic.recordings.models import Recording
films = Recording.objects.filter(session="{invitation.session}")
answer = list(films.values_list("task__code", "{field}"))
"""
        return [tuple(row) for row in self.site.ask(code)]
