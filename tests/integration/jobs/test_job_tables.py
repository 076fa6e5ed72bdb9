"""A database that an earlier version of the project made is brought to today's tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.prepare import ensure_tables, version_found
from python_jobs.storage import tables
from tests.integration.databases import fresh_database
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo

VERSION_1 = Path(__file__).with_name("job_tables_1.sql")
SHAPE = """
select table_schema, table_name, column_name, data_type, collation_name, is_nullable, column_default
from information_schema.columns
where table_schema in ('raw', 'customer_insights')
order by 1, 2, 3
"""
KEPT = "select content_hash, model, provider from customer_insights.embedded_items"


@pytest.mark.slow
def test_version_1_becomes_what_a_new_database_has(server: ServerInfo, settings: Settings) -> None:
    ensure_tables(settings)
    with fresh_database(server) as (_, url):
        old = settings.model_copy(update={"database_url": type(settings.database_url)(url)})
        query(old, VERSION_1.read_text(encoding="utf-8"))
        query(
            old,
            "insert into customer_insights.embedded_items values "
            "('hash', 'model', 3, 'local', 'F1', now(), 'run')",
        )
        assert version_found(old) == 1
        ensure_tables(old)
        assert version_found(old) == version_found(settings) == tables.VERSION
        assert query(old, SHAPE) == query(settings, SHAPE)
        assert query(old, KEPT) == [("hash", "model", "local")]
        ensure_tables(old)  # nothing left to do


def test_a_database_without_tables_has_no_version(settings: Settings) -> None:
    assert version_found(settings) == 0
