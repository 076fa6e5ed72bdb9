"""The warehouse on SQL Server 2019 or later and Azure SQL: application locks, ODBC's drivers.

No server has run this: it is compiled, held to the rules of T-SQL and tried with stand-ins.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from python_jobs.errors import DatabaseError
from python_jobs.storage.dialects import elements
from python_jobs.storage.failures import PassingError, lost
from python_jobs.storage.transient import is_broken, is_passing, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.compiler import SQLCompiler

WAIT_SECONDS = 120
"""The longest wait for any lock. SQL Server does not end an idle transaction, as Postgres does:
where a process hangs within one, those who wait for it give up and say so."""
_INLINE = 4_000
"""UTF-16 units of the widest value that a driver binds in an array of rows."""
_OPTIONS: dict[str, dict[str, Any]] = {
    # pyodbc binds text as wide characters unless SQLAlchemy, seeing ASCII, tells it otherwise
    "mssql+pyodbc": {"fast_executemany": True, "use_setinputsizes": False},
    # arrays of rows go through `_execute_many`; values by place, as pyodbc has them
    "mssql+mssqlpython": {"use_insertmanyvalues": False, "paramstyle": "qmark"},
}


def options(drivername: str) -> dict[str, Any]:
    """What `sqlalchemy.create_engine` has to be told for a driver."""
    return _OPTIONS[drivername]


def prepare(engine: sa.Engine) -> None:
    """See `Dialect`."""
    sa.event.listen(engine, "connect", _bound_waits)
    sa.event.listen(engine, "savepoint", _begin_before)
    sa.event.listen(engine, "before_cursor_execute", _without_numpy, retval=True)
    if engine.dialect.driver == "mssqlpython":
        sa.event.listen(engine, "do_executemany", _execute_many)
    elif engine.dialect.driver == "pyodbc":
        # a connection that its pool kept open would keep the session's locks
        engine.dialect.loaded_dbapi.pooling = False  # type: ignore[attr-defined]


def try_lock(connection: sa.Connection, name: str, *, shared: bool) -> bool:
    """See `Dialect`."""
    return _take(connection, name, "Shared" if shared else "Exclusive", "Session", 0)


def is_locked(connection: sa.Connection, name: str) -> bool:
    """See `Dialect`."""
    free = sa.func.applock_test("public", _resource(name), "Exclusive", "Session")
    return not connection.scalar(sa.select(free))


def wait_for_lock(connection: sa.Connection, name: str) -> None:
    """See `Dialect`.

    Raises:
        PassingError: somebody has kept it for two minutes.
    """
    if not _take(connection, name, "Exclusive", "Transaction", WAIT_SECONDS * 1000):
        raise _waited()


def end_when_idle(connection: sa.Connection, seconds: float) -> None:
    """See `Dialect`: those who wait give up (`WAIT_SECONDS`)."""


_BEGIN = "declare @begun int; select @begun = count(*) from sys.schemas;"
"""ODBC's drivers leave it to the first statement that reads a table to begin a transaction. `exec`
does not, and the lock would have no owner; `begin transaction`, which SQLAlchemy says before a
savepoint where there is none, would begin two, of which one is committed."""
_TAKE = sa.text(
    f"""set nocount on; {_BEGIN}
declare @answer int;
exec @answer = sp_getapplock @Resource = :resource, @LockMode = :mode, @LockOwner = :owner,
    @LockTimeout = :wait;
select @answer as answer;"""
)


def _take(connection: sa.Connection, name: str, mode: str, owner: str, wait: int) -> bool:
    values = {"resource": _resource(name), "mode": mode, "owner": owner, "wait": wait}
    answer = int(connection.execute(_TAKE, values).scalar_one())
    if answer == -3:
        raise PassingError(_DEADLOCK, hint=_AGAIN)
    if answer not in {0, 1, -1, -2}:
        raise DatabaseError(f"the database gives no lock (sp_getapplock: {answer})")
    return answer >= 0


def _resource(name: str) -> str:
    """At most 255 characters, of which the server shows the first 32 to an administrator."""
    return f"insights {hashlib.sha256(name.encode()).hexdigest()}"


_AGAIN = "run the same command again: it goes on where it stopped"
_DEADLOCK = "the database ended this transaction to let another one go on (deadlock)"
_NO_ROOM = {
    9002: "its transaction log is full",
    1101: "its files are full",
    1105: "its files are full",
    40544: "it has reached the largest size of its service tier",
    40552: "a transaction needs too much of its log",
}
_DENIED = {229, 230, 262, 297, 300, 916, 15247}
"""On an object, a column, a statement; to do this, to the server; no user of the database."""


def explained(error: BaseException, *, was_lost: bool) -> DatabaseError:
    """See `Dialect`."""
    words, code = str(error), number(error)
    if code in _NO_ROOM:
        return DatabaseError(
            f"the database has no room: {_NO_ROOM[code]} (error {code})",
            hint="see to the server, then run the same command again: what was stored stays",
        )
    if code == 1205:
        return PassingError(_DEADLOCK, hint=_AGAIN)
    if code == 1222:
        return _waited()
    if code in _DENIED:
        return _denied(words)
    if code == 208:
        found = re.search(r"Invalid object name '([\w.\[\]]{1,260})'", words)
        return DatabaseError(
            f"the database has no {found[1] if found else 'table or view that this job needs'}",
            hint="run `dbt build` in dbt_project first (run_pipeline.sh does it for you)",
        )
    if was_lost or is_broken(error):
        return lost()
    what = f"error {code}" if code else type(error).__name__
    if is_passing(error):
        return PassingError(f"the database asks to come back later ({what})", hint=_AGAIN)
    return DatabaseError(f"the database refused a statement ({what})")


def _waited() -> PassingError:
    return PassingError(
        f"another process has kept this one waiting for {WAIT_SECONDS} seconds in the database",
        hint="if it hangs, end it; else run the same command again",
    )


def _denied(words: str) -> DatabaseError:
    """Which right is missing: Microsoft's messages name it, and the object, never a value."""
    found = re.search(
        r"(?:The )?([A-Z][A-Z ]{2,40}) permission (?:was )?denied"
        r"(?: on the object '([^']{1,128})', database '[^']*', schema '([^']{1,128})')?",
        words,
    )
    hint = "scripts/rights/sqlserver.sql has all rights"
    if not found:
        return DatabaseError("not allowed: the role lacks a right", hint=hint)
    right, name, schema = found.groups()
    if not name:
        return DatabaseError(f"not allowed: {right}", hint=f"the role lacks it; {hint}")
    return DatabaseError(
        f"not allowed: {right} on {schema}.{name}",
        hint=f"grant {right.lower()} on schema::{schema} to the role; {hint}",
    )


