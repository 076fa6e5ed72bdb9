"""Records of vectors that are gone: what no rerun mends, since a text on record is not pending.

Vectors are stored before their record and erased with it, so only a hand, a restore of one of two
databases from an older backup, or an erasure that was cut off and never done again leaves any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables, vectors
from python_jobs.storage.dialects.elements import among

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.storage.vector_store import VectorStore

_PAGE = 1_000
"""Records looked at together."""


def lost(connection: sa.Connection, store: VectorStore) -> Iterator[tuple[str, int, list[str]]]:
    """Records without a vector, in pages: model, dimensions, content hashes.

    Args:
        connection: to the warehouse, in a transaction.
        store: where the vectors should be.
    """
    table = tables.embedded_items
    models = sa.select(table.c.model, table.c.dimensions).distinct()
    for row in connection.execute(models).all():
        model, dimensions = str(row[0]), int(row[1])
        for page in _recorded(connection, model, dimensions):
            with store.beside(connection) as beside:
                stored = vectors.stored_hashes(
                    beside, page, model=model, dimensions=dimensions, schema=store.schema
                )
            gone = [content_hash for content_hash in page if content_hash not in stored]
            if gone:
                yield model, dimensions, gone


def make_pending(
    connection: sa.Connection, model: str, dimensions: int, hashes: Sequence[str]
) -> None:
    """Drop the records of these texts."""
    table = tables.embedded_items
    connection.execute(
        sa.delete(table).where(
            table.c.model == model,
            table.c.dimensions == dimensions,
            among(table.c.content_hash, hashes),
        )
    )


def _recorded(connection: sa.Connection, model: str, dimensions: int) -> Iterator[list[str]]:
    table = tables.embedded_items
    query = (
        sa.select(table.c.content_hash)
        .where(table.c.model == model, table.c.dimensions == dimensions)
        .order_by(table.c.content_hash)
        .limit(_PAGE)
    )
    page: list[str] = list(connection.scalars(query))
    while page:
        yield page
        page = list(connection.scalars(query.where(table.c.content_hash > page[-1])))
