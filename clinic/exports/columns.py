"""The one list of named columns behind CSV, JSON and data dictionary of every export.

Each column says whether it can point to a person. An export by study code leaves those out, but
for the few that can be read in another way there: a date shifted, an age grouped.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from clinic.dashboards import labels
from clinic.exports.pseudonyms import rater
from clinic.exports.sittings import Analysis, Sitting
from clinic.verdicts.comparable import device_class
from diagnosis.models import Measure

Cell = str | int | float | bool | None
OLDEST = 89  # years; older people are told as one group, as there are few


@dataclasses.dataclass(frozen=True)
class Row:
    """A measure, or an analysis that has none: then `measure` is None."""

    sitting: Sitting
    analysis: Analysis
    measure: Measure | None


@dataclasses.dataclass(frozen=True)
class Column:
    """`read` gives the cell of a row; `coded`, where there is one, what an export by study code
    puts in the place of an `identifiable` one, which is else left out there."""

    name: str
    description: str
    unit: str
    identifiable: bool
    read: Callable[[Any], Cell]
    coded: Callable[[Any], Cell] | None = None


def rows(sitting: Sitting) -> Iterator[Row]:
    for analysis in sitting.analyses:
        for measure in analysis.measures or (None,):
            yield Row(sitting, analysis, measure)


def coded(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of an export by study code; none of them is identifiable any more."""
    found = []
    for column in columns:
        if not column.identifiable:
            found.append(column)
        elif column.coded:
            found.append(dataclasses.replace(column, identifiable=False, read=column.coded))
    return tuple(found)


