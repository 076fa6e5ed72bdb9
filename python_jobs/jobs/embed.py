"""Embed what is pending: vectors and the record of them become visible together."""

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
from python_jobs.storage.job_runs import JobRun, job_run
from python_jobs.storage.warehouse import Warehouse, native

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    with stop_on_signals() as stop, Warehouse(settings) as warehouse:
        spender = Spender(budget or Budget(), warehouse)
        embedder = factory.embedder(settings, provider, stop=stop, spending=spender)
        spender.open(embedder)
        activate(settings, warehouse, embedder)
        with job_run(warehouse, "embed", provider=embedder.provider, model=embedder.model) as run:
            if not skip_embedded:
                _make_pending_again(warehouse, embedder, selection)
            store = VectorStore(settings, warehouse, embedder, run, reuse=skip_embedded)
            work = _work(settings, embedder, store, selection)
            tally = work_through(settings, warehouse, work, selection, run, stop)
    complain_of_dead_letters("Embedding", tally)
    return tally


def _work(
    settings: Settings, embedder: Embedder, store: VectorStore, selection: Selection
) -> Work[Embeddings]:
    redacted = outgoing(settings, embedder.provider)
    return Work(
        job="embed",
        title="Embedding",
        provider=embedder.provider,
        model=embedder.model,
        pending=tables.pending_embeddings,
        batches=lambda items: embedder.batches(items, lambda item: item.text, selection.batch_size),
        call=lambda items: embedder.embed_batch([redacted(item.text) for item in items]),
        store=store.write,
        usage_of=lambda answer: answer.usage,
        recover=store.recover,
    )


class VectorStore:
    """Where vectors go, with the record that they are there."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        embedder: Embedder,
        run: JobRun,
        *,
        reuse: bool,
    ) -> None:
        self._schema = settings.schema_name(vectors.SCHEMA)
        self._warehouse = warehouse
        self._embedder = embedder
        self._run = run
        self._reuse = reuse

    def write(
        self,
        connection: sa.Connection,
        items: Sequence[PendingText],
        answer: Embeddings,
        kept: Sequence[int],
    ) -> None:
        """Store the vectors at `kept` and their record in one transaction."""
        chosen = [items[row] for row in kept]
        vectors.write_vectors(
            native(connection),
            [item.content_hash for item in chosen],
            answer.vectors[list(kept)],
            model=self._embedder.model,
            dimensions=self._embedder.dimensions,
            schema=self._schema,
        )
        marks = [answer.marks[row] for row in kept] if answer.marks else [None] * len(chosen)
        self._record(connection, chosen, marks)

    def recover(self, page: list[PendingText]) -> list[PendingText]:
        """Record texts whose vector is stored but not recorded; the others need a call."""
        if not self._reuse:
            return page
        with self._warehouse.transaction() as connection:
            stored = vectors.stored_hashes(
                native(connection),
                [item.content_hash for item in page],
                model=self._embedder.model,
                dimensions=self._embedder.dimensions,
                schema=self._schema,
            )
            known = [item for item in page if item.content_hash in stored]
            if known:
                self._record(connection, known, [None] * len(known))
        return [item for item in page if item.content_hash not in stored]

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
            job_run_id=self._run.job_run_id,
        )


def activate(settings: Settings, warehouse: Warehouse, embedder: Embedder) -> None:
    """Make this the model that pending sets are computed for, if its vectors can be stored.

    Raises:
        ConfigurationError: the vector store was made for another width.
    """
    active = results.ActiveModel(
        kind="embedding",
        provider=embedder.provider,
        model=embedder.model,
        dimensions=embedder.dimensions,
    )
    schema = settings.schema_name(vectors.SCHEMA)
    with warehouse.transaction() as connection:
        vectors.check_store(native(connection), embedder.dimensions, schema)
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
