"""The FHIR bundle: valid, whole in itself, and honest about what a number is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from fhir.resources.R4B.bundle import Bundle

from clinic.exports.archive import NOTICE

from . import analysed as made
from .exporting import body, furnish

pytestmark = pytest.mark.django_db

HL7_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


@pytest.fixture
def asked(consented_patient, protocol, carl_clinician, login):
    furnish(consented_patient, protocol, carl_clinician)
    address = reverse("exports:fhir", args=[consented_patient.id])
    return lambda: login(carl_clinician).post(address)


@pytest.fixture
def bundle(asked) -> dict[str, Any]:
    return json.loads(body(asked()))


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    resources = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in resources if resource["resourceType"] == kind]


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if isinstance(thing.get("reference"), str):
            yield thing["reference"]
        for inner in thing.values():
            yield from references(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from references(inner)


def systems(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if isinstance(thing.get("system"), str):
            yield thing["system"]
        for inner in thing.values():
            yield from systems(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from systems(inner)


def measured(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [o for o in of_type(bundle, "Observation") if "device" in o]


def test_the_whole_bundle_is_valid(asked):
    answer = asked()
    assert answer["Content-Type"] == "application/fhir+json"
    parsed = Bundle.model_validate_json(body(answer))
    assert parsed.type == "collection"


def test_it_has_each_kind_of_resource(bundle):
    kinds = {kind: len(of_type(bundle, kind)) for kind in (
        "Patient", "Organization", "Encounter", "Media", "Observation", "DiagnosticReport",
        "Device", "Provenance", "Consent", "CodeSystem",
    )}  # fmt: skip
    assert kinds == {
        "Patient": 1, "Organization": 1, "Encounter": 2, "Media": 3, "Observation": 6,
        "DiagnosticReport": 2, "Device": 1, "Provenance": 4, "Consent": 5, "CodeSystem": 1,
    }  # fmt: skip


def test_every_reference_is_answered_inside_the_bundle(bundle):
    known = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(known)) == len(known)
    assert set(references(bundle)) <= set(known)
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"


def test_a_measure_is_a_component_with_its_unit(bundle):
    components = [c for o in measured(bundle) for c in o.get("component", ())]
    values = {c["valueQuantity"]["value"]: c for c in components}
    amplitude = values[7.03125]
    assert amplitude["valueQuantity"] == {"value": 7.03125, "unit": "% IOD"}  # UCUM has no IOD
    assert amplitude["code"]["text"] == "Amplitude, mouth corner"
    assert amplitude["interpretation"][0]["text"] == "Low reliability: little is reported"


def test_a_unit_that_ucum_knows_has_its_code(consented_patient, protocol, asked):
    film = made.film(made.sitting(consented_patient, protocol), "smile")
    blink = made.Measure("blink_rate", "eyelids", made.Side.BOTH, "1/min", 12.0, 1)
    made.analysed(film, [blink])
    found = [c for o in measured(json.loads(body(asked()))) for c in o.get("component", ())]
    (told,) = [c["valueQuantity"] for c in found if c["valueQuantity"]["value"] == 12.0]
    assert told == {
        "value": 12.0, "unit": "1/min", "system": "http://unitsofmeasure.org", "code": "/min",
    }  # fmt: skip


def test_a_number_that_is_absent_says_why(consented_patient, protocol, asked):
    film = made.film(made.sitting(consented_patient, protocol), "smile")
    made.analysed(film, [made.amplitude(None, "no frame was seen")])
    found = [c for o in measured(json.loads(body(asked()))) for c in o.get("component", ())]
    (absent,) = [c for c in found if "valueQuantity" not in c]
    assert absent["dataAbsentReason"]["coding"][0]["system"] == HL7_ABSENT
    assert absent["dataAbsentReason"]["text"] == "no frame was seen"


def test_a_film_that_cannot_be_scored_is_an_observation_without_a_value(bundle):
    (dark,) = [o for o in measured(bundle) if "component" not in o]
    assert dark["dataAbsentReason"]["text"] == "too dark: luma 20"


def test_observations_say_release_method_and_the_films_they_come_from(bundle):
    (device,) = [e for e in bundle["entry"] if e["resource"]["resourceType"] == "Device"]
    release = device["resource"]
    assert release["deviceName"][0]["name"] == f"Mimia release {made.RELEASE}"
    assert release["version"][0]["value"] == f"sha of {made.RELEASE}"
    assert "simulated" in release["property"][0]["valueCode"][0]["text"]
    films = {e["fullUrl"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Media"}
    for observation in measured(bundle):
        assert observation["device"]["reference"] == device["fullUrl"]
        assert observation["method"]["text"]
        assert set(references(observation["derivedFrom"])) <= films


def test_reports_and_observations_carry_the_label(bundle):
    for observation in measured(bundle):
        assert observation["note"][0]["text"].startswith(NOTICE)
    for report in of_type(bundle, "DiagnosticReport"):
        assert NOTICE in report["text"]["div"]
        assert report["status"] == "preliminary"


def test_codes_of_others_come_only_where_a_site_enables_them(asked, settings):
    plain = json.loads(body(asked()))
    assert not {s for s in systems(plain) if "snomed" in s or "phenotype" in s or "loinc" in s}
    settings.FHIR_TERMINOLOGIES = ["snomed", "hpo"]
    enabled = body(asked())
    Bundle.model_validate_json(enabled)
    for code in (b'"49049000"', b'"HP:0000338"'):
        assert code in enabled


def test_a_bundle_of_somebody_without_results_says_what_it_must_not_be_used_for(
    patient, carl_clinician, login
):
    answer = login(carl_clinician).post(reverse("exports:fhir", args=[patient.id]))
    (tag,) = json.loads(body(answer))["meta"]["tag"]
    assert (tag["code"], tag["display"]) == ("investigational", NOTICE)


def test_every_code_of_our_own_is_in_the_code_system(bundle):
    (system,) = of_type(bundle, "CodeSystem")
    listed = {concept["code"] for concept in system["concept"]}

    def own(thing: Any) -> Iterator[str]:
        if isinstance(thing, dict):
            if thing.get("system") == system["url"]:
                yield thing["code"]
            for inner in thing.values():
                yield from own(inner)
        elif isinstance(thing, list):
            for inner in thing:
                yield from own(inner)

    assert set(own(bundle)) == listed


def test_a_withdrawn_consent_is_inactive(consented_patient, asked):
    consented_patient.consents.filter(text__purpose="teaching").delete()
    before = json.loads(body(asked()))
    assert {c["status"] for c in of_type(before, "Consent")} == {"active"}
    consented_patient.consents.update(withdrawn="2026-01-02T03:04:05Z")
    after = of_type(json.loads(body(asked())), "Consent")
    assert {(c["status"], c["provision"]["type"]) for c in after} == {("inactive", "deny")}


def test_the_circumstances_of_a_session_are_told(bundle):
    told = [o for o in of_type(bundle, "Observation") if "device" not in o]
    states = {
        c["valueCodeableConcept"]["text"]
        for o in told
        for c in o["component"]
        if c["code"]["text"] == "Medication state"
    }
    assert states == {"ON: medicine is working", "OFF: medicine has worn off"}
