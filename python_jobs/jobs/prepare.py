"""Make sure that the tables of the jobs exist: dbt creates them, for one definition of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import DatabaseError
from python_jobs.jobs.dbt import run_dbt
from python_jobs.logs import logger
from python_jobs.storage import tables
from python_jobs.storage.warehouse import Warehouse

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
    """Which version of the job tables the warehouse has; 0 where there is none."""
    versions = tables.table(tables.JOBS, "schema_versions", ("version",))
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        schema = settings.schema_name(tables.JOBS)
        if not sa.inspect(connection).has_table(versions.name, schema):
            return 0
        return int(connection.scalar(sa.select(sa.func.max(versions.c.version))) or 0)
