"""Cluster the embedded feedback into a tree and store it as a candidate run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from python_jobs.clustering.methods import library_versions
from python_jobs.clustering.tree import ROOT, Cluster
from python_jobs.jobs.cluster_identity import with_identity
from python_jobs.jobs.lock import pipeline_lock
from python_jobs.jobs.memory import Room, in_memory, room_for
from python_jobs.jobs.segments import Segments, find_segments
from python_jobs.logs import logger
from python_jobs.storage import cluster_runs, vectors
from python_jobs.storage.cluster_runs import Row, RunRows, RunSummary
from python_jobs.storage.job_inputs import (
    ClusteringText,
    Period,
    pending_model,
    read_clustering_input,
)
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.settings import Settings

    Drawn = Callable[[Sequence[ClusteringText]], Sequence[ClusteringText]]

ROOT_NAME = "All feedback"


@dataclass(frozen=True)
class ClusterInput:
    """Texts with their vectors, by content hash, all of one embedding model."""

    texts: Sequence[ClusteringText]
    vectors: NDArray[np.float32]
    model: str
    dimensions: int
    period: Period = field(default_factory=Period)

    @property
    def weights(self) -> NDArray[np.int64]:
        """How many feedback say each text."""
        return np.array([text.count_feedback for text in self.texts], dtype=np.int64)

    @property
    def count_by_text(self) -> dict[str, int]:
        """The same by content hash."""
        return {text.content_hash: text.count_feedback for text in self.texts}


@dataclass(frozen=True)
class ClusterResult:
    """What a run found; `run_id` is None where nothing had to be done or there was nothing."""

    run_id: str | None
    unchanged: bool
    count_texts: int
    count_feedback: int
    count_clusters: int
    noise_share: float


def read_input(
    settings: Settings,
    period: Period,
    limit: int | None,
    drawn: Drawn | None = None,
    room: Room = in_memory,
) -> ClusterInput | None:
    """Texts and vectors of the active embedding model; None where nothing is embedded.

    Args:
        settings: for the database.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback.
        drawn: chooses among these texts; the vectors of the others are not read.
        room: for the vectors; raises where clustering so many would take too much memory.
    """
    with (
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
        warehouse.transaction() as connection,
    ):
        model = pending_model(connection)
        if model is None:
            return None
        texts: Sequence[ClusteringText] = read_clustering_input(connection, period, limit)
        texts = drawn(texts) if drawn else texts
        with store.beside(connection) as beside:
            found = vectors.read_vectors(
                beside,
                [text.content_hash for text in texts],
                model=model[0],
                dimensions=model[1],
                schema=store.schema,
                out=room(len(texts), model[1]),
            )
    return ClusterInput(texts, found, *model, period)


def segments_of(given: ClusterInput, parameters: ClusterParameters) -> Segments:
    """Cluster the input; touches no database."""
    return find_segments(
        [text.content_hash for text in given.texts],
        [text.text for text in given.texts],
        given.weights,
        given.vectors,
        parameters,
    )


def cluster(
    settings: Settings,
    parameters: ClusterParameters,
    *,
    period: Period,
    limit: int | None = None,
    force: bool = False,
) -> ClusterResult:
    """Cluster and store the tree as the candidate run.

    Args:
        settings: for the database.
        parameters: how to cluster.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback.
        force: cluster even if the published or waiting run has the same input.

    Raises:
        UsageError: parameters that cannot be used, or more memory than the limit.
        BusyError: a pipeline run or an erasure is at work.
        DatabaseError: vectors are missing, or dbt has not run.
    """
    parameters.validate()
    with pipeline_lock(settings):
        return _cluster(settings, parameters, period, limit, force=force)


def _cluster(
    settings: Settings,
    parameters: ClusterParameters,
    period: Period,
    limit: int | None,
    *,
    force: bool,
) -> ClusterResult:
    given = read_input(settings, period, limit, room=room_for(settings, parameters))
    if given is None or not given.texts:
        logger.info("Nothing to cluster: no feedback of this period has a vector")
        return ClusterResult(None, True, 0, 0, 0, 0.0)
    with Warehouse(settings) as warehouse, VectorStore(settings) as store:
        input_hash = _input_hash(given, parameters)
        with warehouse.transaction() as connection:
            same = None if force else cluster_runs.same_input(connection, input_hash)
        if same:
            logger.info("Clustering: nothing changed since run %s (%s)", same.run_id, same.status)
            return _unchanged(same)
        with job_run(warehouse, "cluster", model=given.model) as run:
            segments = segments_of(given, parameters)
            run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
            rows = _rows(run_id, run.job_run_id, input_hash, given, segments)
            with warehouse.transaction() as connection:
                rows = with_identity(connection, rows, given.count_by_text)
                cluster_runs.write_candidate(connection, rows)
                with store.beside(connection) as beside:
                    vectors.write_centroids(beside, run_id, segments.centroids, schema=store.schema)
            result = ClusterResult(
                run_id=run_id,
                unchanged=False,
                count_texts=len(given.texts),
                count_feedback=int(given.weights.sum()),
                count_clusters=sum(not each.is_noise for each in segments.tree.clusters),
                noise_share=segments.noise_share,
            )
            run.counts.update({key: value for key, value in vars(result).items() if value})
    return result


def _unchanged(run: RunSummary) -> ClusterResult:
    return ClusterResult(
        run.run_id, True, run.count_texts, run.count_feedback, run.count_clusters, run.noise_share
    )


def _input_hash(given: ClusterInput, parameters: ClusterParameters) -> str:
    """SHA-256 over everything that decides the tree, and over the texts' weights."""
    digest = hashlib.sha256()
    decides = {
        "method": parameters.method,
        "model": given.model,
        "dimensions": given.dimensions,
        "parameters": parameters.to_dict(),
        "versions": library_versions(parameters.method),
        "period": [str(given.period.start), str(given.period.end)],
    }
    digest.update(json.dumps(decides, sort_keys=True).encode())
    for text in given.texts:
        digest.update(f"\n{text.content_hash} {text.count_feedback}".encode())
    return digest.hexdigest()


