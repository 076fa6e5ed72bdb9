"""Feedback from another database: all of it once, then what is new, whatever breaks meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pydantic import SecretStr

from python_jobs.errors import ConfigurationError, DatabaseError, UsageError
from python_jobs.jobs import load_database as job
from python_jobs.sources.columns import parse_column_map
from python_jobs.sources.options import ReadOptions
from python_jobs.storage import raw
from python_jobs.storage.connection import PassingError, psycopg_connect
from python_jobs.storage.source.position import parse_overlap
from tests.integration.databases import admin, fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo

MAP = ReadOptions(column_map=parse_column_map(["review_id=feedback_id", "body=feedback_text"]))
SHOP = """
create schema shop;
create table shop.reviews (
    review_id integer primary key, created_at timestamptz not null default '2026-01-02T03:04:05Z',
    body text, rating smallint, country text, token uuid default gen_random_uuid(),
    changed_at timestamptz
);
insert into shop.reviews (review_id, body, rating, country, changed_at)
select n, 'Sole came off ' || n, 1 + n % 5, 'DE', timestamptz '2026-03-01Z' + n * interval '1 min'
from generate_series(1, 100) as n
"""


class Shop:
    """A source with a hundred reviews, and the database they are loaded into."""

    def __init__(self, settings: Settings, url: str, folder: Path) -> None:
        self.settings = settings.model_copy(update={"source_url": SecretStr(url)})
        self.url, self.folder = url, folder
        self.run(SHOP)

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    def load(
        self,
        table: str | None = "shop.reviews",
        query: str | None = None,
        options: ReadOptions = MAP,
        strict: bool = False,
        **source: Any,
    ) -> tuple[int, ...]:
        """Load; return rows in, loaded, unchanged, updated, rejected."""
        relation = job.relation_of("postgres", None if query else table, query)
        found = job.load_database(
            self.settings, job.DatabaseSource(relation, **source), options, strict=strict
        )
        return (found.rows_in, found.loaded, found.unchanged, found.updated, found.rejected)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg_connect(self.settings) as connection:
            return connection.execute(statement.encode()).fetchall()

    def count(self) -> tuple[int, int]:
        """Feedback, and distinct texts of it."""
        return self.query(
            "select count(*), count(distinct feedback_text) from raw.customer_feedback"
        )[0]  # type: ignore[return-value]


@pytest.fixture
def shop(loading: Any, server: ServerInfo) -> Iterator[Shop]:
    with fresh_database(server) as (_, url):
        yield Shop(loading.settings, url, loading.folder)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "FIRST_WAIT", 0.01)


def test_all_of_it_once_then_what_is_new(shop: Shop) -> None:
    assert shop.load(updated_at="changed_at", batch_rows=30) == (100, 100, 0, 0, 0)
    assert shop.query(
        "select feedback_text, rating, attributes ->> 'country', attributes ? 'changed_at', "
        "attributes ? 'token', origin like 'postgres/test%/shop.reviews' "
        "from raw.customer_feedback where feedback_id = '7'"
    ) == [("Sole came off 7", 3, "DE", False, True, True)]
    # nothing new: what lies in the overlap of an hour is read again, and nothing is written
    before = shop.query("select * from raw.customer_feedback order by 1")
    assert shop.load(updated_at="changed_at") == (61, 0, 61, 0, 0)
    assert shop.query("select * from raw.customer_feedback order by 1") == before
    shop.run(
        "insert into shop.reviews values (101, default, 'New', 5, 'FR', default, '2026-03-02Z');"
        "update shop.reviews set body = 'Edited', changed_at = '2026-03-02Z' where review_id = 3;"
        # committed late, with a time before the watermark; and touched without a change
        "insert into shop.reviews values (102, default, 'Late', 5, 'FR', default, "
        "'2026-03-01 01:35Z');"
        "update shop.reviews set changed_at = '2026-03-02Z' where review_id = 4"
    )
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("10m")) == (15, 2, 12, 1, 0)
    assert shop.count() == (102, 102)
    assert shop.query(
        "select count(*) from raw.customer_feedback where feedback_text = 'Sole came off 3'"
    ) == [(0,)]


def test_rows_without_a_watermark_are_not_forgotten(shop: Shop) -> None:
    shop.run("update shop.reviews set changed_at = null where review_id <= 5")
    assert shop.load(updated_at="changed_at")[:2] == (100, 100)
    shop.run("insert into shop.reviews (review_id, body) values (200, 'No time')")
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("0")) == (7, 1, 6, 0, 0)


def test_a_time_in_the_future_hides_nothing(shop: Shop) -> None:
    shop.run("update shop.reviews set changed_at = '2906-01-01Z' where review_id = 50")
    shop.load(updated_at="changed_at")
    shop.run("insert into shop.reviews (review_id, changed_at, body) values (200, now(), 'new')")
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("5m")) == (8, 1, 7, 0, 0)


@pytest.mark.parametrize(
    ("column", "new", "read"),
    [
        ("review_id", "insert into shop.reviews (review_id, body) values (999, 'x')", 2 + 5),
        (
            "cast(changed_at as date) as day",
            "insert into shop.reviews (review_id, changed_at, body) "
            "values (999, '2026-03-09', 'x')",
            101,
        ),
        (
            "changed_at at time zone 'UTC' as naive",
            "insert into shop.reviews (review_id, changed_at, body) "
            "values (999, '2026-03-09', 'x')",
            2 + 5,
        ),
        (
            "review_id::numeric(20, 1) as counter",
            "insert into shop.reviews (review_id, body) values (999, 'x')",
            2 + 5,
        ),
    ],
)
def test_watermarks_of_every_kind(shop: Shop, column: str, new: str, read: int) -> None:
    name = column.split(" as ")[-1]
    more = "" if name == column else f", {column}"
    query = f"select review_id, created_at, body{more} from shop.reviews -- all of them"
    overlap = parse_overlap("5m" if name == "naive" else "5")
    given = {"updated_at": name, "overlap": overlap}
    if name == "day":
        given["overlap"] = parse_overlap("5m")
    assert shop.load(query=query, **given)[:2] == (100, 100)
    shop.run(new)
    assert shop.load(query=query, **given)[:2] == (read, 1)


def test_without_a_watermark_the_content_tells(shop: Shop) -> None:
    assert shop.load(batch_rows=40) == (100, 100, 0, 0, 0)
    shop.run("update shop.reviews set body = 'Edited' where review_id = 3")
    assert shop.load(batch_rows=50) == (100, 0, 99, 1, 0)


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, at: int, error: Any) -> Iterator[list[int]]:
    """Every call of `raw.merge` from the number `at` on calls `error`."""
    merge, calls = raw.merge, [0]

    def breaking(*arguments: Any) -> raw.MergeCounts:
        calls[0] += 1
        if calls[0] == at:
            error()
        return merge(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(raw, "merge", breaking)
        yield calls


@pytest.mark.parametrize("updated_at", ["changed_at", None])
def test_an_interrupted_load_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, updated_at: str | None
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with broken(monkeypatch, 3, interrupt), pytest.raises(KeyboardInterrupt):
        shop.load(updated_at=updated_at, batch_rows=30)
    assert shop.count() == (60, 60)
    # the watermark's overlap is read again, keys are not
    again = 61 if updated_at else 0
    assert shop.load(updated_at=updated_at, batch_rows=30) == (
        40 + min(again, 60),
        40,
        min(again, 60),
        0,
        0,
    )
    assert shop.count() == (100, 100)
    assert shop.query(
        "select count_rows > 99, finished_at is not null, feedback_id "
        "from customer_insights.source_positions"
    ) == [(True, True, None)]


def cut(url: str) -> None:
    """End every other connection to a database."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )


