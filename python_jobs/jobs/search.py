"""Find the feedback that is nearest in meaning to some words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from python_jobs.errors import UsageError
from python_jobs.jobs.budget import Budget, Spender
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.usage import request
from python_jobs.providers import factory
from python_jobs.providers.errors import CallFailed
from python_jobs.storage import marts, results, vectors
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.search import active_embedding
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import sqlalchemy as sa
    from numpy.typing import NDArray

    from python_jobs.providers.base import Usage
    from python_jobs.providers.protocols import Embedder
    from python_jobs.providers.spending import Spending
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.marts import SaidText
    from python_jobs.storage.vectors import Near

_MARGIN = 2
"""Vectors asked for, for each text wanted: of texts that were edited or moved on, vectors stay."""


@dataclass(frozen=True)
class Hit:
    """A text found, with its cosine similarity to the words, -1 to 1."""

    similarity: float
    text: SaidText


def search(
    settings: Settings,
    words: str,
    *,
    limit: int = 10,
    provider: ProviderName | None = None,
    min_similarity: float = -1.0,
    exact: bool = False,
) -> list[Hit]:
    """The texts nearest to the words, the nearest first, each once for all who said it.

    Args:
        settings: for the database and the provider.
        words: what to look for.
        limit: at most so many texts.
        provider: whose vectors to search; by default those of the active embedding model.
        min_similarity: leave out what is less similar.
        exact: do without the index.

    Raises:
        UsageError: no words, or nothing is embedded by that model.
        ConfigurationError: the model cannot be called (no key); nothing was sent.
        CallFailed: the provider failed.
        DatabaseError: the marts or the vector store are missing.
    """
    if not words.strip():
        raise UsageError("there are no words to search for", hint="insights search late delivery")
    with Warehouse(settings) as warehouse, VectorStore(settings) as store:
        spender = Spender(Budget(), warehouse)
        embedder = embedder_in_use(settings, warehouse, store, provider, spender)
        spender.open(embedder)
        asked = _embed(settings, warehouse, embedder, words)
        wanted = limit * _MARGIN
        while True:
            with warehouse.transaction() as connection:
                with store.beside(connection) as beside:
                    near = vectors.nearest(
                        beside,
                        asked,
                        model=embedder.model,
                        limit=wanted,
                        schema=store.schema,
                        exact=exact,
                    )
                near = [each for each in near if each.similarity >= min_similarity]
                hits = _hits(connection, near)
            # Go on only where most vectors near the words belong to no feedback any more.
            if len(hits) >= limit or len(near) < wanted:
                return hits[:limit]
            wanted *= 4


def embedder_in_use(
    settings: Settings,
    warehouse: Warehouse,
    store: VectorStore,
    provider: ProviderName | None = None,
    spending: Spending | None = None,
) -> Embedder:
    """The embedder whose vectors are in the store: the active one, or the one asked for.

    Raises:
        UsageError: it has embedded nothing yet.
        ConfigurationError: it cannot be called.
    """
    with warehouse.transaction() as connection:
        active = active_embedding(connection)
    if active and provider in (None, active.provider):
        _require_vectors(warehouse, store, active.model, active.dimensions or 0)
        chosen = settings.model_copy(
            update={"embedding_model": active.model, "embedding_dimensions": active.dimensions}
        )
        return factory.embedder(chosen, cast("ProviderName", active.provider), spending=spending)
    if not provider:
        raise UsageError("nothing is embedded yet", hint="embed the feedback: `insights embed`")
    embedder = factory.embedder(settings, provider, spending=spending)
    _require_vectors(warehouse, store, embedder.model, embedder.dimensions)
    return embedder


def _require_vectors(warehouse: Warehouse, store: VectorStore, model: str, dimensions: int) -> None:
    with warehouse.transaction() as connection, store.beside(connection) as beside:
        present = vectors.has_vectors(
            beside, model=model, dimensions=dimensions, schema=store.schema
        )
    if not present:
        raise UsageError(
            f"nothing is embedded by {model} with {dimensions} dimensions yet",
            hint="embed the feedback: `insights embed`",
        )


def _embed(
    settings: Settings, warehouse: Warehouse, embedder: Embedder, words: str
) -> NDArray[np.float32]:
    """The vector of the words; a call that was paid for is in `api_usage`, even if it failed."""
    redacted = outgoing(settings, embedder.provider)
    try:
        answer = embedder.embed_batch([redacted(words)])
    except CallFailed as error:
        _record(warehouse, embedder, error.usage)
        raise
    _record(warehouse, embedder, answer.usage)
    vector: NDArray[np.float32] = answer.vectors[0]
    return vector


def _record(warehouse: Warehouse, embedder: Embedder, usage: Usage) -> None:
    if not usage.requests:
        return  # the local model costs nothing, and a role that only reads may search with it
    with (
        job_run(warehouse, "search", provider=embedder.provider, model=embedder.model) as run,
        warehouse.transaction() as connection,
    ):
        results.record_request(connection, request("search", embedder, 1, usage), run.job_run_id)


def _hits(connection: sa.Connection, near: Sequence[Near]) -> list[Hit]:
    similarity = {each.content_hash: each.similarity for each in near}
    texts = marts.read_texts(connection, list(similarity))
    return [Hit(similarity[text.content_hash], text) for text in texts]
