"""Vectors for a file's texts: cached, redacted, within a budget, and without a database."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from pydantic import SecretStr

from python_jobs.errors import ConfigurationError, ProviderError
from python_jobs.jobs.budget import Budget, BudgetReached
from python_jobs.jobs.file_vectors import TextVectors, vectors_of
from python_jobs.jobs.pending import Selection
from python_jobs.providers.errors import KeyRejected
from python_jobs.providers.tokens import most_tokens
from python_jobs.settings import Settings
from python_jobs.sources.content import content_hash
from python_jobs.storage.job_inputs import ClusteringText
from tests.fakes import faults, openai_answers
from tests.fakes.openai_server import FakeOpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = Selection(batch_size=4, workers=2)


def texts(*said: str) -> list[ClusteringText]:
    found = [ClusteringText(content_hash(each), each, 1) for each in said]
    return sorted(found, key=lambda each: each.content_hash)


TEN = texts(*(f"feedback number {number}" for number in range(10)))


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROVIDER", "EMBEDDING_MODEL", "EMBEDDING_DIMENSIONS", "REDACT", "LONG_TEXTS"):
        monkeypatch.delenv(f"INSIGHTS_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setattr(psycopg.Connection, "connect", refuse)


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as running:
        yield running


def embed(
    server: FakeOpenAI,
    home: Path,
    given: list[ClusteringText] = TEN,
    budget: Budget | None = None,
    **changes: Any,
) -> TextVectors:
    settings = Settings(
        openai_api_key=SecretStr("sk-test"), openai_base_url=server.url, home=home, **changes
    )
    return vectors_of(settings, given, selection=SMALL, budget=budget)


def sent(server: FakeOpenAI) -> list[str]:
    return [text for request in server.requests for text in request.body["input"]]


def poisonous(body: dict[str, Any]) -> dict[str, Any]:
    if any("poison" in text for text in body["input"]):
        return {"error": {"message": "no", "type": "invalid", "code": None, "param": None}}
    return openai_answers.embeddings(body)


def test_a_second_run_makes_no_call(server: FakeOpenAI, tmp_path: Path) -> None:
    first = embed(server, tmp_path)
    assert (first.embedded, first.cached, first.given_up.total()) == (10, 0, 0)
    assert first.texts == tuple(TEN)
    for text, vector in zip(first.texts, first.vectors, strict=True):
        np.testing.assert_allclose(vector, openai_answers.embed(text.text, 1536), rtol=1e-6)
    assert server.count() == 3
    second = embed(server, tmp_path)
    assert (second.embedded, second.cached) == (0, 10)
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert server.count() == 3


def test_what_is_new_is_embedded_only(server: FakeOpenAI, tmp_path: Path) -> None:
    embed(server, tmp_path, TEN[:6])
    server.requests.clear()
    found = embed(server, tmp_path)
    assert sorted(sent(server)) == sorted(each.text for each in TEN[6:])
    assert (found.embedded, found.cached) == (4, 6)


def test_texts_are_redacted_and_the_choice_decides_the_vector(
    server: FakeOpenAI, tmp_path: Path
) -> None:
    given = texts("write to anna.smith@example.com please")
    embed(server, tmp_path, given)
    assert sent(server) == ["write to [EMAIL] please"]
    embed(server, tmp_path, given, redact="none")
    assert sent(server)[1:] == [given[0].text]
    cached = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"anna" not in cached
    assert b"please" not in cached


def test_other_dimensions_are_embedded_anew(server: FakeOpenAI, tmp_path: Path) -> None:
    embed(server, tmp_path)
    found = embed(server, tmp_path, embedding_dimensions=256)
    assert (found.embedded, found.vectors.shape) == (10, (10, 256))


def test_a_text_that_is_refused_is_left_out(server: FakeOpenAI, tmp_path: Path) -> None:
    given = [*TEN, *texts("a poison")]
    server.overrides["/embeddings"] = poisonous
    found = embed(server, tmp_path, given)
    assert found.given_up == {"bad_request": 1}
    assert found.texts == tuple(TEN)
    assert found.vectors.shape == (10, 1536)
    server.requests.clear()
    assert embed(server, tmp_path, given).given_up == {"bad_request": 1}
    assert sent(server) == ["a poison"]


def test_no_text_could_be_embedded(server: FakeOpenAI, tmp_path: Path) -> None:
    server.overrides["/embeddings"] = poisonous
    with pytest.raises(ProviderError, match="none of the 2 texts"):
        embed(server, tmp_path, texts("poison one", "poison two"))


def test_a_ceiling_holds_and_the_next_run_goes_on(server: FakeOpenAI, tmp_path: Path) -> None:
    given = texts(*(f"feedback number {number}" for number in range(40)))
    # the most that a request of four can cost, and what two of them do
    most = most_tokens(["feedback number 39"] * 4) + 2 * 4 * openai_answers.count_tokens(
        given[0].text
    )
    ceiling = most * Decimal("0.02") / 1_000_000
    budget = Budget(ceiling)
    with pytest.raises(BudgetReached, match=r"\d+ texts are still pending"):
        embed(server, tmp_path, given, budget)
    assert 0 < budget.spent <= ceiling
    paid = len(sent(server))
    server.requests.clear()
    found = embed(server, tmp_path, given)
    assert found.cached == paid > 0
    assert found.embedded == len(sent(server)) == 40 - paid


def test_a_ceiling_without_a_price(server: FakeOpenAI, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--max-cost needs a price"):
        embed(
            server,
            tmp_path,
            budget=Budget(Decimal(1)),
            embedding_model="an-own-model",
            embedding_dimensions=64,
        )
    assert not server.requests


def test_what_was_answered_before_a_failure_is_kept(server: FakeOpenAI, tmp_path: Path) -> None:
    server.script(None, *[faults.status(401, code="invalid_api_key")] * 5)
    with pytest.raises(KeyRejected):
        embed(server, tmp_path)
    server._script.clear()
    server.requests.clear()
    found = embed(server, tmp_path)
    assert found.cached == 4
    assert found.embedded == 6
