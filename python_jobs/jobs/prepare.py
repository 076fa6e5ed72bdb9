"""Make sure that the tables of the jobs exist: dbt creates them, for one definition of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.errors import DatabaseError
from python_jobs.jobs.dbt import run_dbt
from python_jobs.logs import logger
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from python_jobs.settings import Settings


def ensure_tables(settings: Settings) -> None:
    """Create the raw and job tables where this database has none yet.

    Raises:
        DatabaseError: dbt could not create them.
    """
    table = f"{settings.schema_name('raw')}.customer_feedback"
    with psycopg_connect(settings) as connection:
        found = connection.execute("select to_regclass(%s)", (table,)).fetchone()
    if found and found[0]:
        return
    logger.info("New database: creating the tables ...")
    if run_dbt(settings, ["run-operation", "create_tables"], quiet=True):
        raise DatabaseError(
            "dbt could not create the tables",
            hint="see its messages above; the role needs the right to create schemas "
            "(`dbt run-operation create_tables` may also be run by another role)",
        )
