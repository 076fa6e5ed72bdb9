"""Sources that cannot be read: what is wrong is named, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pydantic import SecretStr

from python_jobs.errors import ConfigurationError, DatabaseError, UsageError
from python_jobs.jobs import load_database as job
from python_jobs.sources.options import ReadOptions
from tests.integration.databases import admin
from tests.integration.jobs.load.shop import MAP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo
    from tests.integration.jobs.load.shop import Shop


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
