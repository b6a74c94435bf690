"""HTML as a PDF of one A4 page, by WeasyPrint, which fetches nothing."""

from __future__ import annotations

import ctypes
import logging
from typing import Any

# The C libraries without which WeasyPrint cannot be imported, or cannot embed a font.
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
SIZES_PT = (8.6, 8.2, 7.8, 7.4, 7.0, 6.6)  # of the letters; the first with which the page holds all


# It logs each step, and each rule of the style sheet that is for screens only.
logging.getLogger("weasyprint").setLevel(logging.ERROR)


class PdfError(Exception):
    """No PDF can be made; the message says why."""


class LibrariesMissing(PdfError):
    """The machine lacks Pango."""


class TooLong(PdfError):
    """It does not fit on one page."""


def missing_libraries() -> list[str]:
    return [name for name in LIBRARIES if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def one_page(html: str) -> bytes:
    """The page as PDF, its root element's letters as large as fits.

    Raises LibrariesMissing and TooLong.
    """
    for size in SIZES_PT:
        document = laid_out(html, size)
        if len(document.pages) == 1:
            written: bytes = document.write_pdf(pdf_tags=True)
            return written
    raise TooLong("The report does not fit on one page. Shorten the comment.")


def laid_out(html: str, size: float) -> Any:
    """WeasyPrint's document, with its `pages`. Raises LibrariesMissing."""
    if missing := missing_libraries():
        raise LibrariesMissing(
            f"This machine cannot make PDF files: {', '.join(missing)} not found. "
            f"Install the Debian packages {PACKAGES}."
        )
    from weasyprint import CSS, HTML  # loads Pango
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=(), fail_on_errors=True)
    letters = CSS(string=f"html {{ font-size: {size}pt }}")
    return HTML(string=html, url_fetcher=nothing).render(stylesheets=[letters])
