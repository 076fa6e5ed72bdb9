"""Build or drop the index that `insights search` is fast with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.logs import logger
from python_jobs.storage import vectors
from python_jobs.storage.connection import connect
from python_jobs.storage.search import active_embedding
from python_jobs.storage.target import vector_target
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.vectors import Index


def build_index(
    settings: Settings,
    *,
    m: int = vectors.M,
    ef_construction: int = vectors.EF_CONSTRUCTION,
) -> Index | None:
    """Build the HNSW index over the active embedding model's vectors.

    Others read and write meanwhile. Vectors that come later enter it by themselves.

    Args:
        settings: for the database.
        m: neighbours of each vector.
        ef_construction: candidates looked at for each.

    Returns:
        The index; None if it was there already.

    Raises:
        UsageError: nothing is embedded, or parameters or dimensions that an index does not take.
        BusyError: another process builds it.
        DatabaseError: not allowed, or no vector store.
    """
    if ef_construction < 2 * m:
        raise UsageError(
            f"--ef-construction {ef_construction} is less than twice --m {m}",
            hint=f"give at least --ef-construction {2 * m}",
        )
    model, dimensions = _active(settings)
    with connect(vector_target(settings), autocommit=True) as connection:
        index = vectors.build_index(
            connection,
            model=model,
            dimensions=dimensions,
            schema=settings.schema_name(vectors.SCHEMA),
            m=m,
            ef_construction=ef_construction,
        )
    if index and index.is_rounded:
        logger.info(
            "%d dimensions are too many for an index of %s: it holds them in half precision, "
            "and what it finds is ranked by the full vectors",
            dimensions,
            index.store.vector_type,
        )
    return index


def drop_index(settings: Settings) -> bool:
    """Drop the active model's index; whether there was one. Search works without it."""
    model, dimensions = _active(settings)
    schema = settings.schema_name(vectors.SCHEMA)
    with connect(vector_target(settings), autocommit=True) as connection:
        index = vectors.index_for(vectors.read_store(connection, schema), model, dimensions)
        if index is None or index.name not in vectors.hnsw_indexes(connection, schema):
            return False
        vectors.drop_index(connection, index, schema)
    return True


def _active(settings: Settings) -> tuple[str, int]:
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        active = active_embedding(connection)
    if active is None or active.dimensions is None:
        raise UsageError("nothing is embedded yet", hint="embed the feedback: `insights embed`")
    return active.model, active.dimensions
