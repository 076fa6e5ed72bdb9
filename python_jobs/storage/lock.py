"""Locks that live and die with a connection: the server frees them when their holder is gone."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from python_jobs.errors import BusyError

if TYPE_CHECKING:
    import psycopg

    from python_jobs.settings import Settings

_LEAVING_SECONDS = 2.0
"""The server frees a lock a moment after its holder has hung up: who comes next waits for that."""


def hold_pipeline_lock(
    connection: psycopg.Connection, settings: Settings, *, shared: bool = False
) -> None:
    """Take the lock of the pipeline for as long as the connection lives.

    Args:
        connection: whose end frees it.
        settings: for the schemas that the pipeline writes.
        shared: beside others that share it; nobody else has it alone meanwhile.

    Raises:
        BusyError: another run holds it.
    """
    until = time.monotonic() + _LEAVING_SECONDS
    query = f"select pg_try_advisory_lock{'_shared' if shared else ''}(%s)"
    while not _ask(connection, query, f"pipeline {settings.schema_prefix}"):
        if time.monotonic() > until:
            raise BusyError(
                "another pipeline run is at work on this database",
                hint="wait until it ends, or stop it",
            )
        time.sleep(0.05)


def hold(connection: psycopg.Connection, name: str) -> bool:
    """Take a lock for as long as the connection lives; False where somebody has it."""
    return _ask(connection, "select pg_try_advisory_lock(%s)", name)


def is_held(connection: psycopg.Connection, name: str) -> bool:
    """Whether a living connection holds the lock; asked within a transaction."""
    return not _ask(connection, "select pg_try_advisory_xact_lock(%s)", name)


def wait_for_turn(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock and keep it until the transaction ends."""
    _ask(connection, "select pg_advisory_xact_lock(%s) is null", name)


def give_up_after(connection: psycopg.Connection, seconds: float) -> None:
    """Let the server end this transaction where its owner does nothing in it for so long."""
    connection.execute(
        "select set_config('idle_in_transaction_session_timeout', %s, true)",
        (f"{seconds * 1000:.0f}",),
    )


def _ask(connection: psycopg.Connection, query: str, name: str) -> bool:
    key = int.from_bytes(hashlib.sha256(f"insights {name}".encode()).digest()[:8], signed=True)
    row = connection.execute(query.encode(), (key,)).fetchone()
    return bool(row and row[0])
