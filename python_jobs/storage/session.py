"""A connection of its own, in autocommit: what it says counts at once, its locks end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.storage import dialects, warehouse_address
from python_jobs.storage.failures import lost
from python_jobs.storage.tables import schema_names

if TYPE_CHECKING:
    from python_jobs.settings import Settings


class Session:
    """One connection to the warehouse; close it after use (`with`).

    Attributes:
        connection: for `storage.lock`. It is never made again: whoever lost it lost its locks.

    Raises:
        ConfigurationError, DatabaseError: the warehouse cannot be reached or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        engine = warehouse_address.engine(settings, poolclass=sa.NullPool, pool_pre_ping=False)
        self._engine = engine.execution_options(
            isolation_level="AUTOCOMMIT", schema_translate_map=schema_names(settings)
        )
        self._dialect = dialects.of(engine)
        with dialects.errors_explained(self._dialect):
            self.connection = self._engine.connect()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the server frees what it held."""
        self.connection.close()
        self._engine.dispose()

    def execute(self, statement: sa.Executable) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run a statement, which is stored at once.

        Raises:
            ConnectionLostError: the connection is gone, now or since an earlier statement.
            DatabaseError: the database refuses.
        """
        if self.connection.invalidated:
            raise lost()
        with dialects.errors_explained(self._dialect):
            return self.connection.execute(statement)
