"""One record of every kind that the API tells of."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.accounts.models import User
from clinic.patients.models import Consent, Patient
from diagnosis.models import Result

from .filled import fill


@pytest.fixture
def known(
    result: Result, consented_patient: Patient, shared: Consent, carl_clinician: User
) -> dict[str, Any]:
    """Ids that exist: see `fill`."""
    return fill(result, carl_clinician)
