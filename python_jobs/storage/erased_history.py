"""What an erasure leaves of history: names that clusters had, and models of past days.

Works after `storage.erasure`, in the same transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import dialects, tables
from python_jobs.storage.dialects.elements import among
from python_jobs.storage.erasure_tables import MODELS, light_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from python_jobs.settings import Settings
    from python_jobs.storage.erased_clusters import Place

_names = light_table(
    "snapshots",
    "cluster_name_history",
    *("dbt_scd_id", "cluster_key", "cluster_name", "summary", "name_hash"),
)
_PAST = r"_as_of_\d{4}_\d{2}_\d{2}(_taxonomy_now)?"
"""What dbt adds to its schemas with the var `as_of` (macro `as_of_schema_suffix`)."""


@dataclass(frozen=True)
class Version:
    """What a cluster was called for a while; `version_id` is the snapshot's own key."""

    version_id: str
    cluster_key: str
    cluster_name: str
    summary: str


def read_versions(connection: sa.Connection, settings: Settings) -> list[Version]:
    """All names that published clusters had; none before dbt's first snapshot."""
    if not sa.inspect(connection).has_table(_names.name, settings.schema_name("snapshots")):
        return []
    columns = _names.c
    query = sa.select(
        columns.dbt_scd_id, columns.cluster_key, columns.cluster_name, columns.summary
    )
    return [
        Version(row[0], row[1], row[2] or "", row[3] or "") for row in connection.execute(query)
    ]


def keys_of(connection: sa.Connection, places: Collection[Place]) -> set[str]:
    """Cluster keys by which these clusters are known from run to run."""
    table = tables.clusters
    query = sa.select(table.c.run_id, table.c.cluster_path, table.c.cluster_key)
    return {row[2] for row in connection.execute(query) if (row[0], row[1]) in places}


def empty_versions(
    connection: sa.Connection, summaries: Collection[str], names: Collection[str]
) -> None:
    """Take summaries, and of some the names too, by version id; the versions themselves stay."""
    for ids, emptied in ((summaries, ("summary", "name_hash")), (names, ("cluster_name",))):
        connection.execute(
            sa.update(_names)
            .where(among(_names.c.dbt_scd_id, sorted(ids)))
            .values(dict.fromkeys(emptied))
        )


def history_name() -> str:
    """Of the snapshot, as people know it."""
    return f"{_names.schema}.{_names.name}"


def past_schemas(connection: sa.Connection, settings: Settings) -> list[str]:
    """Schemas of models that dbt built as of a past day."""
    wanted = re.compile(f"({'|'.join(re.escape(settings.schema_name(m)) for m in MODELS)}){_PAST}")
    found = sa.inspect(connection).get_schema_names()
    return [name for name in found if wanted.fullmatch(name)]


def drop_schema(connection: sa.Connection, name: str) -> None:
    """Drop a schema and all in it."""
    dialects.of(connection).drop_schema(connection, name)
