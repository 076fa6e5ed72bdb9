"""What the jobs read, asked in T-SQL and translated back: it must be the rows that Postgres has."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.storage import (
    assignments,
    batches,
    cluster_runs,
    cluster_trees,
    dead_letters,
    gold,
    job_inputs,
    marts,
    prices,
    report,
    retagging,
    search,
    tables,
)
from python_jobs.storage.job_inputs import Period
from python_jobs.storage.warehouse import Warehouse
from tests.portability.storage_calls import MSSQL
from tests.portability.transpiled import plain, to_postgres, view_of_table

if TYPE_CHECKING:
    import psycopg

    from python_jobs.settings import Settings

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PERIOD = Period(date(2026, 1, 5), date(2026, 12, 31))
_KEYS = re.compile(r"\(select cast\(\[value\] as [^']*openjson\(N'((?:[^']|'')*)'\)\)")


def differences(settings: Settings, connection: psycopg.Connection) -> tuple[list[str], int]:
    """Queries that mean something else as T-SQL, and how many of all gave rows.

    Args:
        settings: of a database with the translated models (`transpiled.build`).
        connection: to it.
    """
    for (name,) in connection.execute(
        "select table_name from information_schema.tables as here"
        " where table_schema = 'customer_insights' and not exists (select from"
        " information_schema.tables as there where there.table_schema = 'tsql_customer_insights'"
        " and there.table_name = here.table_name)"
    ).fetchall():
        view_of_table(connection, "customer_insights", name)
    connection.commit()
    wrong, count = [], 0
    with Warehouse(settings) as warehouse, warehouse.transaction() as there:
        for query in queries(there):
            native = [tuple(map(plain, row)) for row in there.execute(query)]
            text = to_postgres(in_t_sql(query))
            foreign = [tuple(map(plain, row)) for row in connection.execute(text.encode())]
            if not query._order_by_clauses:
                native, foreign = sorted(native, key=str), sorted(foreign, key=str)
            count += bool(native)
            if native != foreign:
                only = [set(native) - set(foreign), set(foreign) - set(native)]
                wrong.append(f"{len(native)} and {len(foreign)} rows, {only}: {text}"[:2_000])
    return wrong, count


def queries(connection: sa.Connection) -> list[sa.Select[Any]]:
    """What functions of storage ask when they read."""
    found: list[sa.Select[Any]] = []

    def note(_connection: object, statement: Any, *_: object) -> None:
        if isinstance(statement, sa.Select):
            found.append(statement)

    sa.event.listen(connection, "before_execute", note)
    read_all(connection)
    sa.event.remove(connection, "before_execute", note)
    return found


def read_all(connection: sa.Connection) -> None:
    """Read all that there is to read."""
    here = tables.embedded_items.c.content_hash
    hashes = list(connection.scalars(sa.select(here).order_by(here)))
    for pending in (tables.pending_embeddings, tables.pending_tags):
        job_inputs.count_pending(connection, pending, "fake", PERIOD)
        job_inputs.read_pending(connection, pending, "fake", PERIOD, 3)
        list(job_inputs.stream_pending(connection, pending, "fake", Period()))
    job_inputs.pending_model(connection)
    job_inputs.read_clustering_input(connection, PERIOD, 4)
    job_inputs.read_clustered_feedback(connection, PERIOD)
    job_inputs.read_unnamed_clusters(connection)
    assignments.published_run(connection)
    assignments.read_pending(connection, PERIOD, 3)
    assignments.count_assigned(connection, "run-1", "root.noise", 0.0)
    assignments.count_assigned_feedback(connection, "run-1")
    assignments.latest(connection, "run-0")
    assignments.read_members(connection, "run-1")
    cluster_runs.list_runs(connection)
    cluster_runs.names_of(connection, "run-1")
    cluster_runs.carried_names(connection)
    cluster_trees.read_published(connection)
    cluster_trees.read_events(connection, "run-1")
    cluster_trees.count_feedback(connection)
    batches.read_batches(connection, batch_ids=["b", "größe's"])
    batches.read_items(connection, "b")
    batches.count_items(connection)
    batches.newer_elsewhere(connection, hashes, "fake", LONG_AGO)
    dead_letters.read(connection, "embed")
    gold.texts_of(connection, ["u1", "d1", "nobody"], is_loaded=True)
    marts.read_totals(connection)
    marts.read_segments(connection)
    marts.read_tags(connection)
    marts.read_texts(connection, hashes)
    prices.read_prices(connection)
    prices.read_averages(connection, "embed", "fake", "m")
    prices.spent_since(connection, LONG_AGO)
    prices.latest_clusters(connection)
    retagging.read_changes(connection)
    retagging.read_outdated(connection)
    retagging.latest_reading(connection, "fake")
    search.active_embedding(connection)
    report.read_report(connection)


def in_t_sql(query: sa.Select[Any]) -> str:
    """With its values in it; keys as a plain list, for sqlglot knows no openjson."""
    options = {"literal_binds": True}
    return _KEYS.sub(_listed, str(query.compile(dialect=MSSQL, compile_kwargs=options)))


def _listed(found: re.Match[str]) -> str:
    keys = [str(key).replace("'", "''") for key in json.loads(found[1].replace("''", "'"))]
    quoted = ", ".join(f"N'{key}'" for key in keys)
    return f"({quoted or 'null'})"
