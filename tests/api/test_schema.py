"""The schema that is committed is the API's own."""

from __future__ import annotations

from pathlib import Path

import yaml
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from clinic.api.urls import router

COMMITTED = settings.BASE_DIR / "clinic/api/schema.yml"


def test_the_committed_schema_is_the_apis_and_comes_without_warnings(tmp_path: Path):
    """After a change of the API: make schema."""
    made = tmp_path / "schema.yml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == COMMITTED.read_text()


def test_the_schema_that_is_served_describes_every_resource(login, carl_clinician):
    schema = login(carl_clinician).get(reverse("api:schema"), {"format": "json"}).json()
    described = {path.split("/")[3] for path in schema["paths"]}
    assert described == {prefix for prefix, _, _ in router.registry}
    assert "not for diagnosis" in schema["info"]["description"]


def test_every_operation_says_how_it_refuses():
    paths = yaml.safe_load(COMMITTED.read_text())["paths"]
    operations = [(method, told) for path in paths.values() for method, told in path.items()]
    assert len(operations) > 40
    for method, told in operations:
        assert "403" in told["responses"]
        assert ("429" in told["responses"]) == (method != "get"), told["operationId"]


def test_an_address_without_a_resource_answers_in_json(login, carl_clinician):
    answer = login(carl_clinician).get("/api/v1/nothing/of/this/kind/")
    assert answer.status_code == 404
    assert answer.json()["notice"] == "investigational software, not for diagnosis"