def _rows(
    run_id: str, job_run_id: str, input_hash: str, given: ClusterInput, segments: Segments
) -> RunRows:
    tree = segments.tree
    run = {
        "run_id": run_id,
        "status": "candidate",
        "method": tree.parameters.method,
        "parameters": json.dumps(
            {"asked": tree.parameters.to_dict(), "effective": dict(tree.effective)}, default=str
        ),
        "library_versions": json.dumps(dict(tree.versions)),
        "embedding_model": given.model,
        "embedding_dimensions": given.dimensions,
        "input_hash": input_hash,
        "count_feedback": int(given.weights.sum()),
        "count_texts": len(given.texts),
        "noise_share": segments.noise_share,
        "start_date": given.period.start,
        "end_date": given.period.end,
        "created_at": datetime.now(UTC),
        "job_run_id": job_run_id,
    }
    keywords = [
        {
            "run_id": run_id,
            "cluster_path": path,
            "keyword_rank": rank,
            "keyword": keyword.term,
            "score": keyword.score,
        }
        for path, found in segments.keywords.items()
        for rank, keyword in enumerate(found, 1)
    ]
    exemplars = [
        {
            "run_id": run_id,
            "cluster_path": path,
            "exemplar_rank": rank,
            "content_hash": segments.hashes[row],
        }
        for path, rows in segments.exemplars.items()
        for rank, row in enumerate(rows, 1)
    ]
    assignments = [
        {
            "run_id": run_id,
            "content_hash": content_hash,
            "cluster_path": str(tree.labels[row]),
            "membership_probability": float(tree.probabilities[row]),
            "noise_score": float(tree.noise_score[row]),
            "x": float(tree.coordinates[row, 0]),
            "y": float(tree.coordinates[row, 1]),
        }
        for row, content_hash in enumerate(segments.hashes)
    ]
    clusters = [_root_row(run_id, segments), *(_cluster_row(run_id, c) for c in tree.clusters)]
    return RunRows(run, clusters, keywords, exemplars, assignments)


def _root_row(run_id: str, segments: Segments) -> Row:
    return {
        "run_id": run_id,
        "cluster_path": ROOT,
        "parent_path": None,
        "depth": 0,
        "is_noise": False,
        "is_leaf": not segments.tree.clusters,
        "count_texts": len(segments.hashes),
        "count_feedback": int(segments.weights.sum()),
        "persistence": None,
        "stability": None,
        "cluster_name": ROOT_NAME,
        "summary": None,
    }


def _cluster_row(run_id: str, cluster: Cluster) -> Row:
    return {
        "run_id": run_id,
        "cluster_path": cluster.path,
        "parent_path": cluster.parent_path,
        "depth": cluster.depth,
        "is_noise": cluster.is_noise,
        "is_leaf": cluster.is_leaf,
        "count_texts": cluster.count_members,
        "count_feedback": cluster.size,
        "persistence": cluster.persistence,
        "stability": cluster.stability,
        "cluster_name": None,
        "summary": None,
    }
