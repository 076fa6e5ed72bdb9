"""Where vectors live: the tables, the type of their column, and what both have room for."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.vectors.binary import VECTOR_TYPES, VectorType

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "vector_store"
TABLES = ("embeddings", "cluster_centroids")
MAX_DIMENSIONS = 16_000
"""Of a vector and of a halfvec: pgvector's README, "Reference"."""
HALFVEC_SINCE = (0, 7)
"""The pgvector that brought halfvec: its CHANGELOG."""

# A row that fits a page stays in it: 1,536 dimensions are not cut into four and put aside, which
# makes storing, reading and exact search a third faster and takes no more room (measured).
_TABLES = sql.SQL("""
create table if not exists {schema}.embeddings (
    content_hash text not null,
    model text not null,
    dimensions integer not null,
    embedding {vector_type} not null,
    created_at timestamptz not null default now(),
    primary key (content_hash, model, dimensions),
    check (vector_dims(embedding) = dimensions)
) with (toast_tuple_target = 8160);

create table if not exists {schema}.cluster_centroids (
    run_id text not null,
    cluster_path text not null,
    centroid vector not null,
    primary key (run_id, cluster_path)
);
""")


@dataclass(frozen=True)
class Store:
    """What the column of vectors is.

    Attributes:
        vector_type: float32 or half precision.
        width: the one number of dimensions that it takes; None takes any.
    """

    vector_type: VectorType
    width: int | None


def init_vectors(
    connection: psycopg.Connection, schema: str = SCHEMA, vector_type: VectorType | None = None
) -> None:
    """Create the extension, the schema and its tables where they are absent.

    Args:
        connection: of a role that may.
        schema: where.
        vector_type: of the column of vectors; None keeps what is there, and is `vector` where
            nothing is.

    Raises:
        ConfigurationError: the table is there and has the other type.
        DatabaseError: the server has no pgvector, one too old for `vector_type`, or this role
            may not create what is missing.
    """
    try:
        with connection.transaction():
            present = connection.execute("select 1 from pg_extension where extname = 'vector'")
            if present.fetchone() is None:
                connection.execute("create extension vector")
            if vector_type == "halfvec":
                require_halfvec(connection)
            # "if not exists" asks for the right to create where nothing is to be created, too
            names = {
                "schema": sql.Identifier(schema),
                "vector_type": _type_name(vector_type or "vector"),
            }
            if not is_there(connection, "to_regnamespace", schema):
                connection.execute(sql.SQL("create schema {schema}").format(**names))
            if not all(is_there(connection, "to_regclass", schema, each) for each in TABLES):
                connection.execute(_TABLES.format(**names))
            there = read_store(connection, schema).vector_type
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
    if vector_type not in (None, there):
        raise ConfigurationError(
            f"the vector store keeps its vectors as {there}, not as {vector_type}",
            hint=f"keep them with INSIGHTS_VECTOR_TYPE={there}, or rewrite all of them with "
            f"`insights db init-vectors --convert {vector_type}`",
        )


def convert_vectors(
    connection: psycopg.Connection, vector_type: VectorType, schema: str = SCHEMA
) -> bool:
    """Rewrite all stored vectors in the other type; whether there was anything to do.

    To `halfvec` rounds to half precision (11 significant bits) for good. Holds an exclusive lock
    meanwhile, and drops the HNSW indexes, which were made for the type before.

    Raises:
        DatabaseError: a value is too large for half precision, pgvector is too old, or this
            role does not own the table.
    """
    table = sql.Identifier(schema, "embeddings")
    with plain_errors(), connection.transaction():
        if read_store(connection, schema).vector_type == vector_type:
            return False
        if vector_type == "halfvec":
            require_halfvec(connection)
        connection.execute(sql.SQL("lock table {} in access exclusive mode").format(table))
        for name in hnsw_indexes(connection, schema):
            connection.execute(sql.SQL("drop index {}").format(sql.Identifier(schema, name)))
        connection.execute(
            sql.SQL(
                "alter table {table} alter column embedding type {type} using embedding::{type}"
            ).format(table=table, type=_type_name(vector_type))
        )
    return True


def read_store(connection: psycopg.Connection, schema: str = SCHEMA) -> Store:
    """What the column of vectors is.

    Raises:
        DatabaseError: there is none, or it is no vector.
    """
    row = connection.execute(
        "select typname, atttypmod from pg_attribute "
        "join pg_class on pg_class.oid = attrelid "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "join pg_type on pg_type.oid = atttypid "
        "where nspname = %s and relname = 'embeddings' and attname = 'embedding'",
        (schema,),
    ).fetchone()
    if row is None:
        raise _no_tables()
    for vector_type in VECTOR_TYPES:
        if row[0] == vector_type:
            return Store(vector_type, None if row[1] == -1 else int(row[1]))
    raise DatabaseError(
        f"{schema}.embeddings holds its vectors as {row[0]}, not as vector or halfvec",
        hint="it was made by something else: rename it, then `insights db init-vectors`",
    )


