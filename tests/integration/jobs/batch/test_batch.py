"""Batches from end to end: what is asked, and what is stored."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.jobs import batch_submit
from python_jobs.jobs.batch import (
    fetch,
    submit_embeddings,
    submit_tags,
)
from python_jobs.jobs.embed import embed
from python_jobs.jobs.tag import tag
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

from tests.integration.jobs.batch.conftest import (
    DISTINCT,
    LINES,
    SMALL,
    counted,
    fetched,
    pending,
    stored,
)


# --- both ways give the same ----------------------------------------------------------------------
def test_a_batch_of_embeddings_stores_what_single_requests_store(
    live: Settings, api: FakeOpenAI
) -> None:
    made = submit_embeddings(live, SMALL)
    assert (len(made.batch_ids), made.requests, made.items) == (1, LINES, DISTINCT)
    assert pending(live) == 0
    assert embed(live, SMALL).requests == 0, "what waits in a batch is not paid twice"
    assert submit_embeddings(live, SMALL).items == 0
    lines = next(iter(api.batch_api.files.values())).lines()
    assert stored(live) == 0

    total = fetch(live)
    assert (total.closed, total.done, total.dead, total.given_back) == (1, DISTINCT, 0, 0)
    assert (stored(live), pending(live)) == (DISTINCT, 0)
    vectors = query(live, "select content_hash, embedding::text from vector_store.embeddings")
    query(live, "delete from vector_store.embeddings")
    query(live, "delete from customer_insights.embedded_items")
    embed(live, SMALL)
    again = query(live, "select content_hash, embedding::text from vector_store.embeddings")
    assert dict(vectors) == dict(again)
    bodies = {json.dumps(request.body, sort_keys=True) for request in api.requests}
    assert {json.dumps(line["body"], sort_keys=True) for line in lines} == bodies


def test_a_batch_of_tags_stores_what_single_requests_store(live: Settings, api: FakeOpenAI) -> None:
    tags = (
        "select content_hash, model, category, confidence, rationale "
        "from customer_insights.feedback_tags order by content_hash, category"
    )
    read = (
        "select content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash, sentiment "
        "from customer_insights.tagged_items order by content_hash"
    )
    made = submit_tags(live, SMALL)
    assert (len(made.batch_ids), made.items) == (1, DISTINCT)
    assert counted(live, "marts.pending_tags") == 0
    assert tag(live, SMALL).requests == 0
    lines = next(iter(api.batch_api.files.values())).lines()
    assert fetch(live).done == DISTINCT
    found = query(live, tags), query(live, read)
    assert all(found)
    query(live, "delete from customer_insights.feedback_tags")
    query(live, "delete from customer_insights.tagged_items")
    tag(live, replace(SMALL, workers=1))
    assert (query(live, tags), query(live, read)) == found
    bodies = {json.dumps(request.body, sort_keys=True) for request in api.requests}
    assert {json.dumps(line["body"], sort_keys=True) for line in lines} == bodies


def test_what_was_paid_is_in_api_usage(live: Settings) -> None:
    submit_embeddings(live, SMALL)
    fetch(live)
    assert query(
        live,
        "select job, mode, status, count(*), sum(count_items), min(input_tokens) > 0 "
        "from customer_insights.api_usage group by job, mode, status",
    ) == [("embed", "batch", "ok", LINES, DISTINCT, True)]
    jobs = query(live, "select job, status from customer_insights.job_runs order by started_at")
    assert jobs == [("embed", "succeeded"), ("batch", "succeeded")]


def test_nothing_of_a_text_is_kept_by_us_or_left_at_the_provider(
    live: Settings, api: FakeOpenAI
) -> None:
    submit_embeddings(live, SMALL)
    query(live, "update customer_insights.api_batches set reason = null")
    ours = query(live, "select b::text from customer_insights.api_batches b") + query(
        live, "select i::text from customer_insights.api_batch_items i"
    )
    assert not [row for row in ours if "poisonous" in row[0] or "boots" in row[0]]
    fetch(live)
    assert api.batch_api.files == {}
    assert query(
        live, "select files_deleted_at is not null from customer_insights.api_batches"
    ) == [(True,)]


def test_personal_data_do_not_leave_in_a_batch_either(live: Settings, api: FakeOpenAI) -> None:
    query(
        live,
        "update intermediate.int_feedback__deduplicated "
        "set canonical_text = 'write to jane.doe@example.com' where feedback_id = 'poison'",
    )
    submit_embeddings(live, SMALL)
    submit_tags(live, SMALL)
    for file in api.batch_api.files.values():
        assert b"jane.doe" not in file.content
        assert b"[EMAIL]" in file.content


def test_the_limit_counts_texts(live: Settings) -> None:
    assert submit_embeddings(live, replace(SMALL, limit=5)).items == 5
    assert pending(live) == DISTINCT - 5


# --- several batches ------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "value", "expected"),
    [
        ("max_requests", 3, -(-LINES // 3)),
        ("max_bytes", 1_000, None),
        ("most_inputs", 9, -(-DISTINCT // 8)),
    ],
)
def test_what_does_not_fit_one_file_goes_into_more(
    limit: str,
    value: int,
    expected: int | None,
    live: Settings,
    api: FakeOpenAI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if limit == "most_inputs":
        monkeypatch.setattr(batch_submit.EmbeddingBatches, limit, value)
    else:
        defaults = batch_submit.pack.__kwdefaults__
        monkeypatch.setitem(defaults, limit, value)
    made = submit_embeddings(live, SMALL)
    assert made.items == DISTINCT
    if expected:
        assert len(made.batch_ids) == expected
    else:
        assert all(len(file.content) <= value for file in api.batch_api.files.values())
        assert len(made.batch_ids) > 1
    assert fetch(live).done == DISTINCT == stored(live)


def test_two_processes_never_hold_the_same_text(live: Settings, api: FakeOpenAI) -> None:
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda _: submit_embeddings(live, SMALL), range(3)))
    assert sum(each.items for each in made) == DISTINCT
    sent = [
        text
        for file in api.batch_api.files.values()
        for line in file.lines()
        for text in line["body"]["input"]
    ]
    assert len(sent) == len(set(sent)) == DISTINCT


def test_two_processes_store_each_line_once(live: Settings) -> None:
    submit_embeddings(live, SMALL)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: fetched(live), range(3)))
    assert sum(each.done for each in found) == DISTINCT == stored(live)
    assert counted(live, "customer_insights.api_usage") == LINES


# --- where there are no batches -------------------------------------------------------------------
def test_the_local_provider_has_no_batches(staged: Settings) -> None:
    for submit in (submit_embeddings, submit_tags):
        with pytest.raises(UsageError, match="local provider"):
            submit(staged, SMALL)


def test_azure_has_no_batches_yet(staged: Settings) -> None:
    for submit in (submit_embeddings, submit_tags):
        with pytest.raises(ConfigurationError, match="azure"):
            submit(staged, SMALL, provider="azure")
    assert counted(staged, "customer_insights.job_runs") == 0
