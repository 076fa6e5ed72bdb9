"""What BI tools get: the marts and nothing else, described in the database, and docs/bi.md runs."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.report import html_report
from python_jobs.settings import Settings
from tests.integration.databases import admin, fresh_database
from tests.portability.every_case import prepare
from tests.portability.rules import findings
from tests.portability.token_rules import TOKEN_RULES
from tests.portability.tree_rules import TREE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(-- ([^\n]+)\n.+?)```$", PAGE, re.MULTILINE | re.DOTALL)
SYSTEM = ["pg_catalog", "information_schema", "pg_toast"]


@dataclass(frozen=True)
class Marts:
    """A database that dbt has built twice.

    Attributes:
        settings: its connection as `insights`, who owns everything.
        reader_url: the same database for BI.
        home: of the server.
        nodes: models of `marts/insights`, as dbt's manifest has them.
    """

    settings: Settings
    reader_url: str
    home: Path
    nodes: list[dict[str, Any]]

    @property
    def names(self) -> set[tuple[str, str]]:
        """Schema and name of each mart for BI."""
        return {(node["schema"], node["alias"]) for node in self.nodes}

    def dbt(self, *arguments: str) -> None:
        """Run dbt, which has to succeed."""
        assert run_dbt(self.settings, arguments, quiet=True) == 0

    def owned(self, statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """Rows of a statement of `insights`."""
        assert self.settings.database_url
        with psycopg.connect(self.settings.database_url.get_secret_value()) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def readable(self) -> set[tuple[str, str]]:
        """What `bi_reader` can read of all that a `select` can name, by trying."""
        relations = self.owned(
            "select nspname, relname from pg_class join pg_namespace as n on n.oid = relnamespace "
            "where relkind in ('r', 'v', 'm', 'f', 'p', 'S') and nspname <> all(%s)",
            [SYSTEM],
        )
        assert len(relations) > 100
        found = set()
        with psycopg.connect(self.reader_url, autocommit=True) as connection:
            for relation in relations:
                name = sql.Identifier(*relation)
                try:
                    connection.execute(sql.SQL("select * from {} limit 1").format(name))
                except psycopg.errors.InsufficientPrivilege:
                    continue
                found.add((relation[0], relation[1]))
        return found


@pytest.fixture(scope="module")
def marts(
    server: ServerInfo,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Marts]:
    """Every case of every model, made by `dbt build` and again by `dbt run`."""
    folder = tmp_path_factory.mktemp("bi")
    with pytest.MonkeyPatch.context() as patch, fresh_database(server) as (name, url):
        for variable in os.environ:
            if variable.startswith(("INSIGHTS_", "OPENAI_", "AZURE_OPENAI_", "PG")):
                patch.delenv(variable)
        settings = Settings(database_url=SecretStr(url), home=folder / "home")
        prepare(settings, folder)
        manifest_file = Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json"
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        nodes = [
            node
            for node in manifest["nodes"].values()
            if node["original_file_path"].startswith("models/marts/insights/")
            and node["resource_type"] == "model"
        ]
        reader = replace(server, database=name).reader_url.get_secret_value()
        yield Marts(settings, reader, server.data_dir.parent.parent, nodes)


def test_reader_sees_the_marts_and_nothing_else_after_a_second_build(marts: Marts) -> None:
    assert len(marts.names) > 15
    assert marts.readable() == marts.names


def test_reader_sees_the_same_after_a_full_refresh(marts: Marts) -> None:
    marts.dbt("run", "--full-refresh", "--select", "marts")
    assert marts.readable() == marts.names


@pytest.mark.parametrize(
    "statement",
    [
        "insert into {} default values",
        "delete from {}",
        "truncate {}",
        "lock table {} in share mode",
        "drop table {}",
        "comment on table {} is 'mine'",
        "create table {}_of_mine (x text)",
        "create schema {}_of_mine",
        "select * from customer_insights.cluster_runs for update",
    ],
)
def test_reader_writes_nothing(marts: Marts, statement: str) -> None:
    with psycopg.connect(marts.reader_url) as connection:
        text = statement.format("marts.feedback" if "schema" not in statement else "marts")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(text.encode())


def test_a_database_without_the_role_is_built_all_the_same(marts: Marts) -> None:
    with admin(marts.home) as connection:
        connection.execute("alter role bi_reader rename to somebody_else")
        try:
            marts.dbt("run", "--select", "cluster_runs")
        finally:
            connection.execute("alter role somebody_else rename to bi_reader")
    assert marts.names - marts.readable() == {("marts", "cluster_runs")}
    marts.dbt("run", "--select", "cluster_runs")
    assert marts.readable() == marts.names


def test_descriptions_and_the_order_of_columns_are_in_the_database(marts: Marts) -> None:
    for node in marts.nodes:
        relation = f"{node['schema']}.{node['alias']}"
        ((about,),) = marts.owned("select obj_description(%s::regclass)", [relation])
        columns = marts.owned(
            "select attname, col_description(attrelid, attnum) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [relation],
        )
        assert about == node["description"], relation
        assert columns == [
            (name, column["description"]) for name, column in node["columns"].items()
        ], relation


def test_reader_gets_the_html_report(marts: Marts) -> None:
    """It is made of the marts alone; two of the same marts are the same to the letter."""
    reader = marts.settings.model_copy(update={"database_url": SecretStr(marts.reader_url)})
    first = html_report(reader, title="Report")
    assert first == html_report(reader, title="Report")
    ((feedback,),) = marts.owned("select count(*) from marts.feedback", [])
    assert first.count_feedback == first.count_texts == feedback
    redacted = html_report(reader, title="Report", redacted=True)
    assert (redacted.count_feedback, redacted.count_texts) == (feedback, 0)


def test_every_tool_has_three_queries() -> None:
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        if section.startswith(("Power BI", "Metabase", "Superset", "Excel")):
            assert section.count("```sql\n-- ") >= 3, section.splitlines()[0]
    assert len(QUERIES) >= 12
    assert len({title for _, title in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize(("query", "title"), QUERIES, ids=[title for _, title in QUERIES])
def test_queries_of_the_page_find_rows(marts: Marts, query: str, title: str) -> None:
    with psycopg.connect(marts.reader_url) as connection:
        cursor = connection.execute(query.encode())
        names = [column.name for column in cursor.description or ()]
        assert cursor.fetchall(), title
    assert len(set(names)) == len(names)
    assert "?column?" not in names


@pytest.mark.parametrize(("query", "title"), QUERIES, ids=[title for _, title in QUERIES])
def test_queries_of_the_page_are_t_sql(query: str, title: str) -> None:
    rules = [rule for rule in TOKEN_RULES + TREE_RULES if not rule.models_only]
    if not re.search(r"order by[^()]*\)", query):  # T-SQL takes it at the very end
        rules = [rule for rule in rules if rule.name != "order-by"]
    assert [str(each) for each in findings(title, query, rules)] == []
