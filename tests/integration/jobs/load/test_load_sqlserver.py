"""SQL Server as the source. Needs one: `SQLSERVER_TEST_URL=mssql+pyodbc://… pytest FILE`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from python_jobs.errors import UsageError
from python_jobs.jobs import load_database as job
from python_jobs.sources.columns import parse_column_map
from python_jobs.sources.options import ReadOptions
from python_jobs.storage import raw
from python_jobs.storage.source.connecting import SourceDatabase
from python_jobs.storage.source.position import parse_overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = os.environ.get("SQLSERVER_TEST_URL", "")
pytestmark = pytest.mark.skipif(
    not URL, reason="SQLSERVER_TEST_URL names no SQL Server, and none can be started here"
)

MAP = ReadOptions(column_map=parse_column_map(["Id=feedback_id", "Body=feedback_text"]))
TABLE = f"insights_source_{os.getpid()}"
CREATE = f"""
create table dbo.{TABLE} (
    Id int not null primary key, created_at datetimeoffset not null, Body nvarchar(max),
    rating decimal(4, 2), country nvarchar(20), token uniqueidentifier default newid(),
    changed_at datetime2 null
)
"""
TEXTS = ["日本 🥾", "déçu", "x" * 20_000, "𠜎" * 3_000, "plain", "İstanbul Σ"]
NEW = sa.text(
    f"insert into dbo.{TABLE} (Id, created_at, Body, rating, country, changed_at) "
    "values (:id, '2026-01-02T05:04:05+02:00', :body, 4.50, N'日', :changed_at)"
)


class SqlServer:
    """A table in the server's database, and the database it is loaded into."""

    def __init__(self, loading: Any) -> None:
        self.loading = loading
        self.settings = loading.settings.model_copy(update={"source_url": SecretStr(URL)})
        with SourceDatabase(self.settings, "sqlserver") as source:
            self.engine = sa.create_engine(source.engine.url)

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def add(self, number: int, body: str, changed_at: str | None) -> None:
        with self.engine.begin() as connection:
            connection.execute(NEW, {"id": number, "body": body, "changed_at": changed_at})

    def load(self, table: str | None = TABLE, **source: Any) -> tuple[int, ...]:
        relation = job.relation_of("sqlserver", table, source.pop("query", None))
        found = job.load_database(self.settings, job.DatabaseSource(relation, **source), MAP)
        return (found.rows_in, found.loaded, found.unchanged, found.updated, found.rejected)


@pytest.fixture
def shop(loading: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlServer]:
    monkeypatch.setattr(job, "FIRST_WAIT", 0.01)
    shop = SqlServer(loading)
    shop.run(f"drop table if exists dbo.{TABLE}", CREATE)
    for number, text in enumerate(TEXTS):
        shop.add(number, text, f"2026-03-01T00:0{number}:00.1234567")
    yield shop
    shop.run(f"drop table if exists dbo.{TABLE}")
    shop.engine.dispose()


def test_texts_arrive_to_the_letter(shop: SqlServer) -> None:
    assert shop.load() == (6, 6, 0, 0, 0)
    assert shop.loading.query(
        "select feedback_text, rating, attributes ->> 'country', "
        "created_at = '2026-01-02T03:04:05Z' from raw.customer_feedback order by feedback_id"
    ) == [(text, 4.5, "日", True) for text in TEXTS]
    assert shop.load() == (6, 0, 6, 0, 0)


def test_only_what_is_new(shop: SqlServer) -> None:
    given = {"updated_at": "changed_at", "overlap": parse_overlap("90s"), "batch_rows": 2}
    assert shop.load(**given) == (6, 6, 0, 0, 0)
    shop.add(7, "new", "2026-03-02")
    shop.add(8, "without a time", None)
    shop.run(f"update dbo.{TABLE} set Body = 'edited', changed_at = '2026-03-02' where Id = 0")
    assert shop.load(**given) == (5, 2, 2, 1, 0)
    query = f"select Id, created_at, Body, changed_at from dbo.{TABLE}"
    assert shop.load(None, query=query, **given)[:2] == (8, 0)


@pytest.mark.parametrize("updated_at", ["changed_at", None])
def test_an_interrupted_load_goes_on(
    shop: SqlServer, monkeypatch: pytest.MonkeyPatch, updated_at: str | None
) -> None:
    merge, calls = raw.merge, []

    def breaking(*arguments: Any) -> raw.MergeCounts:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return merge(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(raw, "merge", breaking)
        with pytest.raises(KeyboardInterrupt):
            shop.load(updated_at=updated_at, batch_rows=2)
    assert shop.load(updated_at=updated_at, batch_rows=2)[1] == 2
    assert shop.loading.query("select count(*) from raw.customer_feedback") == [(6,)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"table": TABLE[:-1]}, f"there are dbo.{TABLE}"),
        ({"updated_at": "changed"}, "no column 'changed'"),
        ({"updated_at": "Body"}, "'Body' is str, whose order"),
        ({"table": None, "query": f"select Bodi from dbo.{TABLE}"}, "Bodi"),
        ({"table": None, "query": "select a from nowhere"}, "no table or view"),
    ],
    ids=[
        "table",
        "watermark",
        "order",
        "column",
        "query",
    ],  # the table's name is another in each process
)
def test_what_cannot_be_read_is_explained(
    shop: SqlServer, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        shop.load(**given)
    assert message in raised.value.message
