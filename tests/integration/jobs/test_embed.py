from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import ConfigurationError, DatabaseError, IncompleteError
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.providers.errors import QuotaExhausted
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.job_inputs import Period
from python_jobs.storage.vectors import read_vectors
from tests.fakes import faults
from tests.fakes.openai_answers import ANSWERS
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

SMALL = Selection(batch_size=4, workers=2)
DISTINCT = len({text.lower() for _, _, text in TEXTS})


def test_each_text_is_embedded_once_for_all_who_said_it(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        tally = embed(settings, SMALL)
        assert (tally.pending, tally.done, tally.dead) == (DISTINCT, DISTINCT, 0)
        assert server.count("/embeddings") == -(-DISTINCT // 4)
        sent = [text for request in server.requests for text in request.body["input"]]
        assert len(sent) == len(set(sent)) == DISTINCT

        again = embed(settings, SMALL)
        assert (again.pending, again.requests) == (0, 0)
        assert server.count("/embeddings") == -(-DISTINCT // 4)
    assert query(staged, "select count(*) from marts.pending_embeddings") == [(0,)]
    keys = query(
        staged,
        "select content_hash, model, dimensions from vector_store.embeddings except "
        "select content_hash, model, dimensions from customer_insights.embedded_items",
    )
    assert keys == []
    assert query(
        staged, "select count(*), min(model), min(dimensions) from vector_store.embeddings"
    ) == [(DISTINCT, "text-embedding-3-small", 1536)]


def test_every_request_is_in_api_usage(staged: Settings) -> None:
    with FakeOpenAI() as server:
        embed(with_openai(staged, server), SMALL)
        sent = server.count("/embeddings")
    rows = query(
        staged,
        "select count(*), sum(count_items), min(status), min(input_tokens) > 0 "
        "from customer_insights.api_usage where job = 'embed' and model = 'text-embedding-3-small'",
    )
    assert rows == [(sent, DISTINCT, "ok", True)]
    assert query(
        staged, "select job, status, counts ->> 'done' from customer_insights.job_runs"
    ) == [("embed", "succeeded", str(DISTINCT))]


def test_a_range_of_dates_means_the_feedback_given_then(staged: Settings) -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 30))
    expected = {text.lower() for _, day, text in TEXTS if day.startswith("2026-06")}
    with FakeOpenAI() as server:
        tally = embed(with_openai(staged, server), replace(SMALL, period=june))
    assert tally.done == len(expected)
    embedded = query(staged, "select count(*) from customer_insights.embedded_items")
    assert embedded == [(len(expected),)]


def test_the_limit_counts_texts(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        assert embed(settings, replace(SMALL, limit=5)).done == 5
        assert embed(settings, replace(SMALL, limit=5)).pending == DISTINCT - 5
    assert query(staged, "select count(*) from vector_store.embeddings") == [(10,)]


def test_models_live_beside_each_other(staged: Settings) -> None:
    with FakeOpenAI() as server:
        small = with_openai(staged, server)
        large = small.model_copy(update={"embedding_model": "text-embedding-3-large"})
        cut = small.model_copy(update={"embedding_dimensions": 256})
        for settings in (small, large, cut):
            assert embed(settings, SMALL).done == DISTINCT
        assert embed(small, SMALL).requests == 0
    kinds = query(
        staged,
        "select model, dimensions, count(*) from vector_store.embeddings "
        "group by model, dimensions order by dimensions",
    )
    assert kinds == [
        ("text-embedding-3-small", 256, DISTINCT),
        ("text-embedding-3-small", 1536, DISTINCT),
        ("text-embedding-3-large", 3072, DISTINCT),
    ]


def test_a_text_that_the_server_rejects_takes_no_other_along(staged: Settings) -> None:
    guilty = "the poisonous one"
    calls = 0

    def reject(body: dict[str, Any]) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if guilty in body["input"]:
            return {"error": {"message": f"bad input: {guilty}", "code": None}}
        return good(body)

    good = ANSWERS["/embeddings"]
    with FakeOpenAI() as server:
        server.overrides["/embeddings"] = reject
        settings = with_openai(staged, server)
        with pytest.raises(IncompleteError, match=f"1 of {DISTINCT} texts were given up"):
            embed(settings, replace(SMALL, batch_size=100))
        assert embed(settings, SMALL).pending == 0
    assert calls <= 1 + 2 * 5 + 1
    assert query(staged, "select count(*) from vector_store.embeddings") == [(DISTINCT - 1,)]
    ((job, reason),) = query(staged, "select job, reason from customer_insights.dead_letters")
    assert job == "embed"
    assert "poisonous" not in reason


def test_what_was_stored_before_a_fatal_error_stays(staged: Settings) -> None:
    with FakeOpenAI() as server:
        server.script(None, None, faults.status(429, code="insufficient_quota"))
        settings = with_openai(staged, server)
        with pytest.raises(QuotaExhausted):
            embed(settings, replace(SMALL, workers=1))
        stored = query(staged, "select count(*) from vector_store.embeddings")[0][0]
        assert stored == 8
        assert embed(settings, SMALL).done == DISTINCT - stored
    assert query(staged, "select status from customer_insights.job_runs order by started_at") == [
        ("failed",),
        ("succeeded",),
    ]


def test_a_vector_without_its_record_is_not_paid_again(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        embed(settings, SMALL)
        query(staged, "delete from customer_insights.embedded_items")
        tally = embed(settings, SMALL)
        assert (tally.found, tally.done, tally.requests) == (DISTINCT, 0, 0)


def test_everything_can_be_embedded_anew(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        embed(settings, SMALL)
        before = query(staged, "select min(created_at) from vector_store.embeddings")
        tally = embed(settings, SMALL, skip_embedded=False)
    assert tally.done == DISTINCT
    after = query(staged, "select min(created_at) from vector_store.embeddings")
    assert after > before
    assert query(staged, "select count(*) from vector_store.embeddings") == [(DISTINCT,)]


def test_vectors_come_back_as_they_went_in(staged: Settings) -> None:
    with FakeOpenAI() as server:
        embed(with_openai(staged, server), SMALL)
    hashes = [row[0] for row in query(staged, "select content_hash from vector_store.embeddings")]
    with psycopg_connect(staged) as connection:
        found = read_vectors(
            connection, hashes[::-1], model="text-embedding-3-small", dimensions=1536
        )
        text = connection.execute(
            "select embedding::text from vector_store.embeddings where content_hash = %s",
            (hashes[-1],),
        ).fetchone()
        assert text is not None
        with pytest.raises(DatabaseError, match="1 texts are recorded as embedded"):
            read_vectors(connection, ["unknown"], model="text-embedding-3-small", dimensions=1536)
    assert found.shape == (DISTINCT, 1536)
    assert found[0].tolist() == pytest.approx([float(v) for v in text[0][1:-1].split(",")])


def test_no_key_is_said_before_anything_is_touched(staged: Settings) -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        embed(staged, SMALL, provider="openai")
    assert query(staged, "select count(*) from customer_insights.job_runs") == [(0,)]


def test_a_database_without_models_says_to_run_dbt(settings: Settings) -> None:
    with FakeOpenAI() as server, pytest.raises(DatabaseError) as caught:
        embed(with_openai(settings, server), SMALL)
    assert "dbt build" in (caught.value.hint or "")
