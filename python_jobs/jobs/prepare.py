"""Make sure that the tables of the jobs exist: dbt creates them, for one definition of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors, sql

from python_jobs.errors import DatabaseError
from python_jobs.jobs.dbt import run_dbt
from python_jobs.logs import logger
from python_jobs.storage import tables
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from python_jobs.settings import Settings


def ensure_tables(settings: Settings) -> None:
    """Create the raw and job tables where this database has none yet, or older ones.

    Raises:
        DatabaseError: dbt could not create them.
    """
    found = version_found(settings)
    if found >= tables.VERSION:
        return
    logger.info("%s the tables ...", "Upgrading" if found else "New database: creating")
    if run_dbt(settings, ["run-operation", "create_tables"], quiet=True):
        raise DatabaseError(
            "dbt could not create the tables",
            hint="see its messages above; the role needs the right to create schemas "
            "(`dbt run-operation create_tables` may also be run by another role)",
        )


def version_found(settings: Settings) -> int:
    """Which version of the job tables the database has; 0 where there is none."""
    versions = sql.Identifier(settings.schema_name(tables.JOBS), "schema_versions")
    with psycopg_connect(settings) as connection:
        try:
            found = connection.execute(
                sql.SQL("select max(version) from {}").format(versions)
            ).fetchone()
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            return 0
    return (found and found[0]) or 0
