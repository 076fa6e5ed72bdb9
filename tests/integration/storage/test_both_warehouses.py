"""What the jobs' storage rests on, on whichever warehouse there is: values come back as they went,
locks end with their connection, any number of keys fits.

On Postgres always; on SQL Server with `SQLSERVER_TEST_URL=… pytest -k sqlserver tests/integration`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from python_jobs.errors import DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage import dialects, lock, sqlserver, tables
from python_jobs.storage.dialects.elements import among, from_now, locked, now, shared
from python_jobs.storage.session import Session
from python_jobs.storage.warehouse import Warehouse
from tests.integration.test_sqlserver_target import URL, dbt_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = tables.table(
    tables.JOBS, "round_trip", ["id", "words", "amount", "share", "flag", "kept_at", "day"]
)
_COLUMNS = {
    "postgresql": 'id text collate "C" primary key, words text, amount numeric(18, 9),'
    " share double precision, flag boolean, kept_at timestamptz, day date",
    "mssql": "id nvarchar(200) collate Latin1_General_100_BIN2 primary key, words nvarchar(max),"
    " amount numeric(18, 9), share float, flag bit, kept_at datetimeoffset(6), day date",
}
_MAKE_SCHEMA = {
    "postgresql": "create schema if not exists customer_insights",
    "mssql": "if schema_id('customer_insights') is null exec('create schema customer_insights')",
}
AT = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
VALUES: dict[str, object] = {
    "short ascii": "x",
    "japanese": "日本",
    "supplementary": "𠜎 U+2070E, 𝒳, 🏳️‍🌈",
    "emoji": "😀" * 300,
    "combining": "e\u0301 is not \u00e9",
    "trailing spaces": "two  ",
    "empty": "",
    "quotes": "'; drop table x; -- \"",
    "control": "tab\tline\r\nend",
    "4,000": "x" * 4_000,
    "4,001": "é" * 4_001,
    "20,000": "Ω" * 20_000,
    "10,000 pairs": "😀" * 10_000,
    "null": None,
}


@pytest.fixture(params=["postgres", "sqlserver"])
def warehouse(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings that lead to a warehouse with an empty table."""
    if request.param == "postgres":
        settings = request.getfixturevalue("settings")
    else:
        if not URL:
            pytest.skip("SQLSERVER_TEST_URL names no SQL Server, and none can be started here")
        parsed, _ = sqlserver.parse_url(SecretStr(URL), "SQLSERVER_TEST_URL")
        for name, value in dbt_variables(parsed).items():
            monkeypatch.setenv(name, value)
        settings = Settings()
    with Session(settings) as session:
        kind = session.connection.dialect.name
        session.execute(sa.text(_MAKE_SCHEMA[kind]))
        session.execute(sa.text("drop table if exists customer_insights.round_trip"))
        made = f"create table customer_insights.round_trip ({_COLUMNS[kind]})"
        session.execute(sa.text(made))
    yield settings
    with Session(settings) as session:
        session.execute(sa.text("drop table customer_insights.round_trip"))


def row(name: str, words: object, number: int) -> dict[str, object]:
    return {
        "id": f"{name} 𠜎",
        "words": words,
        "amount": (Decimal("123456789.000000001"), Decimal("-0.5"), None)[number % 3],
        "share": (0.1, 1 / 3, -1e-300, 0, None)[number % 5],
        "flag": (True, False, None)[number % 3],
        "kept_at": (AT, AT.astimezone(UTC), None)[number % 3],
        "day": (AT.date(), None)[number % 2],
    }


@pytest.mark.parametrize("at_once", [True, False])
def test_values_come_back(warehouse: Settings, at_once: bool) -> None:
    rows = [row(name, words, number) for number, (name, words) in enumerate(VALUES.items())]
    with Warehouse(warehouse) as there:
        with there.transaction() as connection:
            for batch in [rows] if at_once else [[each] for each in rows]:
                connection.execute(sa.insert(TABLE), batch)
        with there.transaction() as connection:
            found = [dict(each) for each in connection.execute(sa.select(TABLE)).mappings()]
    by_id = {each["id"]: each for each in found}
    assert len(by_id) == len(rows)
    for each in rows:
        assert by_id[each["id"]] == each
        kept = by_id[each["id"]]["kept_at"]
        assert kept is None or kept.utcoffset() is not None


