"""The vectors, in the warehouse or in a Postgres of their own: whether all of them are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from python_jobs.errors import InsightsError
from python_jobs.jobs.doctor import database
from python_jobs.jobs.doctor.check import Check, guarded, ok
from python_jobs.jobs.doctor.reachability import way_to_postgres
from python_jobs.jobs.prepare import version_found
from python_jobs.storage import vectors
from python_jobs.storage.connection import connect
from python_jobs.storage.inspection import postgres
from python_jobs.storage.lost_vectors import lost, make_pending
from python_jobs.storage.target import target, vector_target
from python_jobs.storage.vector_store import VectorStore, same_database
from python_jobs.storage.vectors.store import is_there
from python_jobs.storage.warehouse import Warehouse
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from python_jobs.settings import Settings

MOVE = "move them (docs/sqlserver.md), then: drop schema {} cascade"


def checks(settings: Settings, *, repair: bool = False) -> Iterator[Check]:
    """The way where it is another than the warehouse's, pgvector, tables, rights, and what is lost.

    Args:
        settings: for both databases.
        repair: make texts pending again whose vector is gone.
    """
    where = vector_target(settings)
    apart = is_sqlserver() or settings.vector_database_url is not None
    if apart:
        who = "the embedded server" if where.is_embedded else where.variable
        yield ok("vectors: address", f"{where.name}, role {where.user!r} ({who})")
        yield from way_to_postgres("vectors", where)
    try:
        connection = connect(where, autocommit=True)
    except InsightsError:
        if apart:
            raise
        return  # said of the database already
    with connection:
        found = postgres.server(connection)
        if apart:
            yield ok("vectors: login", f"role {where.user!r} is let in")
            for check in (
                database.version(found),
                database.writable(found, where.variable),
                database.connections(found, settings),
            ):
                yield replace(check, name=check.name.replace("database", "vectors"))
            yield from guarded("vectors: rights", lambda: _rights(connection, settings))
            if not is_sqlserver():
                yield from guarded(
                    "vectors: left behind", lambda: _left_behind(connection, settings)
                )
        yield database.pgvector(found)
        yield from guarded("vectors", lambda: _tables(connection, settings))
    yield from guarded("vectors: none lost", lambda: none_lost(settings, repair=repair))


def none_lost(settings: Settings, *, repair: bool = False) -> Iterator[Check]:
    """Whether each text that counts as embedded has its vector."""
    if not version_found(settings):
        return
    name, count = "vectors: none lost", 0
    with (
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
        warehouse.transaction() as connection,
    ):
        for model, dimensions, hashes in lost(connection, store):
            count += len(hashes)
            if repair:
                make_pending(connection, model, dimensions, hashes)
    if not count:
        yield ok(name, "every text recorded as embedded has its vector")
    elif repair:
        yield ok(name, f"{count} texts had no vector and are pending again: insights embed")
    else:
        said = f"{count} texts are recorded as embedded and have no vector"
        yield Check(name, "fail", said, "insights doctor --repair, then insights embed")


def _tables(connection: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    schema = settings.schema_name(vectors.SCHEMA)
    store = vectors.read_store(connection, schema)
    width = f" of {store.width} dimensions" if store.width else ""
    yield ok("vectors", f"kept as {store.vector_type}{width} in {schema}.embeddings")


def _rights(connection: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    wanted = {settings.schema_name(vectors.SCHEMA): database.ALL}
    yield database.granted("vectors: rights", connection, wanted)


def _left_behind(own: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    """Vectors in the warehouse that nobody reads since the others are elsewhere."""
    name, schema = "vectors: left behind", settings.schema_name(vectors.SCHEMA)
    try:
        warehouse = connect(target(settings), autocommit=True)
    except InsightsError:
        return  # said of the database already
    with warehouse:
        if same_database(warehouse, own):
            yield ok(name, "none: both addresses lead to one database, which is used as one")
        elif not is_there(warehouse, "to_regclass", schema, "embeddings"):
            yield ok(name, "none in the warehouse")
        else:
            said = f"{schema}.embeddings in the warehouse, which nobody reads"
            yield Check(name, "warn", said, MOVE.format(schema))
