"""Embed what is pending: no record of a vector becomes visible before the vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.budget import Budget, Spender
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.pending import (
    Selection,
    Tally,
    Work,
    complain_of_dead_letters,
    work_through,
)
from python_jobs.jobs.stopping import stop_on_signals
from python_jobs.logs import logger
from python_jobs.providers import factory
from python_jobs.storage import results, tables, vectors
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from python_jobs.providers.base import Embeddings
    from python_jobs.providers.protocols import Embedder
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import PendingText


def embed(
    settings: Settings,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    skip_embedded: bool = True,
    budget: Budget | None = None,
) -> Tally:
    """Embed the pending texts, each once for all feedback that says it.

    Args:
        settings: for the database and the provider.
        selection: which part of the pending set, in which batches.
        provider: instead of the configured one.
        skip_embedded: False makes every text pending again first, so that all are embedded anew.
        budget: what may be spent; None allows everything.

    Raises:
        BudgetReached: the next request could have passed it; what was answered is stored.
        CallFailed: the provider refused or failed for good; what was stored stays.
        IncompleteError: some texts were given up.
        StoppedError: a signal came; what was answered is stored.
    """
    with (
        stop_on_signals() as stop,
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
    ):
        spender = Spender(budget or Budget(), warehouse)
        embedder = factory.embedder(settings, provider, stop=stop, spending=spender)
        spender.open(embedder)
        activate(warehouse, store, embedder)
        with job_run(warehouse, "embed", provider=embedder.provider, model=embedder.model) as run:
            if not skip_embedded:
                _make_pending_again(warehouse, embedder, selection)
            redacted = outgoing(settings, embedder.provider)
            writer = VectorWriter(store, embedder, redacted, run.job_run_id)
            work = _work(embedder, writer, redacted, selection, reuse=skip_embedded)
            tally = work_through(settings, warehouse, work, selection, run, stop)
    complain_of_dead_letters("Embedding", tally)
    return tally


def _work(
    embedder: Embedder,
    writer: VectorWriter,
    redacted: Callable[[str], str],
    selection: Selection,
    *,
    reuse: bool,
) -> Work[Embeddings]:
    return Work(
        job="embed",
        title="Embedding",
        provider=embedder.provider,
        model=embedder.model,
        pending=tables.pending_embeddings,
        batches=lambda items: embedder.batches(items, lambda item: item.text, selection.batch_size),
        call=lambda items: embedder.embed_batch([redacted(item.text) for item in items]),
        store=writer.write,
        usage_of=lambda answer: answer.usage,
        recover=writer.recover if reuse else None,
    )


class VectorWriter:
    """Stores vectors, then the record that they are there.

    Args:
        store: where vectors go.
        embedder: that made them.
        redacted: what of a text goes to the model.
        job_run_id: the run that asked for them.
    """

    def __init__(
        self,
        store: VectorStore,
        embedder: Embedder,
        redacted: Callable[[str], str],
        job_run_id: str,
    ) -> None:
        self._store, self._embedder = store, embedder
        self._redacted, self._job_run_id = redacted, job_run_id

    def write(
        self,
        connection: sa.Connection,
        items: Sequence[PendingText],
        answer: Embeddings,
        kept: Sequence[int],
    ) -> None:
        """Store the vectors at `kept` and, in the connection's transaction, their record."""
        chosen = [items[row] for row in kept]
        with self._store.beside(connection) as beside:
            vectors.write_vectors(
                beside,
                [item.content_hash for item in chosen],
                answer.vectors[list(kept)],
                model=self._embedder.model,
                dimensions=self._embedder.dimensions,
                schema=self._store.schema,
            )
        marks = [answer.marks[row] for row in kept] if answer.marks else [None] * len(chosen)
        self._record(connection, chosen, marks)

    def recover(self, connection: sa.Connection, page: Sequence[PendingText]) -> set[str]:
        """Record texts whose vector is stored but not recorded: which they are, by hash.

        A run that was cut off between the two leaves them; nothing is asked of the model.
        """
        with self._store.beside(connection) as beside:
            stored = vectors.stored_hashes(
                beside,
                [item.content_hash for item in page],
                model=self._embedder.model,
                dimensions=self._embedder.dimensions,
                schema=self._store.schema,
            )
        known = [item for item in page if item.content_hash in stored]
        if known:
            marks = self._embedder.marks([self._redacted(item.text) for item in known])
            self._record(connection, known, marks)
        return stored

    def _record(
        self,
        connection: sa.Connection,
        items: Sequence[PendingText],
        marks: Sequence[str | None],
    ) -> None:
        results.record_embedded(
            connection,
            items,
            marks,
            provider=self._embedder.provider,
            model=self._embedder.model,
            dimensions=self._embedder.dimensions,
            job_run_id=self._job_run_id,
        )


def activate(warehouse: Warehouse, store: VectorStore, embedder: Embedder) -> None:
    """Make this the model that pending sets are computed for, if its vectors can be stored.

    Raises:
        ConfigurationError: the vector store was made for another width.
        DatabaseError: it cannot be reached, or has no tables.
    """
    active = results.ActiveModel(
        kind="embedding",
        provider=embedder.provider,
        model=embedder.model,
        dimensions=embedder.dimensions,
    )
    with warehouse.transaction() as connection:
        with store.beside(connection) as beside:
            vectors.check_store(beside, embedder.dimensions, store.schema)
        if results.activate_model(connection, active):
            logger.info(
                "Embedding model is now %s (%d dimensions)", active.model, embedder.dimensions
            )


def _make_pending_again(warehouse: Warehouse, embedder: Embedder, selection: Selection) -> None:
    with warehouse.transaction() as connection:
        results.forget_embedded(
            connection,
            selection.period,
            model=embedder.model,
            dimensions=embedder.dimensions,
        )
