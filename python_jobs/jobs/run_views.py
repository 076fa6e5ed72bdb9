"""What `insights runs show` and `insights runs diff` tell of cluster runs; reads, never writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_jobs.clustering.changes import changes
from python_jobs.clustering.identity import identify
from python_jobs.jobs.cluster_identity import events
from python_jobs.storage import cluster_runs, cluster_trees
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import RunSummary
    from python_jobs.storage.cluster_trees import ClusterEvent, StoredCluster


@dataclass(frozen=True)
class RunView:
    """A run with its parameters, the versions that made it, and its tree, the root first."""

    run: RunSummary
    parameters: Mapping[str, Any]
    versions: Mapping[str, Any]
    clusters: Sequence[StoredCluster]


@dataclass(frozen=True)
class RunDiff:
    """What became of the clusters of one run in another.

    Attributes:
        before: the earlier run.
        after: the later one.
        continuity: share of the feedback in both that kept its key; None without any in both.
        events: what changed; stored ones where `after` was compared with `before` when it was
            made, else found now.
        names: by run id, then path.
    """

    before: RunSummary
    after: RunSummary
    continuity: float | None
    events: Sequence[ClusterEvent]
    names: Mapping[str, Mapping[str, str]]


def show(settings: Settings, run_id: str | None) -> RunView:
    """Everything stored of a run, the candidate for None.

    Raises:
        UsageError: there is no such run.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        run = cluster_runs.find_run(connection, run_id)
        made = cluster_runs.how_made(connection, run.run_id)
        clusters = cluster_trees.read_clusters(connection, run.run_id)
        return RunView(run, _document(made[0]), _document(made[1]), tuple(clusters.values()))


def diff(settings: Settings, before: str, after: str) -> RunDiff:
    """Compare two runs.

    Raises:
        UsageError: there is no such run.
        DatabaseError: dbt has not built the marts.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        runs = [cluster_runs.find_run(connection, each) for each in (before, after)]
        names = {
            run.run_id: {
                path: each.cluster_name
                for path, each in cluster_trees.read_clusters(connection, run.run_id).items()
                if each.cluster_name
            }
            for run in runs
        }
        if runs[1].previous_run_id == runs[0].run_id:
            stored = cluster_trees.read_events(connection, runs[1].run_id)
            return RunDiff(runs[0], runs[1], runs[1].continuity, stored, names)
        return RunDiff(runs[0], runs[1], *_compared(connection, before, after), names)


def _compared(
    connection: sa.Connection, before: str, after: str
) -> tuple[float | None, list[ClusterEvent]]:
    old, new = (cluster_trees.read_tree(connection, each) for each in (before, after))
    counts = cluster_trees.count_feedback(connection)
    weights = {content_hash: counts.get(content_hash, 1) for content_hash in new.labels}
    found = identify(old.labels, old.keys, new.labels, weights, after)
    told = changes(old.clusters, new.clusters, found)
    return found.continuity, events(told, old.keys, new.keys)


def _document(stored: object) -> Mapping[str, Any]:
    """A JSON column: SQL Server gives its text, Postgres what it says."""
    found: Mapping[str, Any] = json.loads(stored) if isinstance(stored, str) else stored  # type: ignore[assignment]
    return found
