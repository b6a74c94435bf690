"""The export for research: measures and landmarks of people who agreed to share them, by code.

No name, number, address, note, identifier of Mimia, device or true date is in it, and no film: a
face is never made anonymous. Landmarks are points, but they have the shape of a face.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings

from clinic.accounts.models import Clinic
from clinic.exports import archive, pseudonyms
from clinic.exports.archive import NOTICE, Archive
from clinic.exports.columns import LABELS, MEASURES, Row, coded, rows
from clinic.exports.sittings import numbered, sittings
from clinic.patients.models import Patient, PatientQuerySet, Purpose
from clinic.ratings.models import Rating
from clinic.ratings.services import training_labels
from clinic.recordings.models import RecordingSession
from diagnosis.models import Result

ABOUT = f"""{NOTICE}

Measures and landmarks of people who agreed that their clinic shares them with researchers.

measures.csv    one row per measure; dictionary.csv and dictionary.json say what the columns mean
labels.csv      clinicians' blind scores, of people who also agreed to training
landmarks/      per film, 478 points of the face per frame (NumPy .npz: reference + origin + delta
                gives pixels; t is seconds): CODE/003-smile-1.npz is the first smile of session 3

People have a code in place of their name. All dates of a person are shifted by the same secret
number of days, so that the days between sessions are true and the dates are not (the hour is the
clinic's own, in summer and winter). People over 89 years are one group. Landmarks have the shape of
a face: do not try to find out whose it is, and give them to nobody who is not named in your
agreement with the clinic.
"release", "engine" and "evidence" say what made a number: compare numbers of one release and engine
only.
In CSV files a cell that begins like a formula has a ' before it.
"""


def sharing(clinic: Clinic) -> PatientQuerySet:
    """The people of the clinic whose agreement to sharing stands, archived ones too."""
    people = Patient.objects.filter(clinic=clinic)
    return people.agreed_to(Purpose.SHARING).order_by("study_code")


def export(clinic: Clinic) -> tuple[IO[bytes], list[Patient]]:
    """A zip file, and the people who are in it. Raises NoRoom."""
    people = [pseudonyms.coded(patient) for patient in sharing(clinic)]
    archive.require_room(_size(people))

    def fill(zipped: Archive) -> None:
        landmarks: dict[str, str] = {}  # by their name in the archive, the file's
        with zipped.text("README.txt") as out:
            out.write(ABOUT)
        zipped.table("measures.csv", coded(MEASURES), _rows(people, landmarks))
        zipped.table("labels.csv", LABELS, _labels(clinic, people))
        zipped.dictionary()
        for name, file in landmarks.items():
            zipped.file(f"landmarks/{name}.npz", Path(settings.MEDIA_ROOT) / file)

    return archive.zipped(fill), people


def _size(people: list[Patient]) -> int:
    """Bytes of all their landmarks."""
    total = 0
    sessions = RecordingSession.objects.filter(patient__in=people)
    results = Result.objects.filter(group__in=sessions.values("id")).exclude(landmarks="")
    for name in results.values_list("landmarks", flat=True):
        with suppress(FileNotFoundError):
            total += (Path(settings.MEDIA_ROOT) / name).stat().st_size
    return total


def _rows(people: list[Patient], landmarks: dict[str, str]) -> Iterator[Row]:
    """All measures; notes on the way the landmarks of what is not superseded."""
    for sitting in sittings(*people):
        for analysis in sitting.analyses:
            if analysis.film and analysis.result.landmarks and not analysis.superseded:
                name = f"{sitting.patient.study_code}/{sitting.name(analysis.film)}"
                landmarks[name] = analysis.result.landmarks
        yield from rows(sitting)


def _labels(clinic: Clinic, people: list[Patient]) -> Iterator[tuple[Rating, int]]:
    """The first blind score of each rater and session, with the number of the session."""
    numbers = {session.id: number for session, number in numbered(people)}
    for rating in training_labels(Clinic.objects.filter(pk=clinic.pk)):
        if rating.session_id in numbers:
            yield rating, numbers[rating.session_id]
