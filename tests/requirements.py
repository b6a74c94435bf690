"""What a machine may lack: a reason to skip a test here, a failure where all must run."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def require(what: str) -> NoReturn:
    """This test cannot run without `what`, which is not on this machine."""
    message = f"{what} is not on this machine"
    if os.environ.get("MIMIA_REQUIRE_ALL") == "1":
        pytest.fail(f"{message}, and MIMIA_REQUIRE_ALL=1 lets nothing be skipped")
    pytest.skip(message)
