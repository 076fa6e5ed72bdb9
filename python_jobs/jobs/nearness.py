"""Which texts lie near a category, by the vectors that are stored anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from python_jobs.errors import ConfigurationError
from python_jobs.jobs import usage
from python_jobs.logs import logger
from python_jobs.providers import factory
from python_jobs.providers.prototypes import category_texts, prototype
from python_jobs.storage import results, retagging, vectors
from python_jobs.storage.vector_store import VectorStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from python_jobs.jobs.budget import Spender
    from python_jobs.providers.base import Taxonomy, Vectors
    from python_jobs.providers.protocols import Embedder
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_runs import JobRun
    from python_jobs.storage.warehouse import Warehouse

NEAREST = 4
"""A text is near a category that is among the four nearest to it of all in the taxonomy.

A rank, not a distance: it means the same for every embedding model. Measured with the local
tagger, after an edit of each category in turn (`benchmarks/tag_quality.py`): of the texts to which
a full reading would have given or taken the edited category, 97% (demo) and 99% (nhs_fft) are read
again.
"""
_BLOCK = 20_000


def near(
    settings: Settings,
    warehouse: Warehouse,
    taxonomy: Taxonomy,
    edits: Mapping[str, Sequence[str]],
    run: JobRun,
    spender: Spender,
) -> dict[str, str]:
    """Texts that categories could concern, with the reason.

    Embeds the taxonomy (one request at most for usual sizes) with the model whose vectors are
    stored; no text is embedded.

    Args:
        settings: for the database and the embedding model.
        warehouse: holds the vectors.
        taxonomy: all categories of today.
        edits: new or changed categories by content hash of the text they may concern.
        run: that asks.
        spender: pays for it.

    Returns:
        `near` or `no_vector` by content hash; those that are neither are left out. Where no
        nearness can be told, because nothing is embedded or the embedding model cannot be used,
        every text is `no_vector`.

    Raises:
        CallFailed: the embedding model failed.
    """
    if not edits:
        return {}
    embedder = _embedder(settings, warehouse, spender)
    if embedder is None:
        return dict.fromkeys(edits, "no_vector")
    directions = _directions(warehouse, embedder, taxonomy, run)
    place = {name: number for number, name in enumerate(taxonomy.names)}
    reasons: dict[str, str] = {}
    hashes = sorted(edits)
    with VectorStore(settings) as store:
        for start in range(0, len(hashes), _BLOCK):
            block = hashes[start : start + _BLOCK]
            stored, found = _stored(warehouse, store, embedder, block)
            ranks = ranked(found, directions)
            reasons |= dict.fromkeys(sorted(set(block) - set(stored)), "no_vector")
            for row, content_hash in enumerate(stored):
                if any(ranks[row, place[name]] < NEAREST for name in edits[content_hash]):
                    reasons[content_hash] = "near"
    return reasons


def ranked(texts: Vectors, directions: Vectors) -> NDArray[np.intp]:
    """How many categories are nearer to each text: shape (texts, categories), 0 for the nearest."""
    scores = texts @ directions.T  # directions have length 1, and a text's own changes no order
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(order.shape[1])[None, :], axis=1)
    return ranks


def _embedder(settings: Settings, warehouse: Warehouse, spender: Spender) -> Embedder | None:
    """The model of the stored vectors; None where there are none or it cannot be used."""
    with warehouse.transaction() as connection:
        active = retagging.embedding_model(connection)
    if active is None:
        return None
    as_stored = settings.model_copy(
        update={"embedding_model": active.model, "embedding_dimensions": active.dimensions}
    )
    asked = None if settings.resolved_provider == active.provider else active.provider
    try:
        embedder = factory.embedder(as_stored, cast("ProviderName | None", asked), spending=spender)
    except ConfigurationError as error:
        logger.warning("nearness to categories cannot be told: %s", error.message)
        return None
    spender.open(embedder)
    return embedder


def _directions(
    warehouse: Warehouse, embedder: Embedder, taxonomy: Taxonomy, run: JobRun
) -> Vectors:
    """Unit vectors, shape (categories, dimensions): half name and description, half examples."""
    groups = [category_texts(category) for category in taxonomy.categories]
    flat = [text for group in groups for text in group]
    parts = []
    for batch in embedder.batches(flat, str, embedder.max_batch):
        answer = embedder.embed_batch(batch)
        parts.append(answer.vectors)
        if answer.usage.requests:
            with warehouse.transaction() as connection:
                request = usage.request("tag", embedder, len(batch), answer.usage)
                results.record_request(connection, request, run.job_run_id)
    ends = np.cumsum([len(group) for group in groups])
    split = np.split(np.concatenate(parts), ends[:-1])
    return np.stack([prototype(vectors_of_one) for vectors_of_one in split])


def _stored(
    warehouse: Warehouse, store: VectorStore, embedder: Embedder, hashes: Sequence[str]
) -> tuple[list[str], Vectors]:
    """Those of the texts that have a vector, and their vectors."""
    with warehouse.transaction() as connection, store.beside(connection) as beside:
        known = vectors.stored_hashes(
            beside,
            hashes,
            model=embedder.model,
            dimensions=embedder.dimensions,
            schema=store.schema,
        )
        stored = [content_hash for content_hash in hashes if content_hash in known]
        found = vectors.read_vectors(
            beside,
            stored,
            model=embedder.model,
            dimensions=embedder.dimensions,
            schema=store.schema,
        )
    return stored, found
