"""Texts that a job gave up on, with the reason; never with the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class DeadLetter:
    """One text that a job gave up on."""

    job: str
    content_hash: str
    model: str
    reason: str
    failed_at: datetime


def read(connection: sa.Connection, job: str | None) -> list[DeadLetter]:
    """Of one job, or of all; the latest first."""
    table = tables.dead_letters
    query = sa.select(
        table.c.job, table.c.content_hash, table.c.model, table.c.reason, table.c.failed_at
    ).order_by(table.c.failed_at.desc(), table.c.job, table.c.content_hash)
    return fetch(connection, query if job is None else query.where(table.c.job == job), DeadLetter)


def remove(connection: sa.Connection, job: str | None) -> int:
    """Take them off the list, which makes them pending again; how many."""
    table = tables.dead_letters
    query = sa.delete(table)
    return connection.execute(query if job is None else query.where(table.c.job == job)).rowcount
