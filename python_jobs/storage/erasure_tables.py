"""Tables that an erasure works on: scratch tables of its own, and all that are about feedback.

The latter are found by their columns, so that one which a later job adds is cleared as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables, vectors
from python_jobs.storage.dialects.elements import new_scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.settings import Settings

STAGING = "staging"
MODELS = (STAGING, "intermediate", tables.MARTS, "snapshots")
"""Where dbt builds."""
COLUMNS_OF_FEEDBACK = ("feedback_id", "source", "product", "origin")
"""What feedback can be chosen by, beside its attributes."""
KEYS_OF_FEEDBACK = ("feedback_id", "origin")
"""Of these, what is a key."""

HASHES = ("content_hash", "similar_hash")
"""Columns that name a text; a row of a pair of texts names two."""

_CLAIMS = ("leases", "api_batch_items")
_KNOWN_BY = (
    "canonical_feedback_id",
    "canonical_text",
    "content_hash",
    "feedback_id",
    "feedback_text",
    "similar_hash",
)


def light_table(schema: str, name: str, *columns: str) -> sa.Table:
    """A table by its name: columns in `_at` are points in time, all others text.

    No `sa.table`: a developer's prefix (`schema_translate_map`) would pass it by.
    """
    instant = sa.DateTime(timezone=True)
    return sa.Table(
        name,
        sa.MetaData(),
        *(sa.Column(each, instant if each.endswith("_at") else sa.Text()) for each in columns),
        schema=schema,
    )


feedback = light_table(tables.RAW, "customer_feedback", *COLUMNS_OF_FEEDBACK, "attributes")
staged_feedback = light_table(
    STAGING,
    "stg_raw__customer_feedback",
    *("feedback_id", "content_hash", "feedback_text", "created_at"),
)


def _scratch(name: str, *columns: str) -> sa.Table:
    return sa.Table(f"#{name}", sa.MetaData(), *(sa.Column(each, sa.Unicode) for each in columns))


asked_values = _scratch("asked_values", "value")
erased_ids = _scratch("erased_ids", "feedback_id")
erased_texts = _scratch("erased_texts", "content_hash")
shared_texts = _scratch("shared_texts", "content_hash", "feedback_id")
gone_texts = _scratch("gone_texts", "content_hash")
SCRATCH = (asked_values, erased_ids, erased_texts, shared_texts, gone_texts)


def create_scratch(connection: sa.Connection, settings: Settings) -> None:
    """Make the scratch tables, and let all schemas be found.

    They end with the transaction, on SQL Server with the connection or with `drop_scratch`.
    """
    connection.execution_options(
        schema_translate_map=tables.schema_names(settings)
        | {name: settings.schema_name(name) for name in (*MODELS, vectors.SCHEMA)}
    )
    for table in SCRATCH:
        connection.execute(new_scratch(table))


def drop_scratch(connection: sa.Connection) -> None:
    """Drop the scratch tables, which hold ids, with the last use of them."""
    for table in SCRATCH:
        connection.execute(sa.schema.DropTable(table))


def is_staged(connection: sa.Connection, settings: Settings) -> bool:
    """Whether dbt has built the staging views; before that no job can have run."""
    return sa.inspect(connection).has_table(staged_feedback.name, settings.schema_name(STAGING))


def holdings(connection: sa.Connection, settings: Settings) -> list[sa.Table]:
    """Tables of the jobs and the vector store that are keyed by texts or ids, leases first.

    A worker writes only what it holds a lease of, or a waiting line of a batch: with that gone
    first, it either has written before us, and we see it, or cannot write any more.
    """
    found = _about_feedback(connection, settings, (tables.JOBS, vectors.SCHEMA))
    keyed = [table for table in found if {"feedback_id", "content_hash"} & set(table.c.keys())]
    return sorted(keyed, key=lambda table: table.name not in _CLAIMS)


def models(connection: sa.Connection, settings: Settings) -> list[sa.Table]:
    """Tables that dbt built and that have rows about a feedback or a text."""
    found = _about_feedback(connection, settings, MODELS)
    return [table for table in found if {"feedback_id", "content_hash"} & set(table.c.keys())]


def _about_feedback(
    connection: sa.Connection, settings: Settings, schemas: Sequence[str]
) -> list[sa.Table]:
    """Tables, no views, with the columns that feedback and texts are known by."""
    names = {settings.schema_name(name): name for name in schemas}
    columns = _catalogue(connection, "columns", "table_schema", "table_name", "column_name")
    kinds = _catalogue(connection, "tables", "table_schema", "table_name", "table_type")
    here, kind = columns.c, kinds.c
    same = sa.and_(kind.table_schema == here.table_schema, kind.table_name == here.table_name)
    query = (
        sa.select(here.table_schema, here.table_name, here.column_name)
        .join(kinds, same)
        .where(
            here.table_schema.in_(list(names)),
            here.column_name.in_(_KNOWN_BY),
            kind.table_type == "BASE TABLE",
        )
    )
    found: dict[tuple[str, str], list[str]] = {}
    for schema, name, column in connection.execute(query):
        found.setdefault((names[str(schema)], str(name)), []).append(str(column))
    return [light_table(*place, *sorted(found[place])) for place in sorted(found)]


def _catalogue(connection: sa.Connection, name: str, *columns: str) -> sa.Table:
    """A view of the standard's, in capitals on SQL Server: a database may tell case apart."""
    spelled = str.upper if connection.dialect.name == "mssql" else str
    return sa.Table(
        spelled(name),
        sa.MetaData(),
        *(sa.Column(spelled(each), sa.Text, key=each) for each in columns),
        schema=spelled("information_schema"),
    )


def full_name(table: sa.TableClause) -> str:
    """As in `raw.customer_feedback`, without a developer's prefix."""
    return f"{table.schema}.{table.name}"
