"""The warehouse on Postgres: advisory locks, psycopg."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from python_jobs.errors import DatabaseError
from python_jobs.storage.dialects import elements
from python_jobs.storage.failures import lost, refused_statement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


def prepare(engine: sa.Engine) -> None:
    """See `Dialect`."""
    sa.event.listen(engine, "after_cursor_execute", _restart_idle_timeout)


def try_lock(connection: sa.Connection, name: str, *, shared: bool) -> bool:
    """See `Dialect`."""
    ask = sa.func.pg_try_advisory_lock_shared if shared else sa.func.pg_try_advisory_lock
    return bool(connection.scalar(sa.select(ask(_key(name)))))


def is_locked(connection: sa.Connection, name: str) -> bool:
    """See `Dialect`; asked by taking it, where it is free, until the transaction ends."""
    return not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_key(name))))


def wait_for_lock(connection: sa.Connection, name: str) -> None:
    """See `Dialect`."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_key(name))))


def end_when_idle(connection: sa.Connection, seconds: float) -> None:
    """See `Dialect`: the server ends a transaction in which nothing is done for so long."""
    timeout = sa.func.set_config(
        "idle_in_transaction_session_timeout", f"{seconds * 1000:.0f}", sa.true()
    )
    connection.execute(sa.select(timeout))


def is_closed(connection: sa.Connection, schema: str) -> bool:  # noqa: ARG001
    """See `Dialect`: never, for everybody sees that a table is there."""
    return False


def drop_schema(connection: sa.Connection, name: str) -> None:
    """See `Dialect`."""
    connection.execute(sa.schema.DropSchema(name, cascade=True))


def is_denied(error: BaseException) -> bool:
    """See `Dialect`."""
    return isinstance(error, psycopg.errors.InsufficientPrivilege)


def explained(error: BaseException, *, was_lost: bool) -> DatabaseError:
    """See `Dialect`."""
    if was_lost and not isinstance(error, psycopg.OperationalError):
        return lost()
    if isinstance(error, psycopg.Error):
        return refused_statement(error)
    return DatabaseError(f"the database refused a statement ({type(error).__name__})")


def hold_with_psycopg(connection: psycopg.Connection, name: str) -> bool:
    """As `try_lock`, for the vector store, which SQLAlchemy has no part in."""
    row = connection.execute("select pg_try_advisory_lock(%s)", (_number(name),)).fetchone()
    return bool(row and row[0])


def take_turn_with_psycopg(connection: psycopg.Connection, name: str, *, wait: bool) -> bool:
    """As `wait_for_lock`, for loads, which copy; without `wait` False where somebody has it."""
    if wait:
        connection.execute("select pg_advisory_xact_lock(%s)", (_number(name),))
        return True
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (_number(name),)).fetchone()
    return bool(row and row[0])


def _key(name: str) -> sa.BindParameter[int]:
    return sa.literal(_number(name), sa.BigInteger)


def _number(name: str) -> int:
    digest = hashlib.sha256(f"insights {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _restart_idle_timeout(
    _connection: sa.Connection,
    cursor: Any,
    _statement: str,
    _parameters: object,
    _context: object,
    executemany: bool,
) -> None:
    """Let `idle_in_transaction_session_timeout` count on after a statement with many rows.

    psycopg ends these with a flush, which stops the server's clock until the next statement: a
    process that hangs just there would keep its locks for ever.
    """
    if executemany and isinstance(cursor.connection, psycopg.Connection):
        cursor.connection.execute("select 1")


elements.worded(
    "postgresql",
    {
        elements.now: "now()",
        elements.from_now: "(now() + {} * interval '1 second')",
        elements.among: "{} = any({})",
        elements.rows_of: "unnest({})",
        elements.to_the_letter: "{}",
        elements.json_field: "({} ->> {})",
    },
)


@compiles(elements.new_scratch, "postgresql")
def _new_scratch(element: elements.new_scratch, compiler: DDLCompiler, **_: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    columns = ", ".join(f"{each.name} text" for each in element.table.columns)
    return f"create temporary table {table} ({columns}) on commit drop"
