"""`manage.py messages`: brings clinic/locale up to date with the texts that patients read."""

from __future__ import annotations

from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.core.management.base import BaseCommand
from django.utils.translation import to_locale

from clinic import extraction, translations

HEADER = """\
# The words of the patient's pages. `make messages` adds and drops entries; the text after msgstr
# and the line "reviewed: ..." are written by hand: "reviewed: no" until a native speaker has read
# the entry, then "reviewed: <name>, <date>".
#"""


class Command(BaseCommand):
    help = "Adds new texts to the translations, drops old ones, and tells what is to be translated."
    requires_system_checks = ()  # they would ask for what this command prepares

    def handle(self, *args: Any, **options: Any) -> None:
        found = {
            translations.SERVER: extraction.server_texts(),
            translations.BROWSER: extraction.browser_texts(),
        }
        for language, name in translations.translated().items():
            for domain, texts in found.items():
                left = _update(language, domain, texts)
                self.stdout.write(f"{name}, {domain}: {len(texts)} texts, {left} to be translated")
        for words in extraction.untold():
            self.stderr.write(f"not given to t() as a literal, so never translated: {words}")


def _update(language: str, domain: str, texts: Catalog) -> int:
    """How many texts have no translation."""
    file = translations.file(language, domain)
    if file.exists():
        catalog = translations.read(language, domain)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(
            to_locale(language),
            domain,
            header_comment=HEADER,
            project="Mimia",
            version="1",
            last_translator="Mimia",
            language_team="Mimia",
            msgid_bugs_address="see README.md",
            fuzzy=False,
        )
    catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    for entry in catalog:
        if entry.id and not translations.has_mark(entry):
            entry.user_comments.append(translations.UNREVIEWED)
    with file.open("wb") as po:
        write_po(po, catalog, width=100, ignore_obsolete=True, include_lineno=False)
    return sum(not translations.is_translated(entry) for entry in catalog if entry.id)
