"""The table that dbt reads feedback from where it lies: whether it may."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import DatabaseError
from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.jobs.own_table import own_table
from python_jobs.storage.environment import OF_DBT
from python_jobs.storage.warehouse import Warehouse
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings

NAME = "feedback table"


def checks(settings: Settings) -> Iterator[Check]:
    """Nothing where feedback is loaded."""
    table = own_table(settings)
    if table is None:
        return
    if is_sqlserver() and any(os.environ.get(name) for name in OF_DBT):
        yield ok(NAME, f"{table}; whether dbt's own login may read it, `insights dbt build` says")
        return
    place = f"{table.database}.{table.schema}" if table.database else table.schema
    nothing = sa.select(sa.literal(1)).select_from(sa.table(table.name, schema=place))
    try:
        with Warehouse(settings.as_owner) as warehouse, warehouse.transaction() as connection:
            connection.execute(nothing.where(sa.false()))
    except DatabaseError:
        fix = f"check the vars feedback_… of dbt_project.yml; grant select on {table} to dbt's role"
        yield Check(NAME, "fail", f"{table} is not there, or dbt's role may not read it", fix)
        return
    yield ok(NAME, f"{table} can be read")
