"""A developer's own schemas: dbt and the jobs agree on the prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.embed import embed
from python_jobs.jobs.load import load
from python_jobs.jobs.pending import Selection
from python_jobs.storage.connection import connect
from python_jobs.storage.target import parse_url
from python_jobs.storage.vectors import SCHEMA, init_vectors
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.dbt_builds import build_and_test
from tests.integration.jobs.conftest import query, with_openai

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


@pytest.mark.slow
def test_a_developer_s_prefix_reaches_dbt_and_the_jobs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "DBT_TARGET_PATH", str(tmp_path / "target")
    )  # or all is parsed anew after it
    mine = settings.model_copy(update={"schema_prefix": "dev_anna_"})
    assert mine.database_url
    with connect(parse_url(mine.database_url)) as connection:
        init_vectors(connection, mine.schema_name(SCHEMA))
    file = tmp_path / "feedback.csv"
    file.write_text(
        "feedback_id,created_at,feedback_text\n1,2026-01-01,sole\n2,2026-01-02,lace\n",
        encoding="utf-8",
    )
    assert load(mine, file).loaded == 2
    build_and_test(mine)
    with FakeOpenAI() as server:
        assert embed(with_openai(mine, server), Selection()).done == 2
    assert query(mine, "select count(*) from dev_anna_vector_store.embeddings") == [(2,)]
    assert query(mine, "select count(*) from dev_anna_customer_insights.embedded_items") == [(2,)]
    found = query(
        mine,
        "select schema_name from information_schema.schemata "
        "where schema_name in ('raw', 'staging', 'marts', 'customer_insights')",
    )
    assert found == []
    ((may_enter, may_read, may_peek),) = query(
        mine,
        "select has_schema_privilege('bi_reader', 'dev_anna_marts', 'usage'), "
        "has_table_privilege('bi_reader', 'dev_anna_marts.feedback', 'select'), "
        "has_table_privilege('bi_reader', 'dev_anna_marts.pending_tags', 'select')",
    )
    assert (may_enter, may_read, may_peek) == (True, True, False)
