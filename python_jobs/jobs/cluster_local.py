"""Cluster into files: reads the database, or a file instead, and writes to no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from python_jobs.clustering import layout, measures
from python_jobs.jobs.cluster import ClusterInput, ClusterResult, read_input, segments_of
from python_jobs.jobs.file_input import read_feedback
from python_jobs.jobs.file_vectors import vectors_of
from python_jobs.jobs.memory import room_for
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
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.budget import Budget
    from python_jobs.jobs.file_input import FileFeedback, InputFile
    from python_jobs.jobs.file_vectors import TextVectors
    from python_jobs.jobs.pending import Selection
    from python_jobs.jobs.segments import Segments
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import ClusteredFeedback, Period


@dataclass(frozen=True)
class LocalResult:
    """What was found (`run_id` is None: nothing is stored), and the files that say so.

    Attributes:
        counts: of a file that was read: `rows_in`, `repeated`, `rejected`, and of its distinct
            texts `embedded`, `cached`, `given_up`.
    """

    result: ClusterResult
    files: tuple[Path, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


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
        UsageError: parameters or a folder that cannot be used, or more memory than the limit.
        DatabaseError: vectors are missing, dbt has not run, or the feedback changed meanwhile.
    """
    parameters.validate()
    prepare_folder(output_dir)
    given = read_input(settings, period, limit, room=room_for(settings, parameters))
    if given is None or not given.texts:
        logger.info("Nothing to cluster: no feedback of this period has a vector")
        return LocalResult(ClusterResult(None, False, 0, 0, 0, 0.0))
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        feedback = read_clustered_feedback(connection, period)
    return _to_files(given, feedback, parameters, output_dir, Origin(limit))


def cluster_file(
    settings: Settings,
    parameters: ClusterParameters,
    file: InputFile,
    *,
    period: Period,
    limit: int | None = None,
    output_dir: Path,
    provider: ProviderName | None = None,
    selection: Selection | None = None,
    budget: Budget | None = None,
) -> LocalResult:
    """Cluster the feedback of a file and write files about it; no database is needed.

    Vectors are kept in a cache under `INSIGHTS_HOME`, so that a second run asks no model.

    Args:
        settings: for the provider and the cache.
        parameters: how to cluster.
        file: what to read.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback.
        output_dir: where the files go; created where it is missing.
        provider: of embeddings, instead of the configured one.
        selection: batch size and workers.
        budget: what may be spent; None allows everything.

    Raises:
        UsageError: parameters, a file or a folder that cannot be used, or more memory than the
            limit.
        InsightsError: embedding failed, see `file_vectors.vectors_of`.
    """
    parameters.validate()
    read = read_feedback(file, period, limit)
    prepare_folder(output_dir)
    if not read.texts:
        logger.info("Nothing to cluster: no feedback of this period")
        return LocalResult(ClusterResult(None, False, 0, 0, 0, 0.0), (), _counts(read))
    found = vectors_of(
        settings,
        read.texts,
        provider=provider,
        selection=selection,
        budget=budget,
        room=room_for(settings, parameters),
    )
    given = ClusterInput(found.texts, found.vectors, found.model, found.vectors.shape[1], period)
    origin = Origin(limit, read.name, _left_out(read, found))
    local = _to_files(given, read.feedback, parameters, output_dir, origin)
    return LocalResult(local.result, local.files, _counts(read, found))


def _counts(read: FileFeedback, found: TextVectors | None = None) -> dict[str, int]:
    return {
        "rows_in": read.rows_in,
        "repeated": read.repeated,
        "rejected": read.rejected,
        "embedded": found.embedded if found else 0,
        "cached": found.cached if found else 0,
        "given_up": found.given_up.total() if found else 0,
    }


def _left_out(read: FileFeedback, found: TextVectors) -> str:
    parts = []
    if read.rejected:
        parts.append(f"{read.rejected:,} of {read.rows_in:,} rows that cannot be used")
    if found.given_up:
        parts.append(f"{found.given_up.total():,} texts that could not be embedded")
    return "; ".join(parts)


@dataclass(frozen=True)
class Origin:
    """Where feedback comes from.

    Attributes:
        limit: that the user asked for.
        file: name of the file, None for the database.
        left_out: what of the file was, in words.
    """

    limit: int | None = None
    file: str | None = None
    left_out: str = ""


def _to_files(
    given: ClusterInput,
    feedback: Sequence[ClusteredFeedback],
    parameters: ClusterParameters,
    output_dir: Path,
    origin: Origin,
) -> LocalResult:
    segments = segments_of(given, parameters)
    found = describe(given, segments, feedback, origin)
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
    origin: Origin | None = None,
    *,
    made_at: datetime | None = None,
) -> Contents:
    """Name the clusters and join them with their feedback.

    Args:
        given: what was clustered.
        segments: what was found in it.
        feedback: at least that of the texts given.
        origin: of the feedback.
        made_at: now, where not given.
    """
    namer, origin = LocalNamer(), origin or Origin()
    logger.info("naming with %s, %s (--local makes no paid call)", namer.provider, namer.model)
    about = About(
        made_at=made_at or datetime.now(UTC),
        method=segments.tree.parameters.method,
        model=given.model,
        dimensions=given.dimensions,
        named_by=f"{namer.provider}, {namer.model}",
        start=given.period.start,
        end=given.period.end,
        limit=origin.limit,
        file=origin.file,
        left_out=origin.left_out,
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
