"""The warehouse on SQL Server 2019 or later and Azure SQL: application locks, ODBC's drivers.

No server has run this: it is compiled, held to the rules of T-SQL and tried with stand-ins.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.mssql.information_schema import tables as _tables
from sqlalchemy.ext.compiler import compiles

from python_jobs.errors import DatabaseError
from python_jobs.storage.dialects import elements, odbc
from python_jobs.storage.failures import PassingError, lost
from python_jobs.storage.transient import is_broken, is_passing, number

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler

WAIT_SECONDS = 120
"""The longest wait for any lock. SQL Server does not end an idle transaction, as Postgres does:
where a process hangs within one, those who wait for it give up and say so."""


def prepare(engine: sa.Engine) -> None:
    """See `Dialect`."""
    sa.event.listen(engine, "connect", _bound_waits)
    sa.event.listen(engine, "savepoint", _begin_before)
    odbc.prepare(engine)


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


def is_closed(connection: sa.Connection, schema: str) -> bool:
    """See `Dialect`: the catalogue keeps quiet about tables that a role has no right on."""
    named = f"[{schema.replace(']', ']]')}]"
    may: int | None = connection.scalar(
        sa.select(sa.func.has_perms_by_name(named, "SCHEMA", "ALTER"))
    )
    return may == 0  # null where there is no such schema


def drop_schema(connection: sa.Connection, name: str) -> None:
    """See `Dialect`: there is no cascade, and dbt makes tables and views only."""
    query = (
        sa.select(_tables.c.table_name, _tables.c.table_type)
        .where(_tables.c.table_schema == name)
        .order_by(_tables.c.table_type.desc())  # views first
    )
    for each, kind in connection.execute(query).all():
        what = "view" if kind == "VIEW" else "table"
        there = sa.Table(str(each), sa.MetaData(), schema=name)
        drop = sa.DDL(f"drop {what} %(fullname)s")  # type: ignore[no-untyped-call]
        connection.execute(drop.against(there))
    connection.execute(sa.schema.DropSchema(name))


def is_denied(error: BaseException) -> bool:
    """See `Dialect`."""
    return number(error) in _DENIED | _INVISIBLE


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
_INVISIBLE = {3701, 15151}
"""No such object or schema to drop, "or you do not have permission"."""


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


_BINARY = "Latin1_General_100_BIN2"
_KEY = f"cast([value] as nvarchar(4000)) collate {_BINARY}"


elements.worded(
    "mssql",
    {
        elements.now: "sysdatetimeoffset()",
        elements.from_now: "dateadd(millisecond, cast({} * 1000 as int), sysdatetimeoffset())",
        elements.among: f"{{}} in (select {_KEY} from openjson({{}}))",  # noqa: S608
        elements.rows_of: f"(select {_KEY} from openjson({{}}))",  # noqa: S608
        elements.to_the_letter: f"({{}} collate {_BINARY})",
        elements.json_field: "json_value({}, {})",
    },
)


@compiles(elements.new_scratch, "mssql")
def _new_scratch(element: elements.new_scratch, compiler: DDLCompiler, **_: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    columns = ", ".join(
        f"{each.name} nvarchar(4000) collate {_BINARY}" for each in element.table.columns
    )
    return f"create table {table} ({columns})"
