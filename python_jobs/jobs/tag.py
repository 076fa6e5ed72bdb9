"""Tag what is pending with the categories of the taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.jobs.pending import (
    Selection,
    Tally,
    Work,
    complain_of_dead_letters,
    work_through,
)
from python_jobs.logs import logger
from python_jobs.providers import factory
from python_jobs.providers.base import Category, Taggings, Taxonomy
from python_jobs.storage import results, tables
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import PendingText

_EXAMPLE_SEPARATOR = "|"


def tag(settings: Settings, selection: Selection, *, provider: ProviderName | None = None) -> Tally:
    """Tag the pending texts, each once for all feedback that says it.

    Args:
        settings: for the database and the provider.
        selection: which part of the pending set, in which batches.
        provider: instead of the configured one.

    Raises:
        ConfigurationError: the taxonomy has no active category, or one twice.
        CallFailed: the provider refused or failed for good; what was stored stays.
        IncompleteError: some texts were given up.
    """
    tagger = factory.tagger(settings, provider)
    with Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            taxonomy = read_taxonomy(connection)
            active = results.ActiveModel(
                kind="tagging",
                provider=tagger.provider,
                model=tagger.model,
                taxonomy_hash=taxonomy.taxonomy_hash,
                prompt_hash=tagger.prompt_hash,
            )
            if results.activate_model(connection, active):
                logger.info(
                    "Tagging with %s and %d categories", tagger.model, len(taxonomy.categories)
                )
        work = Work(
            job="tag",
            title="Tagging",
            provider=tagger.provider,
            model=tagger.model,
            pending=tables.pending_tags,
            max_batch=tagger.max_batch,
        )

        def call(items: Sequence[PendingText]) -> Taggings:
            return tagger.tag_batch([(item.content_hash, item.text) for item in items], taxonomy)

        with job_run(warehouse, "tag", provider=tagger.provider, model=tagger.model) as run:

            def store(
                connection: sa.Connection, items: Sequence[PendingText], answer: Taggings
            ) -> None:
                results.record_tagged(
                    connection, _tagged(items, answer), active=active, job_run_id=run.job_run_id
                )

            tally = work_through(
                warehouse,
                work,
                selection,
                run,
                call=call,
                store=store,
                usage_of=lambda answer: answer.usage,
            )
    complain_of_dead_letters("Tagging", tally)
    return tally


def read_taxonomy(connection: sa.Connection) -> Taxonomy:
    """The active categories, as dbt publishes them."""
    table = tables.tagging_taxonomy
    rows = connection.execute(sa.select(table).order_by(table.c.category))
    return Taxonomy(
        tuple(
            Category(
                category=row.category,
                description=row.description or "",
                examples=_examples(row.examples),
                parent=row.parent_category,
            )
            for row in rows
        )
    )


def _examples(joined: str | None) -> tuple[str, ...]:
    parts = (part.strip() for part in (joined or "").split(_EXAMPLE_SEPARATOR))
    return tuple(part for part in parts if part)


def _tagged(items: Sequence[PendingText], answer: Taggings) -> list[results.TaggedItem]:
    return [
        results.TaggedItem(
            content_hash=item.content_hash,
            feedback_id=item.feedback_id,
            sentiment=result.sentiment,
            tags=tuple((tag.category, tag.confidence) for tag in result.tags),
        )
        for item, result in zip(items, answer.results, strict=True)
    ]
