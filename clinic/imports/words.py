"""What went wrong with a clip on its way in, in words for staff.

The words of the problems themselves are for the person who films.
"""

from __future__ import annotations

from clinic.recordings.services import NotAsSent
from clinic.uploads.problems import (
    Closed,
    EmptyFilm,
    Gone,
    Incomplete,
    NoConsent,
    ServerFull,
    TryLater,
)


def for_staff(problem: Exception) -> str:
    match problem:
        case NotAsSent() | Incomplete() | Gone():
            return "The clip did not arrive as it was sent. Try it again."
        case EmptyFilm():
            return "The file is empty. Export the clip again, or leave it out."
        case Closed():
            return "This session is finished. Load this page again, then import the clip."
        case NoConsent():
            return (
                "The patient has not agreed to be recorded, or does not any more. "
                "See the patient's Consents page."
            )
        case ServerFull():
            return "The server's disk is full. It is tried again; tell who runs the site."
        case TryLater():
            return "The server is busy. It is tried again."
    return str(problem)
