"""How the drivers of SQL Server are opened, and get values; with stand-ins for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.mssql.mssqlpython import MSDialect_mssqlpython

from python_jobs.settings import Settings
from python_jobs.storage import dialects, tables, warehouse_address
from python_jobs.storage.dialects import odbc, sqlserver
from python_jobs.storage.warehouse import Warehouse
from tests.unit.storage.stand_ins import Cursor, DriverError

if TYPE_CHECKING:
    from collections.abc import Iterator

runs = tables.job_runs


def test_every_column_of_many_rows_is_declared() -> None:
    """mssql-python takes it from one value: `日本` beside longer ASCII arrived as `??`."""
    cursor = Cursor()
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2)))
    rows = [
        ("日本", 1, 0, True, at, None, Decimal("0.000000001")),
        ("longer ascii", None, 0.25, False, None, None, None),
        ("", 2**40, None, None, at, None, Decimal("1E+3")),
    ]
    assert odbc.execute_many(cursor, "insert", rows, None)
    wide, bigint, double, bit = -9, -5, 8, -7
    assert cursor.done == [
        (
            "sizes",
            [
                *((wide, 12, 0), (bigint, 19, 0), (double, 53, 0), (bit, 1, 0)),
                *((wide, 32, 0), (wide, 1, 0), (wide, 11, 0)),
            ],
        ),
        (
            "rows",
            [
                ("日本", 1, 0.0, True, "2026-01-02 03:04:05.678901+02:00", None, "0.000000001"),
                ("longer ascii", None, 0.25, False, None, None, None),
                ("", 2**40, None, None, "2026-01-02 03:04:05.678901+02:00", None, "1000"),
            ],
        ),
    ]
    assert all(isinstance(row[2], (float, type(None))) for row in cursor.done[1][1])


def test_wide_values_go_one_by_one() -> None:
    cursor = Cursor()
    emoji, long = "😀" * 2_001, "x" * 4_001  # 4,002 and 4,001 units
    just = "𠜎" * 2_000
    odbc.execute_many(cursor, "insert", [("a", emoji), ("b", just), ("c", long)], None)
    assert [each[1] for each in cursor.done if each[0] == "row"] == [("a", emoji), ("c", long)]
    assert cursor.done[-2:] == [("sizes", [(-9, 1, 0), (-9, 4_000, 0)]), ("rows", [("b", just)])]


def test_a_value_that_nobody_can_bind_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        odbc.execute_many(Cursor(), "insert", [(b"x",)], None)


def test_a_day_is_text_too() -> None:
    assert odbc.bindable(date(2026, 1, 2)) == "2026-01-02"


class Driver:
    """A DB-API that never gets anywhere, under the name of one of SQL Server's."""

    paramstyle = "qmark"
    version = __version__ = "5.5.0"
    pooling: Any = True
    Error = InterfaceError = ProgrammingError = DriverError

    class Cursor:
        nextset = True


@pytest.fixture
def on_sqlserver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("INSIGHTS_DBT_TARGET", "sqlserver")
    monkeypatch.setenv("INSIGHTS_SQLSERVER_BACKEND", "pyodbc")
    monkeypatch.setattr(
        "sqlalchemy.connectors.pyodbc.PyODBCConnector.import_dbapi", classmethod(lambda _: Driver)
    )
    yield
    Driver.pooling = True


class Opened:
    """A connection of the driver, with the cursors that it gave."""

    autocommit = False

    def __init__(self) -> None:
        self.cursors: list[Cursor] = []

    def cursor(self) -> Cursor:
        cursor = Cursor()
        cursor.close = lambda: None  # type: ignore[attr-defined]
        cursor.description = None  # type: ignore[attr-defined]
        self.cursors.append(cursor)
        return cursor

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


def test_rows_go_to_mssql_python_through_what_declares_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = Opened()

    class Python(Driver):
        paramstyle = "pyformat"
        pooling = staticmethod(lambda enabled: None)
        connect = staticmethod(lambda *_, **__: opened)

    monkeypatch.setenv("INSIGHTS_DBT_TARGET", "sqlserver")
    monkeypatch.setattr(MSDialect_mssqlpython, "import_dbapi", classmethod(lambda _: Python))
    monkeypatch.setattr(MSDialect_mssqlpython, "initialize", lambda *_: None)
    names = ("日本", "longer ascii", "x" * 5_000)
    rows = [{"job_run_id": name, "counts": np.int64(3)} for name in names]
    with Warehouse(Settings(schema_prefix="dev_")) as warehouse, warehouse.transaction() as there:
        there.begin_nested()
        there.execute(sa.insert(runs), rows)
    done = [each for cursor in opened.cursors for each in cursor.done]
    assert done[0][2] == "set lock_timeout 120000"
    assert "sys.schemas" in done[1][2], "a savepoint is of a transaction, and none had begun"
    assert done[3][2].startswith("SAVE TRANSACTION")
    assert ("row", ("x" * 5_000, 3)) in [each[:2] for each in done]
    assert done[-2:] == [
        ("sizes", [(-9, 12, 0), (-5, 19, 0)]),
        ("rows", [("日本", 3), ("longer ascii", 3)]),
    ]
    assert {type(each) for _, each in done[-1][1]} == {int}


@pytest.mark.usefixtures("on_sqlserver")
def test_the_warehouse_is_dbt_s_target() -> None:
    with Warehouse(Settings()) as warehouse:
        engine = warehouse._engine
        assert dialects.of(engine) is sqlserver
        assert engine.dialect.fast_executemany  # type: ignore[attr-defined]
        assert engine.dialect.bind_typing is not sa.engine.interfaces.BindTyping.SETINPUTSIZES
        assert isinstance(engine.pool, sa.QueuePool)
    assert Driver.pooling is False


def test_else_it_is_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSIGHTS_DBT_TARGET", raising=False)
    engine = warehouse_address.engine(Settings(database_url="postgresql://h/d"))
    assert engine.dialect.name == "postgresql"


def test_waits_are_bounded_on_every_connection() -> None:
    cursor = Cursor()
    cursor.close = lambda: None  # type: ignore[attr-defined]

    class OfDriver:
        def cursor(self) -> Cursor:
            return cursor

    sqlserver._bound_waits(OfDriver(), None)
    assert [each[2] for each in cursor.done] == ["set lock_timeout 120000"]
