"""The clinic of the fault tests: one patient, and sessions of films of four seconds."""

from __future__ import annotations

import dataclasses

from tests.e2e.people import AGAIN, CLINIC, Invitation
from tests.site import Site

MANY, FEW = 10, 3  # films of a session
# The first film is the face at rest, the others a talking one: each is one span without cues.
SET_UP = f"""{CLINIC}
from clinic.patients.models import Consent, Purpose
from clinic.patients.services import give_consent
from clinic.recordings.models import Protocol, ProtocolTask
give_consent(patient, [Purpose.CARE, Purpose.ANALYSIS], by=Consent.By.STAFF, actor=carla)
for count in ({MANY}, {FEW}):
    drill = Protocol.objects.create(code=f"drill-{{count}}", name="Drill", description="Films")
    for position in range(count):
        ProtocolTask.objects.create(
            protocol=drill, position=position, code=f"drill-{{position}}",
            title=f"Film {{position}}", kind="rest" if position == 0 else "talk",
            instruction="Sit still.", lead_in_s=4)
"""
INVITE = """
from clinic.accounts.models import User
from clinic.patients.models import Patient
from clinic.recordings import links, services
from clinic.recordings.models import Protocol
carla = User.objects.get()
session = services.start_session(
    Patient.objects.get(), Protocol.objects.get(code="drill-{count}"), place="home", actor=carla)
session.medication, session.dyskinesia, session.helped = "on", "none", False
session.ill = session.facial_procedure = False
session.save()
link, address = links.make(session, actor=carla, days=1)
answer = [session.id, link.id, address]
"""
KEPT = """
from clinic.recordings.models import Recording
answer = [
    [film.size, film.sha256, film.partial]
    for film in Recording.objects.filter(session="{session}")
]
"""
UPLOADS = """
from clinic.uploads.models import Upload
answer = list(
    Upload.objects.filter(session="{session}", recording__isnull=True)
    .values_list("offset", flat=True))
"""


@dataclasses.dataclass(frozen=True)
class Film:
    """A film as the server keeps it."""

    size: int
    sha256: str
    partial: bool


def set_up(site: Site) -> None:
    site.ask(SET_UP)


def invite(site: Site, count: int = FEW) -> Invitation:
    """A link to a new session of `count` films."""
    return Invitation(*site.ask(INVITE.format(count=count)))


def invite_again(site: Site, invitation: Invitation) -> Invitation:
    """A new link to the same session."""
    return Invitation(*site.ask(AGAIN.format(session=invitation.session)))


def films(site: Site, invitation: Invitation) -> list[Film]:
    return [Film(*row) for row in site.ask(KEPT.format(session=invitation.session))]


def parts(site: Site, invitation: Invitation) -> list[int]:
    """Bytes of each upload of the session that is no recording yet."""
    return list(site.ask(UPLOADS.format(session=invitation.session)))
