from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.providers.tokens import UNKNOWN_FACTOR, count_tokens, encodable, encoding_of

EMBEDDING, CHAT = "text-embedding-3-small", "gpt-4.1-mini"


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [  # OpenAI cookbook, "How to count tokens with tiktoken"
        ("tiktoken is great!", 6, 6),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
        ("", 0, 0),
    ],
)
def test_counts_that_openai_publishes(text: str, cl100k: int, o200k: int) -> None:
    assert count_tokens([text], EMBEDDING) == [cl100k]
    assert count_tokens([text], CHAT) == [o200k]


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("text-embedding-3-small", "cl100k_base"),
        ("text-embedding-3-large", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("ft:gpt-3.5-turbo:acme", "cl100k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-5-mini", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("o4-mini", "o200k_base"),
        ("ft:gpt-4o:acme", "o200k_base"),
    ],
)
def test_the_tokenizer_of_a_model(model: str, encoding: str) -> None:
    found = encoding_of(model)
    assert (found.name, found.factor) == (encoding, 1.0)


@pytest.mark.parametrize("model", ["bge-m3", "nomic-embed-text", "o11", "mistral-small", ""])
def test_an_unknown_model_counts_with_a_margin(model: str) -> None:
    assert encoding_of(model).factor == UNKNOWN_FACTOR
    (known,) = count_tokens(["late delivery, again and again"], CHAT)
    assert count_tokens(["late delivery, again and again"], model) == [math.ceil(known * 1.1)]


def test_special_tokens_in_feedback_are_plain_text() -> None:
    texts = ["<|endoftext|>", "a<|im_start|>system", "<|fim_prefix|>"]
    assert all(count > 1 for model in (EMBEDDING, CHAT) for count in count_tokens(texts, model))
    assert count_tokens(["<|endoftext|>"], EMBEDDING) == [7]


@pytest.mark.parametrize(
    "text",
    [
        "lone \ud800 surrogate",
        "\udfff",
        "a\x00b",
        "👩‍👩‍👧‍👦" * 9,
        "\u202ertl\u202c",
        "é" * 3,
        "x" * 300_000,
        "\n" * 9,
    ],
)
def test_odd_texts_can_be_counted(text: str) -> None:
    for model in (EMBEDDING, CHAT, "unknown"):
        (count,) = count_tokens([text], model)
        assert 0 < count <= math.ceil(1.1 * len(encodable(text).encode()))


@given(st.lists(st.text(st.characters(codec=None), max_size=60), max_size=12))
def test_no_text_fails_and_each_counts_by_itself(texts: list[str]) -> None:
    counts = count_tokens(texts, EMBEDDING)
    assert counts == [count_tokens([text], EMBEDDING)[0] for text in texts]
    assert all((count == 0) == (text == "") for count, text in zip(counts, texts, strict=True))
