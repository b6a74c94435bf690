"""The words of the patient's pages in other languages: one .po file per language and domain.

`django` holds what the server says, `djangojs` what TypeScript says. Each entry carries a
translator's comment, `reviewed: no` or `reviewed: <name>, <date>`: whether a native speaker has
read it. `make messages` brings the files up to date, `make install` compiles the server's.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import to_locale

LOCALES: Final = Path(__file__).with_name("locale")
SERVER: Final = "django"
BROWSER: Final = "djangojs"
UNREVIEWED: Final = "reviewed: no"


def translated() -> dict[str, str]:
    """The name of each language that is translated into, by its code."""
    return {code: name for code, name in settings.LANGUAGES if code != "en"}


def file(language: str, domain: str) -> Path:
    return LOCALES / to_locale(language) / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    """Raises FileNotFoundError."""
    with file(language, domain).open("rb") as po:
        return read_po(po, locale=to_locale(language), domain=domain)


@functools.cache
def browser_words(language: str) -> Mapping[str, str]:
    """What TypeScript says in `language`, by the English words; nothing for English."""
    if language not in translated():
        return {}
    entries = [entry for entry in read(language, BROWSER) if entry.id and is_translated(entry)]
    return {str(entry.id): str(entry.string) for entry in entries}


@dataclasses.dataclass(frozen=True)
class Review:
    """How many of a language's texts a native speaker has read."""

    reviewed: int
    texts: int

    def __str__(self) -> str:
        if self.reviewed == self.texts:
            return "translated by the project; each text reviewed by a native speaker"
        return (
            "translated by the project; not yet reviewed by a native speaker: "
            f"{self.reviewed} of {self.texts} texts reviewed"
        )


@functools.cache
def review(language: str) -> Review:
    entries = [
        entry for domain in (SERVER, BROWSER) for entry in read(language, domain) if entry.id
    ]
    return Review(sum(is_reviewed(entry) for entry in entries), len(entries))


def is_translated(entry: Message) -> bool:
    return all(entry.string) if isinstance(entry.string, tuple) else bool(entry.string)


def is_reviewed(entry: Message) -> bool:
    return has_mark(entry) and UNREVIEWED not in entry.user_comments


def has_mark(entry: Message) -> bool:
    return any(comment.startswith("reviewed: ") for comment in entry.user_comments)


def reviews_in_words() -> str:
    """For staff who choose a language."""
    return " ".join(f"{name}: {review(code)}." for code, name in translated().items())
