"""What may be named as a source: tables and single SELECTs, and how they are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.dialects import mssql, postgresql

from python_jobs.errors import UsageError
from python_jobs.storage.source import position, statements
from python_jobs.storage.source.query import Kind, check_query, parse_table
from python_jobs.storage.source.statements import Relation, Window

POSTGRES = postgresql.psycopg.dialect()  # type: ignore[attr-defined]
SQLSERVER = mssql.pyodbc.dialect(paramstyle="qmark")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("reviews", (None, "reviews")),
        ("shop.reviews", ("shop", "reviews")),
        ('"my shop"."the ""best"""', ("my shop", 'the "best"')),
        ("[my.shop].[Customer Reviews]", ("my.shop", "Customer Reviews")),
        ("dbo . Reviews ", ("dbo", "Reviews")),
    ],
)
def test_tables(text: str, parts: tuple[str | None, str]) -> None:
    assert parse_table(text) == parts


@pytest.mark.parametrize("text", ["", ".", "a.", "a.b.c", 'a"b', "[a", "shop..reviews", "a;b.c.d"])
def test_no_tables(text: str) -> None:
    with pytest.raises(UsageError, match="is no name of a table"):
        parse_table(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("select 1", "select 1"),
        (" SELECT a FROM b ;; -- that is all", "SELECT a FROM b"),
        ("(select ';' as a)", "(select ';' as a)"),
        ('select "a;b" from c', 'select "a;b" from c'),
        ("select 1 -- not; the end", "select 1 -- not; the end"),
        ("/* ; */ select $$ ;) $$", "/* ; */ select $$ ;) $$"),
        ("with a as (select 1) select * from a", "with a as (select 1) select * from a"),
    ],
)
def test_queries(text: str, kept: str) -> None:
    assert check_query(text, "postgres") == kept


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", "postgres", "no SELECT"),
        (";", "postgres", "no SELECT"),
        ("delete from a", "postgres", "no SELECT"),
        ("exec dbo.drop_all", "sqlserver", "no SELECT"),
        ("select 1; delete from a", "postgres", "more than one statement"),
        ("select 1) as x, (select 2", "postgres", "parentheses"),
        ("select (1", "sqlserver", "parentheses"),
        ("with a as (select 1 as b) select b from a", "sqlserver", "begins with WITH"),
    ],
)
def test_no_queries(text: str, kind: Kind, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        check_query(text, kind)
    assert raised.value.hint


def one_line(statement: object, dialect: object) -> str:
    return " ".join(str(statement.compile(dialect=dialect)).split())  # type: ignore[attr-defined]


def test_rows_of_a_table() -> None:
    relation = Relation("sqlserver", table="Customer Reviews", schema="dbo")
    low, high = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    statement = statements.rows(relation, ["Id", "Text"], Window("Id", low, high))
    assert one_line(statement, SQLSERVER) == (
        "SELECT dbo.[Customer Reviews].[Id], dbo.[Customer Reviews].[Text] "
        "FROM dbo.[Customer Reviews] "
        "WHERE (dbo.[Customer Reviews].[Id] >= ? OR dbo.[Customer Reviews].[Id] IS NULL) "
        "AND (dbo.[Customer Reviews].[Id] <= ? OR dbo.[Customer Reviews].[Id] IS NULL) "
        "ORDER BY dbo.[Customer Reviews].[Id]"
    )
    statement = statements.rows(relation, ["Id", "Text"], Window("Id", after_key="F7"))
    assert one_line(statement, POSTGRES) == (
        'SELECT dbo."Customer Reviews"."Id", dbo."Customer Reviews"."Text" '
        'FROM dbo."Customer Reviews" WHERE dbo."Customer Reviews"."Id" > %(Id_1)s::VARCHAR '
        'ORDER BY dbo."Customer Reviews"."Id"'
    )


QUERY = r"select a::text, '10:30', ':b', '\:c', d[1:e], 'x%' as f from g -- h"


def test_a_query_is_asked_for_to_the_letter() -> None:
    relation = Relation("postgres", query=QUERY)
    statement = statements.rows(relation, ["a"], Window("a"))
    shown = str(statement.compile(dialect=SQLSERVER))
    assert shown == f"SELECT source.a \nFROM ({QUERY}\n) AS source ORDER BY source.a"
    assert statement.compile(dialect=POSTGRES).params == {}
    shown = str(statements.probe(relation).compile(dialect=SQLSERVER))
    assert shown == f"select * from ({QUERY}\n) as source where 1 = 0"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("postgres", '"my "":s"."t]"'), ("sqlserver", '[my ":s].[t]]]')],
)
def test_a_probe_quotes_names(kind: Kind, shown: str) -> None:
    relation = Relation(kind, table="t]", schema='my ":s')
    statement = statements.probe(relation)
    assert str(statement.compile(dialect=SQLSERVER)) == f"select * from {shown} where 1 = 0"


def test_key_faults_are_counted_by_the_server() -> None:
    statement = statements.key_faults(Relation("sqlserver", table="t"), ["id"], "id", Window("id"))
    assert one_line(statement, SQLSERVER) == (
        "SELECT sum(CASE WHEN (counted.key_value IS NULL) THEN counted.count_rows ELSE ? END) "
        "AS sum_1, sum(CASE WHEN (counted.key_value IS NULL) THEN ? WHEN (counted.count_rows > ?) "
        "THEN ? ELSE ? END) AS sum_2 FROM (SELECT t.id AS key_value, count(*) AS count_rows "
        "FROM t GROUP BY t.id) AS counted"
    )


@pytest.mark.parametrize(
    "mark",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001  (a column without zone)
        date(2026, 1, 2),
        7,
        -(10**30),
        Decimal("7.25"),
    ],
)
def test_marks_are_stored_exactly(mark: position.Mark) -> None:
    found = position.from_stored(position.as_stored(mark))
    assert (found, type(found)) == (mark, type(mark))
    assert position.from_stored(position.as_stored(None)) is None


def test_a_read_begins_before_the_mark() -> None:
    overlap = position.parse_overlap("90m")
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert position.before(moment, overlap) == moment - timedelta(minutes=90)
    assert position.before(date(2026, 1, 2), overlap) == date(2026, 1, 1)
    assert position.before(5_000, position.parse_overlap("7")) == 4_993
    assert position.before(Decimal("1.5"), position.parse_overlap("0")) == Decimal("1.5")
    assert position.before(date(2026, 1, 2), position.parse_overlap("0")) == date(2026, 1, 2)
    assert position.before(datetime(1, 1, 1, tzinfo=UTC), overlap) is None


def test_what_has_not_come_yet() -> None:
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    for mark, is_future in {
        now + timedelta(minutes=59): False,  # another clock
        now + timedelta(minutes=61): True,
        now.replace(tzinfo=None) + timedelta(hours=13): False,  # Kiribati
        now.replace(tzinfo=None) + timedelta(hours=15): True,
        date(2026, 1, 3): False,
        date(2026, 1, 4): True,
        10**12: False,
    }.items():
        assert position.is_future(mark, now) == is_future


def test_a_mark_never_goes_back() -> None:
    assert position.later(5, 3) == 5
    assert position.later(None, 3) == 3
    assert position.later(5, None) == 5
    # the column's type has changed: its new values count
    assert position.later(5, date(2026, 1, 2)) == date(2026, 1, 2)


@pytest.mark.parametrize("text", ["", "x", "-5", "1w", "1.5", "h", "9" * 30 + "d"])
def test_no_overlap(text: str) -> None:
    with pytest.raises(UsageError, match="is no overlap"):
        position.parse_overlap(text)