def check_store(connection: psycopg.Connection, dimensions: int, schema: str = SCHEMA) -> Store:
    """Make sure that vectors of this width can be stored: to be asked before they are paid for.

    Raises:
        ConfigurationError: the table was made for another width, or no table has room for it.
        DatabaseError: there is no table.
    """
    store = read_store(connection, schema)
    if store.width not in (None, dimensions):
        raise ConfigurationError(
            f"the vector store holds vectors of {store.width} dimensions only, "
            f"the model makes {dimensions}",
            hint=f"set INSIGHTS_EMBEDDING_DIMENSIONS={store.width}, or let the table take any: "
            f"`alter table {schema}.embeddings alter column embedding type {store.vector_type}`",
        )
    if dimensions > MAX_DIMENSIONS:
        raise ConfigurationError(
            f"the model makes {dimensions} dimensions, pgvector stores at most {MAX_DIMENSIONS}",
            hint="set INSIGHTS_EMBEDDING_DIMENSIONS to fewer, or choose another model",
        )
    return store


def extension_version(connection: psycopg.Connection) -> tuple[int, ...]:
    """The version of pgvector in this database, as in (0, 8, 1); () where there is none."""
    row = connection.execute(
        "select extversion from pg_extension where extname = 'vector'"
    ).fetchone()
    return tuple(int(part) for part in row[0].split(".")) if row else ()


def require_halfvec(connection: psycopg.Connection) -> None:
    """Make sure that this pgvector has half precision.

    Raises:
        DatabaseError: it is too old.
    """
    version = extension_version(connection)
    if version < HALFVEC_SINCE:
        raise DatabaseError(
            f"pgvector {'.'.join(map(str, version))} has no halfvec; it came with 0.7",
            hint="upgrade it: `alter extension vector update`",
        )


def hnsw_indexes(connection: psycopg.Connection, schema: str = SCHEMA) -> list[str]:
    """Names of the HNSW indexes on the table of vectors."""
    rows = connection.execute(
        "select indexes.relname from pg_index "
        "join pg_class indexes on indexes.oid = indexrelid "
        "join pg_class tables on tables.oid = indrelid "
        "join pg_namespace on pg_namespace.oid = tables.relnamespace "
        "join pg_am on pg_am.oid = indexes.relam "
        "where nspname = %s and tables.relname = 'embeddings' and amname = 'hnsw' order by 1",
        (schema,),
    )
    return [row[0] for row in rows]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say what the user can mend, in place of the driver's words, which may quote values."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise _no_tables() from None
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            "this role may not do that in the vector store",
            hint="`insights doctor` names the grant to ask for, scripts/rights/ has all of them",
        ) from None
    except psycopg.errors.NumericValueOutOfRange:
        raise DatabaseError(
            "a vector holds a value that is too large for half precision (65,504)",
            hint="keep INSIGHTS_VECTOR_TYPE=vector",
        ) from None
    except psycopg.OperationalError as error:
        if _is_lost(error):
            raise ConnectionLostError(
                "the database connection was lost",
                hint="run the same command again: it goes on where it stopped",
            ) from None
        raise DatabaseError(
            f"the database cannot go on: {error.diag.message_primary or _code(error)}",
            hint="see to the server's memory and disk, then run the same command again",
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(f"the vector store refused a statement ({_code(error)})") from None


def is_there(connection: psycopg.Connection, function: str, *names: str) -> bool:
    """Whether `to_regnamespace` finds a schema, or `to_regclass` a table in one."""
    name = sql.Identifier(*names).as_string(connection)
    query = sql.SQL("select {}(%s) is not null").format(sql.Identifier(function))
    row = connection.execute(query, (name,)).fetchone()
    return bool(row and row[0])


def _is_lost(error: psycopg.OperationalError) -> bool:
    """The connection is gone (no code, or class 08), or the server ended it (57P01 to 57P05)."""
    return not error.sqlstate or error.sqlstate.startswith(("08", "57P"))


def _code(error: psycopg.Error) -> str:
    return error.sqlstate or type(error).__name__


def _type_name(vector_type: VectorType) -> sql.Identifier:
    return sql.Identifier(vector_type)


def _no_tables() -> DatabaseError:
    return DatabaseError(
        "the database has no tables for vectors", hint="make them: `insights db init-vectors`"
    )
