"""Free the dead rows of tables at once, and renew the planner's samples of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from python_jobs.logs import logger
from python_jobs.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Collection

    from python_jobs.settings import Settings
    from python_jobs.storage.target import Target


def vacuum(settings: Settings, where: Target, tables: Collection[str]) -> list[str]:
    """Vacuum tables; return those that keep their dead rows.

    Best effort: only a table's owner may, and a transaction elsewhere may still need the rows.

    Args:
        settings: for a developer's prefix.
        where: the database.
        tables: as in `raw.customer_feedback`, without the prefix.
    """
    kept: list[str] = []
    if not tables:
        return kept
    with connect(where, autocommit=True) as connection:
        connection.add_notice_handler(
            lambda notice: kept.append(table) if notice.severity_nonlocalized == "WARNING" else None
        )
        for table in sorted(tables):
            schema, _, name = table.partition(".")
            target = sql.Identifier(settings.schema_name(schema), name)
            try:
                connection.execute(sql.SQL("vacuum (analyze) {}").format(target))
            except psycopg.Error:
                kept.append(table)
    if kept:
        logger.debug("Not vacuumed: %s", ", ".join(kept))
    return list(dict.fromkeys(kept))
