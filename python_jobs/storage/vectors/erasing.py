"""Vectors out for good: of texts that nobody says any more, and of clusters without a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from python_jobs.storage.vectors.store import SCHEMA, is_there, plain_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import psycopg

_PAGE = 10_000


def known_hashes(connection: psycopg.Connection, schema: str = SCHEMA) -> Iterator[list[str]]:
    """The content hashes that any model has a vector of, in pages.

    Args:
        connection: in a transaction.
        schema: of the store.
    """
    query = sql.SQL("select distinct content_hash from {}").format(
        sql.Identifier(schema, "embeddings")
    )
    with plain_errors(), connection.cursor(name="known_hashes") as cursor:
        cursor.execute(query)
        while page := cursor.fetchmany(_PAGE):
            yield [row[0] for row in page]


def erase_texts(
    connection: psycopg.Connection, hashes: Iterable[Sequence[str]], schema: str = SCHEMA
) -> dict[str, int]:
    """Delete what the store has of these texts, whatever the model; rows by table.

    Args:
        connection: in a transaction of the caller's.
        hashes: content hashes, in pages.
        schema: of the store; tables in it are found by their column `content_hash`.
    """
    with plain_errors():
        found = connection.execute(
            "select table_name::text from information_schema.columns "
            "join information_schema.tables using (table_schema, table_name) "
            "where table_schema = %s and column_name = 'content_hash' "
            "and table_type = 'BASE TABLE' order by 1",
            (schema,),
        )
        erased = dict.fromkeys((row[0] for row in found), 0)
        for page in hashes:
            for name in erased:
                statement = sql.SQL("delete from {} where content_hash = any(%s)").format(
                    sql.Identifier(schema, name)
                )
                erased[name] += connection.execute(statement, (list(page),)).rowcount
    return erased


def drop_centroids(
    connection: psycopg.Connection,
    places: Collection[tuple[str, str]],
    runs: Collection[str],
    schema: str = SCHEMA,
) -> int:
    """Delete mean vectors of clusters (run and path), and of runs that there are none of.

    Args:
        connection: in a transaction of the caller's.
        places: these clusters.
        runs: all that there are; what a cut off `insights cluster` stored is of none of them.
        schema: of the store.

    Returns:
        How many were deleted.
    """
    ordered = sorted(places)
    statement = sql.SQL(
        "delete from {} as c where not run_id = any(%s) or exists (select "
        "from unnest(%s::text[], %s::text[]) as gone (run_id, cluster_path) "
        "where gone.run_id = c.run_id and gone.cluster_path = c.cluster_path)"
    ).format(sql.Identifier(schema, "cluster_centroids"))
    given = (list(runs), [each[0] for each in ordered], [each[1] for each in ordered])
    with plain_errors():
        if not is_there(connection, "to_regclass", schema, "cluster_centroids"):
            return 0
        return connection.execute(statement, given).rowcount
