"""Two sessions of a patient side by side: which, which task, and what is shown of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.accounts.http import StaffRequest
from clinic.accounts.models import Clinic, Permission
from clinic.audit import services as audit
from clinic.audit.models import Action
from clinic.dashboards import charts, curves, labels, meshes
from clinic.dashboards.differences import differences
from clinic.dashboards.flags import filmed_apart
from clinic.dashboards.kept import told_apart
from clinic.dashboards.series import Release, trends
from clinic.dashboards.usual import judged_with, left_out
from clinic.exports import pseudonyms
from clinic.patients.models import Patient
from clinic.recordings import playback
from clinic.recordings.models import ProtocolTask, Recording, RecordingSession
from clinic.verdicts import judging
from clinic.verdicts.comparable import comparison, device_class
from clinic.verdicts.judging import Judgement
from diagnosis.config import TaskKind
from diagnosis.models import Result


@dataclasses.dataclass(frozen=True)
class Side:
    """A session's film of the task, with its newest usable analysis; None where there is none."""

    session: RecordingSession
    recording: Recording | None
    result: Result | None
    video: str  # addresses, empty where there is no such thing or the viewer may not see it
    mesh: str

    @property
    def release(self) -> Release | None:
        return Release.of(self.result) if self.result else None

    @property
    def caption(self) -> str:
        return self.recording.caption if self.recording else ""

    @property
    def said(self) -> str:
        """Its main curves in words."""
        if self.recording is None or self.result is None:
            return ""
        shown = [t for t in self.result.traces.all() if not t.caution and curves.over_the_film(t)]
        firsts = {curves.is_movement(trace): trace for trace in reversed(shown)}
        rows = [curves.rows(self.recording, [firsts[kind]]) for kind in sorted(firsts)]
        return " ".join(curves.said(self.recording, row) for row in rows)

    def payload(self) -> dict[str, Any]:
        """What static/ts/compare.ts plays and draws."""
        recording = self.recording
        curves_at = reverse("dashboards:curves", args=[recording.id]) if recording else ""
        return {
            "video": self.video,
            "mesh": self.mesh,
            "curves": curves_at if self.result else "",
            "cues": recording.cues if recording else [],
        }


@dataclasses.dataclass(frozen=True)
class Choice:
    """What can be chosen, and what is: two `sessions` and the code of a task."""

    sessions: Sequence[RecordingSession]
    tasks: Sequence[ProtocolTask]
    first: RecordingSession
    second: RecordingSession
    task: ProtocolTask
    recordings: Mapping[UUID, UUID]  # session -> film of the task


