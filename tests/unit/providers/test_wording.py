from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.providers import factory
from python_jobs.providers.errors import InvalidAnswer
from python_jobs.providers.openai.writer import OpenAIWriter
from python_jobs.providers.wording import is_faithful
from tests.fakes import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

    MakeSettings = Callable[..., Settings]

COSTLY = "“Late 24h delivery” costs 1.0 stars (0.7 to 1.3) in 1,200 ratings, 12% of 3 segments."


@pytest.mark.parametrize(
    "after",
    [
        COSTLY,
        "In 1,200 ratings (12% of 3 segments), “Late 24h delivery” takes 1.0 stars, 0.7 to 1.3.",
        "“Late 24h delivery”: 1.0 stars lost (0.7–1.3) in 1,200 ratings, 12% of 3 segments.",
    ],
)
def test_other_words_around_the_same_facts_are_faithful(after: str) -> None:
    assert is_faithful(COSTLY, after)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.0", "1.1"),
        ("1.0", "1"),
        ("1.0", "-1.0"),
        ("1,200", "1200"),
        ("12%", "12"),
        ("12%", "½"),
        ("12%", "12% or 12%"),
        ("(0.7 to 1.3) ", ""),
        ("3 segments", "three segments"),
        ("costs", "doubled to cost"),
        ("Late 24h delivery", "Late delivery"),
        ("“Late 24h delivery”", "Late 24h delivery"),
        ("12%", "١٢%"),
    ],
)
def test_what_changes_a_figure_or_a_name_is_not(old: str, new: str) -> None:
    assert old in COSTLY
    assert not is_faithful(COSTLY, COSTLY.replace(old, new, 1))


SENTENCES = [("Fix first", COSTLY), ("Feedback", "3,000 feedback came in.")]


def saying(*sentences: object) -> faults.Fault:
    """A model that writes these sentences, whatever it was asked."""
    return faults.written(lambda answer: answer.update(sentences=list(sentences)))


def test_a_sentence_that_lost_its_facts_is_not_taken(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    writer = OpenAIWriter(settings())
    server.script(saying(f"Clearly, {COSTLY}", "4,000 feedback came in."))
    answer = writer.reword(SENTENCES)
    assert answer.texts == (f"Clearly, {COSTLY}", None)
    assert (answer.usage.requests, server.count()) == (1, 1)
    sent = json.loads(server.requests[0].body["messages"][1]["content"])
    assert sent == {"sentences": [{"lead": lead, "text": text} for lead, text in SENTENCES]}
    writer.close()


@pytest.mark.parametrize(
    "wrong",
    [("only one",), ("one", "two", "three"), ("one", " \n"), ("one", 2), ("one", "long " * 200)],
)
def test_an_answer_of_another_shape_is_asked_for_again(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float], wrong: tuple[object, ...]
) -> None:
    writer = OpenAIWriter(settings(), sleep=sleeps.append)
    server.script(saying(*wrong))
    answer = writer.reword(SENTENCES)
    assert answer.texts == tuple(f"In short: {text}" for _, text in SENTENCES)
    assert (answer.usage.requests, len(sleeps)) == (2, 1)
    server.script(saying(*wrong), repeat=9)
    with pytest.raises(InvalidAnswer):
        writer.reword(SENTENCES)
    writer.close()


def test_no_local_model_words_sentences(settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError):
        factory.writer(settings(), "local")
