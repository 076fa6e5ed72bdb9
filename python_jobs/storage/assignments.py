"""Feedback assigned to the published run: what waits for it, what it is compared with, and rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import UsageError
from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import locked
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from python_jobs.storage.cluster_runs import Row
    from python_jobs.storage.job_inputs import Period

_INSERT_ROWS = 5_000


@dataclass(frozen=True)
class PublishedRun:
    """The run that marts show.

    Attributes:
        min_cluster_size: fewest texts of a cluster, as it was resolved for the run.
    """

    run_id: str
    model: str
    dimensions: int
    count_feedback: int
    min_cluster_size: int


@dataclass(frozen=True, slots=True)
class PendingAssignment:
    """A text of feedback that the published run does not show; `cluster_path` where it knows it."""

    content_hash: str
    cluster_path: str | None
    count_feedback: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A text that the run was made from, where it is and on the map."""

    content_hash: str
    cluster_path: str
    x: float
    y: float


@dataclass(frozen=True)
class AssignRun:
    """A row of `cluster_assign_runs`."""

    job_run_id: str
    run_id: str
    assigned_at: datetime
    count_texts: int
    count_feedback: int
    count_noise_texts: int
    count_noise_feedback: int
    distance_bound: float
    noise_share: float
    expected_noise_share: float
    far_share: float
    expected_far_share: float
    added_share: float
    reason: str | None


def published_run(connection: sa.Connection, *, for_writing: bool = False) -> PublishedRun | None:
    """The published run, if there is one; `for_writing` keeps it published until we commit."""
    runs = tables.cluster_runs.c
    query = sa.select(
        runs.run_id,
        runs.embedding_model,
        runs.embedding_dimensions,
        runs.count_feedback,
        runs.parameters,
    ).where(runs.status == "published")
    row = connection.execute(locked(query, tables.cluster_runs) if for_writing else query).first()
    return PublishedRun(row[0], row[1], row[2], row[3], _smallest(row[4])) if row else None


def _smallest(parameters: Any) -> int:
    """`min_cluster_size` of a run's parameters, which SQL Server gives as text."""
    document = json.loads(parameters) if isinstance(parameters, str) else parameters
    return int(document.get("effective", {}).get("min_cluster_size") or 1)


def read_pending(
    connection: sa.Connection, period: Period, limit: int | None
) -> list[PendingAssignment]:
    """Texts to assign, by content hash; with `limit` those of the latest feedback."""
    table = tables.pending_assignments
    grouped = (
        sa.select(
            table.c.content_hash, sa.func.min(table.c.cluster_path), sa.func.count().label("said")
        )
        .where(*period.clauses(table.c.created_at))
        .group_by(table.c.content_hash)
        .order_by(sa.func.max(table.c.created_at).desc(), table.c.content_hash)
    )
    found = fetch(connection, grouped.limit(limit) if limit else grouped, PendingAssignment)
    return sorted(found, key=lambda text: text.content_hash)


def read_members(connection: sa.Connection, run_id: str) -> list[MemberRow]:
    """What the run was made from, by content hash; nothing that was assigned since."""
    table = tables.cluster_assignments.c
    query = sa.select(table.content_hash, table.cluster_path, table.x, table.y).where(
        table.run_id == run_id, table.assigned_at.is_(None)
    )
    # ordered here: a database's collation may order otherwise
    return sorted(fetch(connection, query, MemberRow), key=lambda row: row.content_hash)


def count_assigned(
    connection: sa.Connection, run_id: str, noise_path: str, far: float
) -> tuple[int, int, int]:
    """Texts assigned to the run so far, those at `noise_path`, and those farther off than `far`."""
    table = tables.cluster_assignments.c

    def count_where(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    query = sa.select(
        sa.func.count(),
        count_where(table.cluster_path == noise_path),
        count_where(table.noise_score > far),
    ).where(table.run_id == run_id, table.assigned_at.is_not(None))
    row = connection.execute(query).one()
    return int(row[0]), int(row[1]), int(row[2])


def count_assigned_feedback(connection: sa.Connection, run_id: str) -> int:
    """Feedback that says the texts assigned to the run so far."""
    said, placed = tables.clustering_input.c, tables.cluster_assignments.c
    query = (
        sa.select(sa.func.count())
        .select_from(
            tables.clustering_input.join(
                tables.cluster_assignments, said.content_hash == placed.content_hash
            )
        )
        .where(placed.run_id == run_id, placed.assigned_at.is_not(None))
    )
    return int(connection.scalar(query) or 0)


def write(
    connection: sa.Connection, run_id: str, clusters: Sequence[Row], rows: Iterable[Row]
) -> None:
    """Add texts to a run, and the nodes that they need.

    Raises:
        UsageError: another run was published meanwhile.
    """
    published = published_run(connection, for_writing=True)
    if published is None or published.run_id != run_id:
        raise UsageError("another run was published meanwhile", hint="run the same command again")
    if clusters:
        connection.execute(sa.insert(tables.clusters), clusters)
    coming = iter(rows)
    while some := list(islice(coming, _INSERT_ROWS)):
        connection.execute(sa.insert(tables.cluster_assignments), some)


def record(connection: sa.Connection, call: AssignRun) -> None:
    """Write down a call: from then on the run's last day bounds nothing any more."""
    connection.execute(sa.insert(tables.cluster_assign_runs).values(**vars(call)))


def latest(connection: sa.Connection, run_id: str) -> AssignRun | None:
    """The last call that assigned something to the run."""
    table = tables.cluster_assign_runs.c
    columns = [table[name] for name in AssignRun.__dataclass_fields__]
    query = (
        sa.select(*columns)
        .where(table.run_id == run_id)
        .order_by(table.assigned_at.desc(), table.job_run_id.desc())
        .limit(1)
    )
    found = fetch(connection, query, AssignRun)
    return found[0] if found else None


def missing_paths(connection: sa.Connection, run_id: str, paths: Collection[str]) -> list[str]:
    """Those of the paths that are no node of the run."""
    table = tables.clusters.c
    query = sa.select(table.cluster_path).where(table.run_id == run_id)
    return sorted(set(paths) - set(connection.scalars(query).all()))
