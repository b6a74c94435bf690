"""The vocabularies of the FHIR export: our own, and those of others where they have the word.

Our own code system has a URN, which is the same at every site. Nothing gets a code of another
terminology that only nearly means it. The codes of the disease and of the sign are given only
where a site enables them by the setting FHIR_TERMINOLOGIES: SNOMED CT needs a licence.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings

from clinic.dashboards import labels
from clinic.patients.models import Patient
from diagnosis.models import Measure

Json = dict[str, Any]

OWN = "urn:uuid:6f0b8a52-5d0c-4a0e-9c36-1f6f6f8f3a10"  # the code system of this export
MRN = "urn:uuid:6f0b8a52-5d0c-4a0e-9c36-1f6f6f8f3a11"
STUDY_CODE = "urn:uuid:6f0b8a52-5d0c-4a0e-9c36-1f6f6f8f3a12"
SHA256 = "urn:uuid:6f0b8a52-5d0c-4a0e-9c36-1f6f6f8f3a13"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
# The engine's units that UCUM has; "% IOD", "margin" and the like are told in our own words.
UCUM_UNITS = {"s": "s", "%": "%", "1/s": "/s", "1/min": "/min", "min": "min", "deg": "deg"}
GENDER = {"female": "female", "male": "male", "other": "other", "unknown": "unknown"}
SNOMED_PD = {
    "system": "http://snomed.info/sct",
    "code": "49049000",
    "display": "Parkinson's disease",
}
HPO_FACE = {
    "system": "http://human-phenotype-ontology.org",
    "code": "HP:0000338",
    "display": "Hypomimic face",
}


def concept(system: str, code: str, display: str = "") -> Json:
    """A CodeableConcept of one coding; the display is also its text."""
    coding = {"system": system, "code": code}
    if not display:
        return {"coding": [coding]}
    return {"coding": [{**coding, "display": display}], "text": display}


class Words:
    """The codes of our own that were used, for the code system that goes with the bundle."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}

    def own(self, code: str, display: str) -> Json:
        self.used[code] = display
        return concept(OWN, code, display)

    def measure(self, measure: Measure) -> Json:
        code = "/".join(filter(None, (measure.name, measure.region, measure.side)))
        display = labels.measure(measure.name, measure.region, measure.side)
        return self.own(re.sub(r"\s+", "-", code.strip()), display)  # a code holds no spaces

    def code_system(self) -> Json:
        return {
            "resourceType": "CodeSystem",
            "url": OWN,
            "name": "MimiaFacialMovement",
            "title": "Mimia: what is measured of facial movement",
            "status": "draft",
            "experimental": True,
            "caseSensitive": True,
            "content": "fragment",
            "concept": [{"code": c, "display": d} for c, d in sorted(self.used.items())],
        }


def quantity(value: float, unit: str) -> Json:
    """With the UCUM code of the unit where there is one."""
    found: Json = {"value": value}
    if unit:
        found["unit"] = unit
    if unit in UCUM_UNITS:
        found |= {"system": UCUM, "code": UCUM_UNITS[unit]}
    return found


def absent(reason: str) -> Json:
    """Why there is no value: it exists, but is not known; our own words say the rest."""
    return {**concept(f"{HL7}data-absent-reason", "unknown"), "text": reason}


def reason_for(patient: Patient) -> list[Json]:
    """The disease, of people who have it, where the site enables SNOMED CT."""
    has_it = patient.diagnosis_status == Patient.Diagnosis.PD
    return [{"coding": [SNOMED_PD]}] if has_it and "snomed" in settings.FHIR_TERMINOLOGIES else []


def face_coding() -> list[Json]:
    """What the measures are about, where the site enables HPO; it says nothing of the person."""
    return [HPO_FACE] if "hpo" in settings.FHIR_TERMINOLOGIES else []
