"""Vectors out, by binary COPY into one array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from psycopg import sql

from python_jobs.errors import DatabaseError, UsageError
from python_jobs.storage.vectors import binary
from python_jobs.storage.vectors.store import SCHEMA, plain_errors, read_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from numpy.typing import NDArray

# Which plan is right is known here and not to the planner: a table that was just filled has no
# statistics, and what it then takes for one row may be a million. Lookups in a subquery leave it
# no choice, nor do conditions that no index can serve (`|| ''`, `+ 0`).
_LOOK_UP = sql.SQL("""
copy (
    select place, embedding from (
        select wanted.place, (
            select stored.embedding from {table} stored
            where stored.content_hash = wanted.content_hash
                and stored.model = {model} and stored.dimensions = {dimensions}
        ) as embedding
        from pg_temp.wanted_vectors wanted offset 0
    ) as looked_up
    where embedding is not null
) to stdout with (format binary)
""")
_IN_ONE_PASS = sql.SQL("""
copy (
    select place, embedding from (
        select (
            select wanted.place from pg_temp.wanted_vectors wanted
            where wanted.content_hash = stored.content_hash
        ) as place, stored.embedding
        from {table} stored
        where stored.model || '' = {model} and stored.dimensions + 0 = {dimensions} offset 0
    ) as passed_by
    where place is not null
) to stdout with (format binary)
""")
# Where even temporary tables are forbidden: the hashes travel in the statement.
_READ_ONLY = sql.SQL("""
copy (
    select wanted.place, stored.embedding
    from unnest({hashes}::text[], {places}::integer[]) as wanted (content_hash, place)
    inner join {table} stored on stored.content_hash = wanted.content_hash
    where stored.model = {model} and stored.dimensions = {dimensions}
) to stdout with (format binary)
""")
_HASHES_AT_A_TIME = 10_000
_PAGES_A_LOOKUP = 4
"""What a page out of order costs in pages in order: Postgres's default random_page_cost."""


def stored_hashes(
    connection: psycopg.Connection,
    hashes: Sequence[str],
    *,
    model: str,
    dimensions: int,
    schema: str = SCHEMA,
) -> set[str]:
    """Which of these texts have a vector already."""
    with plain_errors():
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
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The vectors of `hashes`, in their order, streamed into one array.

    Peak memory is the array's and a few megabytes. For an array that does not fit into memory,
    give a file as `out`: `np.lib.format.open_memmap(path, "w+", np.float32, (n, dimensions))`.

    Args:
        connection: in a transaction, or not.
        hashes: (n,) content hashes; one may come several times.
        model: whose vectors.
        dimensions: of what width.
        schema: of the store.
        out: (n, dimensions) of float32 to fill; a new array by default.

    Returns:
        (n, dimensions), float32 also where the store holds half precision; `out` if given.

    Raises:
        UsageError: `out` has another shape or type.
        DatabaseError: a vector is missing, though it is recorded as embedded.
    """
    shape = (len(hashes), dimensions)
    if out is None:
        out = np.empty(shape, dtype=np.float32)
    elif out.shape != shape or out.dtype != np.float32:
        raise UsageError(f"the array to fill is {out.dtype} {out.shape}, not float32 {shape}")
    if not len(hashes):
        return out
    place: dict[str, int] = {}
    for row, content_hash in enumerate(hashes):
        place.setdefault(content_hash, row)
    # Rolled back at the end: the temporary table does not stay.
    with plain_errors(), connection.transaction(force_rollback=True):
        kind = read_store(connection, schema).vector_type
        if _may_only_read(connection):
            form = _READ_ONLY
        else:
            _want(connection, place)
            few = len(place) * _PAGES_A_LOOKUP < _pages(connection, schema)
            form = _LOOK_UP if few else _IN_ONE_PASS
        query = form.format(
            table=sql.Identifier(schema, "embeddings"),
            model=sql.Literal(model),
            dimensions=sql.Literal(dimensions),
            hashes=sql.Literal(list(place)),
            places=sql.Literal(list(place.values())),
        )
        found = _copy_out(connection, query, binary.placed_row(dimensions, kind), out)
    if found < len(place):
        raise DatabaseError(
            f"{len(place) - found} texts are recorded as embedded, but have no vector",
            hint="was the vector store emptied? `insights embed --no-skip-embedded` embeds again",
        )
    for row, content_hash in enumerate(hashes):
        if place[content_hash] != row:
            out[row] = out[place[content_hash]]
    return out


def _may_only_read(connection: psycopg.Connection) -> bool:
    """A replica, or a role whose transactions are read-only."""
    row = connection.execute("show transaction_read_only").fetchone()
    return bool(row and row[0] == "on")


def _want(connection: psycopg.Connection, place: dict[str, int]) -> None:
    """A temporary table of content hashes and their places."""
    connection.execute("create table pg_temp.wanted_vectors (content_hash text, place integer)")
    keys, places = list(place), list(place.values())
    for start in range(0, len(keys), _HASHES_AT_A_TIME):
        part = slice(start, start + _HASHES_AT_A_TIME)
        connection.execute(
            "insert into pg_temp.wanted_vectors select * from unnest(%s::text[], %s::integer[])",
            (keys[part], places[part]),
        )
    connection.execute("create unique index on pg_temp.wanted_vectors (content_hash)")


def _pages(connection: psycopg.Connection, schema: str) -> int:
    """The size of the table of vectors, without what is stored beside it."""
    row = connection.execute(
        "select pg_relation_size(pg_class.oid) / current_setting('block_size')::integer "
        "from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname = %s and relname = 'embeddings'",
        (schema,),
    ).fetchone()
    return int(row[0]) if row else 0


def _copy_out(
    connection: psycopg.Connection,
    query: sql.Composed,
    row: np.dtype[np.void],
    out: NDArray[np.float32],
) -> int:
    """Put each vector in its place; the number of them."""
    found = 0
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for rows in binary.unpacked(copy, row):
            out[rows["key"]] = rows["values"]
            found += len(rows)
    return found
