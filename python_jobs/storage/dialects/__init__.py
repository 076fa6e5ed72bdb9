"""What differs between the two warehouses, Postgres and SQL Server: one concept a function.

Statements are SQLAlchemy's, written once. What needs another word in each is an element of
`elements`, which both modules know how to compile; what needs another protocol (locks that live
with a connection, errors, drivers) is a function of `Dialect`, which both modules are.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from python_jobs.storage.dialects import postgres, sqlserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.errors import DatabaseError


class Dialect(Protocol):
    """A module for each kind of warehouse."""

    def prepare(self, engine: sa.Engine) -> None:
        """Make an engine's connections behave as the jobs expect."""

    def try_lock(self, connection: sa.Connection, name: str, *, shared: bool) -> bool:
        """Take a lock until the connection ends; False where somebody has it."""

    def is_locked(self, connection: sa.Connection, name: str) -> bool:
        """Whether a living connection holds the lock; asked within a transaction."""

    def wait_for_lock(self, connection: sa.Connection, name: str) -> None:
        """Wait for a lock, and keep it until the transaction ends."""

    def end_when_idle(self, connection: sa.Connection, seconds: float) -> None:
        """Bound how long a transaction whose process hangs can keep others waiting."""

    def is_closed(self, connection: sa.Connection, schema: str) -> bool:
        """Whether a schema is there whose tables the role may neither change nor see."""

    def drop_schema(self, connection: sa.Connection, name: str) -> None:
        """Drop a schema and all in it."""

    def is_denied(self, error: BaseException) -> bool:
        """Whether a driver's error means that the role may not do this."""

    def explained(self, error: BaseException, *, was_lost: bool) -> DatabaseError:
        """What a user can do about a driver's error, in words that hold no feedback.

        Args:
            error: the driver's.
            was_lost: SQLAlchemy knows the connection for gone.
        """


def of(bound: sa.Engine | sa.Connection) -> Dialect:
    """The dialect of an engine or a connection."""
    return sqlserver if bound.dialect.name == "mssql" else postgres


@contextmanager
def errors_explained(dialect: Dialect) -> Iterator[None]:
    """Raise what the driver says as a DatabaseError in the words of the user."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise dialect.explained(
            error.orig or error, was_lost=error.connection_invalidated
        ) from None
