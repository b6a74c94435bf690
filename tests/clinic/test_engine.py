"""Numbers of one release that two versions of the engine made are never mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic.accounts.models import Clinic, User
from clinic.dashboards.series import Release, trends
from clinic.patients.models import Patient
from clinic.recordings import services as recordings
from clinic.recordings.models import Protocol, Recording, RecordingSession
from clinic.verdicts import judging, services
from clinic.verdicts.comparable import comparison
from clinic.verdicts.models import Spread, Verdict
from clinic.verdicts.reliability import tables
from diagnosis import queue, runner
from diagnosis.config import AnalysisConfig
from diagnosis.models import Job, Result
from tests.clinic.analysed import RELEASE, amplitude, analysed, expressivity, film, sitting
from tests.clinic.judged import BASELINE, weekly
from tests.clinic.planning import another_patient
from tests.clinic.submitting import claim, decide, job_of, new_film, submit

NOW = AnalysisConfig.engine
BEFORE = NOW - 1


@pytest.fixture(autouse=True)
def core(protocol: Protocol) -> Protocol:
    return protocol


def unheard(stage: str, fraction: float) -> None:
    pass


def run(job: Job) -> str:
    runner.run(job, unheard)
    job.refresh_from_db()
    return job.state


def test_a_result_says_which_engine_made_it(session: RecordingSession, tmp_path: Path) -> None:
    assert decide(submit(session, "rest", new_film(tmp_path))).engine == NOW


@pytest.fixture
def met_in_the_queue(session: RecordingSession, tmp_path: Path) -> tuple[Recording, Recording]:
    """Rest, analysed by the engine before, and a smile that waits in the queue."""
    rest = submit(session, "rest", new_film(tmp_path))
    decide(rest, neutral="landmarks/before.npz")
    smile = submit(session, "smile", new_film(tmp_path))
    Result.objects.update(engine=BEFORE)
    return rest, smile


def test_a_take_is_not_measured_against_the_rest_of_another_engine(
    met_in_the_queue: tuple[Recording, Recording],
) -> None:
    rest, smile = met_in_the_queue
    assert run(claim(smile)) == Job.State.CANCELLED
    assert (job_of(rest).state, job_of(smile).state) == (Job.State.QUEUED, Job.State.WAITING)


def test_the_next_film_after_an_update_has_rest_analysed_again(
    session: RecordingSession, met_in_the_queue: tuple[Recording, Recording], tmp_path: Path
) -> None:
    rest, _ = met_in_the_queue
    submit(session, "surprise", new_film(tmp_path))
    assert job_of(rest).state == Job.State.QUEUED


def test_a_session_is_not_summed_up_from_takes_of_two_engines(
    session: RecordingSession, tmp_path: Path
) -> None:
    smile, surprise = (submit(session, code, new_film(tmp_path)) for code in ("smile", "surprise"))
    recordings.finish_session(session)
    decide(smile)
    Result.objects.update(engine=BEFORE)
    decide(surprise)
    summary = queue.claim("worker")
    assert summary is not None
    assert (summary.kind, run(summary)) == (Job.Kind.SESSION, Job.State.CANCELLED)
    assert job_of(smile).state == Job.State.QUEUED


def test_a_verdict_is_of_one_engine_and_says_of_which(patient: Patient) -> None:
    weekly(patient, *BASELINE, last=7)
    Result.objects.update(engine=BEFORE)
    newest = sitting(patient, Protocol.objects.get(code="core"))
    analysed(newest, [expressivity(5.0)], engine=NOW)
    services.refresh(patient)
    verdict = Verdict.objects.get()
    assert (verdict.engine, verdict.word, verdict.collected) == (NOW, "collecting", 1)


def test_what_a_session_of_another_engine_needs_is_no_new_recording(
    consented_patient: Patient,
) -> None:
    weekly(consented_patient, *BASELINE, last=7)
    newest = sitting(consented_patient, Protocol.objects.get(code="core"))
    analysed(film(newest, "smile"), [amplitude(5.0)], engine=NOW + 1)
    analysed(newest, [expressivity(5.0)], engine=NOW + 1)
    older = trends(consented_patient, f"sha of {RELEASE}.{NOW}")
    judgement = judging.judge(comparison(consented_patient, older))
    assert judgement is not None
    (state,) = judgement.states
    assert state.answer == (
        f"Cannot compare: Smile: measured only by release {RELEASE} (engine {NOW + 1})"
    )
    assert state.next_step == (
        "Numbers of two releases are never compared: each needs a baseline of its own. "
        "The patient's page shows those of the other under Course."
    )


def test_pooled_spreads_and_their_tables_are_of_one_engine(
    clinic: Clinic, patient: Patient, carl_clinician: User
) -> None:
    weekly(patient, *BASELINE)
    for engine in (BEFORE, NOW):
        other = another_patient(clinic, carl_clinician)
        made = weekly(other, 10, 11, 10, 11)
        Result.objects.filter(group__in=[one.id for one in made]).update(engine=engine)
        services.refresh(other)
    assert Spread.objects.count() == 2
    release = Release(RELEASE, f"sha of {RELEASE}", "simulated", NOW)
    assert {pooled.df for pooled in judging.pooled_sds(patient, release).values()} == {3}
    found = tables(Clinic.objects.all())
    assert {one.release.title for one in found} == {
        f"{RELEASE} (engine {BEFORE})",
        f"{RELEASE} (engine {NOW})",
    }
    assert len({one.id for one in found}) == 2