def test_any_number_of_keys(warehouse: Settings) -> None:
    keys = [f"key {number} 😀" for number in range(3_000)]
    rows = [{"id": key, "words": "x"} for key in keys]
    with Warehouse(warehouse) as there, there.transaction() as connection:
        connection.execute(sa.insert(TABLE), rows)
        wanted = [*keys[:2_500], "KEY 2999 😀"]  # case counts
        query = sa.select(TABLE.c.id).where(among(TABLE.c.id, wanted))
        assert set(connection.scalars(query)) == set(keys[:2_500])
        assert connection.execute(sa.delete(TABLE).where(among(TABLE.c.id, []))).rowcount == 0
        assert connection.execute(sa.delete(TABLE).where(among(TABLE.c.id, keys))).rowcount == 3_000


def test_what_changed_is_told(warehouse: Settings) -> None:
    with Warehouse(warehouse) as there, there.transaction() as connection:
        connection.execute(
            sa.insert(TABLE), [{"id": "a", "words": "x"}, {"id": "b", "words": None}]
        )
        change = sa.update(TABLE).where(TABLE.c.words == "x").values(words="日本")
        assert connection.scalars(change.returning(TABLE.c.id)).all() == ["a"]
        assert connection.execute(change).rowcount == 0


def test_a_savepoint_may_come_first(warehouse: Settings) -> None:
    with Warehouse(warehouse) as there, there.transaction() as connection:
        undone = connection.begin_nested()
        lock.wait_for_turn(connection, "active model")
        connection.execute(sa.insert(TABLE).values(id="a"))
        undone.rollback()
        connection.execute(sa.insert(TABLE).values(id="a"))
        assert connection.scalars(sa.select(TABLE.c.id)).all() == ["a"]


def test_the_clock_is_the_server_s(warehouse: Settings) -> None:
    with Warehouse(warehouse) as there, there.transaction() as connection:
        connection.execute(sa.insert(TABLE).values(id="a", kept_at=from_now(90)))
        is_ahead = sa.case((TABLE.c.kept_at > now(), 1), else_=0)
        assert connection.scalar(sa.select(is_ahead)) == 1
        connection.execute(sa.update(TABLE).values(kept_at=from_now(-0.5)))
        assert connection.scalar(sa.select(is_ahead)) == 0


def test_a_session_s_lock_ends_with_it(warehouse: Settings) -> None:
    with Warehouse(warehouse) as there:
        with Session(warehouse) as holder, Session(warehouse) as other:
            assert lock.hold(holder.connection, "run")
            assert not lock.hold(other.connection, "run")
            assert lock.hold(other.connection, "another run")
            with there.transaction() as connection:
                assert lock.is_held(connection, "run")
        with there.transaction() as connection:
            lock.wait_for_turn(connection, "run")  # it is free a moment after its holder hung up


def test_a_shared_lock(warehouse: Settings) -> None:
    with Session(warehouse) as one, Session(warehouse) as two, Session(warehouse) as three:
        dialect = dialects.of(one.connection)
        assert dialect.try_lock(one.connection, "pipeline", shared=True)
        assert dialect.try_lock(two.connection, "pipeline", shared=True)
        assert not dialect.try_lock(three.connection, "pipeline", shared=False)


def test_a_transaction_s_lock_ends_with_it(warehouse: Settings) -> None:
    with Warehouse(warehouse) as there, Session(warehouse) as other:
        with there.transaction() as connection:
            lock.wait_for_turn(connection, "claims")
            assert not lock.hold(other.connection, "claims")
        assert lock.hold(other.connection, "claims")


def test_a_row_that_some_share_is_nobody_s_alone(warehouse: Settings) -> None:
    query = sa.select(TABLE.c.words).where(TABLE.c.id == "a")
    with Warehouse(warehouse) as there:
        with there.transaction() as connection:
            connection.execute(sa.insert(TABLE).values(id="a", words="x"))
        with there.transaction() as one, there.transaction() as two:
            assert one.scalar(shared(query, TABLE)) == "x"
            assert two.scalar(shared(query, TABLE)) == "x"
        with there.transaction() as one:
            one.scalar(shared(query, TABLE))
            with pytest.raises(DatabaseError):
                take_alone(there, query)


def take_alone(there: Warehouse, query: sa.Select[tuple[str]]) -> None:
    with there.transaction() as connection:
        connection.execute(sa.text(_WAIT_SHORTLY[connection.dialect.name]))
        connection.scalar(locked(query, TABLE))


_WAIT_SHORTLY = {
    "postgresql": "set local lock_timeout = '100ms'",
    "mssql": "set lock_timeout 100",  # the connection ends with the warehouse
}


def test_a_table_that_is_not_there(warehouse: Settings) -> None:
    absent = tables.table(tables.JOBS, "no_such_table", ["id"])
    with (
        pytest.raises(DatabaseError, match=r"no.*no_such_table"),
        Warehouse(warehouse) as there,
        there.transaction() as connection,
    ):
        connection.execute(sa.select(absent))
