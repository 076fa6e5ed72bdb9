"""The past is told as it was: feedback, clusters and names of then, in schemas of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.settings import Settings
from tests.integration.databases import fresh_database
from tests.integration.dbt_builds import parsed_target
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import pretend_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow

DAY = "2026-05-31"
THEN, NOW = "marts_as_of_2026_05_31", "marts_as_of_2026_05_31_taxonomy_now"

# Run 1 was published in May, when all was called as it is at first.
_IN_MAY = """
update customer_insights.cluster_runs set published_at = '2026-05-20';
update customer_insights.clusters set named_at = '2026-05-20';
update customer_insights.cluster_assignments set assigned_at = '2026-06-02'
where content_hash = (select content_hash from marts.feedback where feedback_id = 'sole-5-0');
"""
_SEEN_IN_MAY = """
update snapshots.taxonomy_history set dbt_valid_from = '2026-05-01';
update snapshots.cluster_name_history set dbt_valid_from = '2026-05-20';
"""
# Afterwards people renamed a cluster and changed the taxonomy, and another run was published.
_SINCE = """
create temporary table run as select * from customer_insights.cluster_runs;
update run set run_id = 'run-2', published_at = '2026-06-20', status = 'published';
update customer_insights.cluster_runs set status = 'superseded';
insert into customer_insights.cluster_runs select * from run;
create temporary table tree as
select * from customer_insights.clusters where cluster_path <> 'root.2';
update tree set run_id = 'run-2', cluster_name = cluster_name || ' in June';
insert into customer_insights.clusters select * from tree;
insert into staging.cluster_names values ('root.0', 'Given in June', 'By hand');
update staging.tag_categories set parent = 'returns', description = 'Moved in June'
where category = 'delivery_time';
update staging.tag_categories set category = 'parcels' where category = 'courier_and_packaging';
"""


def dbt(settings: Settings, *arguments: str) -> None:
    assert run_dbt(settings, arguments, quiet=True) == 0


def rebuild(settings: Settings, variables: str) -> None:
    dbt(settings, "run", "--select", "+cluster_summary", "+tag_summary", "--vars", variables)


@pytest.fixture(scope="module")
def past(
    server: ServerInfo, staged_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A database that was looked at in May and in June, with May rebuilt in both ways."""
    home = tmp_path_factory.mktemp("as_of")
    with fresh_database(server, staged_template) as (_, url), pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSIGHTS_DBT_TARGET", raising=False)
        patch.setenv("DBT_TARGET_PATH", parsed_target(home / "target"))
        settings = Settings(database_url=SecretStr(url), home=home)
        pretend_jobs(settings)
        query(settings, _IN_MAY)
        dbt(settings, "snapshot")
        query(settings, _SEEN_IN_MAY)
        query(settings, _SINCE)
        dbt(settings, "snapshot")
        before = marts(settings)
        rebuild(settings, f"as_of: {DAY}")
        rebuild(settings, f"{{as_of: {DAY}, as_of_taxonomy: now}}")
        assert marts(settings) == before  # what people look at is not touched
        yield settings


def marts(settings: Settings) -> list[Any]:
    """The content of the marts of now that were rebuilt for then."""
    return [
        query(settings, f"select t::text from marts.{name} as t order by 1")
        for name in ("cluster_summary", "tag_summary")
    ]


def names(settings: Settings, schema: str) -> dict[str, str]:
    return dict(query(settings, f"select cluster_path, cluster_name from {schema}.cluster_summary"))


def category(settings: Settings, schema: str, name: str) -> list[tuple[Any, ...]]:
    columns = "parent_category, description, count_feedback"
    return query(settings, f"select {columns} from {schema}.tag_summary where category = '{name}'")


def test_clusters_are_those_of_the_run_that_was_published_then(past: Settings) -> None:
    for schema in (THEN, NOW):
        assert query(past, f"select distinct run_id from {schema}.cluster_summary") == [("run-1",)]
        assert "root.2" in names(past, schema)  # died since


def test_clusters_are_called_as_then_or_as_now(past: Settings) -> None:
    assert names(past, THEN)["root.0"] == "Name of root.0"
    assert names(past, NOW)["root.0"] == "Given in June"
    assert names(past, THEN)["root.1"] == names(past, NOW)["root.1"] == "Name of root.1"
    summary = "select summary from {}.cluster_summary where cluster_path = 'root.0'"
    assert query(past, summary.format(NOW)) == [("By hand",)]
    assert str(query(past, summary.format(THEN))[0][0]).startswith("Typical feedback")


def test_only_feedback_and_assignments_of_then_count(past: Settings) -> None:
    until = "created_at < '2026-06-01'"
    ((known,),) = query(past, f"select count(*) from marts.feedback where {until}")
    ((everything,),) = query(past, "select count(*) from marts.feedback")
    assert 0 < known < everything
    for schema in (THEN, NOW):
        found = query(
            past,
            f"select count_feedback, last_seen_at < '2026-06-01' from {schema}.cluster_summary "
            "where cluster_path = 'root'",
        )
        assert found == [(known - 1, True)]  # less what was assigned in June


def test_categories_are_those_of_then_or_of_now(past: Settings) -> None:
    assert category(past, THEN, "delivery_time")[0][0] == "delivery"
    assert category(past, NOW, "delivery_time") == [("returns", "Moved in June", 0)]
    assert category(past, NOW, "courier_and_packaging") == category(past, THEN, "parcels") == []
    assert category(past, NOW, "parcels")[0][2] == 0
    ((parent, _, count),) = category(past, THEN, "courier_and_packaging")
    assert (parent, count) == ("delivery", None)  # its tags are gone: unknown, not none


def test_tags_of_feedback_of_then_count(past: Settings) -> None:
    ((known,),) = query(past, "select count(*) from marts.feedback where created_at < '2026-06-01'")
    assert category(past, THEN, "delivery")[0][2] == category(past, NOW, "delivery")[0][2] == known


def test_versions_follow_each_other(past: Settings) -> None:
    versions = query(
        past,
        "select cluster_name, dbt_valid_from, dbt_valid_to from snapshots.cluster_name_history "
        "where cluster_key = 'root.0' order by dbt_valid_from",
    )
    assert [row[0] for row in versions] == ["Name of root.0", "Given in June"]
    assert versions[0][2] == versions[1][1]
    assert versions[1][2] is None
    gone = query(
        past,
        "select dbt_valid_to is not null from snapshots.cluster_name_history "
        "where cluster_key = 'root.2'",
    )
    assert gone == [(True,)]
