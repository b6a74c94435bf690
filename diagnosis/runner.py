"""What a job does: run the pipeline on files, and store what came out in one transaction."""

from __future__ import annotations

import dataclasses
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction

from diagnosis import config, pipeline, queue, watch
from diagnosis import release as releases
from diagnosis.faces import Neutral
from diagnosis.landmarks import LandmarkTrack
from diagnosis.models import Job, Measure, Result, Trace, this_engine
from diagnosis.pipeline import NeutralMismatch, TakeAnalysis
from diagnosis.release import Release
from diagnosis.session import TakeRecord, assess
from diagnosis.traces import Trace as Curve
from diagnosis.video import VideoError

Report = Callable[[str, float], None]


class Saveable(Protocol):
    def save(self, path: Path) -> None: ...


def warm_up() -> None:
    """Load what every job needs, before the first one waits for it."""
    _release("")


def run(job: Job, report: Report) -> None:
    """Analyse and finish `job`. Whatever `report` raises ends it without a trace.

    A film that cannot be read is a result with a finding, not a failure. Where another release
    or engine than those installed made the neutral or the results to sum up, the job ends without
    a result, and the site has them made anew.
    """
    report("start", 0.0)
    if job.kind == Job.Kind.TAKE:
        _run_take(job, report)
    else:
        _run_session(job)


def _run_take(job: Job, report: Report) -> None:
    rest = Result.objects.filter(group=job.group).exclude(neutral="")
    if rest.filter(neutral=job.payload["neutral"]).exclude(engine=this_engine()).exists():
        queue.outdate(job)
        return
    release = _release(job.payload["release"])
    task = config.Task.from_json(job.payload["task"])
    neutral = job.payload["neutral"] and Neutral.load(_media(job.payload["neutral"]))
    try:
        take = _analysed(_media(job.payload["video"]), task, release, neutral, report)
    except VideoError as error:
        _store(job, _result(job, release, usable=False, findings=[_plain(error.finding)]))
        return
    except NeutralMismatch:
        queue.outdate(job)
        return
    result = _result(
        job,
        release,
        usable=take.usable,
        findings=[_plain(found) for found in take.findings],
        capture=_plain(take.capture),
        config_hash=take.config_hash,
        neutral_source=take.neutral.source if take.neutral else "",
    )
    result.landmarks = _save(take.track, f"landmarks/{result.id}.npz")
    if task.kind == config.TaskKind.REST and take.neutral is not None:
        result.neutral = _save(take.neutral, f"landmarks/{result.id}-neutral.npz")
    _store(job, result, take.measures, take.traces)


def _analysed(
    path: Path, task: config.Task, release: Release, neutral: Neutral | None, report: Report
) -> TakeAnalysis:
    """Of a film, or of its landmarks where there are no pictures."""
    if path.suffix == ".npz":
        return pipeline.analyse_landmarks(LandmarkTrack.load(path), task, release, neutral, report)
    return pipeline.analyse(path, task, release, neutral, report)


def _run_session(job: Job) -> None:
    release = _release(job.payload["release"])
    results = Result.objects.filter(id__in=job.payload["results"], usable=True)
    if results.exclude(release_sha256=release.sha256, engine=this_engine()).exists():
        queue.outdate(job)
        return
    takes = [_take_record(result) for result in results.select_related("job")]
    session = assess(takes, release)
    likelihood = session.likelihood if job.payload["classify"] else None
    result = _result(
        job,
        release,
        usable=bool(takes),
        config_hash=session.config_hash,
        likelihood=_plain(likelihood) if likelihood else None,
    )
    _store(job, result, session.measures)


def _take_record(result: Result) -> TakeRecord:
    return TakeRecord(
        task=config.Task.from_json(result.job.payload["task"]),
        measures=tuple(_measure(row) for row in result.measures.all()),
        traces=tuple(
            Curve(row.name, row.unit, row.t0, row.step, row.array(), row.caution)
            for row in result.traces.all()
        ),
    )


def _measure(row: Measure) -> config.Measure:
    return config.Measure(
        name=row.name,
        region=row.region,
        side=config.Side(row.side),
        unit=row.unit,
        value=row.value,
        n=row.n,
        sd=row.sd,
        absent=row.absent or None,
        caution=row.caution,
    )


def _result(job: Job, release: Release, **fields: object) -> Result:
    return Result(
        job=job,
        kind=job.kind,
        group=job.group,
        subject=job.subject,
        release=release.name,
        release_sha256=release.sha256,
        evidence=release.evidence,
        **fields,
    )


def _store(
    job: Job,
    result: Result,
    measures: tuple[config.Measure, ...] = (),
    traces: tuple[Curve, ...] = (),
) -> None:
    """The result's rows and the job's end, all or nothing. Raises LostLease.

    The result's files go when its rows were certainly not kept: the patient may be erased by now.
    """
    try:
        _store_rows(job, result, measures, traces)
    except (queue.LostLease, IntegrityError):
        for name in filter(None, (result.landmarks, result.neutral)):
            _media(name).unlink(missing_ok=True)
        raise


def _store_rows(
    job: Job,
    result: Result,
    measures: tuple[config.Measure, ...],
    traces: tuple[Curve, ...],
) -> None:
    with transaction.atomic():
        transaction.on_commit(watch.off)
        result.save(force_insert=True)
        Measure.objects.bulk_create(
            Measure(
                result=result,
                name=m.name,
                region=m.region,
                side=m.side,
                unit=m.unit,
                value=m.value,
                n=m.n,
                sd=m.sd,
                absent=m.absent or "",
                caution=m.caution,
            )
            for m in measures
        )
        Trace.objects.bulk_create(
            Trace(
                result=result,
                name=t.name,
                unit=t.unit,
                t0=t.t0,
                step=t.step,
                caution=t.caution,
                values=np.ascontiguousarray(t.values, dtype="<f4").tobytes(),
            )
            for t in traces
        )
        queue.finish(job, Job.State.DONE)


def _save(thing: Saveable, name: str) -> str:
    """Write to a new file below MEDIA_ROOT, safe on disk before any row names it."""
    target = _media(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{uuid.uuid4()}.npz")
    thing.save(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return name


def _media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _release(name: str) -> Release:
    """The clinic's release, or the embedded one when it has chosen none."""
    return releases.load(_media(f"releases/{name}") if name else releases.DEFAULT)


def _plain(thing: object) -> object:
    assert dataclasses.is_dataclass(thing)
    assert not isinstance(thing, type)
    return dataclasses.asdict(thing)
