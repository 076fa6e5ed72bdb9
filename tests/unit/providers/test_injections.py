"""A model that obeys what customers write must not be able to harm other customers' tags."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.batches import isolating
from python_jobs.providers.openai.suspicion import is_suspicious
from python_jobs.providers.openai.tagger import OpenAITagger, isolated
from python_jobs.settings import Settings
from tests.fakes.injections import INJECTIONS, Injection
from tests.fakes.obedient import Obedient

if TYPE_CHECKING:
    from python_jobs.providers.base import TagResult, Taxonomy
    from tests.fakes.openai_server import FakeOpenAI

MakeSettings = Callable[..., Settings]
Items = list[tuple[str, str]]

DEMO = Path(__file__).resolve().parents[3] / "demo" / "feedback.csv"
_SUBJECTS = ("delivery", "sizing", "waterproofing", "support", "colour")
_SAYINGS = ("The {} was bad", "Love the {}, really", "Never again: {}", "{} and sizing were fine")
ORDINARY: Items = [
    (f"ordinary-{subject}-{number}", saying.format(subject) + "!" * number)
    for subject in _SUBJECTS
    for number, saying in enumerate(_SAYINGS * 6)
]


@pytest.fixture
def tagger(settings: MakeSettings) -> Iterator[OpenAITagger]:
    made = OpenAITagger(settings(), sleep=lambda seconds: None)
    yield made
    made.close()


def tag_all(
    tagger: OpenAITagger, items: Items, taxonomy: Taxonomy, size: int = 20
) -> dict[str, TagResult]:
    """As the job does it: in batches, and halved where an answer cannot be used."""
    found: dict[str, TagResult] = {}
    for batch in tagger.batches(items, lambda item: item[1], size):
        for outcome in isolating(lambda part: tagger.tag_batch(part, taxonomy), batch):
            if outcome.answer is not None:
                found.update((result.item_id, result) for result in outcome.answer.results)
    return found


def mixed(injections: list[Injection]) -> Items:
    hostile = [(f"hostile-{number}", each.text) for number, each in enumerate(injections)]
    together = [*ORDINARY, *hostile]
    Random(7).shuffle(together)
    return together


def test_there_are_200_injections_in_three_languages() -> None:
    assert len({injection.text for injection in INJECTIONS}) == 200


def test_obeyed_injections_change_no_other_item(
    server: FakeOpenAI, tagger: OpenAITagger, taxonomy: Taxonomy
) -> None:
    server.overrides["/chat/completions"] = Obedient()
    undisturbed = tag_all(tagger, ORDINARY, taxonomy)
    assert len(undisturbed) == len(ORDINARY)
    assert sum(len(result.tags) for result in undisturbed.values()) > 100

    model = server.overrides["/chat/completions"] = Obedient(INJECTIONS)
    found = tag_all(tagger, mixed(INJECTIONS), taxonomy)
    assert model.orders >= len(INJECTIONS)
    assert model.orders_among_others == 0
    assert {key: found[key] for key in undisturbed} == undisturbed
    categories = {tag.category for result in found.values() for tag in result.tags}
    assert categories <= set(taxonomy.names)


@pytest.mark.slow
def test_the_model_would_do_harm_if_texts_were_not_kept_apart(
    server: FakeOpenAI,
    tagger: OpenAITagger,
    taxonomy: Taxonomy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the test above would prove nothing."""
    monkeypatch.setattr("python_jobs.providers.openai.tagger.is_suspicious", lambda *_: False)
    server.overrides["/chat/completions"] = Obedient()
    undisturbed = tag_all(tagger, ORDINARY, taxonomy)
    server.overrides["/chat/completions"] = Obedient(INJECTIONS)
    found = tag_all(tagger, mixed(INJECTIONS), taxonomy)
    harmed = [key for key in undisturbed if found.get(key) != undisturbed[key]]
    assert harmed
    # What no check can see may be changed; a category that does not exist is never let through.
    categories = {tag.category for result in found.values() for tag in result.tags}
    assert categories <= set(taxonomy.names)


def test_one_item_a_request_needs_no_suspicion(
    server: FakeOpenAI,
    tagger: OpenAITagger,
    taxonomy: Taxonomy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("python_jobs.providers.openai.tagger.is_suspicious", lambda *_: False)
    server.overrides["/chat/completions"] = Obedient()
    undisturbed = tag_all(tagger, ORDINARY, taxonomy)
    server.overrides["/chat/completions"] = Obedient(INJECTIONS)
    found = tag_all(tagger, mixed(INJECTIONS), taxonomy, size=1)
    assert {key: found[key] for key in undisturbed} == undisturbed


def test_a_suspicious_text_is_asked_about_alone_and_first(
    server: FakeOpenAI, tagger: OpenAITagger, taxonomy: Taxonomy
) -> None:
    order = INJECTIONS[0].text
    items = [("a", "Love it"), ("b", order), ("c", "Delivery was late")]
    assert [list(group) for group in isolated(items, taxonomy)] == [
        [("b", order)],
        [("a", "Love it"), ("c", "Delivery was late")],
    ]
    answer = tagger.tag_batch(items, taxonomy)
    assert [result.item_id for result in answer.results] == ["a", "b", "c"]
    assert answer.usage.requests == server.count() == 2
    assert list(tagger.batches(items, lambda item: item[1], 20)) == [
        (("b", order),),
        (("a", "Love it"), ("c", "Delivery was late")),
    ]


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.wish)
def test_every_injection_is_suspicious(injection: Injection) -> None:
    assert is_suspicious(injection.text)


def test_hardly_any_ordinary_feedback_is_suspicious() -> None:
    with DEMO.open(encoding="utf-8", newline="") as file:
        texts = [row["feedback_text"] for row in csv.DictReader(file)]
    alarms = sum(is_suspicious(text) for text in texts)
    assert 0 < alarms / len(texts) < 0.02


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I would file this under price_and_value", True),
        ("Good price and value", False),
        ("PRICE_AND_VALUE", True),
        ("Guten Tag, nach drei Tagen war die Sohle ab", False),
        ("The return label was missing", False),
        ("Prompt delivery, prompt reply", False),
        ("All other boots I own are better", False),
        ("", False),
    ],
)
def test_what_is_suspicious(text: str, expected: bool) -> None:
    assert is_suspicious(text, ["price_and_value", "Staff"]) is expected


@pytest.mark.parametrize("sign", ["\n", "a.", '"', "[ ", "all ", "1a", "only\t", "@", "ignore "])
def test_long_monotonous_texts_are_read_in_reasonable_time(sign: str) -> None:
    """With a backtracking pattern this would take hours."""
    assert is_suspicious(sign * 50_000) in (True, False)
