"""Each text that patients read is translated, and each says who has reviewed it."""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po
from django.core.management import call_command

from clinic import checks, extraction, translations
from clinic.recordings.models import ProtocolTask
from diagnosis.findings import rules

LANGUAGES = list(translations.translated())
DOMAINS = {
    translations.SERVER: functools.cache(extraction.server_texts),
    translations.BROWSER: functools.cache(extraction.browser_texts),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?[a-z]+|%%")


def entries(language: str, domain: str) -> list[Message]:
    return [entry for entry in translations.read(language, domain) if entry.id]


def told(domain: str) -> set[object]:
    """What patients read."""
    return {entry.id for entry in DOMAINS[domain]() if entry.id}


def words(entry: Message) -> tuple[str, ...]:
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)


def lacking(texts: Catalog, translated: Catalog) -> list[str]:
    """What patients read that has no translation."""
    found = {entry.id: entry for entry in translated if translations.is_translated(entry)}
    return [str(entry.id) for entry in texts if entry.id and entry.id not in found]


class TestTheWords:
    @pytest.mark.parametrize("domain", DOMAINS)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_each_text_that_patients_read_is_translated(self, language: str, domain: str) -> None:
        missing = lacking(DOMAINS[domain](), translations.read(language, domain))
        assert missing == [], "run `make messages`, then translate what it tells"

    def test_a_text_without_translation_is_noticed(self) -> None:
        texts, translated = Catalog(), Catalog(locale="zh_Hans")
        for text in ("Sit still", "Smile", "Talk"):
            texts.add(text)
        translated.add("Sit still", "请坐好")
        translated.add("Smile", "")
        assert lacking(texts, translated) == ["Smile", "Talk"]

    @pytest.mark.parametrize("domain", DOMAINS)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_translation_of_a_dropped_text_is_left(self, language: str, domain: str) -> None:
        texts = told(domain)
        assert [e.id for e in entries(language, domain) if e.id not in texts] == []

    @pytest.mark.parametrize("domain", DOMAINS)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_each_translation_says_whether_it_is_reviewed(self, language: str, domain: str) -> None:
        unmarked = [e.id for e in entries(language, domain) if not translations.has_mark(e)]
        assert unmarked == []

    @pytest.mark.parametrize("domain", DOMAINS)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_translation_keeps_the_placeholders(self, language: str, domain: str) -> None:
        for entry in filter(translations.is_translated, entries(language, domain)):
            said = entry.id if isinstance(entry.id, str) else entry.id[-1]
            for text in words(entry):
                assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(said)), said

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_text_of_both_sides_is_translated_alike(self, language: str) -> None:
        server = {e.id: e.string for e in entries(language, translations.SERVER)}
        browser = {e.id: e.string for e in entries(language, translations.BROWSER)}
        assert {id for id in server.keys() & browser.keys() if server[id] != browser[id]} == set()

    def test_typescript_tells_literals_that_can_be_found(self) -> None:
        assert extraction.untold() == []


class TestWhatIsFound:
    def test_the_server_s_texts_hold_each_protocol_s_tasks(
        self, django_db_setup: None, db: None
    ) -> None:
        texts = told(translations.SERVER)
        tasks = ProtocolTask.objects.values_list("title", "instruction")
        assert {text for task in tasks for text in task} <= texts

    def test_the_browser_s_texts_hold_each_finding_s(self) -> None:
        texts = told(translations.BROWSER)
        findings = rules()["findings"].values()
        assert {finding["patient"] for finding in findings} <= texts
        assert {
            text for finding in findings for text in finding.get("retake", {}).values()
        } <= texts

    @pytest.mark.parametrize(
        "text",
        [
            "Nobody watches this live.",  # of a template
            'If you are unwell, call <a href="tel:%(number)s">%(phone)s</a>.',  # of a block
        ],
    )
    def test_templates_are_read(self, text: str) -> None:
        assert text in told(translations.SERVER)


class TestReview:
    def catalog(self, *marks: str) -> Iterator[Message]:
        catalog = Catalog(locale="zh_Hans")
        for number, mark in enumerate(marks):
            catalog.add(f"text {number}", "文字", user_comments=[mark] if mark else [])
        return (entry for entry in catalog if entry.id)

    def test_only_a_name_and_a_date_count_as_a_review(self) -> None:
        found = self.catalog("reviewed: no", "reviewed: Li Wei, 2027-01-05", "")
        assert [translations.is_reviewed(entry) for entry in found] == [False, True, False]

    def test_staff_read_how_many_texts_are_reviewed(self) -> None:
        assert str(translations.Review(3, 10)).endswith("3 of 10 texts reviewed")
        assert str(translations.Review(10, 10)).endswith("each text reviewed by a native speaker")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_count_is_of_all_texts(self, language: str) -> None:
        texts = sum(len(entries(language, domain)) for domain in DOMAINS)
        assert translations.review(language).texts == texts


@pytest.mark.parametrize("domain", DOMAINS)
def test_messages_adds_new_texts_drops_old_ones_and_keeps_the_rest(
    domain: str, capsys, tmp_path, monkeypatch
) -> None:
    shutil.copytree(translations.LOCALES, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(translations, "LOCALES", tmp_path)
    catalog = translations.read("zh-hans", domain)
    new, reviewed, *_ = [entry for entry in catalog if entry.id]
    reviewed.user_comments = ["reviewed: Li Wei, 2027-01-05"]
    catalog.delete(new.id)
    catalog.add("An old text", "旧的文字")
    with translations.file("zh-hans", domain).open("wb") as file:
        write_po(file, catalog)

    call_command("messages")
    assert f"{domain}: {len(told(domain))} texts, 1 to be translated" in capsys.readouterr().out
    after = translations.read("zh-hans", domain)
    assert {entry.id for entry in after if entry.id} == told(domain)
    assert (after[new.id].string, after[new.id].user_comments) == ("", ["reviewed: no"])
    assert after[reviewed.id].string == reviewed.string
    assert after[reviewed.id].user_comments == ["reviewed: Li Wei, 2027-01-05"]


class TestTheCheck:
    @pytest.fixture
    def written(self, tmp_path, monkeypatch):
        file = tmp_path / "django.po"
        file.touch()
        monkeypatch.setattr(translations, "file", lambda language, domain: file)
        return file

    def test_this_checkout_s_translations_are_compiled(self) -> None:
        assert checks.translations_are_compiled(None) == [], "run `make install`"

    def test_a_translation_that_is_not_compiled_is_an_error(self, written) -> None:
        assert {found.id for found in checks.translations_are_compiled(None)} == {"clinic.E003"}

    def test_a_compiled_translation_is_fine_until_the_words_change(self, written) -> None:
        compiled = written.with_suffix(".mo")
        compiled.touch()
        assert checks.translations_are_compiled(None) == []
        os.utime(compiled, (0, 0))
        assert len(checks.translations_are_compiled(None)) == len(LANGUAGES)
