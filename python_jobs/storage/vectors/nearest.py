"""The nearest vectors by cosine: exactly, or by an HNSW index where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgvector import Vector
from psycopg import sql

from python_jobs.storage.vectors.index import Index, has_index, index_for, typed
from python_jobs.storage.vectors.store import (
    SCHEMA,
    Store,
    extension_version,
    plain_errors,
    read_store,
)

if TYPE_CHECKING:
    import numpy as np
    import psycopg
    from numpy.typing import NDArray

MAX_EF_SEARCH = 1_000
"""The most candidates that a search by index looks at in one go: pgvector's README."""
_MIN_EF_SEARCH = 100
_ITERATIVE_SINCE = (0, 8)


@dataclass(frozen=True)
class Near:
    """A stored vector with its cosine similarity to the one asked for, -1 to 1."""

    content_hash: str
    similarity: float


def nearest(
    connection: psycopg.Connection,
    vector: NDArray[np.float32],
    *,
    model: str,
    limit: int,
    schema: str = SCHEMA,
    exact: bool = False,
) -> list[Near]:
    """The stored vectors of a model that are nearest to `vector` by cosine, nearest first.

    Exact without an index. With one it may miss some; similarities are exact all the same.

    Args:
        connection: in a transaction or not; nothing stays set on it.
        vector: (dimensions,).
        model: whose vectors.
        limit: at most so many.
        schema: of the store.
        exact: compare with every vector even if there is an index.
    """
    with plain_errors(), connection.transaction(force_rollback=True):
        store = read_store(connection, schema)
        index = None if exact else index_for(store, model, len(vector))
        if index and not has_index(connection, index, schema):
            index = None
        _set_search(connection, limit, index)
        query = nearest_query(store, index, vector, model=model, limit=limit, schema=schema)
        rows = connection.execute(query).fetchall()
    # Rounding takes a vector's similarity with itself a little beyond 1.
    return [Near(content_hash, min(max(float(cos), -1.0), 1.0)) for content_hash, cos in rows]


def nearest_query(
    store: Store,
    index: Index | None,
    vector: NDArray[np.float32],
    *,
    model: str,
    limit: int,
    schema: str = SCHEMA,
) -> sql.Composed:
    """The statement of `nearest`: candidates by the index's own words, ranked exactly.

    The model is a literal, because a partial index serves only a query that is known to ask for
    its part when it is planned.
    """
    dimensions = len(vector)
    asked = sql.Literal(Vector(vector).to_text())
    own_type = typed(store.vector_type, dimensions)
    distance = sql.SQL("embedding::{type} <=> {asked}::{type}").format(type=own_type, asked=asked)
    by_index = distance
    if index:
        by_index = sql.SQL("{} <=> {}::{}").format(
            index.expression, asked, typed(index.vector_type, dimensions)
        )
    return sql.SQL(
        "select content_hash, 1 - ({distance}) as similarity from ("
        "select content_hash, embedding from {table} "
        "where model = {model} and dimensions = {dimensions} "
        "order by {by_index} limit {limit}) as candidates "
        "order by similarity desc, content_hash"
    ).format(
        distance=distance,
        table=sql.Identifier(schema, "embeddings"),
        model=sql.Literal(model),
        dimensions=sql.Literal(dimensions),
        by_index=by_index,
        limit=sql.Literal(limit),
    )


def has_vectors(
    connection: psycopg.Connection, *, model: str, dimensions: int, schema: str = SCHEMA
) -> bool:
    """Whether anything is stored of this model and width."""
    with plain_errors():
        row = connection.execute(
            sql.SQL("select 1 from {} where model = %s and dimensions = %s limit 1").format(
                sql.Identifier(schema, "embeddings")
            ),
            (model, dimensions),
        ).fetchone()
    return row is not None


def _set_search(connection: psycopg.Connection, limit: int, index: Index | None) -> None:
    """How to search, until the end of the transaction."""
    if index is None:
        connection.execute("set local enable_indexscan = off")
        return
    # Vectors are stored beside the table's rows, where the planner does not see what it costs to
    # fetch them: to it a pass over all, or a sort of all, seems cheap.
    for method in ("seqscan", "bitmapscan", "sort"):
        connection.execute(sql.SQL("set local {} = off").format(sql.Identifier(f"enable_{method}")))
    candidates = min(max(2 * limit, _MIN_EF_SEARCH), MAX_EF_SEARCH)
    connection.execute(sql.SQL("set local hnsw.ef_search = {}").format(sql.Literal(candidates)))
    if extension_version(connection) >= _ITERATIVE_SINCE:
        connection.execute("set local hnsw.iterative_scan = relaxed_order")
