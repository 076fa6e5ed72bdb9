"""Cluster runs: written as a candidate, then published or rejected; readers see one published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from python_jobs.errors import UsageError
from python_jobs.storage import tables
from python_jobs.storage.warehouse import fetch

Row = Mapping[str, object]
_INSERT_ROWS = 5_000


@dataclass(frozen=True)
class RunRows:
    """A whole run as rows of its tables, with the columns of `storage.tables`."""

    run: Row
    clusters: Sequence[Row]
    keywords: Sequence[Row]
    exemplars: Sequence[Row]
    assignments: Sequence[Row]
    events: Sequence[Row] = ()


@dataclass(frozen=True)
class RunSummary:
    """A run as `insights runs` shows it."""

    run_id: str
    status: str
    status_reason: str | None
    method: str
    embedding_model: str
    count_feedback: int
    count_texts: int
    count_clusters: int
    noise_share: float
    start_date: date | None
    end_date: date | None
    created_at: datetime
    published_at: datetime | None
    previous_run_id: str | None
    continuity: float | None


def write_candidate(connection: sa.Connection, rows: RunRows) -> None:
    """Write a run as the candidate; one that waited before it is rejected as replaced."""
    table = tables.cluster_runs
    connection.execute(
        sa.update(table)
        .where(table.c.status == "candidate")
        .values(status="rejected", status_reason="replaced by a newer candidate")
    )
    connection.execute(sa.insert(table), [rows.run])
    for target, found in (
        (tables.clusters, rows.clusters),
        (tables.cluster_keywords, rows.keywords),
        (tables.cluster_exemplars, rows.exemplars),
        (tables.cluster_assignments, rows.assignments),
        (tables.cluster_events, rows.events),
    ):
        for start in range(0, len(found), _INSERT_ROWS):
            connection.execute(sa.insert(target), found[start : start + _INSERT_ROWS])


def same_input(connection: sa.Connection, input_hash: str) -> RunSummary | None:
    """The published or waiting run that was made from the same input in the same way."""
    for run in list_runs(connection):
        if run.status in ("published", "candidate"):
            table = tables.cluster_runs
            query = sa.select(table.c.input_hash).where(table.c.run_id == run.run_id)
            if connection.scalar(query) == input_hash:
                return run
    return None


def name_clusters(
    connection: sa.Connection,
    run_id: str,
    names: Mapping[str, tuple[str, str]],
    *,
    provider: str,
    model: str,
    prompt_hash: str,
) -> None:
    """Store (name, summary) by cluster path."""
    table = tables.clusters
    for path, (name, summary) in names.items():
        connection.execute(
            sa.update(table)
            .where(table.c.run_id == run_id, table.c.cluster_path == path)
            .values(
                cluster_name=name,
                summary=summary,
                named_by_provider=provider,
                named_by_model=model,
                prompt_hash=prompt_hash,
                named_at=datetime.now(UTC),
            )
        )


def names_of(connection: sa.Connection, run_id: str) -> dict[str, str]:
    """The names given so far, by cluster path."""
    table = tables.clusters
    query = sa.select(table.c.cluster_path, table.c.cluster_name).where(
        table.c.run_id == run_id, table.c.cluster_name.is_not(None)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def carried_names(connection: sa.Connection) -> int:
    """How many names the candidate has from the run before."""
    query = sa.select(sa.func.count()).select_from(tables.clusters).where(*_carried())
    return connection.scalar(query) or 0


def drop_carried_names(
    connection: sa.Connection, *, provider: str, model: str, prompt_hash: str
) -> int:
    """Take from the candidate the names of the run before that another namer gave; how many."""
    table = tables.clusters
    by_others = sa.or_(
        table.c.named_by_provider != provider,
        table.c.named_by_model != model,
        table.c.prompt_hash != prompt_hash,
    )
    return connection.execute(
        sa.update(table)
        .where(*_carried(), by_others)
        .values(cluster_name=None, summary=None, named_at=None)
    ).rowcount


def _carried() -> tuple[sa.ColumnElement[bool], ...]:
    clusters, runs = tables.clusters, tables.cluster_runs
    made = sa.select(runs.c.created_at).where(runs.c.status == "candidate").scalar_subquery()
    candidate = sa.select(runs.c.run_id).where(runs.c.status == "candidate").scalar_subquery()
    return clusters.c.run_id == candidate, clusters.c.named_at < made


def publish(connection: sa.Connection, run_id: str) -> None:
    """Make this the run that marts read; the one before is kept as superseded."""
    table = tables.cluster_runs
    connection.execute(
        sa.update(table).where(table.c.status == "published").values(status="superseded")
    )
    connection.execute(
        sa.update(table)
        .where(table.c.run_id == run_id)
        .values(status="published", status_reason=None, published_at=datetime.now(UTC))
    )


def reject(connection: sa.Connection, run_id: str, reason: str) -> None:
    """Keep the run for inspection; marts never read it."""
    table = tables.cluster_runs
    connection.execute(
        sa.update(table)
        .where(table.c.run_id == run_id)
        .values(status="rejected", status_reason=reason)
    )


def list_runs(connection: sa.Connection) -> list[RunSummary]:
    """All runs, the latest first."""
    runs, clusters = tables.cluster_runs, tables.clusters
    counted = (
        sa.select(clusters.c.run_id, sa.func.count().label("count_clusters"))
        .where(clusters.c.depth > 0)
        .group_by(clusters.c.run_id)
        .subquery()
    )
    columns = [
        runs.c.run_id,
        runs.c.status,
        runs.c.status_reason,
        runs.c.method,
        runs.c.embedding_model,
        runs.c.count_feedback,
        runs.c.count_texts,
        sa.func.coalesce(counted.c.count_clusters, 0),
        runs.c.noise_share,
        runs.c.start_date,
        runs.c.end_date,
        runs.c.created_at,
        runs.c.published_at,
        runs.c.previous_run_id,
        runs.c.continuity,
    ]
    query = (
        sa.select(*columns)
        .select_from(runs.outerjoin(counted, runs.c.run_id == counted.c.run_id))
        .order_by(runs.c.created_at.desc(), runs.c.run_id)
    )
    return fetch(connection, query, RunSummary)


def how_made(connection: sa.Connection, run_id: str) -> tuple[object, object]:
    """Parameters and library versions of a run, as its JSON columns give them."""
    columns = tables.cluster_runs.c
    wanted = [columns[name] for name in ("parameters", "library_versions")]
    row = connection.execute(sa.select(*wanted).where(columns.run_id == run_id)).one()
    return row[0], row[1]


def find_run(connection: sa.Connection, run_id: str | None) -> RunSummary:
    """The run of that id, or the candidate for None.

    Raises:
        UsageError: there is none.
    """
    runs = list_runs(connection)
    for run in runs:
        if run.run_id == run_id or (run_id is None and run.status == "candidate"):
            return run
    if run_id is None:
        raise UsageError("no candidate waits", hint="`insights cluster` makes one")
    raise UsageError(f"no cluster run {run_id}", hint="`insights runs list` shows them all")
