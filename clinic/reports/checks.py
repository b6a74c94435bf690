"""System check: whether this machine has what makes PDF files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register

from clinic.reports import pdf


@register
def pdf_libraries_are_there(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    missing = pdf.missing_libraries()
    if not missing:
        return []
    return [
        Warning(
            f"No report can be signed: {', '.join(missing)} not found.",
            hint=f"apt-get install {pdf.PACKAGES}",
            id="reports.W001",
        )
    ]
