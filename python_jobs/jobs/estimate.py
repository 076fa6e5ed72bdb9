"""What the pending work would cost, before any call is made.

Texts are counted with the model's own tokenizer. What cannot be known before (how much a chat
model writes, how much of a prompt the provider has cached, how many clusters there will be) is
taken from earlier requests in `api_usage`, else from the assumptions in `expected`.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import SecretStr

from python_jobs.jobs import expected
from python_jobs.jobs.budget import price_for
from python_jobs.jobs.expected import Estimate, JobEstimate
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.tag import active_model, read_taxonomy
from python_jobs.providers import factory
from python_jobs.providers.tokens import count_tokens
from python_jobs.storage import results, tables
from python_jobs.storage.job_inputs import (
    count_pending,
    read_unnamed_clusters,
    stream_pending,
)
from python_jobs.storage.prices import latest_clusters, read_averages, read_prices
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import sqlalchemy as sa

    from python_jobs.jobs.pending import Selection
    from python_jobs.providers.base import Taxonomy
    from python_jobs.providers.protocols import Embedder, Tagger
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import PendingText
    from python_jobs.storage.prices import Price, PriceTable

_FREE = "runs on this machine"


def estimate(
    settings: Settings,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    embeddings_only: bool = False,
) -> Estimate:
    """Price the pending sets. No model is called, nothing in the database changes.

    Args:
        settings: for the database and the models; a key is not needed.
        selection: which part of the pending sets, in which batches.
        provider: instead of the configured one.
        embeddings_only: leave out tagging and naming.

    Raises:
        ConfigurationError: a model or a setting that the jobs would refuse too.
        DatabaseError: dbt has not built what is read here.
    """
    keyed = _with_key(settings, provider)
    with Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            pricing = _Pricing(read_prices(connection))
        with warehouse.transaction() as connection:
            jobs = [_embedding(connection, keyed, selection, provider)]
        if not embeddings_only:
            with warehouse.transaction() as connection:
                jobs.append(_tagging(connection, keyed, selection, provider))
            with warehouse.transaction() as connection:
                jobs.append(_naming(connection, keyed, provider, fresh=jobs[0].count_items > 0))
    return Estimate(tuple(pricing.priced(job) for job in jobs))


@contextmanager
def as_if_active(connection: sa.Connection, active: results.ActiveModel) -> Iterator[None]:
    """The pending sets as they would be if a job had activated this model; undone at the end.

    Where the model is active already, nothing is written. Where not, its row is changed and
    changed back in one savepoint: nobody else sees it, and a job that starts meanwhile waits.
    """
    undone = connection.begin_nested()
    try:
        results.activate_model(connection, active)
        yield
    finally:
        undone.rollback()


class _Pricing:
    """Today's prices; each unknown one is complained of once."""

    def __init__(self, table: PriceTable) -> None:
        self._table = table
        self._known: dict[tuple[str, str], Price | None] = {}
        self._today = datetime.now(UTC).date()

    def priced(self, job: JobEstimate) -> JobEstimate:
        key = (job.provider, job.model)
        if key not in self._known and job.requests:
            self._known[key] = price_for(
                self._table, provider=job.provider, model=job.model, on=self._today, max_cost=None
            )
        return replace(job, price=self._known.get(key))


def _embedding(
    connection: sa.Connection,
    settings: Settings,
    selection: Selection,
    provider: ProviderName | None,
) -> JobEstimate:
    embedder = factory.embedder(settings, provider)
    active = results.ActiveModel(
        kind="embedding",
        provider=embedder.provider,
        model=embedder.model,
        dimensions=embedder.dimensions,
    )
    found = JobEstimate("embed", embedder.provider, embedder.model)
    with as_if_active(connection, active):
        if embedder.provider == "local":
            return _free(connection, found, tables.pending_embeddings, selection)
        texts = _stream(connection, found, tables.pending_embeddings, selection)
        tokens = _embedding_tokens(settings, embedder)
        for batch in embedder.batches(texts, _text, selection.batch_size):
            found = _with(found, texts=len(batch), requests=1, tokens=tokens(batch))
    return replace(found, basis="tokens counted")


def _embedding_tokens(
    settings: Settings, embedder: Embedder
) -> Callable[[Sequence[PendingText]], int]:
    from python_jobs.providers.long_texts import prepare
    from python_jobs.providers.openai.embedder import MAX_INPUT_TOKENS

    redacted = outgoing(settings, embedder.provider)

    def tokens(batch: Sequence[PendingText]) -> int:
        texts = [redacted(item.text) for item in batch]
        return sum(prepare(texts, embedder.model, MAX_INPUT_TOKENS, settings.long_texts).tokens)

    return tokens


