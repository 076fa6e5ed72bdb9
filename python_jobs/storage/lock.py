"""One pipeline run a database: a lock that lives and dies with its connection."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from python_jobs.errors import BusyError

if TYPE_CHECKING:
    import psycopg

    from python_jobs.settings import Settings


def hold_pipeline_lock(connection: psycopg.Connection, settings: Settings) -> None:
    """Take the lock for as long as the connection lives; the server frees it if we are killed.

    Raises:
        BusyError: another run holds it.
    """
    name = f"insights pipeline {settings.schema_prefix}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    row = connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
    connection.commit()
    if not row or not row[0]:
        raise BusyError(
            "another pipeline run is at work on this database",
            hint="wait until it ends, or stop it",
        )
