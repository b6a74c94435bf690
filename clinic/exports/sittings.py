"""A patient's sessions as every export reads them: films, analyses and measures, oldest first."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from clinic.patients.models import Patient
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Measure, Result

ORDER = ("recorded", "id")
AT_A_TIME = 20  # sessions in memory


@dataclasses.dataclass(frozen=True)
class Analysis:
    """A result of a film, or of the whole session when `film` is None.

    `superseded`: a later one by the same release and engine took its place, or another film that
    of its film.
    """

    result: Result
    film: Recording | None
    measures: tuple[Measure, ...]
    superseded: bool


@dataclasses.dataclass(frozen=True)
class Sitting:
    """The person's `number`th session from 1."""

    patient: Patient
    session: RecordingSession
    number: int
    films: tuple[Recording, ...]
    analyses: tuple[Analysis, ...]

    def name(self, film: Recording | None) -> str:
        """Where the files of a film stand in an archive, as "003-smile-1": nobody's own words."""
        return f"{self.number:03}-{f'{film.task.code}-{film.attempt}' if film else 'session'}"


def sittings(*people: Patient) -> Iterator[Sitting]:
    """Person after person, as `people` has them. Three queries for each AT_A_TIME sessions, and as
    many sessions in memory with what is in them."""
    by_id = {patient.id: patient for patient in people}
    sessions = numbered(people)
    for start in range(0, len(sessions), AT_A_TIME):
        yield from _some(sessions[start : start + AT_A_TIME], by_id)


def numbered(people: Sequence[Patient]) -> list[tuple[RecordingSession, int]]:
    """The sessions of each person with their numbers from 1. One query."""
    place = {patient.id: index for index, patient in enumerate(people)}
    sessions = RecordingSession.objects.filter(patient__in=place).select_related("protocol")
    counts: Counter[UUID] = Counter()
    found = []
    for session in sorted(sessions.order_by(*ORDER), key=lambda one: place[one.patient_id]):
        counts[session.patient_id] += 1
        found.append((session, counts[session.patient_id]))
    return found


def _some(
    sessions: Sequence[tuple[RecordingSession, int]],
    people: dict[UUID, Patient],
) -> Iterator[Sitting]:
    ids = [session.id for session, _ in sessions]
    films: dict[UUID, list[Recording]] = defaultdict(list)
    recordings = Recording.objects.filter(session__in=ids).select_related("task")
    for film in recordings.order_by("task__position", "attempt"):
        films[film.session_id].append(film)
    results: dict[UUID, list[Result]] = defaultdict(list)
    for result in Result.objects.filter(group__in=ids).order_by("job__created", "created"):
        results[result.group].append(result)
    measures: dict[UUID, list[Measure]] = defaultdict(list)
    for measure in Measure.objects.filter(result__group__in=ids).order_by("id"):
        measures[measure.result_id].append(measure)
    for session, number in sessions:
        patient, found = people[session.patient_id], films[session.id]
        analyses = tuple(_analyses(found, results[session.id], measures))
        yield Sitting(patient, session, number, tuple(found), analyses)


def _analyses(
    films: Sequence[Recording], results: Sequence[Result], measures: dict[UUID, list[Measure]]
) -> Iterator[Analysis]:
    """Films in the protocol's order, then the session; of each the oldest analysis first."""
    kept: dict[int, Recording] = {}  # by task, as `RecordingQuerySet.kept` has it
    for film in films:
        if film.task_id not in kept or film.partial <= kept[film.task_id].partial:
            kept[film.task_id] = film
    newest = {_line(result): result.id for result in results}
    by_id = {film.id: film for film in films}
    place = {film.id: position for position, film in enumerate(films)}
    for result in sorted(results, key=lambda result: place.get(result.subject, len(films))):
        of_film = by_id.get(result.subject)
        replaced = newest[_line(result)] != result.id
        other_film = of_film is not None and kept[of_film.task_id] != of_film
        yield Analysis(result, of_film, tuple(measures[result.id]), replaced or other_film)


def _line(result: Result) -> tuple[UUID, str, int]:
    """What a later result has in common with the one whose place it takes."""
    return result.subject, result.release_sha256, result.engine
