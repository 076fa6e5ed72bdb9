"""The vector store: embeddings and cluster centroids in Postgres with pgvector.

A vector is keyed by (content hash, model, dimensions): models live beside each other and are
never mixed.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from python_jobs.errors import DatabaseError

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
