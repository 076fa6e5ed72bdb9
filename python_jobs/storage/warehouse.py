"""The warehouse: where dbt builds and the jobs read pending sets and write what they did."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import sqlalchemy as sa
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from python_jobs.errors import DatabaseError
from python_jobs.logs import logger
from python_jobs.storage.connection import sqlalchemy_engine
from python_jobs.storage.failures import ConnectionLostError, ended, lost, refused_statement
from python_jobs.storage.tables import schema_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.settings import Settings

Value = TypeVar("Value")

# Each thread of a job stores its own answers; the settings allow 64 of them.
MOST_WORKERS = 64


class Warehouse:
    """One database with its pool of connections; close it after use (`with`)."""

    def __init__(self, settings: Settings) -> None:
        engine = sqlalchemy_engine(settings, max_overflow=MOST_WORKERS)
        sa.event.listen(engine, "after_cursor_execute", _restart_idle_timeout)
        self._engine = engine.execution_options(schema_translate_map=schema_names(settings))

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def patiently(self, work: Callable[[], Value]) -> Value:
        """Do some work in transactions of its own, again where the connection was lost.

        For a server that restarts while answers that were paid for wait to be stored: up to 5
        retries after 1, 2, 4, 8 and 16 seconds.

        Raises:
            ConnectionLostError: it does not come back.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(ConnectionLostError),
            wait=wait_exponential(min=1, max=16),
            stop=stop_after_attempt(6),
            before_sleep=lambda _: logger.warning("The database connection was lost; trying again"),
            reraise=True,
        )
        return retrying(work)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection in a transaction: committed at the end, rolled back on an error.

        Raises:
            DatabaseError: in the words of the user for what they can mend.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise _explained(error) from None
        except psycopg.OperationalError as error:
            raise ended(error) from None


def fetch(
    connection: sa.Connection, query: sa.Select[Any], kind: Callable[..., Value]
) -> list[Value]:
    """The rows of a query, each as `kind(*columns)`."""
    return [kind(*row) for row in connection.execute(query)]


def native(connection: sa.Connection) -> psycopg.Connection:
    """The psycopg connection below, for COPY in the same transaction."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise DatabaseError(
            "this warehouse is no Postgres", hint="vectors need Postgres with pgvector"
        )
    return driver


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


def _explained(error: sa.exc.DBAPIError) -> DatabaseError:
    original = error.orig
    if error.connection_invalidated and not isinstance(original, psycopg.OperationalError):
        return lost()
    if isinstance(original, psycopg.Error):
        return refused_statement(original)
    return DatabaseError(f"the database refused a statement ({type(original).__name__})")
