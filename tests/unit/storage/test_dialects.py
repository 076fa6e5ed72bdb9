"""The two dialects of storage, with stand-ins for the drivers: no server has seen the one of SQL
Server."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.dialects.mssql.mssqlpython import MSDialect_mssqlpython
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from python_jobs.errors import BusyError, ConfigurationError, DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage import dialects, erasure, lock, tables, warehouse_address
from python_jobs.storage.dialects import odbc, sqlserver
from python_jobs.storage.dialects.elements import (
    among,
    from_now,
    json_field,
    locked,
    new_scratch,
    now,
    rows_of,
    shared,
    to_the_letter,
)
from python_jobs.storage.erasure_tables import MODELS, SCRATCH
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.warehouse import Warehouse
from tests.portability.storage_calls import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

runs = tables.job_runs


def said(statement: Any, dialect: Any) -> str:
    return " ".join(str(statement.compile(dialect=dialect())).split())


@pytest.mark.parametrize(
    ("element", "of_postgres", "of_sqlserver"),
    [
        (now(), "now()", "sysdatetimeoffset()"),
        (
            from_now(120),
            "(now() + %(param_1)s * interval '1 second')",
            "dateadd(millisecond, cast(:param_1 * 1000 as int), sysdatetimeoffset())",
        ),
        (
            among(runs.c.job_run_id, ["a"]),
            "customer_insights.job_runs.job_run_id = any(%(among_1)s::TEXT[])",
            "customer_insights.job_runs.job_run_id in (select cast([value] as nvarchar(4000))"
            " collate Latin1_General_100_BIN2 from openjson(:among_1))",
        ),
        (
            sa.select(rows_of(["a"]).table().c.value),
            "SELECT given.value FROM unnest(%(keys_1)s::TEXT[]) AS given(value)",
            "SELECT given.value FROM (select cast([value] as nvarchar(4000))"
            " collate Latin1_General_100_BIN2 from openjson(:keys_1)) AS given(value)",
        ),
        (
            to_the_letter(sa.column("words")) == "Größe",
            "words = %(param_1)s::VARCHAR",
            "(words collate Latin1_General_100_BIN2) = :param_1",
        ),
        (
            json_field(sa.column("attributes"), "customer"),
            "(attributes ->> %(field_1)s::VARCHAR)",
            "json_value(attributes, :field_1)",
        ),
    ],
)
def test_an_element_in_both(element: Any, of_postgres: str, of_sqlserver: str) -> None:
    assert said(element, PGDialect_psycopg) == of_postgres
    assert said(element, mssql.dialect) == of_sqlserver


def test_rows_are_locked_in_both() -> None:
    query = sa.select(runs.c.job).where(runs.c.job_run_id == "a")
    table = "customer_insights.job_runs"
    assert said(locked(query, runs), postgresql.dialect).endswith("FOR UPDATE")
    assert said(shared(query, runs), postgresql.dialect).endswith("FOR KEY SHARE")
    assert f"{table} with (xlock, rowlock)" in said(locked(query, runs), mssql.dialect)
    assert f"{table} with (repeatableread, rowlock)" in said(shared(query, runs), mssql.dialect)


def test_any_number_of_keys_is_one_parameter() -> None:
    keys = [f"{number}𠜎" for number in range(5_000)]
    condition = among(runs.c.job_run_id, keys)
    compiled = condition.compile(dialect=mssql.dialect())
    ((name, value),) = compiled.params.items()
    processed = compiled._bind_processors[name](value)
    assert processed.isascii()  # no driver has to guess
    assert json.loads(processed) == keys


class Cursor:
    """Notes what a driver would do."""

    def __init__(self, answers: dict[str, object] | None = None) -> None:
        self.done: list[Any] = []
        self.answers = answers or {}
        self.rowcount = -1

    def setinputsizes(self, sizes: Sequence[tuple[int, int, int]]) -> None:
        self.done.append(("sizes", list(sizes)))

    def executemany(self, _statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.done.append(("rows", [tuple(row) for row in rows]))

    def execute(self, statement: str, row: Sequence[Any] = ()) -> None:
        self.done.append(("row", tuple(row), statement))


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


class Connection:
    """A connection to SQL Server as far as locks go: it answers by the name of the procedure."""

    dialect = mssql.dialect()

    def __init__(self, *answers: int) -> None:
        self.answers, self.asked = list(answers), []

    def execute(self, statement: Any, values: dict[str, Any] | None = None) -> Any:
        self.asked.append((str(statement), values))
        return self

    def scalar_one(self) -> int:
        return self.answers.pop(0)

    def scalar(self, statement: Any) -> int:
        self.asked.append((str(statement), statement.compile().params))
        return self.answers.pop(0)


def asked(connection: Connection) -> dict[str, Any]:
    ((text, values),) = connection.asked
    assert "sp_getapplock" in text
    assert values is not None
    return values


def test_a_lock_of_the_session() -> None:
    free, taken = Connection(0), Connection(-1)
    assert lock.hold(free, "x")  # type: ignore[arg-type]
    assert not lock.hold(taken, "x")  # type: ignore[arg-type]
    values = asked(free)
    assert (values["mode"], values["owner"], values["wait"]) == ("Exclusive", "Session", 0)
    assert len(lock_name("x" * 5_000)) < 255
    assert lock_name("x") != lock_name("X")


def lock_name(name: str) -> str:
    connection = Connection(0)
    lock.hold(connection, name)  # type: ignore[arg-type]
    return str(asked(connection)["resource"])


def test_workers_share_the_pipeline_s_lock() -> None:
    connection = Connection(0)
    lock.hold_pipeline_lock(connection, Settings(), shared=True)  # type: ignore[arg-type]
    assert asked(connection)["mode"] == "Shared"


def test_another_run_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_LEAVING_SECONDS", -1.0)
    with pytest.raises(BusyError):
        lock.hold_pipeline_lock(Connection(-1), Settings())  # type: ignore[arg-type]


def test_a_turn_is_the_transaction_s_and_waits_for_so_long_only() -> None:
    connection = Connection(1)
    lock.wait_for_turn(connection, "claims of tag")  # type: ignore[arg-type]
    values = asked(connection)
    assert (values["owner"], values["wait"]) == ("Transaction", 120_000)
    text = connection.asked[0][0]
    assert text.index("from sys.schemas") < text.index("exec"), "no transaction, no owner"
    with pytest.raises(PassingError, match="120 seconds"):
        lock.wait_for_turn(Connection(-1), "x")  # type: ignore[arg-type]
    with pytest.raises(PassingError, match="deadlock"):
        lock.wait_for_turn(Connection(-3), "x")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="-999"):
        lock.wait_for_turn(Connection(-999), "x")  # type: ignore[arg-type]


def test_who_lives_is_asked_without_taking() -> None:
    connection = Connection(0)
    assert lock.is_held(connection, "run")  # type: ignore[arg-type]
    assert "applock_test" in connection.asked[0][0]
    assert not lock.is_held(Connection(1), "run")  # type: ignore[arg-type]


def test_an_erasure_takes_its_turn_then_its_tables() -> None:
    recorder = Recorder()
    erasure.begin(recorder, Settings())  # type: ignore[arg-type]
    *rights, turn = [said(each, mssql.dialect) for each in recorder.said[: len(MODELS) + 1]]
    tables_made = [said(each, mssql.dialect) for each in recorder.said[len(MODELS) + 1 :]]
    assert all("has_perms_by_name" in each for each in rights)
    assert "sp_getapplock" in turn
    assert len(tables_made) == len(SCRATCH)
    for table, text in zip(SCRATCH, tables_made, strict=True):
        assert text.startswith(f"create table [{table.name}] (")
        assert text.count("nvarchar(4000) collate Latin1_General_100_BIN2") == len(table.c)
        assert said(new_scratch(table), PGDialect_psycopg).endswith("on commit drop")
        assert "?" not in text, "a driver that prepares it would drop the table at once"


def test_a_login_that_does_not_see_everything_erases_nothing() -> None:
    connection = Connection(1, 0)
    with pytest.raises(ConfigurationError, match="does not see"):
        erasure.begin(connection, Settings())  # type: ignore[arg-type]
    assert [list(each[1].values()) for each in connection.asked] == [
        ["[staging]", "SCHEMA", "ALTER"],
        ["[intermediate]", "SCHEMA", "ALTER"],
    ]


def test_a_field_of_json_may_have_any_name() -> None:
    value = sa.select(json_field(sa.column("attributes"), 'a "b" ü'))
    for dialect, wanted in ((mssql.dialect(), '$."a \\"b\\" ü"'), (PGDialect_psycopg(), 'a "b" ü')):
        compiled = value.compile(dialect=dialect)
        (name,) = compiled.params
        bound = compiled._bind_processors[name]
        assert bound(compiled.params[name]) == wanted  # type: ignore[operator]


def test_a_schema_goes_with_all_in_it() -> None:
    recorder = Recorder()
    sqlserver.drop_schema(recorder, "marts_as_of_2026_01_31")  # type: ignore[arg-type]
    found, *dropped = [said(each, mssql.dialect) for each in recorder.said]
    assert found.endswith("ORDER BY [INFORMATION_SCHEMA].[TABLES].[TABLE_TYPE] DESC")
    assert dropped == [
        "drop table marts_as_of_2026_01_31.x",
        "DROP SCHEMA marts_as_of_2026_01_31",
    ]


class DriverError(Exception):
    """As a driver of SQL Server words it."""


OF_ODBC = "[42000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"
OF_PYTHON = "Driver Error: {}; DDBC Error: [Microsoft][SQL Server]{}"


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (
            f"{OF_ODBC}The transaction log for database 'x' is full due to 'LOG_BACKUP'. (9002)",
            DatabaseError,
            "log is full",
        ),
        (
            OF_PYTHON.format("x", "The transaction log for database 'x' is full due to 'NOTHING'."),
            DatabaseError,
            "log is full",
        ),
        (
            f"{OF_ODBC}Transaction (Process ID 53) was deadlocked … deadlock victim. (1205)",
            PassingError,
            "deadlock",
        ),
        (
            OF_PYTHON.format(
                "Serialization failure",
                "Transaction (Process ID 53) was deadlocked on lock resources with another process"
                " and has been chosen as the deadlock victim. Rerun the transaction.",
            ),
            PassingError,
            "deadlock",
        ),
        (f"{OF_ODBC}Lock request time out period exceeded. (1222)", PassingError, "120 seconds"),
        (
            OF_PYTHON.format("Syntax error", "Lock request time out period exceeded."),
            PassingError,
            "120 seconds",
        ),
        (
            f"{OF_ODBC}The INSERT permission was denied on the object 'job_runs', database 'x',"
            " schema 'customer_insights'. (229)",
            DatabaseError,
            "INSERT on customer_insights.job_runs",
        ),
        (
            OF_PYTHON.format("x", "CREATE TABLE permission denied in database 'x'."),
            DatabaseError,
            "CREATE TABLE",
        ),
        (
            f"{OF_ODBC}Invalid object name 'marts.pending_tags'. (208)",
            DatabaseError,
            "no marts.pending_tags",
        ),
        ("[08S01] [Microsoft]Communication link failure (0)", ConnectionLostError, "lost"),
        (OF_PYTHON.format("Connection not open", "x"), ConnectionLostError, "lost"),
        (f"{OF_ODBC}The service is currently busy. (40501)", PassingError, "error 40501"),
        (
            f"{OF_ODBC}String or binary data would be truncated. Value: 'secret'. (2628)",
            DatabaseError,
            "error 2628",
        ),
    ],
)
def test_what_sql_server_means(words: str, kind: type[DatabaseError], says: str) -> None:
    found = sqlserver.explained(DriverError(words), was_lost=False)
    assert type(found) is kind
    assert says in found.message
    assert "secret" not in f"{found.message}{found.hint}"
    if "INSERT" in says:
        assert "grant insert on schema::customer_insights" in str(found.hint)


@pytest.mark.parametrize(
    ("words", "is_denied"),
    [
        (f"{OF_ODBC}The DELETE permission was denied on the object 'feedback' … (229)", True),
        (f"{OF_ODBC}Cannot drop the schema 'x', because it does not exist or you … (15151)", True),
        (
            OF_PYTHON.format(
                "x",
                "Cannot drop the table 'x', because it does not exist or you do not have"
                " permission.",
            ),
            True,
        ),
        (f"{OF_ODBC}Transaction (Process ID 53) was deadlocked … (1205)", False),
        ("?", False),
    ],
)
def test_what_this_role_may_not_do(words: str, is_denied: bool) -> None:
    assert sqlserver.is_denied(DriverError(words)) is is_denied


def test_sqlalchemy_may_know_that_the_connection_is_gone() -> None:
    found = sqlserver.explained(DriverError("?"), was_lost=True)
    assert type(found) is ConnectionLostError


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


def test_what_passes_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    attempts: list[int] = []

    def work() -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise sqlserver.explained(DriverError("x (1205)"), was_lost=False)
        return "done"

    with Warehouse(Settings(database_url="postgresql://h/d")) as warehouse:
        assert warehouse.patiently(work) == "done"
        attempts.clear()
        with pytest.raises(DatabaseError, match="log is full"):
            warehouse.patiently(full)


def full() -> None:
    raise sqlserver.explained(DriverError("x (9002)"), was_lost=False)