def _time(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _shifted(sitting: Sitting) -> str:
    told = sitting.patient.dated(sitting.session.recorded)
    return told.astimezone(datetime.UTC).isoformat(timespec="minutes")


def _age(row: Row) -> int:
    born, day = row.sitting.patient.birth_date, timezone.localdate(row.sitting.session.recorded)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _coded_age(row: Row) -> str:
    return grouped_age(_age(row))


def grouped_age(age: int) -> str:
    """As it is told where people have study codes only."""
    return str(age) if age <= OLDEST else f"over {OLDEST}"


def _of_patient(name: str) -> Callable[[Row], Cell]:
    return lambda row: getattr(row.sitting.patient, name)


def _of_session(name: str) -> Callable[[Row], Cell]:
    return lambda row: getattr(row.sitting.session, name)


def _of_film(name: str) -> Callable[[Row], Cell]:
    return lambda row: getattr(row.analysis.film, name) if row.analysis.film else None


def _of_result(name: str) -> Callable[[Row], Cell]:
    return lambda row: getattr(row.analysis.result, name)


def _of_measure(name: str) -> Callable[[Row], Cell]:
    return lambda row: getattr(row.measure, name) if row.measure else None


def _captured(name: str) -> Callable[[Row], Cell]:
    return lambda row: row.analysis.result.capture.get(name)


def _task(row: Row) -> Cell:
    return row.analysis.film.task.code if row.analysis.film else ""


def _findings(row: Row) -> Cell:
    return " ".join(found["code"] for found in row.analysis.result.findings)


def _absent(row: Row) -> Cell:
    if row.measure:
        return row.measure.absent
    reasons = [f["staff"] for f in row.analysis.result.findings if f["severity"] == "blocks"]
    return "; ".join(reasons) or "the analysis gave no measures"


def _title(row: Row) -> Cell:
    m = row.measure
    return labels.measure(m.name, m.region, m.side) if m else ""


_YES, _NO = True, False  # identifiable

# fmt: off
MEASURES: tuple[Column, ...] = (
    Column("study_code", "code of the person, without meaning", "", _NO,
           _of_patient("study_code")),
    Column("patient", "the person's identifier in Mimia", "", _YES,
           lambda row: str(row.sitting.patient.id)),
    Column("mrn", "medical record number", "", _YES, _of_patient("mrn")),
    Column("last_name", "family name", "", _YES, _of_patient("last_name")),
    Column("first_name", "given name", "", _YES, _of_patient("first_name")),
    Column("birth_date", "date of birth", "", _YES,
           lambda row: row.sitting.patient.birth_date.isoformat()),
    Column("age", f"age at the session; by study code, those over {OLDEST} are one group",
           "years", _YES, _age, _coded_age),
    Column("sex", "female, male, other or unknown", "", _NO, _of_patient("sex")),
    Column("diagnosis_status", "pd, suspected, atypical, control or unknown", "", _NO,
           _of_patient("diagnosis_status")),
    Column("session", "the session's identifier in Mimia", "", _YES,
           lambda row: str(row.sitting.session.id)),
    Column("session_number", "the person's sessions in order of time, from 1", "", _NO,
           lambda row: row.sitting.number),
    Column("recorded", "when the session took place, UTC; by study code, all dates of a person "
           "are shifted by the same secret number of days, by the clinic's clock", "", _YES,
           lambda row: _time(row.sitting.session.recorded),
           lambda row: _shifted(row.sitting)),
    Column("place", "site (in the clinic) or home", "", _NO, _of_session("place")),
    Column("protocol", "the list of tasks, with its version", "", _NO,
           lambda row: f"{row.sitting.session.protocol.code} "
                       f"{row.sitting.session.protocol.version}"),
    Column("medication", "on, off, between or unsure, as told; empty when not told", "", _NO,
           _of_session("medication")),
    Column("minutes_since_dose", "since the last levodopa dose, as told", "min", _NO,
           _of_session("minutes_since_dose")),
    Column("dyskinesia", "none, mild or troublesome, as told", "", _NO,
           _of_session("dyskinesia")),
    Column("ill", "ill or very tired, as told", "", _NO, _of_session("ill")),
    Column("facial_procedure", "a facial procedure in the three months before, as told", "",
           _NO, _of_session("facial_procedure")),
    Column("practice", "the person's first session, in which they learn how it is done", "",
           _NO, _of_session("practice")),
    Column("imported", "made of old clips, not recorded with Mimia", "", _NO,
           _of_session("imported")),
    Column("device", "name of the device, or its browser and system", "", _YES,
           lambda row: labels.device(row.sitting.session.device)),
    Column("device_class", "phone, tablet, computer, imported or demo camera", "", _NO,
           lambda row: device_class(row.sitting.session)),
    Column("film", "the film's identifier in Mimia; empty for the whole session", "", _YES,
           lambda row: str(row.analysis.film.id) if row.analysis.film else ""),
    Column("task", "what was asked for in the film; empty for the whole session", "", _NO, _task),
    Column("attempt", "of the task in this session", "", _NO, _of_film("attempt")),
    Column("partial", "only a part of the film arrived", "", _NO, _of_film("partial")),
    Column("frame_rate", "frames per second, from the times of the frames", "1/s", _NO,
           _captured("fps")),
    Column("width", "of the upright picture", "px", _NO, _captured("width")),
    Column("height", "of the upright picture", "px", _NO, _captured("height")),
    Column("seconds", "length of the film", "s", _NO, _captured("duration_s")),
    Column("release", "the version of the model that made the number", "", _NO,
           _of_result("release")),
    Column("release_sha256", "digest of that release", "", _NO, _of_result("release_sha256")),
    Column("engine", "version of the formulas that made the number with that release", "", _NO,
           _of_result("engine")),
    Column("evidence", "what the release was trained on: simulated, public or clinic", "", _NO,
           _of_result("evidence")),
    Column("config_hash", "of all settings of the analysis, the neutral face included", "", _NO,
           _of_result("config_hash")),
    Column("neutral_source", "what gave the neutral face: rest, lead-in or take; a lead-in is "
           "not compared over time", "", _NO, _of_result("neutral_source")),
    Column("usable", "whether the film could be measured", "", _NO, _of_result("usable")),
    Column("findings", "codes of what is wrong with the film", "", _NO, _findings),
    Column("superseded", "a later analysis or film took the place of this one", "", _NO,
           lambda row: row.analysis.superseded),
    Column("measure", "name of the measure", "", _NO, _of_measure("name")),
    Column("region", "part of the face, or the expressions that it sums up", "", _NO,
           _of_measure("region")),
    Column("side", "the person's left or right, or both", "", _NO, _of_measure("side")),
    Column("title", "the measure in words, as pages show it", "", _NO, _title),
    Column("value", "the measure; empty when absent", "in column unit", _NO,
           _of_measure("value")),
    Column("unit", "of value and sd; % IOD is per cent of the distance between the eyes", "",
           _NO, _of_measure("unit")),
    Column("n", "number of cue windows that the value rests on", "", _NO, _of_measure("n")),
    Column("sd", "standard deviation over these windows", "in column unit", _NO,
           _of_measure("sd")),
    Column("absent", "why there is no value", "", _NO, _absent),
    Column("caution", "why the value is of low reliability", "", _NO, _of_measure("caution")),
)
# A table that describes a table.
DICTIONARY: tuple[Column, ...] = (
    Column("file", "the file in which the column is", "", _NO, lambda entry: entry[0]),
    Column("name", "of the column", "", _NO, lambda entry: entry[1].name),
    Column("description", "what it holds", "", _NO, lambda entry: entry[1].description),
    Column("unit", "of the numbers in it", "", _NO, lambda entry: entry[1].unit),
    Column("identifiable", "whether it can point to a person", "", _NO,
           lambda entry: entry[1].identifiable),
)
CONSENTS: tuple[Column, ...] = (
    Column("purpose", "what was agreed to", "", _NO, lambda c: c.text.purpose),
    Column("version", "of the text that was read", "", _NO, lambda c: c.text.version),
    Column("language", "of the text that was read", "", _NO, lambda c: c.text.language),
    Column("text", "the words that were read", "", _NO, lambda c: c.text.body),
    Column("given", "when, UTC", "", _YES, lambda c: _time(c.given)),
    Column("given_by", "the patient on screen, or staff from a signed form", "", _NO,
           lambda c: c.given_by),
    Column("recorded_by", "the member of staff", "", _YES,
           lambda c: c.recorded_by.name if c.recorded_by else ""),
    Column("withdrawn", "when, UTC; empty while it stands", "", _YES,
           lambda c: _time(c.withdrawn) if c.withdrawn else ""),
)
# Of (rating, number of the session): scores that may teach a model, so always by code.
LABELS: tuple[Column, ...] = (
    Column("study_code", "code of the person, without meaning", "", _NO,
           lambda label: label[0].session.patient.study_code),
    Column("session_number", "as in measures.csv", "", _NO, lambda label: label[1]),
    Column("rater", "code of the clinician", "", _NO, lambda label: rater(label[0].rater)),
    Column("score", "MDS-UPDRS 3.2 of rest and talk, 0 to 4, given before the rater had seen any "
           "result of the session", "", _NO, lambda label: label[0].score),
)
ACCESS: tuple[Column, ...] = (
    Column("at", "when, UTC", "", _YES, lambda event: _time(event.at)),
    Column("who", "the member of staff; the patient, who came by a link; or Mimia by itself", "",
           _YES, lambda event: event.actor.name if event.actor
           else "the patient, by link" if event.link else "Mimia"),
    Column("did", "read, played, exported ...", "", _NO, lambda event: event.get_action_display()),
    Column("what", "kind of record", "", _NO, lambda event: event.target_type),
    Column("record", "the record's identifier", "", _YES, lambda event: str(event.target)),
    Column("detail", "what was chosen or shown", "", _NO, lambda event: event.detail),
)
# fmt: on