@login_required
@require_safe
def compare(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _page(request, patient_id, Permission.SEE_MEASURES)


@login_required
@require_safe
def compare_coded(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """By study code, and as meshes only."""
    return _page(request, patient_id, Permission.SEE_CODED)


def _page(request: StaffRequest, patient_id: UUID, permission: Permission) -> HttpResponse:
    patients = Patient.objects.visible_to(request.user, permission)
    patient = get_object_or_404(patients.select_related("clinic"), pk=patient_id)
    coded = permission == Permission.SEE_CODED
    if coded:
        pseudonyms.coded(patient)
    audit.record(Action.READ, patient, actor=request.user, detail=audit.RESULTS)
    faceless = coded or "faceless" in request.GET
    context: dict[str, Any] = {"patient": patient, "coded": coded, "faceless": faceless}
    compared = comparison(patient, trends(patient))
    judgement = judging.judge(compared)
    choice = choose(patient, request.GET, judgement)
    if choice:
        watches = Clinic.objects.where(request.user, Permission.WATCH)
        both = sides(choice, watches=not coded and watches.filter(pk=patient.clinic_id).exists())
        repeats = min(len(side.recording.cues) if side.recording else 0 for side in both)
        context |= {
            "choice": choice,
            "sides": both,
            "cautions": [
                *cautions(both, repeats, coded=coded),
                *circumstances(choice, judgement),
            ],
            "differences": differences(
                choice.first, choice.second, choice.task.code, compared, judgement
            ),
            "cues": range(repeats),
            "player": {"takes": [side.payload() for side in both], "repeats": repeats},
        }
    return render(request, "dashboards/compare.html", context)


def choose(
    patient: Patient, asked: Mapping[str, str], judgement: Judgement | None
) -> Choice | None:
    """The sessions and the task asked for by `first`, `second` and `task`.

    What is not asked for, or is not there, is the newest comparable session against the first of
    its baseline, and the first expression of both. None without any film.
    """
    films = list(
        Recording.objects.filter(session__patient=patient)
        .kept()
        .select_related("task")
        .only("id", "session_id", "task")
    )
    if not films:
        return None
    filmed = {film.session_id for film in films}
    sessions = patient.sessions.filter(id__in=filmed).select_related("protocol").dated()
    by_id = {str(session.id): session for session in sessions}
    first, second = by_id.get(asked.get("first", "")), by_id.get(asked.get("second", ""))
    if first and not second:
        second = _beside(first, sessions, judgement, newest=True)
    elif second and not first:
        first = _beside(second, sessions, judgement, newest=False)
    elif first is None or second is None:
        first, second = _usual(sessions, judgement)
    tasks = _tasks(films)
    task = tasks.get(asked.get("task", "")) or _shared(tasks.values(), films, first, second)
    recordings = {film.session_id: film.id for film in films if film.task.code == task.code}
    return Choice(sessions, list(tasks.values()), first, second, task, recordings)


def _tasks(films: Iterable[Recording]) -> dict[str, ProtocolTask]:
    """The tasks of the films by their code, in the order in which they are filmed."""
    found = {film.task.code: film.task for film in films}
    return dict(sorted(found.items(), key=lambda item: item[1].position))


def _beside(
    asked: RecordingSession,
    sessions: Sequence[RecordingSession],
    judgement: Judgement | None,
    *,
    newest: bool,
) -> RecordingSession:
    """The other session: the first of the baseline in the state of the one asked for, or the
    newest that is compared in that state; itself only where there is no other."""
    state = judged_with(asked, judgement)
    baseline = {sitting.session for sitting in state.baseline} if state else set()

    def rank(session: RecordingSession) -> tuple[bool, bool, bool, float]:
        recorded = session.recorded.timestamp()
        return (
            session.medication != asked.medication,
            not newest and session.id not in baseline,
            session.practice or bool(left_out(session, judgement)),
            -recorded if newest else recorded,
        )

    return min((s for s in sessions if s != asked), key=rank, default=asked)


def _usual(
    sessions: Sequence[RecordingSession], judgement: Judgement | None
) -> tuple[RecordingSession, RecordingSession]:
    """The first of the baseline and the newest session that is compared with it.

    Of ON and OFF the state of the newer session; without a baseline the oldest and the newest,
    but not practice if it can be helped.
    """
    by_id = {session.id: session for session in sessions}
    pairs = []
    for state in judgement.states if judgement else ():
        named = {sitting.session for sitting in (*state.baseline, *state.behind)}
        compared = sorted((by_id[pk] for pk in named if pk in by_id), key=lambda s: s.recorded)
        if len(compared) > 1:
            pairs.append((compared[0], compared[-1]))
    proper = [s for s in sessions if not s.practice]
    in_order = sorted(proper if len(proper) > 1 else sessions, key=lambda s: s.recorded)
    usual = max(pairs, key=lambda pair: pair[1].recorded, default=None)
    return usual or (in_order[0], in_order[-1])


def _shared(
    tasks: Iterable[ProtocolTask],
    films: Iterable[Recording],
    first: RecordingSession,
    second: RecordingSession,
) -> ProtocolTask:
    filmed = {(film.session_id, film.task.code) for film in films}

    def rank(task: ProtocolTask) -> tuple[bool, bool, int]:
        both = all((session.id, task.code) in filmed for session in (first, second))
        return not both, task.kind != TaskKind.EXPRESSION, task.position

    return min(tasks, key=rank)


def sides(choice: Choice, *, watches: bool) -> list[Side]:
    """The two films; those who do not watch get meshes only."""
    wanted = [choice.recordings.get(s.id) for s in (choice.first, choice.second)]
    ids = [pk for pk in wanted if pk]
    recordings = Recording.objects.select_related("task").in_bulk(ids)
    results = Result.objects.filter(subject__in=ids).order_by("job__created")
    newest = {result.subject: result for result in results.prefetch_related("traces")}
    landmarks = meshes.files(ids)

    def side(session: RecordingSession, pk: UUID | None) -> Side:
        if pk is None:
            return Side(session, None, None, "", "")
        recording, result = recordings[pk], newest.get(pk)
        plays = watches and recording.has_pictures and playback.is_there(recording)
        return Side(
            session,
            recording,
            result if result and result.usable else None,
            video=reverse("dashboards:video", args=[pk]) if plays else "",
            mesh=reverse("dashboards:mesh", args=[pk]) if pk in landmarks else "",
        )

    return [side(s, pk) for s, pk in zip((choice.first, choice.second), wanted, strict=True)]


def cautions(found: Sequence[Side], repeats: int, *, coded: bool) -> list[str]:
    """What makes the two less alike than the page suggests; `coded` without a device's name."""
    first, second = found
    said = []
    if first.session.medication != second.session.medication:
        states = [labels.MEDICATION[side.session.medication] for side in found]
        said.append(f"The medication state differs: {states[0]} against {states[1]}.")
    if first.release and second.release and first.release != second.release:
        one, other = told_apart((first.release, second.release))
        said.append(
            f"Measured by different releases, {one.title} and {other.title}: "
            "the heights of the curves cannot be compared."
        )
    devices = [labels.device(side.session.device) for side in found]
    if devices[0] != devices[1]:
        if coded:
            devices = [device_class(side.session) for side in found]
        names = [device or "a device not known" for device in devices]
        said.append(f"Filmed with different devices, {names[0]} and {names[1]}: compare no delays.")
    if not repeats and any(side.recording and side.recording.cues for side in found):
        said.append("One of the films has no cue times: both begin at their start.")
    said += [
        f"{charts.written(side.session.recorded)}: only part of a film; it broke off."
        for side in found
        if side.recording and side.recording.partial
    ]
    return said


def circumstances(choice: Choice, judgement: Judgement | None) -> list[str]:
    """Why each is in no comparison, and how light and frame rate differ. Two queries."""
    first, second = choice.first, choice.second
    said = [
        f"{charts.written(session.recorded)} is compared with no other session: {reason}."
        for session in dict.fromkeys((first, second))
        if (reason := left_out(session, judgement))
    ]
    said += [f"{kind}: {a} against {b}." for kind, a, b in filmed_apart(first, second)]
    if len(choice.sessions) == 1:
        said.append("There is only one session with films: it stands on both sides.")
    elif first == second:
        said.append("The same session stands on both sides.")
    return said
