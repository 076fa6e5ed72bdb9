"""The way to the vectors: in the warehouse's own database, or in one of their own.

Where both are one, vectors and the record of them are one transaction. Where they are two, the
vectors are committed first and the record after them: a crash between the two leaves a vector
that the next run finds, and never a record of a vector that is not there.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.storage import dialects, lock, vectors
from python_jobs.storage.connection import connect, engine_for
from python_jobs.storage.target import target, vector_target
from python_jobs.storage.warehouse import MOST_WORKERS, native

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    import sqlalchemy as sa

    from python_jobs.settings import Settings

IDLE_SECONDS = 60.0
"""A transaction beside the warehouse's that does nothing for so long is ended by the server: sooner
than the warehouse's own (`leases.ALIVE_SECONDS`), so that nobody stores what is another's by then.
"""


class VectorStore:
    """Where vectors are, seen from a transaction of the warehouse; close it after use (`with`)."""

    def __init__(self, settings: Settings) -> None:
        self.schema = settings.schema_name(vectors.SCHEMA)
        self._settings = settings
        self._engine: sa.Engine | None = None
        self._is_other: bool | None = None
        self._guard = threading.Lock()

    def __enter__(self) -> VectorStore:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def beside(self, connection: sa.Connection) -> Iterator[psycopg.Connection]:
        """The vectors' connection, in a transaction.

        It is the warehouse's own transaction where both are one database. Else it is another,
        which is committed at the end of the block, before the warehouse's, and only if that is
        still alive: whoever lost its lease meanwhile stores nothing.

        Args:
            connection: to the warehouse, in a transaction.

        Raises:
            ConfigurationError: the address is no Postgres URL.
            DatabaseError: the vectors' database cannot be reached or refuses.
        """
        if not self.is_apart(connection):
            yield native(connection)
            return
        with self._pool().connect() as own:
            dialect = dialects.of(own)
            with dialects.errors_explained(dialect):
                transaction = own.begin()
                lock.give_up_after(own, IDLE_SECONDS)
            yield native(own)
            if connection.in_transaction():  # a dry run has rolled it back
                connection.exec_driver_sql("select 1")
            with dialects.errors_explained(dialect):
                transaction.commit()

    def is_apart(self, connection: sa.Connection) -> bool:
        """Whether the vectors are in another database than the warehouse."""
        if connection.dialect.name != "postgresql":
            return True
        if self._settings.vector_database_url is None:
            return False
        if self._is_other is None:
            own, theirs = vector_target(self._settings), target(self._settings)
            is_same = (own.host, own.port, own.database) == (
                theirs.host,
                theirs.port,
                theirs.database,
            )
            if not is_same:  # one server may have many names
                with connect(own) as other:
                    is_same = same_database(native(connection), other)
            self._is_other = not is_same
        return self._is_other

    def _pool(self) -> sa.Engine:
        with self._guard:
            if self._engine is None:
                where = vector_target(self._settings)
                self._engine = engine_for(where, max_overflow=MOST_WORKERS)
            return self._engine


def same_database(one: psycopg.Connection, other: psycopg.Connection) -> bool:
    """Whether two connections lead to one database: a lock that one has, the other cannot get."""
    key = secrets.randbits(62)
    query = "select pg_try_advisory_xact_lock(%s)"
    with one.transaction():
        one.execute(query, (key,))
        row = other.execute(query, (key,)).fetchone()
    return row == (False,)
