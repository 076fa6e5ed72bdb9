"""Clear erased feedback out of the vectors, wherever they are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import erasure, tables, vectors
from python_jobs.storage.tombstones import chunks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from python_jobs.storage.erased_clusters import Place
    from python_jobs.storage.vector_store import VectorStore


@contextmanager
def elsewhere(connection: sa.Connection, store: VectorStore) -> Iterator[Iterable[list[str]]]:
    """Content hashes of vectors that are not in the warehouse, in pages."""
    if not store.is_apart(connection):
        yield ()
        return
    with store.beside(connection) as beside:
        yield vectors.known_hashes(beside, store.schema)


def erase(
    connection: sa.Connection, store: VectorStore, memberless: Collection[Place], *, dry_run: bool
) -> dict[str, int]:
    """The last step of an erasure: in another database it is done for good with its end.

    Args:
        connection: to the warehouse, after `erasure.remove`, which takes vectors that are there.
        store: where the vectors are.
        memberless: clusters without a member, whose mean vector goes.
        dry_run: roll everything back.

    Returns:
        Rows by table.
    """
    gone = erasure.gone_hashes(connection) if store.is_apart(connection) else []
    runs: list[str] = list(connection.scalars(sa.select(tables.cluster_runs.c.run_id)))
    with store.beside(connection) as beside:
        removed = vectors.erase_texts(beside, chunks(gone), store.schema)
        removed["cluster_centroids"] = vectors.drop_centroids(
            beside, memberless, runs, store.schema
        )
        if dry_run:
            connection.get_transaction().rollback()  # type: ignore[union-attr]
            beside.rollback()
    return {f"{vectors.SCHEMA}.{name}": count for name, count in removed.items()}
