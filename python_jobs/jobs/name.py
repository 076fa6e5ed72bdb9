"""Name the clusters of the candidate run from their keywords and exemplars."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from python_jobs.jobs import usage
from python_jobs.logs import logger, progress
from python_jobs.providers import factory
from python_jobs.providers.base import ClusterEvidence, Namer
from python_jobs.storage import cluster_runs, results
from python_jobs.storage.job_inputs import UnnamedCluster, read_unnamed_clusters
from python_jobs.storage.job_runs import JobRun, job_run
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.settings import ProviderName, Settings

NOISE_NAME = "Everything else"
NOISE_SUMMARY = "Feedback that is like no other group here."


@dataclass
class NameResult:
    """How many clusters were named, with how many requests to a model."""

    named: int = 0
    requests: int = 0


def name(settings: Settings, *, provider: ProviderName | None = None) -> NameResult:
    """Name what has no name yet, siblings together and parents before their children.

    Raises:
        CallFailed: the provider refused or failed for good; names given before stay.
    """
    result = NameResult()
    with Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            waiting = read_unnamed_clusters(connection)
        if not waiting:
            logger.info("Naming: no cluster waits for a name, no model call made")
            return result
        namer = factory.namer(settings, provider)
        with (
            job_run(warehouse, "name", provider=namer.provider, model=namer.model) as run,
            progress("Naming", len(waiting), "clusters") as tick,
        ):
            try:
                for (run_id, parent), siblings in _families(waiting):
                    _name_family(warehouse, namer, run, run_id, parent, siblings, result)
                    tick(len(siblings))
            finally:
                run.counts.update(vars(result))
    return result


def _families(
    waiting: Sequence[UnnamedCluster],
) -> list[tuple[tuple[str, str], list[UnnamedCluster]]]:
    ordered = sorted(waiting, key=lambda each: (each.run_id, each.depth, each.parent_path))
    return [
        (key, list(siblings))
        for key, siblings in groupby(ordered, key=lambda each: (each.run_id, each.parent_path))
    ]


def _name_family(
    warehouse: Warehouse,
    namer: Namer,
    run: JobRun,
    run_id: str,
    parent: str,
    siblings: Sequence[UnnamedCluster],
    result: NameResult,
) -> None:
    with warehouse.transaction() as connection:
        known = cluster_runs.names_of(connection, run_id)
    proper = [each for each in siblings if not each.is_noise]
    taken = [given for path, given in known.items() if path.rpartition(".")[0] == parent]
    taken.append(NOISE_NAME)
    names = {each.cluster_path: (NOISE_NAME, NOISE_SUMMARY) for each in siblings if each.is_noise}
    requests: list[results.Request] = []
    if proper:
        evidence = [_evidence(each, known.get(parent)) for each in proper]
        answer = namer.name_siblings(evidence, taken)
        names |= {each.path: (each.name, each.summary) for each in answer.names}
        if answer.usage.requests:
            requests.append(usage.request("name", namer, len(proper), answer.usage))
            result.requests += answer.usage.requests
    with warehouse.transaction() as connection:
        cluster_runs.name_clusters(
            connection,
            run_id,
            names,
            provider=namer.provider,
            model=namer.model,
            prompt_hash=namer.prompt_hash,
        )
        for request in requests:
            results.record_request(connection, request, run.job_run_id)
    result.named += len(siblings)


def _evidence(cluster: UnnamedCluster, parent_name: str | None) -> ClusterEvidence:
    return ClusterEvidence(
        path=cluster.cluster_path,
        size=cluster.count_feedback,
        keywords=cluster.keywords,
        exemplars=cluster.exemplars,
        parent_name=parent_name if cluster.depth > 1 else None,
    )
