"""Tag what is pending with the categories of the taxonomy."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import ConfigurationError
from python_jobs.jobs import retagging
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
from python_jobs.providers.base import Category, Taggings, Taxonomy
from python_jobs.storage import results, tables
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.protocols import Tagger
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import PendingText
    from python_jobs.storage.job_runs import JobRun

_EXAMPLE_SEPARATOR = "|"


def tag(
    settings: Settings,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    full_retag: bool = False,
    items_per_request: int | None = None,
    budget: Budget | None = None,
) -> Tally:
    """Tag the pending texts, each once for all feedback that says it.

    Args:
        settings: for the database and the provider.
        selection: which part of the pending set, in which batches.
        provider: instead of the configured one.
        full_retag: read every text again.
        items_per_request: texts that share a request over the network, at most; None leaves it
            to the provider.
        budget: what may be spent; None allows everything.

    Raises:
        BudgetReached: the next request could have passed it; what was answered is stored.
        ConfigurationError: the taxonomy has no active category, one twice or one without a
            description, or it was edited meanwhile.
        CallFailed: the provider refused or failed for good; what was stored stays.
        IncompleteError: some texts were given up.
        StoppedError: a signal came; what was answered is stored.
    """
    with stop_on_signals() as stop, Warehouse(settings) as warehouse:
        spender = Spender(budget or Budget(), warehouse)
        tagger = factory.tagger(settings, provider, stop=stop, spending=spender)
        spender.open(tagger)
        with warehouse.transaction() as connection:
            taxonomy = read_taxonomy(connection)
        active = active_model(tagger, taxonomy)
        with job_run(warehouse, "tag", provider=tagger.provider, model=tagger.model) as run:
            retagging.prepare(
                settings, warehouse, taxonomy, active, run, spender, full_retag=full_retag
            )
            store = _Store(active, run)
            work = _work(settings, tagger, taxonomy, store, selection, items_per_request)
            tally = work_through(settings, warehouse, work, selection, run, stop)
            store.report()
    complain_of_dead_letters("Tagging", tally)
    return tally


def active_model(tagger: Tagger, taxonomy: Taxonomy) -> results.ActiveModel:
    """What tags are stored under, and pending sets computed for."""
    return results.ActiveModel(
        kind="tagging",
        provider=tagger.provider,
        model=tagger.model,
        taxonomy_hash=taxonomy.taxonomy_hash,
        prompt_hash=tagger.prompt_hash,
    )


def read_taxonomy(connection: sa.Connection) -> Taxonomy:
    """The active categories, as dbt publishes them.

    Raises:
        ConfigurationError: there is none, one has no name or description, or two have one name.
    """
    table = tables.tagging_taxonomy
    rows = connection.execute(sa.select(table).order_by(table.c.category))
    taxonomy = Taxonomy(
        tuple(
            Category(
                category=row.category or "",
                description=row.description or "",
                examples=_examples(row.examples),
                parent=row.parent_category,
                category_hash=row.category_hash,
            )
            for row in rows
        )
    )
    for entry in taxonomy.categories:
        if not entry.description.strip():
            raise ConfigurationError(
                f"the category {entry.category!r} has no description",
                hint="write one in the seed tag_categories.csv, then run `dbt build`: "
                "it is what texts are compared with",
            )
    return taxonomy


def tagged_items(items: Sequence[PendingText], answer: Taggings) -> list[results.TaggedItem]:
    """What is to be stored of the answer for these items."""
    return [
        results.TaggedItem(
            content_hash=item.content_hash,
            feedback_id=item.feedback_id,
            sentiment=result.sentiment,
            tags=tuple(
                results.ItemTag(tag.category, tag.confidence, tag.rationale) for tag in result.tags
            ),
        )
        for item, result in zip(items, answer.results, strict=True)
    ]


def _work(
    settings: Settings,
    tagger: Tagger,
    taxonomy: Taxonomy,
    store: _Store,
    selection: Selection,
    items_per_request: int | None,
) -> Work[Taggings]:
    redacted = outgoing(settings, tagger.provider)
    shared = items_per_request if tagger.provider != "local" else None

    def unedited(connection: sa.Connection, _page: Sequence[PendingText]) -> set[str]:
        if read_taxonomy(connection).taxonomy_hash != taxonomy.taxonomy_hash:
            # Else a text that the edit concerns would stay pending however often it is read.
            raise ConfigurationError(
                "the taxonomy was edited while texts were being read; what was read is stored",
                hint="run the same command again: it reads under the new taxonomy",
            )
        return set()

    return Work(
        job="tag",
        title="Tagging",
        provider=tagger.provider,
        model=tagger.model,
        pending=tables.pending_tags,
        batches=lambda items: tagger.batches(
            items, lambda item: item.text, min(selection.batch_size, shared or tagger.max_batch)
        ),
        call=lambda items: tagger.tag_batch(
            [(item.content_hash, redacted(item.text)) for item in items], taxonomy
        ),
        store=store.write,
        usage_of=lambda answer: answer.usage,
        recover=unedited,
    )


class _Store:
    """Where tags go; counts the rationales that did not stand in their text."""

    def __init__(self, active: results.ActiveModel, run: JobRun) -> None:
        self._active, self._run = active, run
        self._guard = threading.Lock()
        self._unfounded = 0

    def write(
        self,
        connection: sa.Connection,
        items: Sequence[PendingText],
        answer: Taggings,
        kept: Sequence[int],
    ) -> None:
        """Store what was said of the items at `kept`."""
        chosen = [answer.results[row] for row in kept]
        results.record_tagged(
            connection,
            tagged_items([items[row] for row in kept], Taggings(tuple(chosen), answer.usage)),
            active=self._active,
            job_run_id=self._run.job_run_id,
        )
        with self._guard:
            self._unfounded += sum(result.unfounded for result in chosen)

    def report(self) -> None:
        """Say how many rationales were left out."""
        self._run.counts["unfounded_rationales"] = self._unfounded
        if self._unfounded:
            logger.warning(
                "%d rationales did not stand in their text and were left out; the tags are stored",
                self._unfounded,
            )


def _examples(joined: str | None) -> tuple[str, ...]:
    parts = (part.strip() for part in (joined or "").split(_EXAMPLE_SEPARATOR))
    return tuple(part for part in parts if part)
