"""The protocols and consent texts that every new database holds."""

from __future__ import annotations

import pytest
from django.conf import settings

from clinic.patients.models import ConsentText, Purpose
from clinic.recordings.models import Protocol

pytestmark = pytest.mark.django_db


def tasks(code: str) -> list[tuple[str, float]]:
    return [(t.code, t.seconds) for t in Protocol.objects.get(code=code, version=1).tasks.all()]


def test_core_is_rest_talk_and_three_expressions() -> None:
    assert tasks("core") == [
        ("rest", 40),
        ("talk", 30),
        ("smile", 23),
        ("surprise", 23),
        ("eye_closure", 23),
    ]


def test_full_begins_with_core_in_the_same_order() -> None:
    assert tasks("full")[:5] == tasks("core")
    assert [code for code, _ in tasks("full")[5:]] == ["disgust", "anger", "sadness", "fear"]


def test_only_core_tasks_enter_trends() -> None:
    full = Protocol.objects.get(code="full", version=1).tasks
    core = Protocol.objects.get(code="core", version=1).tasks
    assert set(full.filter(trend=True).values_list("code", flat=True)) == set(
        core.values_list("code", flat=True)
    )


def test_the_demonstration_takes_half_a_minute() -> None:
    assert [code for code, _ in tasks("demo")] == ["rest", "smile", "surprise"]
    assert sum(seconds for _, seconds in tasks("demo")) <= 35


@pytest.mark.parametrize("code", ["core", "full", "demo"])
def test_rest_comes_first_and_has_no_cues(code: str) -> None:
    first = Protocol.objects.get(code=code, version=1).tasks.first()
    assert first is not None
    assert (first.kind, first.planned_cues()) == ("rest", ())


def test_an_expression_asks_three_times_for_three_seconds_after_two() -> None:
    smile = Protocol.objects.get(code="core", version=1).tasks.get(code="smile")
    assert [(cue.start, cue.end) for cue in smile.planned_cues()] == [(2, 5), (9, 12), (16, 19)]


def test_every_task_converts_to_the_engine_s_task() -> None:
    for protocol in Protocol.objects.all():
        for task in protocol.tasks.all():
            assert task.as_task(task.planned_cues()).code == task.code


def test_the_rest_task_never_speaks_of_blinking() -> None:
    for protocol in Protocol.objects.all():
        assert "blink" not in protocol.tasks.get(code="rest").instruction.lower()


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
def test_each_purpose_has_a_consent_text_in_each_language(language: str) -> None:
    texts = ConsentText.objects.filter(clinic=None, version=1, language=language)
    assert sorted(texts.values_list("purpose", flat=True)) == sorted(Purpose.values)


def test_consent_texts_use_short_sentences() -> None:
    for text in ConsentText.objects.filter(version=1, language="en"):
        sentences = [s.split() for s in text.body.split(".") if s.strip()]
        assert max(len(words) for words in sentences) <= 20, text