@pytest.mark.parametrize("end", ["source", "own"])
def test_a_lost_connection_is_made_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    shop.run(  # more than the drivers have read ahead
        "insert into shop.reviews (review_id, body, changed_at) select n, 'Text ' || n, "
        "timestamptz '2026-03-03Z' + n * interval '1 s' from generate_series(1001, 12000) as n"
    )
    own = shop.settings.database_url
    assert own
    url = shop.url if end == "source" else own.get_secret_value()
    with broken(monkeypatch, 2, lambda: cut(url)) as calls:
        result = shop.load(updated_at="changed_at", batch_rows=3_000, overlap=parse_overlap("1m"))
    assert calls[0] >= 4
    assert result[0] > 11_100, "the overlap is read again, so nothing broke"
    assert (result[1], result[3], result[4]) == (11_100, 0, 0)
    assert shop.count() == (11_100, 11_100)


def test_a_server_that_stays_away_ends_the_load(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def merge(*_: Any) -> raw.MergeCounts:
        attempts.append(1)
        raise psycopg.errors.DeadlockDetected

    with monkeypatch.context() as patch:
        patch.setattr(raw, "merge", merge)
        with pytest.raises(PassingError, match="DeadlockDetected"):
            shop.load(updated_at="changed_at")
    assert len(attempts) == 1 + job.MOST_RETRIES
    assert shop.count() == (0, 0)
    assert shop.load(updated_at="changed_at")[:2] == (100, 100)


@pytest.mark.slow
def test_kill_9_in_the_middle(shop: Shop) -> None:
    shop.run(
        "insert into shop.reviews (review_id, body, changed_at) select n, 'Text ' || n, "
        "timestamptz '2026-03-03Z' + n * interval '1 s' from generate_series(1001, 30000) as n"
    )
    assert shop.settings.source_url
    assert shop.settings.database_url
    environment = {
        **os.environ,
        "INSIGHTS_SOURCE_URL": shop.settings.source_url.get_secret_value(),
        "INSIGHTS_DATABASE_URL": shop.settings.database_url.get_secret_value(),
        "INSIGHTS_HOME": str(shop.settings.home),
    }
    command = [
        *(sys.executable, "-m", "python_jobs", "load", "--from", "postgres"),
        *("--table", "shop.reviews", "--map", "review_id=feedback_id", "--map"),
        *("body=feedback_text", "--updated-at", "changed_at", "--batch-rows", "500"),
        *("--overlap", "10s"),
    ]
    kills, seen = 0, 0
    while kills < 3:
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while shop.count()[0] <= seen and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seen, kills = shop.count()[0], kills + 1
        assert seen == shop.count()[1]
    assert kills
    assert 0 < seen < 29_100
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert shop.url not in ended.stderr
    assert shop.count() == (29_100, 29_100)


def test_bad_rows_are_rejected_and_judged_anew(shop: Shop) -> None:
    shop.run("update shop.reviews set rating = 9 where review_id in (2, 99)")
    assert shop.load(updated_at="changed_at", batch_rows=30) == (100, 98, 0, 0, 2)
    rejected = "select feedback_id, line_number from raw.rejected_feedback order by 2"
    assert shop.query(rejected) == [("2", 2), ("99", 99)]
    assert shop.load(updated_at="changed_at", batch_rows=30)[4] == 1  # 99 lies in the overlap
    assert [each for each, _ in shop.query(rejected)] == ["2", "99"]
    shop.run("update shop.reviews set rating = 1, changed_at = '2026-03-02Z' where review_id = 99")
    assert shop.load(updated_at="changed_at") == (61, 1, 60, 0, 0)
    assert shop.query(rejected) == [("2", 2)]
    shop.run("update shop.reviews set rating = 1 where review_id = 2")
    assert shop.load(updated_at="changed_at", full=True, batch_rows=7) == (100, 1, 99, 0, 0)
    assert shop.query(rejected) == []


def test_strict_loads_all_or_nothing(shop: Shop) -> None:
    shop.run("update shop.reviews set rating = 9 where review_id = 99")
    with pytest.raises(UsageError, match="1 of 100 rows rejected: impossible rating"):
        shop.load(updated_at="changed_at", batch_rows=30, strict=True)
    assert shop.count() == (0, 0)
    assert shop.query("select count(*) from customer_insights.source_positions") == [(0,)]


def test_erased_feedback_stays_erased(shop: Shop) -> None:
    from python_jobs.jobs.forget import Choice, forget

    shop.load(updated_at="changed_at")
    forget(shop.settings, Choice(("99",), "feedback_id", (), False))
    for _ in range(2):
        assert shop.load(updated_at="changed_at")[3:] == (0, 1)
        assert shop.query("select feedback_id, reason from raw.rejected_feedback") == [
            (None, "erased")
        ]


def test_erasing_the_last_id_of_an_unfinished_read_begins_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from python_jobs.jobs.forget import Choice, forget

    def interrupt() -> None:
        raise KeyboardInterrupt

    with broken(monkeypatch, 3, interrupt), pytest.raises(KeyboardInterrupt):
        shop.load(batch_rows=30)
    position = "select feedback_id from customer_insights.source_positions"
    assert shop.query(position) == [("60",)]
    forget(shop.settings, Choice(("60",), "feedback_id", (), False))
    assert shop.query(position) == []
    assert shop.load(batch_rows=30) == (100, 40, 59, 0, 1)


def test_another_mapping_reads_all_of_it_again(shop: Shop) -> None:
    with pytest.raises(UsageError, match="100 of 100 rows rejected: unreadable created_at"):
        shop.load(
            query="select review_id, body, 'soon' as created_at, changed_at from shop.reviews",
            updated_at="changed_at",
            origin="shop",
        )
    assert shop.load(updated_at="changed_at", origin="shop") == (100, 100, 0, 0, 0)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"table": "shop.review"}, "no table or view shop.review", "--table shop.reviews"),
        ({"table": "reviews"}, "there are shop.reviews", "--table shop.reviews"),
        ({"table": "qqq"}, "this role sees shop.reviews", "another database"),
        ({"updated_at": "changed"}, "no column 'changed' for --updated-at", "changed_at"),
        ({"updated_at": "body"}, "'body' is text, whose order", "whole number"),
        ({"updated_at": "token"}, "'token' is uuid, whose order", "whole number"),
        ({"query": "select review_id as feedback_id, bodi from shop.reviews"}, "bodi", "--query"),
        ({"query": "select from where"}, "does not understand the query", "by hand"),
        ({"query": "select * from nowhere"}, "no table or view that the query needs", None),
        (
            {"query": "select *, nextval('s') as n from shop.reviews"},
            "would change the source",
            "plain SELECT",
        ),
        (
            {"query": "select *, timestamptz 'infinity' as until from shop.reviews"},
            "a value that cannot be read here",
            "convert it",
        ),
        ({"query": "select *, 1 / (review_id - 50) as n from shop.reviews"}, "22012", None),
        (
            {"query": "select country as feedback_id, created_at, body from shop.reviews"},
            "1 values of 'feedback_id' come more than once",
            "one row each",
        ),
        (
            {
                "query": "select nullif(review_id, 5) as feedback_id, created_at, body from "
                "shop.reviews"
            },
            "1 rows have no 'feedback_id'",
            "is not null",
        ),
        (
            {"query": "select review_id, created_at, body::bytea as body from shop.reviews"},
            "'body' is bytea and cannot be feedback_text",
            "cast(body as",
        ),
        (
            {"query": "select review_id, 5 as created_at, body from shop.reviews"},
            "'created_at' is int4 and cannot be created_at, which is a date or a time",
            "cast",
        ),
        (
            {
                "query": "select review_id, created_at, body, point(1, 2) as at from shop.reviews",
                "updated_at": "at",
            },
            "'at' is point",
            "whole number",
        ),
    ],
)
def test_what_cannot_be_read_is_explained(
    shop: Shop, given: dict[str, Any], message: str, hint: str | None
) -> None:
    shop.run("create sequence s")
    options = MAP
    if "as feedback_id" in given.get("query", ""):
        options = ReadOptions(column_map={"body": "feedback_text"})
    with pytest.raises((UsageError, DatabaseError)) as raised:
        shop.load(options=options, **given)
    assert message in raised.value.message
    assert hint is None or hint in str(raised.value.hint)
    assert shop.count() == (0, 0)


