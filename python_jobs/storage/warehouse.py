"""The warehouse: where dbt builds and the jobs read pending sets and write what they did."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import sqlalchemy as sa

from python_jobs.errors import DatabaseError
from python_jobs.storage.connection import sqlalchemy_engine
from python_jobs.storage.tables import schema_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.settings import Settings

Value = TypeVar("Value")

_MISSING = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


class Warehouse:
    """One database with its pool of connections; close it after use (`with`)."""

    def __init__(self, settings: Settings) -> None:
        self._engine = sqlalchemy_engine(settings).execution_options(
            schema_translate_map=schema_names(settings)
        )

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

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


def _explained(error: sa.exc.DBAPIError) -> DatabaseError:
    original = error.orig
    if isinstance(original, _MISSING):
        name = (original.diag.message_primary or "").removeprefix("relation ").split(" does")[0]
        return DatabaseError(
            f"the database has no {name or 'table or view that this job needs'}",
            hint="run `dbt build` in dbt_project first (run_pipeline.sh does it for you)",
        )
    if isinstance(original, psycopg.errors.InsufficientPrivilege):
        return DatabaseError(
            f"not allowed: {original.diag.message_primary}",
            hint="ask for the grant, or use another role in INSIGHTS_DATABASE_URL",
        )
    if error.connection_invalidated or isinstance(original, psycopg.OperationalError):
        return DatabaseError(
            "the database connection was lost",
            hint="run the same command again: it goes on where it stopped",
        )
    code = getattr(original, "sqlstate", None) or type(original).__name__
    return DatabaseError(f"the database refused a statement ({code})", hint=None)