def _bound_waits(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"set lock_timeout {WAIT_SECONDS * 1000}")
    cursor.close()


def _begin_before(connection: sa.Connection, _savepoint: str | None) -> None:
    connection.exec_driver_sql(_BEGIN)


def _without_numpy(
    _connection: sa.Connection,
    _cursor: object,
    statement: str,
    values: Any,
    _context: object,
    executemany: bool,
) -> tuple[str, Any]:
    """Numbers as Python's own: psycopg takes those of numpy as well, ODBC's drivers do not."""
    if executemany:
        return statement, [tuple(map(_own, row)) for row in values]
    return statement, tuple(map(_own, values))


def _own(value: Any) -> Any:
    return value.item() if type(value).__module__ == "numpy" else value


def _execute_many(cursor: Any, statement: str, rows: Sequence[Any], _context: object) -> bool:
    """Run a statement for many rows with mssql-python, and tell SQLAlchemy that it is done.

    Its `executemany` takes the type of a column from one of its values: where that is ASCII, other
    rows lose their letters; where it is an integer, fractions fail. So each column is declared, and
    rows with a value too wide for an array go one by one.
    """
    narrow: list[list[Any]] = []
    wide: list[list[Any]] = []
    for row in rows:
        values = [_bindable(each) for each in row]
        is_wide = any(isinstance(each, str) and _units(each) > _INLINE for each in values)
        (wide if is_wide else narrow).append(values)
    for values in wide:
        cursor.execute(statement, tuple(values))
    if narrow:
        sizes = [_size(column) for column in zip(*narrow, strict=True)]
        cursor.setinputsizes(sizes)
        floats = [at for at, (kind, *_) in enumerate(sizes) if kind == _DOUBLE]
        for values in narrow:
            for at in floats:
                values[at] = None if values[at] is None else float(values[at])
        cursor.executemany(statement, narrow)
    return True


def _bindable(value: Any) -> Any:
    """A number, a truth value or None as it is; all else as text that the server converts."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


_WVARCHAR, _BIGINT, _DOUBLE, _BIT = -9, -5, 8, -7
"""ODBC's types (sql.h, sqlext.h)."""


def _size(column: Sequence[Any]) -> tuple[int, int, int]:
    """Type, width and digits of a column for `setinputsizes`."""
    kinds = {type(each) for each in column if each is not None}
    if kinds and all(issubclass(kind, bool) for kind in kinds):
        return _BIT, 1, 0
    if kinds and all(issubclass(kind, int) for kind in kinds):
        return _BIGINT, 19, 0
    if kinds and all(issubclass(kind, (int, float)) for kind in kinds):
        return _DOUBLE, 53, 0
    if any(not issubclass(kind, str) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"a column of {names} cannot be bound")
    return _WVARCHAR, max((_units(each) for each in column if each), default=1), 0


def _units(text: str) -> int:
    """UTF-16 units, as SQL Server counts characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


@compiles(elements.now, "mssql")
def _now(_element: elements.now, _compiler: SQLCompiler, **_: Any) -> str:
    return "sysdatetimeoffset()"


@compiles(elements.from_now, "mssql")
def _from_now(element: elements.from_now, compiler: SQLCompiler, **options: Any) -> str:
    (seconds,) = element.clauses
    milliseconds = f"cast({compiler.process(seconds, **options)} * 1000 as int)"
    return f"dateadd(millisecond, {milliseconds}, sysdatetimeoffset())"


@compiles(elements.among, "mssql")
def _among(element: elements.among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    keys = "cast([value] as nvarchar(4000)) collate Latin1_General_100_BIN2"
    return f"{column} in (select {keys} from openjson({values}))"  # noqa: S608
