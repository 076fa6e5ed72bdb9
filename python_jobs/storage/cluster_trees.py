"""Stored trees, read again: to find a run's clusters in the next, to show and to compare runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.erased_clusters import read_keywords
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True)
class StoredCluster:
    """A node of a stored tree; `named_at` is None where it has no name or waits for another."""

    cluster_path: str
    parent_path: str | None
    cluster_key: str | None
    cluster_name: str | None
    summary: str | None
    depth: int
    count_feedback: int
    count_texts: int
    persistence: float | None
    stability: float | None
    is_noise: bool
    is_leaf: bool
    named_by_provider: str | None
    named_by_model: str | None
    prompt_hash: str | None
    named_at: datetime | None


@dataclass(frozen=True)
class StoredTree:
    """A run's tree.

    Attributes:
        run_id: the run.
        clusters: by path, the root included.
        labels: deepest path of each text that the run was made from, by content hash.
        keywords: by path, the strongest first.
    """

    run_id: str
    clusters: Mapping[str, StoredCluster]
    labels: Mapping[str, str]
    keywords: Mapping[str, Sequence[str]]

    @property
    def keys(self) -> dict[str, str]:
        """Cluster keys by path."""
        return {path: each.cluster_key for path, each in self.clusters.items() if each.cluster_key}


@dataclass(frozen=True)
class ClusterEvent:
    """A row of `cluster_events`: what became of a cluster from one run to the next."""

    event: str
    cluster_key: str | None
    cluster_path: str | None
    previous_cluster_key: str | None
    previous_cluster_path: str | None
    count_feedback: int
    share_of_previous: float | None
    share_of_cluster: float | None
    share_unseen: float | None
    jaccard: float | None


def read_published(connection: sa.Connection) -> StoredTree | None:
    """The tree of the published run, if there is one."""
    runs = tables.cluster_runs
    run_id = connection.scalar(sa.select(runs.c.run_id).where(runs.c.status == "published"))
    return read_tree(connection, run_id) if run_id else None


def read_tree(connection: sa.Connection, run_id: str) -> StoredTree:
    """The tree of a run; empty where there is none."""
    placed = tables.cluster_assignments
    query = sa.select(placed.c.content_hash, placed.c.cluster_path).where(
        placed.c.run_id == run_id, placed.c.assigned_at.is_(None)
    )
    return StoredTree(
        run_id,
        read_clusters(connection, run_id),
        {row[0]: row[1] for row in connection.execute(query)},
        read_keywords(connection, run_id),
    )


def read_clusters(connection: sa.Connection, run_id: str) -> dict[str, StoredCluster]:
    """The nodes of a run by path, parents first, the largest sibling first, noise last."""
    table, marks = tables.clusters, tables.cluster_renamings
    waits = sa.and_(marks.c.run_id == table.c.run_id, marks.c.cluster_path == table.c.cluster_path)
    named_at = sa.case((table.c.named_at <= marks.c.marked_at, None), else_=table.c.named_at)
    names = list(StoredCluster.__dataclass_fields__)
    query = (
        sa.select(*(named_at if name == "named_at" else table.c[name] for name in names))
        .select_from(table.outerjoin(marks, waits))
        .where(table.c.run_id == run_id)
        .order_by(
            table.c.depth,
            sa.case((table.c.is_noise == sa.true(), 1), else_=0),
            table.c.count_feedback.desc(),
            table.c.cluster_path,
        )
    )
    return {each.cluster_path: each for each in fetch(connection, query, StoredCluster)}


def read_events(connection: sa.Connection, run_id: str) -> list[ClusterEvent]:
    """What was stored with a run, in its order."""
    table = tables.cluster_events
    columns = [table.c[name] for name in ClusterEvent.__dataclass_fields__]
    query = sa.select(*columns).where(table.c.run_id == run_id).order_by(table.c.event_number)
    return fetch(connection, query, ClusterEvent)


def count_feedback(connection: sa.Connection) -> dict[str, int]:
    """How many feedback say each text, by content hash, as of the last dbt build."""
    table = tables.feedback
    query = sa.select(table.c.content_hash, sa.func.count()).group_by(table.c.content_hash)
    return {row[0]: int(row[1]) for row in connection.execute(query)}