def test_a_column_to_map_that_is_not_there(shop: Shop) -> None:
    options = ReadOptions(column_map={"bodi": "feedback_text", "review_id": "feedback_id"})
    with pytest.raises(UsageError, match=r"shop\.reviews has no column 'bodi'") as raised:
        shop.load(options=options)
    assert raised.value.hint == "did you mean --map 'body=feedback_text'?"


@pytest.fixture
def clerk(shop: Shop, server: ServerInfo) -> Iterator[Shop]:
    """A role of the source that may do nothing yet."""
    home = server.data_dir.parent.parent
    with admin(home) as connection:
        connection.execute("create role clerk login password 'a-secret-word'")
    owner = psycopg.conninfo.conninfo_to_dict(shop.url)
    url = (
        f"postgresql://clerk:a-secret-word@localhost/{owner['dbname']}"
        f"?host={owner['host']}&port={owner.get('port', 5432)}"
    )
    own = shop.settings
    shop.settings = own.model_copy(update={"source_url": SecretStr(url)})
    yield shop
    with admin(home, str(owner["dbname"])) as connection:
        connection.execute("drop owned by clerk")
        connection.execute("drop role clerk")


def test_a_missing_grant_is_named(clerk: Shop) -> None:
    with pytest.raises(DatabaseError, match=r"'clerk' may not read shop\.reviews") as raised:
        clerk.load()
    assert raised.value.hint == 'grant usage on schema shop to "clerk"'
    clerk.run("grant usage on schema shop to clerk")
    with pytest.raises(DatabaseError) as raised:
        clerk.load()
    assert raised.value.hint == 'grant select on shop.reviews to "clerk"'
    clerk.run("grant select on shop.reviews to clerk")
    assert clerk.load(updated_at="changed_at") == (100, 100, 0, 0, 0)


def test_the_address(shop: Shop) -> None:
    settings = shop.settings
    source = job.DatabaseSource(job.relation_of("postgres", "t", None))
    for url, message in {
        None: "needs the source's address in INSIGHTS_SOURCE_URL",
        "mssql+pyodbc://u:secret@h/d": "an address of sqlserver, and --from says postgres",
        "mysql://u:secret@h/d": "no address of Postgres or SQL Server",
        "postgresql://u:sec@ret@h/d": "INSIGHTS_SOURCE_URL",
    }.items():
        given = settings.model_copy(update={"source_url": SecretStr(url) if url else None})
        with pytest.raises(ConfigurationError, match=message) as raised:
            job.load_database(given, source)
        assert "sec" not in raised.value.message.replace("second", "")
    away = SecretStr("postgresql://u:secret@localhost:1/d")
    given = settings.model_copy(update={"source_url": away})
    with pytest.raises(DatabaseError, match="cannot be reached") as raised:
        job.load_database(given, source)
    assert "secret" not in f"{raised.value.message} {raised.value.hint}"
    assert "INSIGHTS_SOURCE_URL" in str(raised.value.hint)
