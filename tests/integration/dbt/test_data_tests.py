"""Each data test of the dbt project finds the fault that it is there for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.settings import Settings
from tests.integration.databases import fresh_database
from tests.integration.dbt.planted import PLANTED
from tests.integration.dbt.planting import ASIDE, missed
from tests.integration.dbt_builds import parsed_target
from tests.portability.every_case import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Built:
    """A database with every case in it, built and tested by dbt.

    Attributes:
        url: of the database.
        settings: of the same.
        target: dbt's folder of results.
        manifest: dbt's.
        tests: data tests as dbt compiled them, by unique id.
        verdicts: what dbt said of each on good data.
    """

    url: str = field(repr=False)
    settings: Settings
    target: Path
    manifest: dict[str, Any] = field(repr=False)
    tests: dict[str, dict[str, Any]] = field(repr=False)
    verdicts: dict[str, str] = field(repr=False)


@pytest.fixture(scope="module")
def built(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """One build for all of this file."""
    folder = tmp_path_factory.mktemp("built")
    target = folder / "target"
    with pytest.MonkeyPatch.context() as patch, fresh_database(server) as (_, url):
        patch.delenv("INSIGHTS_DBT_TARGET", raising=False)
        patch.setenv("DBT_TARGET_PATH", parsed_target(target))
        settings = Settings(database_url=SecretStr(url), home=folder / "home")
        prepare(settings, folder, tested=True)
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        found = {each["unique_id"]: each for each in results}
        tests = {
            name: node | {"compiled_code": found[name]["compiled_code"]}
            for name, node in manifest["nodes"].items()
            if node["resource_type"] == "test"
        }
        verdicts = {name: found[name]["status"] for name in tests}
        yield Built(url, settings, target, manifest, tests, verdicts)


def test_good_data_pass(built: Built) -> None:
    assert len(built.tests) > 450
    found = [built.tests[name]["name"] for name, said in built.verdicts.items() if said != "pass"]
    # one of the cases is a candidate without a name, of which an ordinary build only warns
    assert found == ["assert_candidate_clusters_named"]


def test_every_test_finds_what_it_is_there_for(built: Built) -> None:
    with psycopg.connect(built.url) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(ASIDE)))
        found = [
            f"{test['name']}: {what}"
            for test in built.tests.values()
            for what in missed(connection, test, built.manifest)
        ]
        connection.rollback()
    assert not found, "\n".join(found)


def test_a_date_of_long_ago_takes_no_trend_away(built: Built) -> None:
    (compiled,) = (built.target / "compiled").rglob("time/int_time__periods.sql")
    with psycopg.connect(built.url) as connection:
        connection.execute(
            "update intermediate.int_feedback__deduplicated set created_at = '1900-01-01' "
            "where feedback_id = 'u1'"
        )
        grid = f"create temporary table grid as {compiled.read_text(encoding='utf-8')}"
        connection.execute(grid.encode())
        days = connection.execute(
            "select count(*), max(period_start) - min(period_start) + 1, max(period_start) = "
            "(select max(created_at)::date from intermediate.int_feedback__deduplicated) "
            "from grid where period = 'day'"
        ).fetchall()
        connection.rollback()
    ((count, span, reaches_the_last),) = days
    assert (count, reaches_the_last) == (span, True)


def test_no_violation_is_left_over(built: Built) -> None:
    singular = {test["name"] for test in built.tests.values() if not test.get("test_metadata")}
    assert set(PLANTED) - singular == set()


def test_a_second_build_leaves_every_model_as_it_is(built: Built) -> None:
    before = _checksums(built)
    assert len(before) > 80
    assert run_dbt(built.settings, ["run"], quiet=True) == 0
    after = _checksums(built)
    assert [name for name, checksum in before.items() if after[name] != checksum] == []


def _checksums(built: Built) -> dict[str, str]:
    """One number for the content of each model, by name."""
    query = "select md5(string_agg(rows::text, '|' order by rows::text)) from {} as rows"
    with psycopg.connect(built.url) as connection:
        return {
            node["name"]: connection.execute(
                sql.SQL(query).format(sql.Identifier(node["schema"], node["alias"]))
            ).fetchall()[0][0]
            for node in built.manifest["nodes"].values()
            if node["resource_type"] == "model"
        }


def test_old_feedback_is_a_warning_and_idle_jobs_are_an_error(built: Built) -> None:
    with psycopg.connect(built.url) as connection:
        connection.execute(
            "update raw.customer_feedback set updated_at = now() - interval '8 days'"
        )
        connection.execute(
            "update customer_insights.job_runs set finished_at = now() - interval '8 days' "
            "where status = 'succeeded'"
        )
        connection.execute(  # that somebody looked at the report is no sign of life
            "insert into customer_insights.job_runs (job_run_id, job, status, started_at, "
            "finished_at) values ('report-1', 'report', 'succeeded', now(), now())"
        )
    assert run_dbt(built.settings, ["source", "freshness"], quiet=True) == 1
    found = json.loads((built.target / "sources.json").read_text(encoding="utf-8"))["results"]
    assert {each["unique_id"].split(".", 2)[2]: each["status"] for each in found} == {
        "raw.customer_feedback": "warn",
        "customer_insights.job_runs": "error",
    }


def test_the_documentation_leaves_no_column_out(built: Built) -> None:
    assert run_dbt(built.settings, ["docs", "generate", "--static"], quiet=True) == 0
    catalog = json.loads((built.target / "catalog.json").read_text(encoding="utf-8"))
    manifest = json.loads((built.target / "manifest.json").read_text(encoding="utf-8"))
    missing = [
        f"{name}.{column}"
        for kind in ("nodes", "sources")
        for name, relation in catalog[kind].items()
        for column in relation["columns"]
        if not manifest[kind][name]["columns"].get(column, {}).get("description", "").strip()
    ]
    relations = {
        name
        for kind in ("nodes", "sources")
        for name, node in manifest[kind].items()
        if node["resource_type"] in ("model", "seed", "snapshot", "source")
    }
    assert relations == {*catalog["nodes"], *catalog["sources"]}
    assert missing == []
    page = (built.target / "static_index.html").read_text(encoding="utf-8")
    assert "I want to know" in page


def test_failing_rows_can_be_looked_at_and_are_no_copies(built: Built) -> None:
    some = ["--select", "tag:gate", "assert_occurrences_are_counted"]
    wanted = ["--vars", "{store_failures: true, gate_severity: error}"]
    assert run_dbt(built.settings, ["test", *some, *wanted], quiet=True) == 1
    with psycopg.connect(built.url) as connection:
        kinds = connection.execute(
            "select table_name, table_type from information_schema.tables "
            "where table_schema = 'test_failures'"
        ).fetchall()
        rows = connection.execute("select * from test_failures.assert_candidate_clusters_named")
        assert rows.fetchall() == [("run-2", "root")]
    assert len(kinds) == 8
    assert {kind for _, kind in kinds} == {"VIEW"}  # so that erasure reaches them
