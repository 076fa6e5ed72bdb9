"""Tombstones: salted hashes of erased ids, so that no later load brings the feedback back.

What such a hash is worth: it keeps an id from being read, not from being guessed by whoever can
read the salt too. See docs/erasure.md.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among
from python_jobs.storage.erasure_tables import light_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_SALT_BYTES = 32
_CHUNK = 5_000  # bind parameters

_tombstones = light_table(
    tables.JOBS, "erased_feedback", "feedback_hash", "erased_at", "job_run_id"
)
_salts = sa.Table(
    "erasure_salt",
    sa.MetaData(),
    sa.Column("only_one", sa.Integer),
    sa.Column("salt", sa.Text),
    schema=tables.JOBS,
)


def leave_tombstones(
    connection: sa.Connection, ids: Sequence[str], *, at: datetime, job_run_id: str
) -> int:
    """Keep a hash of each id; return how many are new. The first call makes the salt."""
    if not ids:
        return 0
    salt = _salt(connection)
    if salt is None:
        salt = secrets.token_hex(_SALT_BYTES)
        connection.execute(sa.insert(_salts).values(only_one=1, salt=salt))
    fresh = sorted({tombstone(salt, each) for each in ids} - known_tombstones(connection, ids))
    for chunk in chunks(fresh):
        rows = [{"feedback_hash": e, "erased_at": at, "job_run_id": job_run_id} for e in chunk]
        connection.execute(sa.insert(_tombstones), rows)
    return len(fresh)


def known_tombstones(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Those tombstones of `ids` that are there."""
    salt = _salt(connection)
    found: set[str] = set()
    if salt is not None:
        column = _tombstones.c.feedback_hash
        for chunk in chunks([tombstone(salt, each) for each in ids]):
            found.update(connection.scalars(sa.select(column).where(among(column, chunk))))
    return found


def tombstone(salt: str, feedback_id: str) -> str:
    """SHA-256 (hex) of salt and id as UTF-8; `storage.raw` computes the same in SQL."""
    return hashlib.sha256(f"{salt}{feedback_id}".encode()).hexdigest()


def _salt(connection: sa.Connection) -> str | None:
    return connection.scalar(sa.select(_salts.c.salt))


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts short enough for one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
