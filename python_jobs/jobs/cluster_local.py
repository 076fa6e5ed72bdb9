"""Cluster into files: reads the database, writes nothing to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from python_jobs.clustering import layout, measures
from python_jobs.jobs.cluster import ClusterInput, ClusterResult, read_input, segments_of
from python_jobs.jobs.name import NOISE_NAME
from python_jobs.logs import logger, progress
from python_jobs.providers.base import ClusterEvidence
from python_jobs.providers.local.namer import LocalNamer
from python_jobs.reporting.cluster_files.contents import About, Contents, Evidence, Texts, contents
from python_jobs.reporting.cluster_files.folder import prepare_folder
from python_jobs.reporting.cluster_files.writing import write_files
from python_jobs.storage.job_inputs import read_clustered_feedback
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.segments import Segments
    from python_jobs.settings import Settings
    from python_jobs.storage.job_inputs import ClusteredFeedback, Period


@dataclass(frozen=True)
class LocalResult:
    """What was found (`run_id` is None: nothing is stored), and the files that say so."""

    result: ClusterResult
    files: tuple[Path, ...] = ()


def cluster_local(
    settings: Settings,
    parameters: ClusterParameters,
    *,
    period: Period,
    limit: int | None = None,
    output_dir: Path,
) -> LocalResult:
    """Cluster the embedded feedback and write files about it; no table is touched.

    Names come from the local namer whatever the settings say: no paid call is made.

    Args:
        settings: for the database.
        parameters: how to cluster.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback.
        output_dir: where the files go; created where it is missing.

    Raises:
        UsageError: parameters or a folder that cannot be used.
        DatabaseError: vectors are missing, dbt has not run, or the feedback changed meanwhile.
    """
    parameters.validate()
    prepare_folder(output_dir)
    given = read_input(settings, period, limit)
    if given is None or not given.texts:
        logger.info("Nothing to cluster: no feedback of this period has a vector")
        return LocalResult(ClusterResult(None, False, 0, 0, 0, 0.0))
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        feedback = read_clustered_feedback(connection, period)
    segments = segments_of(given, parameters)
    found = describe(given, segments, feedback, limit=limit)
    logger.info("Writing pictures, tables, a report and an interactive map ...")
    files = write_files(output_dir, found)
    result = ClusterResult(
        run_id=None,
        unchanged=False,
        count_texts=len(given.texts),
        count_feedback=len(found.feedback),
        count_clusters=sum(not each.is_noise for each in found.segments),
        noise_share=found.noise_share,
    )
    return LocalResult(result, files)


def describe(
    given: ClusterInput,
    segments: Segments,
    feedback: Sequence[ClusteredFeedback],
    *,
    limit: int | None = None,
    made_at: datetime | None = None,
) -> Contents:
    """Name the clusters and join them with their feedback.

    Args:
        given: what was clustered.
        segments: what was found in it.
        feedback: at least that of the texts given.
        limit: that the user asked for.
        made_at: now, where not given.
    """
    namer = LocalNamer()
    logger.info("naming with %s, %s (--local makes no paid call)", namer.provider, namer.model)
    about = About(
        made_at=made_at or datetime.now(UTC),
        method=segments.tree.parameters.method,
        model=given.model,
        dimensions=given.dimensions,
        named_by=f"{namer.provider}, {namer.model}",
        start=given.period.start,
        end=given.period.end,
        limit=limit,
    )
    return contents(
        about,
        segments.tree,
        Texts(segments.hashes, segments.texts, segments.weights),
        _evidence(segments, _names(segments, namer)),
        feedback,
        _layouts(given.vectors, segments),
    )


def _names(segments: Segments, namer: LocalNamer) -> dict[str, str]:
    """A name for each cluster; parents before their children, siblings together."""
    names: dict[str, str] = {}
    ordered = sorted(segments.tree.clusters, key=lambda each: (each.depth, each.parent_path))
    for parent, siblings in groupby(ordered, key=lambda each: each.parent_path):
        evidence = []
        for cluster in siblings:
            if cluster.is_noise:
                names[cluster.path] = NOISE_NAME
                continue
            texts = tuple(segments.texts[row] for row in segments.exemplars[cluster.path])
            keywords = tuple(each.term for each in segments.keywords[cluster.path])
            evidence.append(
                ClusterEvidence(cluster.path, cluster.size, keywords, texts, names.get(parent))
            )
        if evidence:
            answer = namer.name_siblings(evidence, [NOISE_NAME])
            names |= {each.path: each.name for each in answer.names}
    return names


def _evidence(segments: Segments, names: dict[str, str]) -> dict[str, Evidence]:
    return {
        path: Evidence(
            name=name,
            keywords=tuple(each.term for each in segments.keywords[path]),
            exemplars=tuple(segments.exemplars.get(path, ())),
        )
        for path, name in names.items()
    }


def _layouts(vectors: NDArray[np.float32], segments: Segments) -> dict[str, NDArray[np.float32]]:
    """A map of its own for each cluster that was divided.

    UMAP's division worked in a layout of that cluster alone, in which its parts lie apart; on the
    map of everything they may lie across each other. With two components and the same seed this
    is that very layout again. The graph method's map keeps the parts of a cluster together.
    """
    tree = segments.tree
    parents = [each.path for each in tree.clusters if not each.is_leaf]
    if tree.parameters.method == "graph":
        return {path: tree.coordinates[tree.members(path)] for path in parents}
    found: dict[str, NDArray[np.float32]] = {}
    if not parents:
        return found
    units = measures.unit_rows(vectors)
    options = tree.parameters
    min_dist = options.min_dist if options.n_components == 2 else layout.PICTURE_MIN_DIST
    with (
        threadpool_limits(limits=1, user_api="blas"),  # as the division: the last bit counts
        progress("Laying out divided segments", len(parents), "segments") as tick,
    ):
        for path in parents:
            inside = units[tree.members(path)]
            if len(inside) >= options.smallest_layout() and not measures.all_same(inside):
                near = layout.find_neighbours(inside, options.n_neighbors, options.seed)
                found[path] = layout.lay_out(inside, near, 2, min_dist, options.seed)
            tick()
    return found
