"""What an edit of the taxonomy means for texts read before it: who is to be read again, and who
keeps its tags.

Which texts an edit concerns by their tags is decided in dbt (`marts.outdated_tags`); nearness is
found by the job. Both end in `customer_insights.retag_requests`, and every other text is carried
over to the new taxonomy by one statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.results import ActiveModel
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Change:
    """How a category differs from what texts were read under: added, changed or removed."""

    taxonomy_hash: str
    category: str
    change: str


@dataclass(frozen=True)
class Outdated:
    """A text read under another taxonomy, for which nobody has drawn a conclusion yet.

    `reason` is why its tags say that it is concerned; None leaves that to nearness.
    """

    content_hash: str
    taxonomy_hash: str
    reason: str | None


def record_taxonomy(
    connection: sa.Connection, taxonomy_hash: str, category_hashes: Mapping[str, str]
) -> None:
    """Remember what a taxonomy hash stands for: the hash of each category, by name."""
    table = tables.tagged_taxonomies
    known = sa.select(table.c.category).where(table.c.taxonomy_hash == taxonomy_hash)
    if connection.execute(known).first() is not None:
        return
    connection.execute(
        sa.insert(table),
        [
            {
                "taxonomy_hash": taxonomy_hash,
                "category": category,
                "category_hash": category_hash,
                "recorded_at": datetime.now(UTC),
            }
            for category, category_hash in category_hashes.items()
        ],
    )


def take_turn(connection: sa.Connection) -> None:
    """Wait until no other job draws conclusions from an edit; holds to the transaction's end."""
    table = tables.active_models
    connection.execute(sa.update(table).where(table.c.kind == "tagging").values(kind=table.c.kind))


def read_changes(connection: sa.Connection) -> list[Change]:
    """The changes since the readings of the active model that are outdated."""
    changes, outdated = tables.taxonomy_changes, tables.outdated_tags
    in_question = sa.select(outdated.c.taxonomy_hash)
    query = (
        sa.select(changes.c.taxonomy_hash, changes.c.category, changes.c.change)
        .where(changes.c.taxonomy_hash.in_(in_question))
        .order_by(changes.c.taxonomy_hash, changes.c.category)
    )
    return fetch(connection, query, Change)


def read_outdated(connection: sa.Connection) -> list[Outdated]:
    """Texts of the active model that an edit may concern, without those requested already."""
    table = tables.outdated_tags
    query = (
        sa.select(table.c.content_hash, table.c.taxonomy_hash, table.c.reason)
        .where(~_is_requested(table))
        .order_by(table.c.content_hash)
    )
    return fetch(connection, query, Outdated)


def embedding_model(connection: sa.Connection) -> ActiveModel | None:
    """The model that vectors are stored of; None before anything was embedded."""
    table = tables.active_models
    query = sa.select(table.c.kind, table.c.provider, table.c.model, table.c.dimensions).where(
        table.c.kind == "embedding"
    )
    return next(iter(fetch(connection, query, ActiveModel)), None)


def latest_reading(connection: sa.Connection, model: str) -> datetime | None:
    """When the model last read a text: what comes later was not there to be judged."""
    table = tables.tagged_items
    found = connection.scalar(
        sa.select(sa.func.max(table.c.tagged_at)).where(table.c.model == model)
    )
    return found if isinstance(found, datetime) else None


def request(
    connection: sa.Connection, reasons: Mapping[str, str], *, model: str, job_run_id: str
) -> None:
    """Ask for texts to be read again, with the reason of each, by content hash."""
    table = tables.retag_requests
    present = sa.select(table.c.content_hash).where(table.c.model == model)
    known: set[str] = set(connection.scalars(present))
    rows = [
        {
            "content_hash": content_hash,
            "model": model,
            "reason": reason,
            "requested_at": datetime.now(UTC),
            "job_run_id": job_run_id,
        }
        for content_hash, reason in reasons.items()
        if content_hash not in known
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def request_all(connection: sa.Connection, *, model: str, job_run_id: str) -> int:
    """Ask for every text that the model has read; their number."""
    table, items = tables.retag_requests, tables.tagged_items
    connection.execute(sa.delete(table).where(table.c.model == model))
    values = sa.select(
        items.c.content_hash,
        items.c.model,
        sa.literal("full_retag"),
        sa.literal(datetime.now(UTC), sa.DateTime(timezone=True)),
        sa.literal(job_run_id),
    ).where(items.c.model == model)
    columns = ["content_hash", "model", "reason", "requested_at", "job_run_id"]
    return connection.execute(sa.insert(table).from_select(columns, values)).rowcount


def carry_over(connection: sa.Connection, active: ActiveModel, until: datetime | None) -> int:
    """Let every text that is not to be read again keep its tags under the new taxonomy.

    Args:
        connection: to write with.
        active: the model, its prompt, and the taxonomy to carry over to.
        until: texts read later were not judged, and stay as they are.

    Returns:
        how many texts.
    """
    table = tables.tagged_items
    judged = [] if until is None else [table.c.tagged_at <= until]
    return connection.execute(
        sa.update(table)
        .where(
            table.c.model == active.model,
            table.c.prompt_hash == active.prompt_hash,
            table.c.taxonomy_hash != active.taxonomy_hash,
            ~_is_requested(table),
            *judged,
        )
        .values(taxonomy_hash=active.taxonomy_hash)
    ).rowcount


def drop_retired_tags(connection: sa.Connection, model: str) -> None:
    """Take away the model's tags of categories that are not in the taxonomy any more.

    Texts that had them have been requested by then: without the tag nothing would tell.
    """
    tags, taxonomy = tables.feedback_tags, tables.tagging_taxonomy
    active = sa.exists().where(taxonomy.c.category == tags.c.category)
    connection.execute(sa.delete(tags).where(tags.c.model == model, ~active))


def _is_requested(items: sa.TableClause) -> sa.Exists:
    table = tables.retag_requests
    return sa.exists().where(
        table.c.content_hash == items.c.content_hash, table.c.model == items.c.model
    )
