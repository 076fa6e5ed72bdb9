"""Publish or reject cluster runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.storage import cluster_runs
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import RunSummary


def list_runs(settings: Settings) -> list[RunSummary]:
    """All runs, the latest first."""
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        return cluster_runs.list_runs(connection)


def publish(settings: Settings, run_id: str | None) -> RunSummary:
    """Publish a run, the candidate for None. Judging it first is the gate's task (dbt tests).

    Raises:
        UsageError: there is no such run, or it has clusters without a name.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        run = cluster_runs.find_run(connection, run_id)
        named = cluster_runs.names_of(connection, run.run_id)
        if len(named) <= run.count_clusters:  # the root has its name from the start
            raise UsageError(
                f"run {run.run_id} has {run.count_clusters + 1 - len(named)} clusters without "
                "a name",
                hint="`insights name` names the candidate's",
            )
        cluster_runs.publish(connection, run.run_id)
        return cluster_runs.find_run(connection, run.run_id)


def reject(settings: Settings, run_id: str | None, reason: str) -> RunSummary:
    """Reject a run, the candidate for None.

    Raises:
        UsageError: there is no such run, or it is the published one.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        run = cluster_runs.find_run(connection, run_id)
        if run.status == "published":
            raise UsageError(
                f"run {run.run_id} is published: marts read it",
                hint="publish another run first: `insights runs publish RUN_ID`",
            )
        cluster_runs.reject(connection, run.run_id, reason)
        return cluster_runs.find_run(connection, run.run_id)
