"""Name the clusters of the candidate run from their keywords and exemplars."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from python_jobs.jobs import usage
from python_jobs.jobs.budget import Budget, Spender
from python_jobs.jobs.lock import pipeline_lock
from python_jobs.jobs.outgoing import outgoing
from python_jobs.logs import logger, progress
from python_jobs.providers import factory
from python_jobs.providers.base import ClusterEvidence, Namings
from python_jobs.providers.errors import CallFailed
from python_jobs.providers.spending import BudgetReached
from python_jobs.storage import cluster_runs, results
from python_jobs.storage.job_inputs import UnnamedCluster, read_unnamed_clusters
from python_jobs.storage.job_runs import JobRun, job_run
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from python_jobs.providers.protocols import Namer
    from python_jobs.settings import ProviderName, Settings

NOISE_NAME = "Everything else"
NOISE_SUMMARY = "Feedback that is like no other group here."


@dataclass
class NameResult:
    """How many clusters were named, with how many requests to a model."""

    named: int = 0
    requests: int = 0


def name(
    settings: Settings, *, provider: ProviderName | None = None, budget: Budget | None = None
) -> NameResult:
    """Name what has no name yet, siblings together and parents before their children.

    Raises:
        BusyError: a pipeline run or an erasure is at work.
        BudgetReached: the next request could have passed the budget; names given before stay.
        CallFailed: the provider refused or failed for good; names given before stay.
    """
    result = NameResult()
    with pipeline_lock(settings), Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            waiting = read_unnamed_clusters(connection)
            carried = cluster_runs.carried_names(connection)
        if not waiting and not carried:
            return _nothing(result)
        spender = Spender(budget or Budget(), warehouse)
        namer = factory.namer(settings, provider, spending=spender)
        spender.open(namer)
        if carried:
            with warehouse.transaction() as connection:
                waiting = _without_names_of_others(connection, namer)
        if not waiting:
            return _nothing(result)
        redacted = outgoing(settings, namer.provider)
        with (
            job_run(warehouse, "name", provider=namer.provider, model=namer.model) as run,
            progress("Naming", len(waiting), "clusters") as tick,
        ):
            naming = _Naming(warehouse, namer, redacted, run, result)
            try:
                for (run_id, parent), siblings in _families(waiting):
                    naming.name_family(run_id, parent, siblings)
                    tick(len(siblings))
            finally:
                run.counts.update(vars(result))
    return result


def _nothing(result: NameResult) -> NameResult:
    logger.info("Naming: no cluster waits for a name, no model call made")
    return result


def _without_names_of_others(connection: sa.Connection, namer: Namer) -> list[UnnamedCluster]:
    """What waits for a name once those carried over from another namer are dropped."""
    dropped = cluster_runs.drop_carried_names(
        connection, provider=namer.provider, model=namer.model, prompt_hash=namer.prompt_hash
    )
    if dropped:
        logger.info("Naming: %d names of the run before were given by another model", dropped)
    return read_unnamed_clusters(connection)


def _families(
    waiting: Sequence[UnnamedCluster],
) -> list[tuple[tuple[str, str], list[UnnamedCluster]]]:
    ordered = sorted(waiting, key=lambda each: (each.run_id, each.depth, each.parent_path))
    return [
        (key, list(siblings))
        for key, siblings in groupby(ordered, key=lambda each: (each.run_id, each.parent_path))
    ]


@dataclass(frozen=True)
class _Naming:
    """What the families of clusters share."""

    warehouse: Warehouse
    namer: Namer
    redacted: Callable[[str], str]
    run: JobRun
    result: NameResult

    def name_family(self, run_id: str, parent: str, siblings: Sequence[UnnamedCluster]) -> None:
        """Name the clusters of one parent that have no name yet, and store the names."""
        with self.warehouse.transaction() as connection:
            known = cluster_runs.names_of(connection, run_id)
        proper = [each for each in siblings if not each.is_noise]
        asked = {each.cluster_path for each in siblings}  # an erasure may ask for a second name
        taken = [
            given
            for path, given in known.items()
            if path.rpartition(".")[0] == parent and path not in asked
        ]
        names = {
            each.cluster_path: (NOISE_NAME, NOISE_SUMMARY) for each in siblings if each.is_noise
        }
        requests: list[results.Request] = []
        if proper:
            evidence = [self._evidence(each, known.get(parent)) for each in proper]
            answer = self._ask(evidence, [*taken, NOISE_NAME])
            names |= {each.path: (each.name, each.summary) for each in answer.names}
            if answer.usage.requests:
                requests.append(usage.request("name", self.namer, len(proper), answer.usage))
                self.result.requests += answer.usage.requests
        with self.warehouse.transaction() as connection:
            cluster_runs.name_clusters(
                connection,
                run_id,
                names,
                provider=self.namer.provider,
                model=self.namer.model,
                prompt_hash=self.namer.prompt_hash,
            )
            for request in requests:
                results.record_request(connection, request, self.run.job_run_id)
        self.result.named += len(siblings)

    def _ask(self, evidence: Sequence[ClusterEvidence], taken: Sequence[str]) -> Namings:
        try:
            return self.namer.name_siblings(evidence, taken)
        except (CallFailed, BudgetReached) as error:
            if error.usage.requests:
                request = usage.request("name", self.namer, len(evidence), error.usage)
                with self.warehouse.transaction() as connection:
                    results.record_request(connection, request, self.run.job_run_id)
            raise

    def _evidence(self, cluster: UnnamedCluster, parent_name: str | None) -> ClusterEvidence:
        return ClusterEvidence(
            path=cluster.cluster_path,
            size=cluster.count_feedback,
            keywords=tuple(map(self.redacted, cluster.keywords)),
            exemplars=tuple(map(self.redacted, cluster.exemplars)),
            parent_name=parent_name if cluster.depth > 1 else None,
        )
