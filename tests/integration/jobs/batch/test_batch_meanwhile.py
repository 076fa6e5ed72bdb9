"""What is stored fits the world of today, and users can look and step in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from python_jobs.cli.batch import batch as commands
from python_jobs.errors import UsageError
from python_jobs.jobs.batch import (
    cancel,
    delete_provider_files,
    fetch,
    list_batches,
    submit_embeddings,
    submit_tags,
)
from python_jobs.jobs.embed import embed
from python_jobs.jobs.tag import tag
from python_jobs.storage import batches
from python_jobs.storage.warehouse import Warehouse
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


# --- the world moves on meanwhile -----------------------------------------------------------------
def test_texts_that_were_erased_from_a_batch_are_not_stored(live: Settings) -> None:
    submit_embeddings(live, SMALL)
    gone = query(
        live,
        "delete from customer_insights.api_batch_items where line_position = 1 "
        "returning content_hash",
    )
    assert fetch(live).done == DISTINCT - len(gone)
    kept = query(
        live,
        "select count(*) from vector_store.embeddings join customer_insights.api_batch_items "
        "using (content_hash)",
    )
    assert kept == [(DISTINCT - len(gone),)]
    query(live, "create table kept as select * from vector_store.embeddings")
    query(live, "delete from vector_store.embeddings")
    query(live, "delete from customer_insights.embedded_items")
    embed(live, SMALL)
    wrong = query(
        live,
        "select content_hash from kept join vector_store.embeddings e using (content_hash) "
        "where kept.embedding <> e.embedding",
    )
    assert wrong == [], "the others keep their place in the line"


def test_tags_of_a_line_that_lost_a_text_are_asked_for_again(live: Settings) -> None:
    submit_tags(live, SMALL)
    query(
        live,
        "delete from customer_insights.api_batch_items where ctid = "
        "(select min(ctid) from customer_insights.api_batch_items where count_in_line > 1)",
    )
    found = fetched(live)
    assert found.dead == 0
    assert counted(live, "customer_insights.tagged_items") == found.done
    assert found.done + found.given_back == DISTINCT - 1


def test_a_text_that_nobody_says_any_more_is_not_stored(live: Settings) -> None:
    submit_embeddings(live, SMALL)
    query(
        live,
        "delete from intermediate.int_feedback__deduplicated where feedback_id = 'poison'",
    )
    fetched(live)
    assert stored(live) == DISTINCT - 1


def test_older_tags_do_not_replace_newer_ones(live: Settings, api: FakeOpenAI) -> None:
    submit_tags(live, SMALL)
    query(live, "update customer_insights.api_batch_items set status = 'released'")
    tag(live, SMALL)
    before = query(live, "select * from customer_insights.tagged_items order by 1")
    query(live, "update customer_insights.api_batch_items set status = 'waiting'")
    fetched(live)
    assert query(live, "select * from customer_insights.tagged_items order by 1") == before


def test_a_batch_of_an_earlier_taxonomy_is_checked_against_that_taxonomy(
    live: Settings,
) -> None:
    submit_tags(live, SMALL)
    ((before,),) = query(live, "select distinct taxonomy_hash from customer_insights.api_batches")
    query(live, "update staging.tag_categories set active = 'false' where category = 'delivery'")
    assert fetch(live).done == DISTINCT
    assert query(live, "select distinct taxonomy_hash from customer_insights.tagged_items") == [
        (before,)
    ]


def test_a_batch_of_another_model_is_stored_under_that_model(live: Settings) -> None:
    large = live.model_copy(update={"embedding_model": "text-embedding-3-large"})
    submit_embeddings(large, SMALL)
    submit_embeddings(live, SMALL)
    assert fetch(live).done == 2 * DISTINCT
    kinds = query(
        live,
        "select model, dimensions, count(*) from vector_store.embeddings group by 1, 2 order by 2",
    )
    assert kinds == [
        ("text-embedding-3-small", 1536, DISTINCT),
        ("text-embedding-3-large", 3072, DISTINCT),
    ]


def test_a_vector_without_its_record_is_not_paid_again(live: Settings) -> None:
    embed(live, SMALL)
    query(live, "delete from customer_insights.embedded_items")
    made = submit_embeddings(live, SMALL)
    assert (made.items, made.found, pending(live)) == (0, DISTINCT, 0)


def test_everything_can_be_embedded_anew(live: Settings) -> None:
    embed(live, SMALL)
    assert submit_embeddings(live, SMALL, skip_embedded=False).items == DISTINCT
    assert fetch(live).done == DISTINCT == stored(live)


# --- cancel, list, delete -------------------------------------------------------------------------
def test_a_cancelled_batch_keeps_what_was_answered(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.steps = ("in_progress",)
    api.batch_api.share_done = 0.5
    (batch_id,) = submit_embeddings(live, SMALL).batch_ids
    (row,) = cancel(live, [batch_id])
    assert row.status == "cancelling"
    assert fetch(live).still_open == 1
    total = fetch(live)  # no error: the user wanted it
    assert total.closed == 1
    assert total.done + total.given_back == DISTINCT
    assert total.cancelled == total.given_back > 0
    assert pending(live) == DISTINCT - total.done
    with pytest.raises(UsageError, match="has ended"):
        cancel(live, [batch_id])


def test_all_open_batches_can_be_cancelled(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.steps = ("in_progress",)
    submit_embeddings(live, SMALL)
    submit_tags(live, SMALL)
    assert [row.status for row in cancel(live, None)] == ["cancelling"] * 2
    assert cancel(live, None)
    assert api.batch_api.calls["POST /batches/{id}/cancel"] == 2


def test_a_batch_that_the_provider_does_not_know_can_be_abandoned(
    live: Settings, api: FakeOpenAI
) -> None:
    (batch_id,) = submit_embeddings(live, SMALL).batch_ids
    api.batch_api.batches.clear()
    with pytest.raises(UsageError, match="knows no such batch"):
        cancel(live, [batch_id])
    with pytest.raises(Exception, match="knows no such batch"):
        fetch(live)
    assert pending(live) == 0
    cancel(live, [batch_id], abandon=True)
    assert pending(live) == DISTINCT


def test_a_batch_at_another_server_is_left_alone_and_not_waited_for(
    live: Settings, api: FakeOpenAI
) -> None:
    submit_embeddings(live, SMALL)
    query(live, "update customer_insights.api_batches set host = 'elsewhere.example'")
    before = sum(api.batch_api.calls.values())
    found = fetch(live, wait=True)
    assert (found.still_open, found.elsewhere, pending(live)) == (1, 1, 0)
    assert sum(api.batch_api.calls.values()) == before


def test_an_unknown_batch_is_said_to_be_one(live: Settings) -> None:
    with pytest.raises(UsageError, match="no batch nonsense"):
        cancel(live, ["nonsense"])


def test_the_list_counts_what_became_of_the_texts(live: Settings, api: FakeOpenAI) -> None:
    assert list_batches(live) == []
    submit_embeddings(live, SMALL)
    (row,) = list_batches(live, only_open=True)
    assert row.items == {"waiting": DISTINCT}
    fetch(live)
    (row,) = list_batches(live)
    assert row.items == {"stored": DISTINCT}
    assert (row.batch.count_requests, row.batch.count_completed) == (LINES, LINES)
    assert list_batches(live, only_open=True) == []


def test_an_erasure_reaches_the_files_at_the_provider(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.steps = ("in_progress", "completed")
    submit_embeddings(live, SMALL)
    ((poison,),) = query(
        live,
        "select content_hash from intermediate.int_feedback__deduplicated "
        "where feedback_id = 'poison'",
    )
    with Warehouse(live) as warehouse, warehouse.transaction() as connection:
        held = batches.holding(connection, sa.select(sa.literal(poison)))
        assert batches.holding(connection, sa.select(sa.literal("unknown"))) == []
    assert len(held) == 1
    assert delete_provider_files(live, held) == 1
    assert api.batch_api.files == {}
    assert delete_provider_files(live, []) == 0


def test_the_commands_show_what_there_is(live: Settings, api: FakeOpenAI) -> None:
    submit_embeddings(live, SMALL)
    (batch_id,) = [row.batch.batch_id for row in list_batches(live)]
    shown = CliRunner().invoke(commands, ["list"], obj=live, catch_exceptions=False)
    assert batch_id in shown.output
    done = CliRunner().invoke(commands, ["fetch", "--json"], obj=live, catch_exceptions=False)
    assert json.loads(done.stdout)["done"] == DISTINCT
    listed = CliRunner().invoke(commands, ["list", "--json"], obj=live, catch_exceptions=False)
    (row,) = json.loads(listed.stdout)
    assert (row["batch_id"], row["status"], row["items"]) == (
        batch_id,
        "completed",
        {"stored": DISTINCT},
    )
    assert "boots" not in listed.output
    for arguments in (["cancel"], ["cancel", batch_id, "--all"]):
        with pytest.raises(UsageError, match="say which batch"):
            CliRunner().invoke(commands, arguments, obj=live, catch_exceptions=False)