def _tagging(
    connection: sa.Connection,
    settings: Settings,
    selection: Selection,
    provider: ProviderName | None,
) -> JobEstimate:
    from python_jobs.providers.openai.tagger import OpenAITagger

    tagger = factory.tagger(settings, provider)
    taxonomy = read_taxonomy(connection)
    found = JobEstimate("tag", tagger.provider, tagger.model)
    with as_if_active(connection, active_model(tagger, taxonomy)):
        if not isinstance(tagger, OpenAITagger):
            return _free(connection, found, tables.pending_tags, selection)
        texts = _stream(connection, found, tables.pending_tags, selection)
        static, tokens = _tagging_tokens(settings, tagger, taxonomy)
        for batch in tagger.batches(texts, _text, selection.batch_size):
            each = tokens(batch)
            spent = sum(each) + len(each) * static
            found = _with(found, texts=len(batch), requests=len(each), tokens=spent)
    return expected.with_output(
        found, read_averages(connection, "tag", tagger.provider, tagger.model)
    )


def _tagging_tokens(
    settings: Settings, tagger: Tagger, taxonomy: Taxonomy
) -> tuple[int, Callable[[Sequence[PendingText]], list[int]]]:
    """What every request holds (instructions, taxonomy, schema of the answer), and a function
    that counts the items of each request for a batch."""
    from python_jobs.providers.openai import prompts
    from python_jobs.providers.openai.tagger import TagRequest, isolated

    redacted = outgoing(settings, tagger.provider)
    schema = json.dumps(prompts.tagging_schema(taxonomy.names), ensure_ascii=False)
    static = sum(count_tokens([prompts.tagging_system(taxonomy), schema], tagger.model))

    def tokens(batch: Sequence[PendingText]) -> list[int]:
        items = [(item.content_hash, redacted(item.text)) for item in batch]
        requests = [TagRequest.of(group, taxonomy) for group in isolated(items, taxonomy)]
        sent = [json.dumps(request.data, ensure_ascii=False) for request in requests]
        return count_tokens(sent, tagger.model)

    return static + expected.REQUEST_FRAME, tokens


def _stream(
    connection: sa.Connection, found: JobEstimate, pending: sa.TableClause, selection: Selection
) -> Iterator[PendingText]:
    return stream_pending(connection, pending, found.model, selection.period, selection.limit)


def _with(found: JobEstimate, *, texts: int, requests: int, tokens: int) -> JobEstimate:
    return replace(
        found,
        count_items=found.count_items + texts,
        requests=found.requests + requests,
        input_tokens=found.input_tokens + tokens,
    )


def _naming(
    connection: sa.Connection, settings: Settings, provider: ProviderName | None, *, fresh: bool
) -> JobEstimate:
    """Roughly: clusters that wait for a name, or those of the clustering to come."""
    namer = factory.namer(settings, provider)
    found = JobEstimate("name", namer.provider, namer.model, unit="clusters", batchable=False)
    if fresh:
        count = latest_clusters(connection) or expected.CLUSTERS
    else:
        count = sum(not each.is_noise for each in read_unnamed_clusters(connection))
    found = replace(found, count_items=count)
    if not count or namer.provider == "local":
        return replace(found, basis=_FREE if count else "")
    return expected.naming(found, read_averages(connection, "name", namer.provider, namer.model))


def _free(
    connection: sa.Connection, found: JobEstimate, pending: sa.TableClause, selection: Selection
) -> JobEstimate:
    count = count_pending(connection, pending, found.model, selection.period)
    if selection.limit is not None:
        count = min(count, selection.limit)
    return replace(found, count_items=count, basis=_FREE)


def _text(item: PendingText) -> str:
    return item.text


def _with_key(settings: Settings, provider: ProviderName | None) -> Settings:
    """A stand-in where there is no key: to know the price first is the point of an estimate."""
    stand_in = SecretStr("none-needed-to-estimate")
    chosen = provider or settings.resolved_provider
    if chosen == "openai" and not settings.openai_api_key:
        return settings.model_copy(update={"openai_api_key": stand_in})
    if chosen == "azure" and not settings.azure_api_key:
        return settings.model_copy(update={"azure_api_key": stand_in})
    return settings
