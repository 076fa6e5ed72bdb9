"""The vector store: embeddings and cluster centroids in Postgres with pgvector.

A vector is keyed by (content hash, model, dimensions): models live beside each other and are
never mixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector
from psycopg import sql

from python_jobs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SCHEMA = "vector_store"

_TABLES = sql.SQL("""
create schema if not exists {schema};

create table if not exists {schema}.embeddings (
    content_hash text not null,
    model text not null,
    dimensions integer not null,
    embedding vector not null,
    created_at timestamptz not null default now(),
    primary key (content_hash, model, dimensions),
    check (vector_dims(embedding) = dimensions)
);

create table if not exists {schema}.cluster_centroids (
    run_id text not null,
    cluster_path text not null,
    centroid vector not null,
    primary key (run_id, cluster_path)
);
""")


def init_vectors(connection: psycopg.Connection, schema: str = SCHEMA) -> None:
    """Create the extension, the schema and its tables where they are absent.

    Raises:
        DatabaseError: the server has no pgvector, or this role may not create what is missing.
    """
    try:
        with connection.transaction():
            present = connection.execute("select 1 from pg_extension where extname = 'vector'")
            if present.fetchone() is None:
                connection.execute("create extension vector")
            connection.execute(_TABLES.format(schema=sql.Identifier(schema)))
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            "this role may not create the vector extension or its schema",
            hint="run `insights db init-vectors` once with a role that may, "
            "or ask for `create extension vector`",
        ) from None
    except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
        raise DatabaseError(
            "this Postgres has no pgvector",
            hint="install the extension on the server (https://github.com/pgvector/pgvector)",
        ) from None


def write_vectors(
    connection: psycopg.Connection,
    hashes: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    model: str,
    schema: str = SCHEMA,
) -> None:
    """Store one vector a text by binary COPY, replacing those of the same key.

    Args:
        connection: in a transaction of the caller's.
        hashes: (n,) content hashes.
        vectors: (n, dimensions).
        model: that made them.
    """
    dimensions = vectors.shape[1]
    register_vector(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table if not exists new_vectors "
            "(content_hash text, embedding vector) on commit drop"
        )
        cursor.execute("truncate new_vectors")
        with cursor.copy(
            "copy new_vectors (content_hash, embedding) from stdin with (format binary)"
        ) as copy:
            copy.set_types(["text", "vector"])
            for content_hash, vector in zip(hashes, vectors, strict=True):
                copy.write_row((content_hash, Vector(vector)))
        cursor.execute(
            sql.SQL(
                "insert into {table} (content_hash, model, dimensions, embedding) "
                "select content_hash, %s, %s, embedding from new_vectors "
                "on conflict (content_hash, model, dimensions) "
                "do update set embedding = excluded.embedding, created_at = now()"
            ).format(table=sql.Identifier(schema, "embeddings")),
            (model, dimensions),
        )


def stored_hashes(
    connection: psycopg.Connection,
    hashes: Sequence[str],
    *,
    model: str,
    dimensions: int,
    schema: str = SCHEMA,
) -> set[str]:
    """Which of these texts have a vector already."""
    rows = connection.execute(
        sql.SQL(
            "select content_hash from {table} "
            "where model = %s and dimensions = %s and content_hash = any(%s)"
        ).format(table=sql.Identifier(schema, "embeddings")),
        (model, dimensions, list(hashes)),
    )
    return {row[0] for row in rows}


def read_vectors(
    connection: psycopg.Connection,
    hashes: Sequence[str],
    *,
    model: str,
    dimensions: int,
    schema: str = SCHEMA,
) -> NDArray[np.float32]:
    """The vectors of `hashes`, in their order, as one array of shape (n, dimensions).

    Raises:
        DatabaseError: one is missing, though it is recorded as embedded.
    """
    place = {content_hash: row for row, content_hash in enumerate(hashes)}
    found = np.zeros(len(hashes), dtype=bool)
    vectors = np.empty((len(hashes), dimensions), dtype=np.float32)
    query = sql.SQL(
        "copy (select content_hash, embedding from {table} "
        "where model = {model} and dimensions = {dimensions}) to stdout with (format binary)"
    ).format(
        table=sql.Identifier(schema, "embeddings"),
        model=sql.Literal(model),
        dimensions=sql.Literal(dimensions),
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["text", "bytea"])
        for content_hash, packed in copy.rows():
            row = place.get(content_hash)
            if row is not None:
                # pgvector's own format: dimensions and flags as int16, then big-endian float32.
                vectors[row] = np.frombuffer(packed, dtype=">f4", offset=4)
                found[row] = True
    if not found.all():
        raise DatabaseError(
            f"{int((~found).sum())} texts are recorded as embedded, but have no vector",
            hint="was the vector store emptied? `insights embed --no-skip-embedded` embeds again",
        )
    return vectors


def write_centroids(
    connection: psycopg.Connection,
    run_id: str,
    centroids: Mapping[str, NDArray[np.float32]],
    schema: str = SCHEMA,
) -> None:
    """Store the mean vector of each cluster of a run, by cluster path."""
    register_vector(connection)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL(
                "insert into {table} (run_id, cluster_path, centroid) values (%s, %s, %s)"
            ).format(table=sql.Identifier(schema, "cluster_centroids")),
            [(run_id, path, Vector(centroid)) for path, centroid in centroids.items()],
        )
