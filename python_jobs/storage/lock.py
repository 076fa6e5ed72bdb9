"""Locks that live and die with a connection: the server frees them when their holder is gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from python_jobs.errors import BusyError
from python_jobs.storage import dialects

if TYPE_CHECKING:
    import sqlalchemy as sa

    from python_jobs.settings import Settings

_LEAVING_SECONDS = 2.0
"""The server frees a lock a moment after its holder has hung up: who comes next waits for that."""


def hold_pipeline_lock(
    connection: sa.Connection, settings: Settings, *, shared: bool = False
) -> None:
    """Take the lock of the pipeline for as long as the connection lives.

    Args:
        connection: whose end frees it.
        settings: for the schemas that the pipeline writes.
        shared: beside others that share it; nobody else has it alone meanwhile.

    Raises:
        BusyError: another run holds it.
    """
    name = f"pipeline {settings.schema_prefix}"
    until = time.monotonic() + _LEAVING_SECONDS
    while not _hold(connection, name, shared=shared):
        if time.monotonic() > until:
            raise BusyError(
                "another pipeline run is at work on this database",
                hint="wait until it ends, or stop it",
            )
        time.sleep(0.05)


def hold(connection: sa.Connection, name: str) -> bool:
    """Take a lock for as long as the connection lives; False where somebody has it."""
    return _hold(connection, name, shared=False)


def is_held(connection: sa.Connection, name: str) -> bool:
    """Whether a living connection holds the lock; asked within a transaction."""
    return dialects.of(connection).is_locked(connection, name)


def wait_for_turn(connection: sa.Connection, name: str) -> None:
    """Wait for a lock and keep it until the transaction ends."""
    dialects.of(connection).wait_for_lock(connection, name)


def give_up_after(connection: sa.Connection, seconds: float) -> None:
    """Bound how long this transaction can keep others waiting where its process hangs.

    Postgres ends it where nothing is done in it for so long. SQL Server cannot: there whoever
    waits gives up after two minutes, and says so.
    """
    dialects.of(connection).end_when_idle(connection, seconds)


def _hold(connection: sa.Connection, name: str, *, shared: bool) -> bool:
    dialect = dialects.of(connection)
    with dialects.errors_explained(dialect):
        return dialect.try_lock(connection, name, shared=shared)
