"""The HNSW index of a model's vectors.

An index covers one model and width, since vectors of different widths cannot share one. It is
partial and on an expression, as in pgvector's README ("Can I store vectors with different
dimensions in the same column?"); a query uses it only if it says the same (`nearest`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from python_jobs.errors import BusyError, UsageError
from python_jobs.storage.dialects.postgres import hold_with_psycopg
from python_jobs.storage.vectors.store import (
    SCHEMA,
    Store,
    plain_errors,
    read_store,
    require_halfvec,
)

if TYPE_CHECKING:
    from python_jobs.storage.vectors.binary import VectorType

MAX_INDEXED: dict[VectorType, int] = {"vector": 2_000, "halfvec": 4_000}
"""Dimensions that an HNSW index takes: pgvector's README, "HNSW"."""
M, EF_CONSTRUCTION = 16, 64
"""pgvector's defaults: neighbours a vector, and candidates looked at for each when building."""
_BUILD_MEGABYTES = (64, 1_024)


@dataclass(frozen=True)
class Index:
    """An HNSW index for one model and width.

    Attributes:
        name: in the schema of the store.
        model, dimensions: whose vectors it holds.
        vector_type: what it holds them as; the table may hold them in more detail.
        store: what the table holds them as.
    """

    name: str
    model: str
    dimensions: int
    vector_type: VectorType
    store: Store

    @property
    def is_rounded(self) -> bool:
        """It holds less detail than the table."""
        return self.vector_type != self.store.vector_type

    @property
    def expression(self) -> sql.Composed:
        """What it is on."""
        return sql.SQL("(embedding::{})").format(typed(self.vector_type, self.dimensions))


def index_for(store: Store, model: str, dimensions: int) -> Index | None:
    """The index that vectors of this model and width can have; None if they are too wide."""
    for kind in (store.vector_type, "halfvec"):
        if dimensions <= MAX_INDEXED[kind]:
            digest = hashlib.sha256(f"{kind} {dimensions} {model}".encode()).hexdigest()
            return Index(f"embeddings_hnsw_{digest[:16]}", model, dimensions, kind, store)
    return None


def build_index(
    connection: psycopg.Connection,
    *,
    model: str,
    dimensions: int,
    schema: str = SCHEMA,
    m: int = M,
    ef_construction: int = EF_CONSTRUCTION,
) -> Index | None:
    """Build the HNSW index of a model, while others read and write.

    Args:
        connection: in autocommit, for this alone: settings and a lock stay on it.
        model: whose vectors.
        dimensions: of what width.
        schema: of the store.
        m: neighbours of each vector, 2 to 100.
        ef_construction: candidates looked at for each, at least 2 · m.

    Returns:
        The index, None if a good one was there already.

    Raises:
        UsageError: too many dimensions for an index.
        BusyError: another process builds it.
        DatabaseError: not allowed, or pgvector is too old.
    """
    with plain_errors():
        index = index_for(read_store(connection, schema), model, dimensions)
        if index is None:
            raise UsageError(
                f"an index takes at most {MAX_INDEXED['halfvec']} dimensions, {model} has "
                f"{dimensions}",
                hint="search works without one; or embed with fewer dimensions",
            )
        if index.vector_type == "halfvec":
            require_halfvec(connection)
        if not hold_with_psycopg(connection, f"index {schema}.{index.name}"):
            raise BusyError(
                "another process builds this index", hint="search works meanwhile, without it"
            )
        if has_index(connection, index, schema):
            return None
        # What an interrupted build leaves behind is in the way of the next.
        drop_index(connection, index, schema)
        _set_memory(connection, index, m, schema)
        _create(connection, index, schema, m, ef_construction)
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, "embeddings")))
    return index


def drop_index(connection: psycopg.Connection, index: Index, schema: str = SCHEMA) -> None:
    """Drop an index, whole or half built, while others read and write."""
    with plain_errors():
        connection.execute(
            sql.SQL("drop index concurrently if exists {}").format(
                sql.Identifier(schema, index.name)
            )
        )


def has_index(connection: psycopg.Connection, index: Index, schema: str = SCHEMA) -> bool:
    """Whether it is there and whole."""
    row = connection.execute(
        "select indisvalid from pg_index join pg_class on pg_class.oid = indexrelid "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname = %s and relname = %s",
        (schema, index.name),
    ).fetchone()
    return row is not None and bool(row[0])


def _create(
    connection: psycopg.Connection, index: Index, schema: str, m: int, ef_construction: int
) -> None:
    statement = sql.SQL(
        "create index concurrently {name} on {table} using hnsw ({expression} {operators}) "
        "with (m = {m}, ef_construction = {ef_construction}) "
        "where model = {model} and dimensions = {dimensions}"
    ).format(
        name=sql.Identifier(index.name),
        table=sql.Identifier(schema, "embeddings"),
        expression=index.expression,
        operators=sql.Identifier(f"{index.vector_type}_cosine_ops"),
        m=sql.Literal(m),
        ef_construction=sql.Literal(ef_construction),
        model=sql.Literal(index.model),
        dimensions=sql.Literal(index.dimensions),
    )
    try:
        connection.execute(statement)
    except psycopg.errors.DiskFull:
        # Parallel workers build in shared memory, of which containers have 64 MB.
        connection.execute("set max_parallel_maintenance_workers = 0")
        drop_index(connection, index, schema)
        connection.execute(statement)


def _set_memory(connection: psycopg.Connection, index: Index, m: int, schema: str) -> None:
    """Room for the whole graph, within limits: without it the build goes on, much slower."""
    row = connection.execute(
        sql.SQL(
            "select count(*), (select setting::bigint / 1024 from pg_settings "
            "where name = 'maintenance_work_mem') from {} where model = %s and dimensions = %s"
        ).format(sql.Identifier(schema, "embeddings")),
        (index.model, index.dimensions),
    ).fetchone()
    count, present = row or (0, 0)
    width = index.dimensions * (4 if index.vector_type == "vector" else 2)
    # A neighbour is a pointer and a distance; the lowest layer has 2 · m, those above few.
    needed = int(count) * (width + 3 * m * 16 + 256) // 2**20
    least, most = _BUILD_MEGABYTES
    megabytes = max(int(present), min(max(needed, least), most))
    connection.execute(
        sql.SQL("set maintenance_work_mem = {}").format(sql.Literal(f"{megabytes}MB"))
    )


def typed(vector_type: VectorType, dimensions: int) -> sql.Composed:
    """A type of a fixed width, as in `vector(1536)`."""
    return sql.SQL("{}({})").format(sql.Identifier(vector_type), sql.Literal(dimensions))
