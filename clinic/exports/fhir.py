"""A patient as a FHIR R4 bundle: what was filmed, what was measured, by which release.

Every resource is built with the classes of fhir.resources.R4B, which check it. R4B is the model
nearest to R4 that the library keeps. R4B changed the resources for evidence, for the definition of
medicinal products and for subscriptions. Of the resources used here (Patient, Organization,
Encounter, Media, Observation, DiagnosticReport, Device, Provenance, Consent, CodeSystem, Bundle)
the elements are those of R4: Encounter still has `class`, `hospitalization` and `reasonCode`,
Media is there, and DiagnosticReport has no `note`, so that its label stands in its narrative. No
element that came with R4B or R5 is used.

An analysis that a later one or another film took the place of is left out. References are the
urn:uuid of an entry of the same bundle. Resources are written one at a time.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import IO, Any

from django.utils import timezone
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.consent import Consent as FhirConsent
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.media import Media
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient as FhirPatient
from fhir.resources.R4B.provenance import Provenance

from clinic.accounts.models import Clinic
from clinic.dashboards import labels
from clinic.exports.archive import NOTICE
from clinic.exports.fhir_codes import (
    GENDER,
    HL7,
    MRN,
    SHA256,
    STUDY_CODE,
    Json,
    Words,
    absent,
    concept,
    face_coding,
    quantity,
    reason_for,
)
from clinic.exports.sittings import Analysis, Sitting, sittings
from clinic.patients.models import Consent, Patient, Purpose
from clinic.recordings.models import Recording, RecordingSession
from diagnosis.models import Measure, Result

MODELS: dict[str, Any] = {
    model.__name__: model
    for model in (
        FhirPatient,
        Organization,
        Encounter,
        Media,
        Observation,
        DiagnosticReport,
        Device,
        Provenance,
        FhirConsent,
        CodeSystem,
    )
}
_NAMES = uuid.UUID("6f0b8a52-5d0c-4a0e-9c36-1f6f6f8f3a10")
_MOST_BYTES = 2**31 - 1  # of Attachment.size, an unsignedInt


def write(patient: Patient, out: IO[bytes]) -> None:
    """The whole bundle as JSON. Raises pydantic.ValidationError for what is no valid resource."""
    now = timezone.now().isoformat()
    words = Words()
    tag = words.own("investigational", NOTICE)["coding"][0]
    head = {
        "resourceType": "Bundle",
        "meta": {"tag": [tag]},
        "type": "collection",
        "timestamp": now,
    }
    out.write(json.dumps(head)[:-1].encode() + b', "entry": [')
    for number, (key, resource) in enumerate(_resources(patient, words)):
        body = _checked({**resource, "id": str(key)})
        entry = f'{{"fullUrl": "{key.urn}", "resource": {body}}}'
        out.write((b",\n" if number else b"\n") + entry.encode())
    out.write(b"\n]}\n")


def _checked(resource: Json) -> str:
    model = MODELS[resource["resourceType"]]
    body: str = model.model_validate(resource).model_dump_json(by_alias=True, exclude_none=True)
    return body


def _resources(patient: Patient, words: Words) -> Iterator[tuple[uuid.UUID, Json]]:
    devices: set[uuid.UUID] = set()
    yield patient.clinic_id, _organization(patient.clinic)
    yield patient.id, _patient(patient)
    for consent in patient.consents.select_related("text").order_by("given"):
        yield _key("consent", str(consent.pk)), _consent(patient, consent, words)
    for sitting in sittings(patient):
        yield sitting.session.id, _encounter(sitting)
        yield _key("context", str(sitting.session.id)), _context(sitting, words)
        for film in sitting.films:
            yield film.id, _media(sitting, film)
        current = [analysis for analysis in sitting.analyses if not analysis.superseded]
        for analysis in current:
            result = analysis.result
            device = _device_key(result)
            if device not in devices:
                devices.add(device)
                yield device, _device(result)
            yield result.id, _observation(sitting, analysis, words)
            yield _key("provenance", str(result.id)), _provenance(analysis)
        if current:
            results = [analysis.result for analysis in current]
            yield _key("report", str(sitting.session.id)), _report(sitting, results, words)
    yield _key("codes", "own"), words.code_system()


def _key(kind: str, name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMES, f"{kind} {name}")


def _device_key(result: Result) -> uuid.UUID:
    return _key("release", f"{result.release_sha256}.{result.engine}")


def _to(key: uuid.UUID) -> Json:
    return {"reference": key.urn}


def _time(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _narrative(paragraphs: Iterable[str]) -> Json:
    inner = "".join(f"<p>{escape(words)}</p>" for words in paragraphs)
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>',
    }


def _organization(clinic: Clinic) -> Json:
    found: Json = {"resourceType": "Organization", "active": True, "name": clinic.name}
    if clinic.phone:
        found["telecom"] = [{"system": "phone", "value": clinic.phone}]
    return found


def _patient(patient: Patient) -> Json:
    identifiers: list[Json] = [{"system": STUDY_CODE, "value": patient.study_code}]
    if patient.mrn:
        of_kind = concept(f"{HL7}v2-0203", "MR", "Medical record number")
        identifiers.append({"type": of_kind, "system": MRN, "value": patient.mrn})
    found: Json = {
        "resourceType": "Patient",
        "identifier": identifiers,
        "active": patient.archived is None,
        "name": [{"family": patient.last_name, "given": [patient.first_name]}],
        "gender": GENDER[patient.sex],
        "birthDate": patient.birth_date.isoformat(),
        "managingOrganization": _to(patient.clinic_id),
    }
    if patient.email:
        found["telecom"] = [{"system": "email", "value": patient.email}]
    return found


def _consent(patient: Patient, consent: Consent, words: Words) -> Json:
    scope = "treatment" if consent.text.purpose == Purpose.CARE else "patient-privacy"
    if consent.text.purpose in (Purpose.TRAINING, Purpose.SHARING):
        scope = "research"
    purpose = Purpose(consent.text.purpose)
    return {
        "resourceType": "Consent",
        "status": "inactive" if consent.withdrawn else "active",
        "scope": concept(f"{HL7}consentscope", scope),
        "category": [words.own(f"consent/{purpose.value}", str(purpose.label))],
        "patient": _to(patient.id),
        "dateTime": _time(consent.given),
        "organization": [_to(patient.clinic_id)],
        "policyRule": {"text": f"version {consent.text.version}: {consent.text.body}"},
        "provision": {"type": "deny" if consent.withdrawn else "permit"},
    }


def _encounter(sitting: Sitting) -> Json:
    session, patient = sitting.session, sitting.patient
    at_home = session.place == RecordingSession.Place.HOME
    code, display = ("HH", "home health") if at_home else ("AMB", "ambulatory")
    found: Json = {
        "resourceType": "Encounter",
        "status": "finished" if session.submitted else "in-progress",
        "class": {"system": f"{HL7}v3-ActCode", "code": code, "display": display},
        "subject": _to(patient.id),
        "period": {"start": _time(session.recorded)},
        "serviceProvider": _to(patient.clinic_id),
    }
    if reason := reason_for(patient):
        found["reasonCode"] = reason
    return found


def _context(sitting: Sitting, words: Words) -> Json:
    """What the person, or staff, told about the day: how measures are to be read."""
    session = sitting.session
    told: list[tuple[str, str, Json | None]] = [
        ("medication", "Medication state", _text(session.get_medication_display())),
        (
            "minutes-since-dose",
            "Minutes since the last levodopa dose",
            None
            if session.minutes_since_dose is None
            else {"valueQuantity": quantity(session.minutes_since_dose, "min")},
        ),
        ("dyskinesia", "Dyskinesia", _text(session.get_dyskinesia_display())),
        ("ill", "Ill or very tired", _flag(session.ill)),
        ("facial-procedure", "Facial procedure in three months", _flag(session.facial_procedure)),
    ]
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(f"{HL7}observation-category", "survey", "Survey")],
        "code": words.own("context", "Circumstances of the recording, as told"),
        "subject": _to(sitting.patient.id),
        "encounter": _to(session.id),
        "effectiveDateTime": _time(session.recorded),
        "component": [
            {
                "code": words.own(f"context/{code}", display),
                **(value or {"dataAbsentReason": absent("not told")}),
            }
            for code, display, value in told
        ],
    }


def _text(words: str) -> Json | None:
    return {"valueCodeableConcept": {"text": words}} if words else None


def _flag(told: bool | None) -> Json | None:
    return None if told is None else {"valueBoolean": told}


def _media(sitting: Sitting, film: Recording) -> Json:
    content: Json = {"contentType": film.mime.partition(";")[0].strip()}
    if film.size <= _MOST_BYTES:
        content["size"] = film.size
    return {
        "resourceType": "Media",
        "identifier": [{"system": SHA256, "value": film.sha256}],
        "status": "completed",
        "type": concept(f"{HL7}media-type", "video", "Video"),
        "subject": _to(sitting.patient.id),
        "encounter": _to(sitting.session.id),
        "createdDateTime": _time(sitting.session.recorded),
        "content": {**content, "title": f"{film.task.title}, attempt {film.attempt}"},
    }


def _device(result: Result) -> Json:
    """The release as a device: its name, as version its digest and the engine, and its evidence
    level."""
    return {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [{"name": f"Mimia release {result.release}", "type": "model-name"}],
        "version": [
            {"type": {"text": "SHA-256 of the release"}, "value": result.release_sha256},
            {"type": {"text": "engine"}, "value": str(result.engine)},
        ],
        "property": [
            {
                "type": {"text": "evidence level"},
                "valueCode": [{"text": labels.evidence(result.evidence)}],
            }
        ],
        "note": [{"text": NOTICE}],
    }


def _observation(sitting: Sitting, analysis: Analysis, words: Words) -> Json:
    """The measures of a film, or of the whole session, as components of one observation."""
    result, film = analysis.result, analysis.film
    code = (
        words.own(f"task/{film.task.code}", f"Facial movement: {film.task.title}")
        if film
        else words.own("session", "Facial movement over the whole session")
    )
    code["coding"] += face_coding()
    sources = [film] if film else sitting.films
    found: Json = {
        "resourceType": "Observation",
        "status": "preliminary",
        "category": [concept(f"{HL7}observation-category", "exam", "Exam")],
        "code": code,
        "subject": _to(sitting.patient.id),
        "encounter": _to(sitting.session.id),
        "effectiveDateTime": _time(sitting.session.recorded),
        "issued": _time(result.created),
        "performer": [_to(sitting.patient.clinic_id)],
        "method": {"text": f"video analysis, configuration {result.config_hash}"},
        "device": _to(_device_key(result)),
        "derivedFrom": [_to(source.id) for source in sources],
        "component": [_component(measure, words) for measure in analysis.measures],
        "note": [{"text": note} for note in _notes(analysis)],
    }
    if not analysis.measures:
        found["dataAbsentReason"] = absent(_why_none(result))
    return {name: value for name, value in found.items() if value != []}


def _component(measure: Measure, words: Words) -> Json:
    found: Json = {"code": words.measure(measure)}
    if measure.value is None:
        return found | {"dataAbsentReason": absent(measure.absent)}
    found["valueQuantity"] = quantity(measure.value, measure.unit)
    if measure.caution:
        found["interpretation"] = [{"text": f"Low reliability: {measure.caution}"}]
    return found


def _notes(analysis: Analysis) -> Iterator[str]:
    result = analysis.result
    yield f"{NOTICE} Release {result.release}: {labels.evidence(result.evidence)}."
    if result.neutral_source == "lead-in":
        yield "Measured against its own lead-in, for want of a rest film: not for trends."
    yield from (found["staff"] for found in result.findings)


def _why_none(result: Result) -> str:
    reasons = [found["staff"] for found in result.findings if found["severity"] == "blocks"]
    return "; ".join(reasons) or "the analysis gave no measures"


def _provenance(analysis: Analysis) -> Json:
    found: Json = {
        "resourceType": "Provenance",
        "target": [_to(analysis.result.id)],
        "recorded": _time(analysis.result.created),
        "agent": [
            {
                "type": concept(f"{HL7}provenance-participant-type", "performer", "Performer"),
                "who": _to(_device_key(analysis.result)),
            }
        ],
    }
    if analysis.film:
        found["entity"] = [{"role": "source", "what": _to(analysis.film.id)}]
    return found


def _report(sitting: Sitting, results: Sequence[Result], words: Words) -> Json:
    """Preliminary: no program signs anything. The report that a clinician signed is the PDF."""
    releases = {f"{r.release}: {labels.evidence(r.evidence)}" for r in results}
    code = words.own("report", "Measures of facial movement of one session")
    code["coding"] += face_coding()
    return {
        "resourceType": "DiagnosticReport",
        "status": "preliminary",
        "text": _narrative([NOTICE, *(f"Release {name}." for name in sorted(releases))]),
        "code": code,
        "subject": _to(sitting.patient.id),
        "encounter": _to(sitting.session.id),
        "effectiveDateTime": _time(sitting.session.recorded),
        "issued": _time(max(result.created for result in results)),
        "performer": [_to(sitting.patient.clinic_id)],
        "result": [_to(result.id) for result in results]
        + [_to(_key("context", str(sitting.session.id)))],
        "media": [{"link": _to(film.id)} for film in sitting.films],
    }
