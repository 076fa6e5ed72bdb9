"""Batches in a developer's own schemas."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.batch import fetch, list_batches, submit_embeddings, submit_tags
from python_jobs.jobs.budget import Budget
from python_jobs.jobs.load import load
from python_jobs.storage.connection import connect
from python_jobs.storage.target import parse_url
from python_jobs.storage.vectors import SCHEMA, init_vectors
from tests.integration.dbt_builds import stage
from tests.integration.jobs.batch.conftest import SMALL
from tests.integration.jobs.conftest import query, with_openai

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI


@pytest.mark.slow
def test_a_developer_s_prefix_holds_for_batches(
    settings: Settings, tmp_path: Path, api: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "DBT_TARGET_PATH", str(tmp_path / "target")
    )  # or all is parsed anew after it
    mine = with_openai(settings, api).model_copy(update={"schema_prefix": "dev_anna_"})
    assert mine.database_url
    with connect(parse_url(mine.database_url)) as connection:
        init_vectors(connection, mine.schema_name(SCHEMA))
    file = tmp_path / "feedback.csv"
    file.write_text(
        "feedback_id,created_at,feedback_text\n1,2026-01-01,sole\n2,2026-01-02,lace\n",
        encoding="utf-8",
    )
    load(mine, file)
    stage(mine)
    for submit in (submit_embeddings, submit_tags):
        assert submit(mine, SMALL, budget=Budget(Decimal(1))).items == 2
        assert submit(mine, SMALL).items == 0
    assert [each.items for each in list_batches(mine)] == [{"waiting": 2}] * 2
    assert fetch(mine).done == 4
    for table in ("vector_store.embeddings", "customer_insights.tagged_items"):
        assert query(mine, f"select count(*) from dev_anna_{table}") == [(2,)]
    for view in ("pending_embeddings", "pending_tags", "batched_texts"):
        assert query(mine, f"select count(*) from dev_anna_marts.{view}") == [(0,)]
    assert (
        query(
            mine,
            "select schema_name from information_schema.schemata "
            "where schema_name in ('raw', 'staging', 'marts', 'customer_insights')",
        )
        == []
    )
