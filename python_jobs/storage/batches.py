"""Batches given to a provider's batch API: which texts are in them, and what became of each.

A text that waits in a batch is pending no more (dbt's `int_models__batched`), until its row is
settled here. Every change of an item is conditional on its state, so that two processes that
fetch the same batch store each line once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

WAITING, STORED, DEAD, REJECTED, RELEASED = "waiting", "stored", "dead", "rejected", "released"
"""States of an item. `rejected`: its line was at fault, so next time it goes alone."""

PREPARING = "preparing"
"""State of a batch that the provider has not confirmed yet."""


@dataclass(frozen=True)
class Batch:
    """A batch as the database knows it; timestamps are UTC.

    Attributes:
        host: the server that has it.
        parameters: what its answers are checked against.
        held_until: until when the process that prepares it may still be at work.
        closed_at: when every text in it was settled.
    """

    batch_id: str
    job: str
    provider: str
    host: str
    model: str
    dimensions: int | None
    taxonomy_hash: str | None
    prompt_hash: str | None
    job_run_id: str
    created_at: datetime
    status: str = PREPARING
    reason: str | None = None
    provider_batch_id: str | None = None
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    count_requests: int = 0
    count_items: int = 0
    count_completed: int = 0
    count_failed: int = 0
    held_until: datetime | None = None
    submitted_at: datetime | None = None
    checked_at: datetime | None = None
    closed_at: datetime | None = None
    files_deleted_at: datetime | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def file_ids(self) -> tuple[str, ...]:
        """Its files at the provider."""
        known = (self.input_file_id, self.output_file_id, self.error_file_id)
        return tuple(file_id for file_id in known if file_id)


@dataclass(frozen=True)
class Item:
    """A text in a line of a batch.

    Attributes:
        line_position: place of its first input in the line, from 0.
        count_inputs: inputs that it was sent as.
        count_in_line: inputs of the whole line, those of texts erased since included.
        text: None where no feedback says it any more.
    """

    custom_id: str
    line_position: int
    count_inputs: int
    count_in_line: int
    content_hash: str
    feedback_id: str
    status: str = WAITING
    text: str | None = None


api_batches = tables.table(tables.JOBS, "api_batches", (each.name for each in fields(Batch)))
api_batch_items = tables.table(
    tables.JOBS,
    "api_batch_items",
    [*(each.name for each in fields(Item) if each.name != "text"), "batch_id", "settled_at"],
)
batched_texts = tables.table(
    tables.MARTS, "batched_texts", ("batch_id", "content_hash", "feedback_text")
)


def insert_batch(connection: sa.Connection, batch: Batch, items: Sequence[Item]) -> None:
    """Set the texts aside for a batch that is about to be uploaded."""
    values = {**vars(batch), "parameters": json.dumps(batch.parameters)}
    connection.execute(sa.insert(api_batches).values(**values))
    connection.execute(
        sa.insert(api_batch_items),
        [
            {name: value for name, value in vars(item).items() if name != "text"}
            | {"batch_id": batch.batch_id}
            for item in items
        ],
    )


def update_batch(
    connection: sa.Connection,
    batch_id: str,
    values: Mapping[str, object],
    *,
    only_in: Collection[str] = (),
) -> bool:
    """Change an open batch, where its state is one of `only_in`; whether there was one."""
    table = api_batches
    where = [table.c.batch_id == batch_id, table.c.closed_at.is_(None)]
    if only_in:
        where.append(table.c.status.in_(only_in))
    return connection.execute(sa.update(table).where(*where).values(dict(values))).rowcount > 0


def close_batch(connection: sa.Connection, batch_id: str, **values: object) -> int:
    """Give back every text that still waits, and close the batch; how many were given back."""
    table = api_batch_items
    where = (table.c.batch_id == batch_id, table.c.status == WAITING)
    given_back = connection.execute(
        sa.update(table).where(*where).values(status=RELEASED, settled_at=datetime.now(UTC))
    ).rowcount
    values |= {"closed_at": datetime.now(UTC), "held_until": None}
    update_batch(connection, batch_id, values)
    return int(given_back)


def note_files_deleted(connection: sa.Connection, batch_id: str) -> None:
    """Say that the provider holds no file of this batch any more."""
    table = api_batches
    connection.execute(
        sa.update(table)
        .where(table.c.batch_id == batch_id)
        .values(files_deleted_at=datetime.now(UTC))
    )


def settle(connection: sa.Connection, batch_id: str, custom_id: str, status: str) -> set[str]:
    """End the wait of a line's texts, and return those of them that were waiting.

    Only whoever gets a text here stores what the line says of it: another process that reads the
    same file, or an erasure, may have been first.
    """
    table = api_batch_items
    changed = connection.execute(
        sa.update(table)
        .where(
            table.c.batch_id == batch_id,
            table.c.custom_id == custom_id,
            table.c.status == WAITING,
        )
        .values(status=status, settled_at=datetime.now(UTC))
        .returning(table.c.content_hash)
    )
    return set(changed.scalars())


def give_back(
    connection: sa.Connection, batch_id: str, custom_id: str, hashes: Collection[str]
) -> None:
    """Make texts of a line pending again whose answer is not to be stored."""
    table = api_batch_items
    connection.execute(
        sa.update(table)
        .where(
            table.c.batch_id == batch_id,
            table.c.custom_id == custom_id,
            among(table.c.content_hash, hashes),
        )
        .values(status=RELEASED)
    )


def newer_elsewhere(
    connection: sa.Connection, hashes: Collection[str], model: str, since: datetime
) -> set[str]:
    """Texts that were tagged since, or are to be tagged anew: an older answer is not for them."""
    found: set[str] = set()
    for table, at in (
        (tables.tagged_items, tables.tagged_items.c.tagged_at),
        (tables.retag_requests, tables.retag_requests.c.requested_at),
    ):
        query = sa.select(table.c.content_hash).where(
            among(table.c.content_hash, hashes), table.c.model == model, at > since
        )
        found.update(connection.scalars(query))
    return found


def read_batches(
    connection: sa.Connection,
    *,
    batch_ids: Collection[str] | None = None,
    only_open: bool = False,
    with_files: bool = False,
) -> list[Batch]:
    """Batches by age, the oldest first.

    Args:
        connection: to read with.
        batch_ids: ours or the provider's; None for all.
        only_open: those with texts that wait.
        with_files: those whose files the provider may still have.
    """
    table = api_batches
    query = sa.select(table).order_by(table.c.created_at, table.c.batch_id)
    if batch_ids is not None:
        query = query.where(
            sa.or_(among(table.c.batch_id, batch_ids), among(table.c.provider_batch_id, batch_ids))
        )
    if only_open:
        query = query.where(table.c.closed_at.is_(None))
    if with_files:
        query = query.where(table.c.files_deleted_at.is_(None), table.c.input_file_id.is_not(None))
    return [_batch(row) for row in connection.execute(query).mappings()]


def read_items(connection: sa.Connection, batch_id: str) -> list[Item]:
    """The texts of a batch by line and place, the words of those that still wait with them."""
    table, words = api_batch_items, batched_texts
    query = (
        sa.select(
            table.c.custom_id,
            table.c.line_position,
            table.c.count_inputs,
            table.c.count_in_line,
            table.c.content_hash,
            table.c.feedback_id,
            table.c.status,
            words.c.feedback_text,
        )
        .select_from(
            table.outerjoin(
                words,
                sa.and_(
                    table.c.batch_id == words.c.batch_id,
                    table.c.content_hash == words.c.content_hash,
                ),
            )
        )
        .where(table.c.batch_id == batch_id)
        .order_by(table.c.custom_id, table.c.line_position)
    )
    return fetch(connection, query, Item)


def count_items(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """How many texts of each batch are in which state."""
    table = api_batch_items
    query = sa.select(table.c.batch_id, table.c.status, sa.func.count()).group_by(
        table.c.batch_id, table.c.status
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(str(row[0]), {})[str(row[1])] = int(row[2])
    return found


def read_suspects(connection: sa.Connection, job: str, model: str) -> set[str]:
    """Texts whose line was refused or badly answered before: each goes in a line of its own."""
    items, owners = api_batch_items, api_batches
    query = (
        sa.select(items.c.content_hash)
        .distinct()
        .select_from(items.join(owners, items.c.batch_id == owners.c.batch_id))
        .where(owners.c.job == job, owners.c.model == model, items.c.status == REJECTED)
    )
    return set(connection.scalars(query))


def holding(connection: sa.Connection, hashes: sa.Select[tuple[str]]) -> list[str]:
    """Batches with files at the provider that hold one of these texts: for an erasure to ask
    before it deletes the items, and to give to `jobs.batch.delete_provider_files` after.
    """
    items, owners = api_batch_items, api_batches
    query = (
        sa.select(owners.c.batch_id)
        .distinct()
        .select_from(items.join(owners, items.c.batch_id == owners.c.batch_id))
        .where(owners.c.files_deleted_at.is_(None), items.c.content_hash.in_(hashes))
        .order_by(owners.c.batch_id)
    )
    return list(connection.scalars(query))


def _batch(row: sa.RowMapping) -> Batch:
    values = dict(row)
    parameters = values.pop("parameters")
    # A JSON column comes parsed on Postgres and as text on SQL Server.
    parsed = json.loads(parameters) if isinstance(parameters, str) else parameters
    return Batch(**values, parameters=parsed)
