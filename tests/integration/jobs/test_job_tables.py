"""A database that an earlier version of the project made is brought to today's tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.clustering.identity import new_keys
from python_jobs.jobs.prepare import ensure_tables, version_found
from python_jobs.settings import Settings
from python_jobs.storage import tables
from tests.integration.databases import fresh_database
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.storage.embedded import ServerInfo

VERSION_1 = Path(__file__).with_name("job_tables_1.sql")
SHAPE = """
select table_schema, table_name, column_name, data_type, collation_name, is_nullable, column_default
from information_schema.columns
where table_schema in ('raw', 'customer_insights')
order by 1, 2, 3
"""
TO_VERSION_3 = """
drop table customer_insights.source_positions;
drop table customer_insights.cluster_assign_runs;
alter table customer_insights.cluster_assignments drop column assigned_at;
update customer_insights.schema_versions set version = 3;
"""
TO_VERSION_2 = f"""
{TO_VERSION_3}
drop table customer_insights.cluster_events;
alter table customer_insights.cluster_runs drop column previous_run_id, drop column continuity;
alter table customer_insights.clusters drop column cluster_key, drop column stability;
update customer_insights.schema_versions set version = 2;
"""
TO_VERSION_3 = f"""
drop table customer_insights.source_positions;
alter table customer_insights.clusters drop column stability;
update customer_insights.schema_versions set version = 3 where version = {tables.VERSION};
"""
CLUSTERS = """
insert into customer_insights.clusters
    (run_id, cluster_path, parent_path, depth, is_noise, is_leaf, count_texts, count_feedback)
values
    ('run', 'root', null, 0, false, false, 9, 9), ('run', 'root.0', 'root', 1, false, false, 5, 5),
    ('run', 'root.noise', 'root', 1, true, true, 4, 4),
    ('run', 'root.0.0', 'root.0', 2, false, true, 3, 3),
    ('run', 'root.0.noise', 'root.0', 2, true, true, 2, 2)
"""
KEYS = "select cluster_path, cluster_key from customer_insights.clusters"
KEPT = "select content_hash, model, provider from customer_insights.embedded_items"


@pytest.fixture(scope="module")
def today(server: ServerInfo, empty_tables: str) -> list[tuple[Any, ...]]:
    """The columns of a new database; it is gone before a test begins, and its name with it."""
    with fresh_database(server, empty_tables) as (_, url):
        return query(Settings(database_url=SecretStr(url)), SHAPE)


@pytest.mark.slow
def test_version_1_becomes_what_a_new_database_has(
    today: list[tuple[Any, ...]], settings: Settings
) -> None:
    query(settings, VERSION_1.read_text(encoding="utf-8"))
    query(
        settings,
        "insert into customer_insights.embedded_items values "
        "('hash', 'model', 3, 'local', 'F1', now(), 'run')",
    )
    query(settings, CLUSTERS)
    assert version_found(settings) == 1
    ensure_tables(settings)
    assert version_found(settings) == tables.VERSION
    assert query(settings, SHAPE) == today
    assert query(settings, KEPT) == [("hash", "model", "local")]
    keys = dict(query(settings, KEYS))
    assert keys == new_keys(keys, "run")
    ensure_tables(settings)  # nothing left to do


@pytest.mark.slow
def test_version_2_becomes_what_a_new_database_has(
    today: list[tuple[Any, ...]], prepared: Settings
) -> None:
    query(prepared, TO_VERSION_2)
    query(prepared, CLUSTERS)
    assert version_found(prepared) == 2
    ensure_tables(prepared)
    assert version_found(prepared) == tables.VERSION
    assert query(prepared, SHAPE) == today
    keys = dict(query(prepared, KEYS))
    assert keys == new_keys(keys, "run")
    query(prepared, TO_VERSION_3)
    assert version_found(prepared) == 3
    ensure_tables(prepared)
    assert query(prepared, SHAPE) == today


@pytest.mark.slow
def test_version_3_becomes_what_a_new_database_has(
    today: list[tuple[Any, ...]], prepared: Settings
) -> None:
    query(prepared, TO_VERSION_3)
    assert version_found(prepared) == 3
    ensure_tables(prepared)
    assert version_found(prepared) == tables.VERSION
    assert query(prepared, SHAPE) == today


def test_a_database_without_tables_has_no_version(settings: Settings) -> None:
    assert version_found(settings) == 0
