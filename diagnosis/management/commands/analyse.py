"""manage.py analyse: what the engine makes of one video file, on the terminal."""

from __future__ import annotations

import json
import math
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from diagnosis import pipeline, release, tables
from diagnosis.config import EXPRESSIONS, Cue, Task, TaskKind
from diagnosis.faces import Neutral
from diagnosis.release import Release, ReleaseError
from diagnosis.video import VideoError

UNUSABLE: Final = 3  # exit status when the video can be read, but not measured


class Command(BaseCommand):
    help = (
        "Analyse one video file: measures and quality findings. Exit status 0: measured; "
        f"{UNUSABLE}: not measured, a finding says why; 1: the file is not a video to analyse."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--task", required=True, choices=("rest", "talk", *EXPRESSIONS))
        parser.add_argument("--neutral", type=Path, help="a film of the same face at rest")
        parser.add_argument(
            "--cue",
            nargs=2,
            type=float,
            action="append",
            default=[],
            metavar=("START", "END"),
            help="seconds in which the movement was asked for; may be repeated",
        )
        parser.add_argument("--release", type=Path, default=release.DEFAULT)
        parser.add_argument("--json", action="store_true", help="JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = release.load(options["release"])
        except ReleaseError as error:
            raise CommandError(str(error)) from error
        neutral = options["neutral"] and self._neutral(options["neutral"], loaded)
        task = task_from(options["task"], options["cue"])
        take = self._analyse(options["file"], task, loaded, neutral)
        if options["json"]:
            self.stdout.write(json.dumps(tables.as_data(take, loaded.evidence), indent=2))
        else:
            self.stdout.write(tables.as_text(take, loaded.evidence))
        if any(found.code == "no_neutral" for found in take.findings):
            self.stderr.write(
                "Give a film of the same face at rest with --neutral, or the cue times with --cue."
            )
        if not take.usable:
            sys.exit(UNUSABLE)

    def _neutral(self, path: Path, loaded: Release) -> Neutral:
        take = self._analyse(path, task_from("rest", []), loaded, None)
        if take.neutral is None:
            reasons = " ".join(found.staff for found in take.findings)
            raise CommandError(f"{path} cannot serve as the neutral face. {reasons}")
        return take.neutral

    def _analyse(
        self, path: Path, task: Task, loaded: Release, neutral: Neutral | None
    ) -> pipeline.TakeAnalysis:
        try:
            return pipeline.analyse(path, task, loaded, neutral, self._report)
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {path}.") from error
        except VideoError as error:
            raise CommandError(f"{path}: {error}") from error

    def _report(self, stage: str, fraction: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{stage}: {fraction:4.0%} ", ending="\r")


def task_from(code: str, cues: list[list[float]]) -> Task:
    kind = {"rest": TaskKind.REST, "talk": TaskKind.TALK}.get(code, TaskKind.EXPRESSION)
    expression = code if kind == TaskKind.EXPRESSION else None
    if not all(0 <= start < end < math.inf for start, end in cues):
        raise CommandError("A cue starts at 0 s or later and ends after that: --cue START END.")
    return Task(code, kind, expression, tuple(Cue(start, end) for start, end in cues))
