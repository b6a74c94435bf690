"""Finds every text that patients read, where it is written: what a translation must hold."""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.conf import settings
from django.template import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

import clinic
from clinic.recordings import migrations
from diagnosis.findings import PATH as FINDINGS
from diagnosis.findings import rules

Text = str | tuple[str, ...]  # two: for one thing, for several

ROOT: Final = settings.BASE_DIR
TEMPLATES: Final = ROOT / "templates"
SCRIPTS: Final = ROOT / "static" / "ts" / "capture"
KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
}
IN_FILTERS: Final = re.compile(r"""_\((["'])(.+?)\1\)""")
TOLD: Final = re.compile(r'(?<![\w.])t\(\s*("(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*)?')
# Two words or more, the first with a capital; and where such may stand without t().
SENTENCE: Final = re.compile(r'["`][A-Z]\w* [^"`\n]*["`]')
BEFORE: Final = re.compile(r"\b(t|Error|console\.\w+)\($|\+$")
COMMENT: Final = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
# Of quality.json, whose words are read from there.
OF_FINDINGS: Final = re.compile(r"t\((words\.(one|many)|\w+\.patient)\b")
LITERAL: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


def server_texts() -> Catalog:
    """Of Python, templates and protocols."""
    return _catalog([*_python(), *_templates(), *_protocols()])


def browser_texts() -> Catalog:
    """Of TypeScript, and of the findings that it tells."""
    return _catalog([*_typescript(), *_findings()])


def untold() -> list[str]:
    """Words of TypeScript that nobody can find to translate, as `file: words`.

    Calls of t() whose text is no literal, and sentences that are not given to t().
    """
    return [*_hidden(), *_bare()]


def _hidden() -> list[str]:
    return [
        f"{script.relative_to(ROOT)}: {source[call.start() : call.start() + 60].splitlines()[0]}"
        for script, source in _scripts()
        for call in TOLD.finditer(source)
        if call[1] is None
        and not source[: call.start()].endswith("function ")
        and not OF_FINDINGS.match(source, call.start())
    ]


def _bare() -> list[str]:
    return [
        f"{script.relative_to(ROOT)}: {literal[0]}"
        for script, source in _scripts()
        for literal in SENTENCE.finditer(source)
        if not BEFORE.search(source[: literal.start()].rstrip())
    ]


def _catalog(found: list[tuple[Text, Path]]) -> Catalog:
    catalog = Catalog()
    for text, file in sorted(found, key=lambda one: str(one[1])):
        catalog.add(text, locations=[(str(file.relative_to(ROOT)), 0)])
    return catalog


def _python() -> Iterator[tuple[Text, Path]]:
    for file in Path(clinic.__file__).parent.rglob("*.py"):
        source = file.read_bytes()
        if b"gettext" in source:
            for _, text, _, _ in extract("python", io.BytesIO(source), keywords=KEYWORDS):
                yield text, file


def _templates() -> Iterator[tuple[Text, Path]]:
    engine = Engine.get_default()
    for file in sorted(TEMPLATES.rglob("*.*")):
        source = file.read_text(encoding="utf-8")
        if "i18n" in source:
            nodes = engine.from_string(source).nodelist
            for kind in (TranslateNode, BlockTranslateNode):
                found = map(_of_node, nodes.get_nodes_by_type(kind))
                yield from ((text, file) for text in found if text)
        yield from ((words, file) for _, words in IN_FILTERS.findall(source))


def _of_node(node: Any) -> Text | None:
    """What the tag looks up; None where that is a variable."""
    if isinstance(node, TranslateNode):
        literal = node.filter_expression.var.literal
        return str(literal).replace("%", "%%") if literal else None
    one, _ = node.render_token_list(node.singular)
    return (one, node.render_token_list(node.plural)[0]) if node.plural else one


def _protocols() -> Iterator[tuple[Text, Path]]:
    for module in pkgutil.iter_modules(migrations.__path__, f"{migrations.__name__}."):
        found = importlib.import_module(module.name)
        file = Path(str(found.__file__))
        for *_, tasks in getattr(found, "PROTOCOLS", ()):
            for task in tasks:
                yield from ((task.title, file), (task.instruction, file))


def _scripts() -> Iterator[tuple[Path, str]]:
    """The program of the patient's pages, without comments."""
    for file in sorted(SCRIPTS.rglob("*.ts")):
        if not file.name.endswith(".test.ts") and file.name != "fixtures.ts":
            yield file, COMMENT.sub("", file.read_text(encoding="utf-8"))


def _typescript() -> Iterator[tuple[Text, Path]]:
    for file, source in _scripts():
        for call in TOLD.finditer(source):
            if call[1]:
                yield "".join(json.loads(part) for part in LITERAL.findall(call[1])), file


def _findings() -> Iterator[tuple[Text, Path]]:
    for words in rules()["findings"].values():
        yield words["patient"], FINDINGS
        yield from ((text, FINDINGS) for text in words.get("retake", {}).values())
